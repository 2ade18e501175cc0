//! A case looked at without casefile: which bytes it keeps, what its log records, what an
//! interrupted run left in it.
//!
//! Written from docs/format alone, so that no mistake of the program can hide behind itself.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Leaves in a full tile.
const WIDTH: u64 = 256;

/// The mark of an erasure that is under way.
const ERASING: &str = ".age.erasing";

/// What stands in a case.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Digests of the objects whose bytes have their name's digest.
    pub(crate) kept: BTreeSet<String>,
    /// Digests of the items that a record within the checkpoint says were taken in.
    pub(crate) captured: BTreeSet<String>,
    /// Digests of the items that have a reading on record, within the checkpoint.
    pub(crate) read: BTreeSet<String>,
    /// What each record within the checkpoint is, by its `type`.
    pub(crate) kinds: Vec<String>,
    /// Whether files of an unfinished item lie about.
    pub(crate) unfinished: bool,
    /// Whether there are files of the log, or openings, beyond the checkpoint.
    pub(crate) beyond: bool,
}

impl Look {
    /// How many records of this type there are.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.kinds.iter().filter(|one| *one == kind).count()
    }
}

/// Looks at the case in `case`.
pub(crate) fn at(case: &Path) -> io::Result<Look> {
    let mut look = Look::default();
    for path in files(&case.join("objects"))? {
        let name = path.replace('/', "");
        if path.starts_with("incoming/") {
            look.unfinished = true;
        } else if name == digest(&fs::read(case.join("objects").join(&path))?) {
            look.kept.insert(name);
        }
    }
    let checkpoint = fs::read_to_string(case.join("log/checkpoint"))?;
    let size = checkpoint.lines().nth(1).and_then(|size| size.parse().ok());
    let size: u64 = size.ok_or_else(|| io::Error::other("no size in the checkpoint"))?;
    for path in files(&case.join("log"))? {
        let aside = path.starts_with("unacknowledged/");
        let tile = path.strip_prefix("tile/");
        let beyond = path.ends_with(".new") || tile.is_some_and(|tile| is_beyond(tile, size));
        look.beyond |= beyond && !aside;
    }
    for folder in ["private/openings", "private/sealed"] {
        for name in files(&case.join(folder))? {
            let first = name.split(['.', '-']).next().and_then(|first| first.parse().ok());
            let whole = name.ends_with(".jsonl") || name.ends_with(".age");
            look.beyond |= !name.ends_with(ERASING)
                && (!whole || first.is_none_or(|first: u64| first >= size));
        }
    }
    for leaf in leaves(case, size)? {
        let leaf = String::from_utf8_lossy(&leaf).into_owned();
        look.kinds.extend(field(&leaf, "type"));
        if leaf.contains(r#""type":"capture""#) {
            look.captured.extend(field(&leaf, "sha256"));
        } else if leaf.contains(r#""type":"reading""#) {
            look.read.extend(field(&leaf, "item"));
        }
    }
    Ok(look)
}

/// Every file below `folder`, as its path in it; none where it is not there.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inside) = folders.pop() {
        let entries = match fs::read_dir(&inside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inner) = path.strip_prefix(folder) {
                found.push(inner.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What a program wrote, as text.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every digest in hexadecimal that stands in `text`.
pub(crate) fn digests(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() == 64)
        .map(str::to_string)
        .collect()
}

/// The text of a field in canonical JSON, at its first occurrence.
fn field(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next().map(str::to_string)
}

/// The leaves that the checkpoint covers, out of the bundles of entries: two bytes of length before
/// each. The widest bundle that there is holds what a narrower one did.
fn leaves(case: &Path, size: u64) -> io::Result<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    for index in 0..size.div_ceil(WIDTH) {
        let width = (size - index * WIDTH).min(WIDTH);
        let full = case.join(format!("log/tile/entries/{index:03}"));
        let partial = case.join(format!("log/tile/entries/{index:03}.p/{width}"));
        let bundle = if partial.is_file() { fs::read(partial)? } else { fs::read(full)? };
        let mut rest = bundle.as_slice();
        for _ in 0..width {
            let cut = io::Error::other("a bundle of entries is cut off");
            let Some((length, after)) = rest.split_first_chunk::<2>() else { return Err(cut) };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((leaf, after)) = after.split_at_checked(length) else { return Err(cut) };
            leaves.push(leaf.to_vec());
            rest = after;
        }
    }
    Ok(leaves)
}

/// Whether a tile reaches beyond a log of `size`: `LEVEL/NNN`, `LEVEL/NNN.p/WIDTH`, or `entries`
/// in the level's place. A log of these tests has fewer than a thousand tiles.
fn is_beyond(tile: &str, size: u64) -> bool {
    let mut parts = tile.split('/');
    let level = parts.next().unwrap_or_default();
    let index = parts.next().unwrap_or_default().trim_end_matches(".p").parse().unwrap_or(u64::MAX);
    let width = parts.next().map_or(Some(WIDTH), |width| width.parse().ok()).unwrap_or(WIDTH);
    let count = level.parse().map_or(size, |level: u32| size >> (8 * level));
    index.saturating_mul(WIDTH).saturating_add(width) > count
}
