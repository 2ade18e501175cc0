//! Following a log from one of its states to another, through its leaves.

use archive::{Error, codes, layout, log, sealed};
use custody::edge::LogFile;
use custody::tile::{self, Kind, Tile, WIDTH};
use custody::{Checkpoint, Edge};
use record::{Commitment, Digests, Event, Finding, Leaf, Sha256, canonical};
use std::collections::BTreeMap;
use std::path::Path;

/// What the records of a log say must be there.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// Objects, by name.
    pub(crate) objects: BTreeMap<Sha256, Digests>,
    /// Commitments, by leaf and field, but for those whose openings stand in key files.
    pub(crate) withheld: BTreeMap<(u64, String), Commitment>,
    /// Sealed items and erasures.
    pub(crate) sealed: sealed::Recorded,
}

/// What the first `size` records of the log in `folder` say. What cannot be read of it is said too.
pub(crate) fn recorded(folder: &Path, size: u64, findings: &mut Vec<Finding>) -> Recorded {
    let mut recorded = Recorded::default();
    for index in 0..size.div_ceil(WIDTH) {
        let first = index * WIDTH;
        let width = (size - first).min(WIDTH) as u16;
        match log::read_bundle(folder, Tile { kind: Kind::Entries, index, width }) {
            Ok(leaves) => {
                for (at, leaf) in (first..).zip(leaves) {
                    recorded.add(at, &leaf, findings);
                }
            }
            Err(error) => {
                let place = format!("{}/tile/entries", layout::LOG);
                let fault = Finding::fault(codes::ENTRIES_DAMAGED, place, error.to_string());
                findings.push(fault);
            }
        }
    }
    recorded
}

impl Recorded {
    fn add(&mut self, at: u64, leaf: &[u8], findings: &mut Vec<Finding>) {
        let record = leaf.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let leaf = match canonical::from_bytes::<Leaf>(record) {
            Ok(leaf) => leaf,
            Err(error) => {
                let place = format!("leaf {at}");
                findings.push(Finding::fault(codes::LEAF_INVALID, place, error.to_string()));
                return;
            }
        };
        let named = leaf.event.objects().into_iter().map(|object| (object.sha256, *object));
        self.objects.extend(named);
        findings.extend(self.sealed.add(at, &leaf.event));
        if let Event::Capture(capture) = leaf.event
            && capture.sealed.is_none()
        {
            let withheld = capture.withheld.into_iter();
            self.withheld.extend(withheld.map(|(field, hash)| ((at, field), hash)));
        }
    }
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
