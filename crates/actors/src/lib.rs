//! Who may sign: the records about actors, folded in the order of the log.
//!
//! The one place that says whose signature counts at which leaf; the check of a case and the check
//! of a bundle both ask here, and so does whoever is about to record. No I/O, clock or randomness.
//! A record that does not count changes nothing here, whatever it says.

mod acts;
mod fault;
mod roster;
mod state;

pub use fault::Fault;
pub use roster::{Key, Pending, Revoked, Roster};
pub use state::{Awaiting, Listed, State, words};

use record::Event;

/// Whether a record is about actors wherever it stands: every bundle carries all of these up to its
/// checkpoint, and under the rule of two persons erasures as well ([`Roster::records`]).
pub fn is_about_actors(event: &Event) -> bool {
    match event {
        Event::Enrolment(_)
        | Event::Revocation(_)
        | Event::TwoPerson(_)
        | Event::Approval(_)
        | Event::Disclosure(_)
        | Event::Recovery(_) => true,
        Event::Genesis(_)
        | Event::Capture(_)
        | Event::Reading(_)
        | Event::Export(_)
        | Event::Scrub(_)
        | Event::Repair(_)
        | Event::TimestampRequest(_)
        | Event::Timestamp(_)
        | Event::Cosigner(_)
        | Event::Cosigned(_)
        | Event::Erasure(_)
        | Event::Received(_)
        | Event::Acknowledged(_) => false,
    }
}

/// Whether a record is an act of weight: under the rule of two persons it counts only once a
/// second one has approved it.
pub fn needs_two(event: &Event) -> bool {
    match event {
        Event::Enrolment(_)
        | Event::Revocation(_)
        | Event::Disclosure(_)
        | Event::Erasure(_)
        | Event::Recovery(_) => true,
        Event::TwoPerson(rule) => !rule.on,
        _ => false,
    }
}
