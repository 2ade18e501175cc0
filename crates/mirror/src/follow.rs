//! Following a log from one of its states to another, through its leaves.

use archive::{Case, Error, codes, layout, log};
use custody::edge::LogFile;
use custody::tile::{self, Kind, Tile, WIDTH};
use custody::{Checkpoint, Edge};
use record::{Digests, Finding, Leaf, Sha256, canonical};
use std::collections::BTreeMap;
use std::path::Path;

/// Every object that the log records, by name. What cannot be read of the log is said.
pub(crate) fn recorded(
    case: &Case,
    findings: &mut Vec<Finding>,
) -> Result<BTreeMap<Sha256, Digests>, Error> {
    let mut found = BTreeMap::new();
    for leaf in case.log().leaves(0) {
        let (index, bytes) = leaf?;
        let record = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match canonical::from_bytes::<Leaf>(record) {
            Ok(leaf) => {
                found.extend(
                    leaf.event.objects().into_iter().map(|object| (object.sha256, *object)),
                );
            }
            Err(error) => findings.push(Finding::fault(
                codes::LEAF_INVALID,
                format!("leaf {index}"),
                error.to_string(),
            )),
        }
    }
    Ok(found)
}

/// The edge of the log in `folder` at `checkpoint`.
pub(crate) fn edge_of(folder: &Path, checkpoint: &Checkpoint) -> Result<Edge, Error> {
    let edge = log::load_edge(folder, checkpoint.size)?;
    if edge.root() == checkpoint.root {
        Ok(edge)
    } else {
        Err(root_mismatch(layout::CHECKPOINT.into(), checkpoint.size))
    }
}

/// Goes from `edge` through the leaves of the log in `folder` to its size `size`, and calls `visit`
/// with each file that the log has in consequence: the full ones, and the partial ones at the end.
pub(crate) fn extend(
    folder: &Path,
    mut edge: Edge,
    size: u64,
    visit: &mut dyn FnMut(LogFile) -> Result<(), Error>,
) -> Result<Edge, Error> {
    while edge.size() < size {
        let index = edge.size() / WIDTH;
        let first = index * WIDTH;
        let width = (size - first).min(WIDTH) as u16;
        let leaves = log::read_bundle(folder, Tile { kind: Kind::Entries, index, width })?;
        let known = (edge.size() - first) as usize;
        for file in edge.append(leaves.iter().skip(known).map(Vec::as_slice)) {
            if file.tile.is_full() || file.tile.end() == tile::count_of(size, file.tile.kind) {
                visit(file)?;
            }
        }
    }
    Ok(edge)
}

pub(crate) fn root_mismatch(place: String, size: u64) -> Error {
    let message = format!("the log does not lead to the root that the checkpoint of {size} signs");
    Error::Damaged { code: codes::ROOT_MISMATCH, place, message }
}
