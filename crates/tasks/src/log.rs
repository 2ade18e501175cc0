//! `casefile log`: the custody log in words.

use crate::Error;
use archive::Case;
use record::leaf::Leaf;
use record::{Acknowledged, Capture, Event, Received, Stamped};
use serde::Serialize;
use std::path::Path;

/// One record with its place in the log.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Index of the leaf.
    pub leaf: u64,
    /// The record.
    #[serde(flatten)]
    pub record: Leaf,
    /// The same in a sentence.
    pub words: String,
}

/// Calls `visit` with each record from leaf `from` on, in order.
pub fn run(root: &Path, from: u64, visit: &mut dyn FnMut(Entry)) -> Result<(), Error> {
    let case = Case::open(root)?;
    let roster = archive::signers::roster(case.log())?;
    for leaf in case.leaves().skip(usize::try_from(from).unwrap_or(usize::MAX)) {
        let (leaf, record) = leaf?;
        // One that two persons must sign destroys nothing by itself.
        let asked = matches!(record.event, Event::Erasure(_)) && roster.erasure(leaf) != Some(leaf);
        let words = if asked { actors::words(&record.event) } else { words(&record.event) };
        visit(Entry { leaf, record, words });
    }
    Ok(())
}

/// A record in a sentence that begins with who did it; it took effect.
fn words(event: &Event) -> String {
    match event {
        Event::Genesis(genesis) => {
            format!("{} opened the case \u{201c}{}\u{201d}", genesis.actor_name, genesis.case)
        }
        Event::Capture(capture) => captured(capture),
        Event::Reading(reading) => format!(
            "read {} with {}: {} figures{}",
            reading.item,
            reading.reader,
            reading.figures,
            if reading.problems.is_empty() {
                String::new()
            } else {
                format!("; problems: {}", reading.problems.join(", "))
            }
        ),
        Event::Repair(repair) => format!(
            "put back {} object(s), {} file(s) of the log and {} other(s) from a {}; {} not found",
            repair.objects, repair.log_files, repair.others, repair.from, repair.faults
        ),
        Event::Scrub(scrub) => format!(
            "read all {} objects again, {} bytes, and checked {} records, from {} on: {} fault(s), \
             {} notice(s)",
            scrub.objects, scrub.bytes, scrub.records, scrub.began, scrub.faults, scrub.notices
        ),
        Event::Erasure(erasure) => format!(
            "erased {} (\u{201c}{}\u{201d}): destroyed its key and the openings of {}; nobody can \
             open it any more",
            erasure.item,
            erasure.reason,
            erasure.openings.join(", ")
        ),
        Event::Cosigner(named) => format!("named {} as a cosigner", named.name()),
        Event::Cosigned(cosigned) => {
            let by = cosigned.by.iter().map(|by| format!("{} at {}", by.name(), by.time));
            let by = by.collect::<Vec<_>>().join(", ");
            format!("kept that the first {} records were cosigned by {by}", cosigned.size)
        }
        Event::Enrolment(_)
        | Event::Revocation(_)
        | Event::TwoPerson(_)
        | Event::Approval(_)
        | Event::Disclosure(_)
        | Event::Recovery(_) => actors::words(event),
        Event::Export(export) => format!(
            "exported {} items in the bundle with tag manifest {}{}",
            export.items,
            export.tagmanifest,
            if export.disclosed.is_empty() {
                String::new()
            } else {
                format!(", disclosing {}", export.disclosed.join(", "))
            }
        ),
        Event::Received(bundle) => received(bundle),
        Event::Acknowledged(receipt) => acknowledged(receipt),
        Event::TimestampRequest(asked) => format!(
            "asked for a timestamp of {}, at {} records",
            about(asked.about),
            asked.tree_size
        ),
        Event::Timestamp(received) => format!(
            "received a timestamp of {} from {}, answering record {}, over {} records",
            received.gen_time, received.authority, received.request, received.tree_size
        ),
    }
}

fn received(received: &Received) -> String {
    format!(
        "received a bundle of {} items from {}, with tag manifest {}",
        received.items, received.origin, received.tagmanifest
    )
}

fn acknowledged(receipt: &Acknowledged) -> String {
    format!(
        "kept the receipt of {} for the {} items of record {}",
        receipt.origin, receipt.items, receipt.export
    )
}

fn captured(capture: &Capture) -> String {
    let mut words = format!(
        "took in \u{201c}{}\u{201d}{}, {} bytes, as {}",
        capture.name.text,
        match (&capture.received, &capture.sealed) {
            (Some(_), Some(_)) => ", sealed by another archive",
            (Some(_), None) => " from another archive",
            (None, Some(_)) => ", sealed",
            (None, None) => "",
        },
        capture.item.size,
        capture.item.sha256
    );
    for (what, value) in [(", by ", &capture.source), (", from ", &capture.address)] {
        if let Some(value) = value {
            words.push_str(what);
            words.push_str(value);
        }
    }
    if !capture.withheld.is_empty() {
        let fields: Vec<&str> = capture.withheld.keys().map(String::as_str).collect();
        words.push_str(&format!(" ({} withheld)", fields.join(", ")));
    }
    words
}

/// What a timestamp is about, in words.
pub fn about(stamped: Stamped) -> &'static str {
    match stamped {
        Stamped::Checkpoint => "the checkpoint",
        Stamped::Items => "all items",
        Stamped::Token => "an older timestamp",
        Stamped::ItemsAgain => "all items under a newer digest",
    }
}
