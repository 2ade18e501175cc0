//! The roster as people and scripts look at it.

use crate::Roster;
use record::{Event, Holder, Sha256};
use serde::Serialize;

/// A key that was enrolled at some time.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Name of whoever holds it.
    pub name: String,
    /// The key's fingerprint.
    pub key: String,
    /// Whether it is a machine's.
    pub machine: bool,
    /// The leaf after which it could sign.
    pub enrolled: u64,
    /// The leaf from which on it could not, if it was revoked.
    pub revoked: Option<u64>,
    /// Why.
    pub reason: Option<String>,
    /// The first leaf by it that is not to be believed.
    pub disbelieved_from: Option<u64>,
}

/// An act that awaits a second person.
#[derive(Debug, Serialize)]
pub struct Awaiting {
    /// Its leaf.
    pub leaf: u64,
    /// Hash of that leaf (RFC 6962, section 2.1).
    pub hash: Sha256,
    /// Who recorded it.
    pub by: String,
    /// What it is.
    pub act: Event,
}

/// Who may sign, and what awaits a second person.
#[derive(Debug, Serialize)]
pub struct State {
    /// Every key, in the order of enrolment.
    pub keys: Vec<Listed>,
    /// The leaf by which the rule of two persons came into force, if it is.
    pub two_person: Option<u64>,
    /// Acts that await approval.
    pub pending: Vec<Awaiting>,
}

impl Roster {
    /// The roster as it is to be shown.
    pub fn state(&self) -> State {
        let keys = self.keys().iter().map(|key| {
            let revoked = key.revoked.as_ref();
            Listed {
                name: key.name.clone(),
                key: key.fingerprint.clone(),
                machine: key.holder == Holder::Machine,
                enrolled: key.enrolled,
                revoked: revoked.map(|revoked| revoked.leaf),
                reason: revoked.map(|revoked| revoked.reason.clone()),
                disbelieved_from: revoked.and_then(|revoked| revoked.from),
            }
        });
        let pending = self.pending().iter().map(|(leaf, pending)| Awaiting {
            leaf: *leaf,
            hash: pending.hash,
            by: self.key(&pending.by).map(|key| key.name.clone()).unwrap_or_default(),
            act: pending.event.clone(),
        });
        State { keys: keys.collect(), two_person: self.two_person(), pending: pending.collect() }
    }
}

/// A record about actors, in a sentence that begins with who did it.
pub fn words(event: &Event) -> String {
    match event {
        Event::Enrolment(enrolment) => {
            let holder = match enrolment.kind {
                Holder::Person => "",
                Holder::Machine => ", a machine",
            };
            format!("enrolled a key of \u{201c}{}\u{201d}{holder}", enrolment.name)
        }
        Event::Revocation(revocation) => {
            let from = revocation.from.map(|from| format!(", not to be believed from {from} on"));
            let (key, reason) = (&revocation.key, &revocation.reason);
            format!("revoked {key}{}: {reason}", from.unwrap_or_default())
        }
        Event::TwoPerson(rule) if rule.on => "acts of weight need two persons from here on".into(),
        Event::TwoPerson(_) => "acts of weight need one person from here on".into(),
        Event::Approval(approval) => format!("approved record {}", approval.leaf),
        Event::Disclosure(disclosure) => {
            format!("is to disclose {} in one export", disclosure.fields.join(", "))
        }
        Event::Recovery(recovery) => {
            let names: Vec<&str> = recovery.holders.iter().map(|one| one.name.as_str()).collect();
            format!(
                "named {} to recover what is sealed, and keys: any {} of them together",
                names.join(", "),
                recovery.threshold
            )
        }
        Event::Erasure(erasure) => {
            format!("is to erase {}: {}", erasure.item, erasure.reason)
        }
        _ => String::new(),
    }
}
