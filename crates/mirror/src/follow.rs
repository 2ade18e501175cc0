//! Following a log from one of its states to another, through its leaves.

use crate::store::Store;
use archive::{Error, codes, layout, log, sealed};
use custody::edge::LogFile;
use custody::tile::{self, Kind, Tile, WIDTH};
use custody::{Checkpoint, Edge};
use record::{Commitment, Digests, Event, Finding, Leaf, Sha256, canonical};
use std::collections::BTreeMap;
use std::path::Path;

/// An object, and the record that first names it: where it belongs, for stores that keep things
/// together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// Its digests and size.
    pub digests: Digests,
    /// The leaf that first names it.
    pub leaf: u64,
    /// What it is there.
    pub role: Role,
}

/// What an object is to the record that first names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// An item.
    Item,
    /// A reading of an item.
    ReadingOf(Sha256),
    /// Anything else.
    Other,
}

/// What the records of a log say must be there.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Objects, by name.
    pub objects: BTreeMap<Sha256, Object>,
    /// When the last record was made, by its own word.
    pub last_time: String,
    /// Commitments, by leaf and field, but for those whose openings stand in key files.
    pub(crate) withheld: BTreeMap<(u64, String), Commitment>,
    /// Sealed items and erasures.
    pub(crate) sealed: sealed::Recorded,
}

/// What the first `size` records of the log in `folder` say. What cannot be read of it is said too.
pub(crate) fn recorded(folder: &Path, size: u64, findings: &mut Vec<Finding>) -> Recorded {
    let mut recorded = Recorded::default();
    let mut lost = |message: String| {
        let place = format!("{}/tile/entries", layout::LOG);
        findings.push(Finding::fault(codes::ENTRIES_DAMAGED, place, message));
    };
    let mut read = Vec::new();
    match log::bundles(folder, size) {
        Ok(bundles) => read.extend(bundles),
        Err(error) => lost(error.to_string()),
    }
    let mut odd = Vec::new();
    for run in read {
        let first = run.index * WIDTH;
        let width = (size - first).min(WIDTH) as u16;
        match log::read_bundle(folder, Tile { kind: Kind::Entries, index: run.index, width }) {
            Ok(leaves) => {
                for (at, leaf) in (first..).zip(leaves) {
                    recorded.add(at, &leaf, &mut odd);
                }
            }
            Err(error) => lost(format!("{error}{}", log::and_more(run.count))),
        }
    }
    findings.extend(odd);
    recorded
}

impl Recorded {
    /// The objects in the order in which records name them first: what belongs together then comes
    /// together.
    pub(crate) fn in_order(&self) -> Vec<&Object> {
        let mut objects: Vec<&Object> = self.objects.values().collect();
        objects.sort_by_key(|object| (self.home_leaf(object), object.leaf));
        objects
    }

    /// The leaf of the item that an object was read from; its own of any other.
    fn home_leaf(&self, object: &Object) -> u64 {
        match object.role {
            Role::ReadingOf(item) => self.objects.get(&item).map_or(object.leaf, |item| item.leaf),
            Role::Item | Role::Other => object.leaf,
        }
    }

    fn add(&mut self, at: u64, bytes: &[u8], findings: &mut Vec<Finding>) {
        let record = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let leaf = match canonical::from_bytes::<Leaf>(record) {
            Ok(leaf) => leaf,
            Err(error) => {
                let place = format!("leaf {at}");
                findings.push(Finding::fault(codes::LEAF_INVALID, place, error.to_string()));
                return;
            }
        };
        let role = match &leaf.event {
            Event::Capture(_) => Role::Item,
            Event::Reading(reading) => Role::ReadingOf(reading.item),
            _ => Role::Other,
        };
        for digests in leaf.event.objects() {
            let object = Object { digests: *digests, leaf: at, role };
            self.objects.entry(digests.sha256).or_insert(object);
        }
        findings.extend(self.sealed.add(at, &leaf, bytes));
        self.last_time = leaf.time;
        if let Event::Capture(capture) = leaf.event
            && (capture.sealed.is_none() || capture.received.is_some())
        {
            let withheld = capture.withheld.into_iter();
            self.withheld.extend(withheld.map(|(field, hash)| ((at, field), hash)));
        }
    }
}

/// A file of the log in `store`; where a partial one has given way to its full one, the beginning
/// of that.
pub(crate) fn tile_in(store: &mut dyn Store, tile: Tile) -> Result<Vec<u8>, Error> {
    let place = place_of(tile);
    if let Some(bytes) = store.read(&place)? {
        return Ok(bytes);
    }
    let full = if tile.is_full() { None } else { store.read(&place_of(tile.full()))? };
    full.and_then(|bytes| log::beginning(&bytes, WIDTH as u16, tile)).ok_or_else(|| {
        Error::Damaged {
            code: codes::FILE_MISSING,
            place: format!("{}/{place}", store.name()),
            message: "this file of the log is missing".into(),
        }
    })
}

/// The edge of the log in `store` at `checkpoint`.
pub(crate) fn edge_of(store: &mut dyn Store, checkpoint: &Checkpoint) -> Result<Edge, Error> {
    let read = &mut |tile| tile_in(store, tile);
    let edge = log::edge_within(read, checkpoint.size, checkpoint.size)?;
    if edge.root() == checkpoint.root {
        Ok(edge)
    } else {
        let place = format!("{}/{}", store.name(), layout::CHECKPOINT);
        Err(root_mismatch(place, checkpoint.size))
    }
}

/// The place of a file of the log in a case.
pub(crate) fn place_of(tile: Tile) -> String {
    format!("{}/{tile}", layout::LOG)
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
