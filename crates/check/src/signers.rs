//! The check of who signed: each record by a key that might, at its place.

use actors::{Fault, Roster};
use archive::codes;
use record::{Event, Finding, Leaf};

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
