//! Which faults a run can meet: every act that makes sense at every call of a clean run.

use crate::calls::{self, Kind};
use crate::trace::{Act, Aim, Call, PIPE};
use nix::errno::Errno;
use std::collections::BTreeMap;

/// Reads of pipes that a run of `casefile read` makes at the least: each of 66 items is asked for
/// and answered, and an answer is its length and then itself.
const PIPE_READS: u64 = 3 * 66;

/// Every fault, in an order in which neighbours are of one kind: every N-th of them is a fair
/// sample.
pub(crate) fn all(calls: &[Call]) -> Vec<Aim> {
    let mut counts = BTreeMap::<(&str, bool), u64>::new();
    let mut plan = Vec::new();
    for call in calls {
        let pipe = call.path == PIPE;
        let occurrence = counts.entry((call.watched.name, pipe)).or_default();
        *occurrence += 1;
        // In how many pieces a pipe hands bytes on is the machine's affair: of its reads only as
        // many are counted on as there must be.
        if pipe && call.watched.name == "read" && *occurrence > PIPE_READS {
            continue;
        }
        for act in acts(call) {
            let (call, occurrence) = (call.watched.name, *occurrence);
            plan.push(Aim { call, pipe, occurrence, act });
        }
    }
    plan.sort_by_key(|aim| kind_of(aim.act));
    plan
}

/// What is counted together in the report.
pub(crate) fn kind_of(act: Act) -> String {
    match act {
        Act::Kill => "kills before a call".into(),
        Act::KillHalfway => "kills in the middle of a write".into(),
        Act::Fail(errno) => format!("{errno:?} once"),
        Act::FailOn(errno) => format!("{errno:?} from there on"),
        Act::Short => "short reads and writes".into(),
    }
}

fn acts(call: &Call) -> Vec<Act> {
    let mut acts = Vec::new();
    let changes =
        call.watched.kind != Kind::Looks && (call.watched.kind != Kind::Opens || call.makes);
    if changes {
        acts.push(Act::Kill);
    }
    if call.length >= 2 {
        acts.push(Act::Short);
        if call.watched.kind == Kind::Writes {
            acts.push(Act::KillHalfway);
        }
    }
    for errno in calls::errors(call.watched, call.writes) {
        acts.push(Act::Fail(*errno));
        // An interruption passes, by its nature.
        if *errno != Errno::EINTR {
            acts.push(Act::FailOn(*errno));
        }
    }
    acts
}
