//! Any records, one a line, as those about who may sign: a key signs only from its enrolment on and
//! until it is revoked, and nobody approves an act of their own.
#![no_main]

use actors::Roster;
use libfuzzer_sys::fuzz_target;
use record::{Event, Leaf, canonical};

fuzz_target!(|bytes: &[u8]| {
    let mut roster = Roster::default();
    for (index, line) in (0..).zip(bytes.split(|byte| *byte == b'\n')) {
        let Ok(leaf) = canonical::from_bytes::<Leaf>(line) else { continue };
        let before = roster.clone();
        let could = before.may_sign(&leaf.actor).is_ok();
        let admitted = roster.admit(index, &leaf, line);
        let is_opening = index == 0 && matches!(leaf.event, Event::Genesis(_));
        if admitted.is_ok() && !is_opening && !before.keys().is_empty() {
            assert!(could, "a record by a key that may not sign is admitted");
        }
        if let (Ok(()), Event::Approval(approval)) = (&admitted, &leaf.event)
            && let Some(act) = before.pending().get(&approval.leaf)
        {
            assert_ne!(act.by, leaf.actor, "one approves what one did");
        }
        assert!(before.records().len() <= roster.records().len());
    }
    let _ = roster.state();
});
