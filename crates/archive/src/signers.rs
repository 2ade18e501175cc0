//! Who may sign in a case: its log's records about actors, read and checked.

use crate::case::leaf_of;
use crate::log::Log;
use crate::{Error, keys, layout};
use actors::Roster;
use std::path::Path;

/// What stands before a record's kind (docs/format/leaf.md). In canonical JSON these bytes cannot
/// be part of a string, in which each quotation mark has a backslash before it.
const KIND: &[u8] = b"\"type\":\"";

/// The kinds of records that say who may sign, use up what was allowed, or may need two persons.
const KINDS: [&[u8]; 8] = [
    b"enrolment\"",
    b"revocation\"",
    b"two_person\"",
    b"approval\"",
    b"disclosure\"",
    b"export\"",
    b"erasure\"",
    b"recovery\"",
];

/// Who may sign the next leaf of a log. Only records about that are taken apart: in a large log the
/// others' signatures would take seconds.
pub fn roster(log: &Log) -> Result<Roster, Error> {
    let mut roster = Roster::default();
    for read in log.leaves(0) {
        let (index, bytes) = read?;
        if index == 0 || says_who(&bytes) {
            let leaf = leaf_of(index, &bytes, log.origin())?;
            // A record that does not count has no effect; the check of the case names it.
            let _ = roster.admit(index, &leaf, &bytes);
        }
    }
    Ok(roster)
}

/// Where the keys lie with which `name` signs, a person's, a machine's or a fingerprint: the newest
/// key of theirs that may. Without a name it is whoever opened the case.
pub fn place_of(root: &Path, name: Option<&str>) -> Result<String, Error> {
    // Nobody else's key was ever made here: the log need not be read for it.
    if name.is_none() && !layout::at(root, layout::ACTORS).exists() {
        return Ok(layout::KEYS_OPEN.into());
    }
    let roster = roster(&Log::open(root)?)?;
    let first = roster.keys().first();
    let name = name.or(first.map(|key| key.name.as_str())).unwrap_or_default();
    let key = roster.may_sign(name).ok().or_else(|| roster.key_of(name));
    let key = key.ok_or_else(|| Error::Nobody { name: name.into() })?;
    let opened = first.is_some_and(|first| first.fingerprint == key.fingerprint);
    Ok(if opened { layout::KEYS_OPEN.into() } else { keys::place_of(&key.key) })
}

/// Whether a leaf bears on who may sign, or on what was approved.
pub(crate) fn says_who(leaf: &[u8]) -> bool {
    let line = leaf.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(at) = line.windows(KIND.len()).rposition(|bytes| bytes == KIND) else { return false };
    let kind = line.get(at + KIND.len()..).unwrap_or_default();
    KINDS.iter().any(|one| kind.starts_with(one))
}
