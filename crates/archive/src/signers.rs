//! Who may sign in a case: its log's records about actors, read and checked.

use crate::case::leaf_of;
use crate::log::Log;
use crate::{Error, codes, keys, layout};
use actors::{Fault, Roster};
use record::{Event, Finding, Leaf};
use std::path::Path;

/// What stands before a record's kind (docs/format/leaf.md). In canonical JSON these bytes cannot
/// be part of a string, in which each quotation mark has a backslash before it.
const KIND: &[u8] = b"\"type\":\"";

/// The kinds of records that say who may sign, or use up what was allowed.
const KINDS: [&[u8]; 6] =
    [b"enrolment\"", b"revocation\"", b"two_person\"", b"approval\"", b"disclosure\"", b"export\""];

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

fn says_who(leaf: &[u8]) -> bool {
    let line = leaf.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Some(at) = line.windows(KIND.len()).rposition(|bytes| bytes == KIND) else { return false };
    let kind = line.get(at + KIND.len()..).unwrap_or_default();
    KINDS.iter().any(|one| kind.starts_with(one))
}

/// Whether the signer may, and what the record changes about who may.
pub(crate) fn check(at: u64, leaf: &Leaf, bytes: &[u8], roster: &mut Roster) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fault = |code: &str, message: String| {
        findings.push(Finding::fault(code, format!("leaf {at}"), message));
    };
    if let Event::Export(export) = &leaf.event
        && export.actors != roster.digest_below(export.tree_size)
    {
        let message = "its bundle does not carry all records about actors of that time: whoever \
                       checks that may not learn of a key that was revoked";
        fault(codes::ACTOR_LIST, message.into());
    }
    if let Err(why) = roster.admit(at, leaf, bytes) {
        fault(code_of(&why), why.to_string());
    }
    findings
}

fn code_of(fault: &Fault) -> &'static str {
    match fault {
        Fault::Unknown { .. } => codes::ACTOR_UNKNOWN,
        Fault::Revoked { .. } => codes::ACTOR_REVOKED,
        Fault::Act(_) => codes::ACTOR_ACT,
        Fault::Approval(_) => codes::ACTOR_APPROVAL,
        Fault::Disclosure(_) => codes::ACTOR_DISCLOSURE,
    }
}

/// Notices about leaves by keys that somebody else may have had.
pub(crate) fn disbelieved(roster: &Roster) -> impl Iterator<Item = Finding> + '_ {
    roster.disbelieved().into_iter().map(|(leaf, key)| {
        let reason = key.revoked.as_ref().map(|revoked| revoked.reason.as_str());
        let message = format!(
            "it is signed by {}, a key of \u{201c}{}\u{201d} that somebody else may have had by \
             then ({}): do not rely on it alone",
            key.fingerprint,
            key.name,
            reason.unwrap_or_default()
        );
        Finding::notice(codes::ACTOR_DISBELIEVED, format!("leaf {leaf}"), message)
    })
}
