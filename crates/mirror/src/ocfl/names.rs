//! Which OCFL object holds what, and where it lies: the mapping of a case onto a storage root.
//!
//! One OCFL object holds an item, its readings, and the records that first name them; one holds
//! what any other record names; one every 65,536 records of the log, which never changes once they
//! are full; one the log's key and checkpoint. So no inventory grows with the case, but that of
//! the last piece of the log.

use crate::follow::{Object, Role};
use archive::layout;
use custody::tile::{Kind, Tile, WIDTH};
use record::Sha256;
use std::path::PathBuf;

/// Name of the storage layout extension: hashed tuples, and the id itself as the last folder.
pub(crate) const LAYOUT: &str = "0003-hash-and-id-n-tuple-storage-layout";

/// Its parameters, as the file that a storage root has of them.
pub(crate) const LAYOUT_CONFIG: &str = r#"{
  "extensionName": "0003-hash-and-id-n-tuple-storage-layout",
  "digestAlgorithm": "sha256",
  "tupleSize": 3,
  "numberOfTuples": 3
}
"#;

/// What a storage root says about where objects lie.
pub(crate) const LAYOUT_FILE: &str = r#"{
  "description": "A mirror of a case, by casefile: its docs/format/ocfl.md says what is where",
  "extension": "0003-hash-and-id-n-tuple-storage-layout"
}
"#;

/// Longest folder name before the extension cuts it and adds the digest.
const ENCODED_LIMIT: usize = 100;

/// Most levels of a tree are in the pieces of the log: of a segment, its bundles and tiles of level
/// 0, and one of level 1 over them. Higher ones lie with the checkpoint.
const SEGMENT_LEVEL: u8 = 1;

/// A file of a case as it is in a storage root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Logical {
    /// Id of the OCFL object.
    pub(crate) id: String,
    /// Its path there.
    pub(crate) path: String,
}

/// The scheme of ids for the log with this verifier key: 64 bits of the key's digest tell logs
/// apart that come to lie in one storage root.
pub(crate) fn base(vkey: &str) -> String {
    let digest = Sha256::of(vkey.as_bytes()).to_string();
    format!("casefile:{}", &digest[..16])
}

/// Where an object of the case is.
pub(crate) fn of_object(base: &str, object: &Object) -> Logical {
    let sha256 = object.digests.sha256;
    match object.role {
        Role::Item => Logical { id: format!("{base}/{sha256}"), path: "item".into() },
        Role::ReadingOf(item) => Logical {
            id: format!("{base}/{item}"),
            path: format!("reading-{:08}.json", object.leaf),
        },
        Role::Other => {
            Logical { id: format!("{base}/record-{:08}", object.leaf), path: sha256.to_string() }
        }
    }
}

/// Name of the file with the record that first names an object, beside it.
pub(crate) fn of_leaf(leaf: u64) -> String {
    format!("leaf-{leaf:08}")
}

/// The object with the log's key and checkpoint.
pub(crate) fn of_head(base: &str) -> String {
    format!("{base}/log")
}

/// The object with 65,536 records of the log.
pub(crate) fn of_segment(base: &str, segment: u64) -> String {
    format!("{base}/log-{segment:06}")
}

/// Where a file of the log, or VERSION, is. `None` for files that are not in the storage root.
pub(crate) fn of_place(base: &str, place: &str) -> Option<Logical> {
    let head = |path: &str| Some(Logical { id: of_head(base), path: path.into() });
    if place == layout::VERSION_FILE {
        return head(place);
    }
    let path = place.strip_prefix(layout::LOG)?.strip_prefix('/')?;
    let Some(tile) = custody::tile::parse_path(path) else { return head(path) };
    let segment = match tile.kind {
        Kind::Entries | Kind::Hashes(0) => tile.index / WIDTH,
        Kind::Hashes(SEGMENT_LEVEL) => tile.index,
        Kind::Hashes(_) => return head(path),
    };
    Some(Logical { id: of_segment(base, segment), path: path.into() })
}

/// Whether `path` in a piece of the log is a partial tile that the full one `newer` makes
/// superfluous. Narrower ones stay beside wider ones: a kill may leave the checkpoint at them.
pub(crate) fn is_superseded(path: &str, newer: Tile) -> bool {
    let tile = custody::tile::parse_path(path);
    tile.is_some_and(|tile| newer.is_full() && tile != newer && tile.full() == newer)
}

/// Where an OCFL object lies in the storage root (extension 0003).
pub(crate) fn folder_of(id: &str) -> PathBuf {
    let digest = Sha256::of(id.as_bytes()).to_string();
    let mut encoded = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02x}"));
        }
    }
    if encoded.len() > ENCODED_LIMIT {
        encoded.truncate(ENCODED_LIMIT);
        encoded = format!("{encoded}-{digest}");
    }
    [&digest[..3], &digest[3..6], &digest[6..9], encoded.as_str()].iter().collect()
}
