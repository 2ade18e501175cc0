//! What a case keeps of the logs that its items came from: parts of bundles that were received,
//! and of these what is about certain items.

use crate::verify::Unpacked;
use crate::{Error, catalogue};
use archive::{Case, layout as places};
use catalogue::Item;
use record::{Event, Leaf, Received, Sha256, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use verifier::{OtherLog, layout};

/// Files of an excerpt, by their paths in it.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A bundle that was received, and what goes along of its log.
pub(crate) struct Origin {
    /// The record that says so.
    pub(crate) leaf: u64,
    /// The excerpt.
    pub(crate) files: Files,
}

/// The bundles that were received, each with the leaf that says so.
pub(crate) fn received(case: &Case) -> Result<Vec<(u64, Received)>, Error> {
    let mut found = Vec::new();
    for leaf in case.leaves() {
        if let (index, Leaf { event: Event::Received(received), .. }) = leaf? {
            found.push((index, received));
        }
    }
    Ok(found)
}

/// Excerpts of the logs that these items came from, in order of the records of their receipt.
pub(crate) fn of(case: &Case, items: &[&Item]) -> Result<Vec<Origin>, Error> {
    let mut wanted: BTreeMap<Sha256, BTreeSet<Sha256>> = BTreeMap::new();
    for item in items {
        let from = item.captures.iter().filter_map(|capture| capture.what.received);
        for from in from {
            wanted.entry(from.tagmanifest).or_default().insert(item.digests.sha256);
        }
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut origins = Vec::new();
    for (leaf, received) in received(case)? {
        let Some(items) = wanted.get(&received.tagmanifest) else { continue };
        let parts = places::at(case.root(), &places::object(received.parts.sha256));
        let folder = Unpacked::new()?;
        verifier::zipped::unpack(&parts, &folder.0)?;
        origins.push(Origin { leaf, files: excerpt(&folder.0, items)? });
    }
    Ok(origins)
}

/// The logs that excerpts are of, the earliest first, as documents about custody speak of them.
pub(crate) fn logs(origins: &[Origin]) -> Vec<OtherLog> {
    let path = |origin: &Origin, path: &str| format!("{}{path}", layout::origin(origin.leaf));
    let mut files: BTreeMap<String, &[u8]> = BTreeMap::new();
    for origin in origins {
        let own = origin.files.iter();
        files.extend(own.map(|(name, bytes)| (path(origin, name), bytes.as_slice())));
    }
    let read = |path: &str| files.get(path).map(|bytes| bytes.to_vec());
    verifier::other_logs(files.keys().map(String::as_str), &read)
}

/// Of the log in `folder`, and those in it that it came from in turn, what is about these items.
fn excerpt(folder: &Path, items: &BTreeSet<Sha256>) -> Result<Files, Error> {
    let mut files = Files::new();
    let mut waiting = vec![String::new()];
    while let Some(at) = waiting.pop() {
        let mut take = |path: String| -> Result<(), Error> {
            let place = folder.join(&path);
            files.insert(path, fs::read(&place).map_err(Error::io("read", &place))?);
            Ok(())
        };
        for path in [layout::VKEY, layout::CHECKPOINT].iter().chain(&layout::EXPORT) {
            take(format!("{at}{path}"))?;
        }
        let leaves = leaves(&folder.join(format!("{at}log/leaves")))?;
        let bundles: BTreeSet<Sha256> = leaves
            .values()
            .filter_map(|leaf| match &leaf.event {
                Event::Capture(capture) if items.contains(&capture.item.sha256) => {
                    capture.received.map(|from| from.tagmanifest)
                }
                _ => None,
            })
            .collect();
        for (index, leaf) in leaves {
            let wanted = match &leaf.event {
                Event::Genesis(_) => true,
                Event::Capture(capture) => items.contains(&capture.item.sha256),
                Event::Reading(reading) => items.contains(&reading.item),
                // Where two persons must sign, it is about actors.
                Event::Erasure(_) => true,
                Event::Received(received) => {
                    let wanted = bundles.contains(&received.tagmanifest);
                    waiting.extend(wanted.then(|| format!("{at}{}", layout::origin(index))));
                    wanted
                }
                other => actors::is_about_actors(other),
            };
            if wanted {
                take(format!("{at}{}", layout::leaf(index)))?;
                take(format!("{at}{}", layout::proof(index)))?;
            }
        }
    }
    Ok(files)
}

/// The records in a folder of leaves. They were checked when they were taken in, and are held to
/// their digest since.
fn leaves(folder: &Path) -> Result<BTreeMap<u64, Leaf>, Error> {
    let mut leaves = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let entry = entry.map_err(Error::io("list", folder))?;
        let name = format!("log/leaves/{}", entry.file_name().to_string_lossy());
        let bytes = fs::read(entry.path()).map_err(Error::io("read", &entry.path()))?;
        let record = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if let (Some(index), Ok(leaf)) = (layout::leaf_index(&name), canonical::from_bytes(record))
        {
            leaves.insert(index, leaf);
        }
    }
    Ok(leaves)
}
