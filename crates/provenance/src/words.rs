//! One record in words: a sentence that claims what the record proves, and no more.
//!
//! Words that a person chose stand as they are: each form makes them fit for itself.

use crate::chain::{Found, Held, Index, Kind};

use record::{
    Acknowledged, Capture, Enrolment, Erasure, Event, Export, Holder, ReadingMade, Received,
    Recovery, Repair, Revocation, Scrub, Stamped, Timestamp,
};

/// What is said in place of a withheld value.
pub(crate) const WITHHELD: &str = "withheld (the log holds a commitment to it)";

type Said = (Kind, String, Vec<(String, String)>);

/// What the record says: of `about`, or of the whole log.
pub(crate) fn of(index: &Index<'_>, leaf: u64, event: &Event, about: Option<&Held>) -> Said {
    let plain = |kind, words: String| (kind, words, Vec::new());
    match event {
        Event::Genesis(genesis) => plain(
            Kind::Opened,
            format!("The case was opened by \u{201c}{}\u{201d}.", genesis.actor_name),
        ),
        Event::Capture(capture) => captured(index, leaf, capture),
        Event::Reading(reading) => read(reading),
        Event::Erasure(erased) => erasure(index, leaf, erased, about),
        Event::Scrub(scrub) => scrubbed(index, leaf, scrub, about),
        Event::Repair(repair) => repaired(index, leaf, repair, about),
        Event::Export(export) => exported(index, leaf, export),
        Event::Received(bundle) => received(bundle),
        Event::Acknowledged(receipt) => acknowledged(receipt),
        Event::TimestampRequest(asked) => plain(
            Kind::StampAsked,
            format!(
                "A timestamp was asked for, of {}, when the log had {} records.",
                stamped(asked.about),
                asked.tree_size
            ),
        ),
        Event::Timestamp(received) => timestamped(index, received, about),
        Event::Enrolment(enrolled) => enrolment(enrolled),
        Event::Revocation(revoked) => revocation(revoked),
        Event::TwoPerson(rule) => plain(
            Kind::Ruled,
            if rule.on {
                "From here on, disclosures and changes of keys need two persons.".into()
            } else {
                "From here on, disclosures and changes of keys need one person only.".into()
            },
        ),
        Event::Approval(approval) => {
            plain(Kind::Approved, format!("A second person approved record {}.", approval.leaf))
        }
        Event::Disclosure(disclosure) => plain(
            Kind::Disclosing,
            format!(
                "Withheld fields were to be disclosed in one export: {}.",
                disclosure.fields.join(", ")
            ),
        ),
        Event::Recovery(recovery) => holders(recovery),
        Event::Cosigner(named) => plain(
            Kind::CosignerNamed,
            format!("\u{201c}{}\u{201d} was named to cosign the log.", named.name()),
        ),
        Event::Cosigned(cosigned) => {
            let by = cosigned.by.iter().map(|by| format!("{} ({})", by.name(), by.time));
            let by = by.collect::<Vec<_>>().join(", ");
            plain(
                Kind::Cosigned,
                format!(
                    "The first {} records were seen and cosigned, at the time each cosigner \
                     states, by {by}.",
                    cosigned.size
                ),
            )
        }
    }
}

fn erasure(index: &Index<'_>, leaf: u64, erased: &Erasure, about: Option<&Held>) -> Said {
    let reason = &erased.reason;
    let (kind, words) = if about.is_none() {
        let words = "The erasure of a sealed item that is not shown here was asked for.";
        (Kind::ErasureAsked, words.to_owned())
    } else if index.grounds().asked.contains(&leaf) {
        let words = format!(
            "One person asked for its erasure (\u{201c}{reason}\u{201d}), which two must sign: \
             without an approval it has no effect, and its key is kept."
        );
        (Kind::ErasureAsked, words)
    } else {
        let words = format!(
            "The consent to keep it was withdrawn (\u{201c}{reason}\u{201d}), and its key \
             destroyed: its sealed bytes stay, and nobody can open them any more."
        );
        (Kind::Erased, words)
    };
    (kind, words, Vec::new())
}

fn holders(recovery: &Recovery) -> Said {
    let words = format!(
        "{} holders were named, any {} of whom together can open what is sealed from here on, and \
         change keys.",
        recovery.holders.len(),
        recovery.threshold
    );
    (Kind::RecoveryNamed, words, Vec::new())
}

fn enrolment(enrolled: &Enrolment) -> Said {
    let kind = match enrolled.kind {
        Holder::Person => "person",
        Holder::Machine => "machine",
    };
    let words = format!(
        "A key was enrolled that may sign records: that of \u{201c}{}\u{201d}, a {kind}.",
        enrolled.name
    );
    (Kind::Enrolled, words, vec![("key".into(), enrolled.key.clone())])
}

fn revocation(revoked: &Revocation) -> Said {
    let words = format!("A key was revoked, and may sign no more: {}.", revoked.reason);
    let mut facts = vec![("key".to_string(), revoked.key.clone())];
    if let Some(from) = revoked.from {
        facts.push(("not to be believed from record".into(), from.to_string()));
    }
    (Kind::Revoked, words, facts)
}

fn captured(index: &Index<'_>, leaf: u64, capture: &Capture) -> Said {
    let how = match (&capture.received, &capture.sealed) {
        (Some(there), _) => {
            format!(" from a bundle of another archive, in whose log it is record {},", there.leaf)
        }
        (None, Some(_)) => ", sealed to named recipients,".into(),
        (None, None) => String::new(),
    };
    let words = format!(
        "It was taken in{how} under the name \u{201c}{}\u{201d}: {} bytes, with the digests \
         that name this item.",
        capture.name.text, capture.item.size
    );
    let mut facts = vec![
        ("method".to_string(), capture.method.clone()),
        ("SHA-256".to_string(), capture.item.sha256.to_string()),
        ("BLAKE2b-512".to_string(), capture.item.blake2b512.to_string()),
    ];
    let given = [
        ("source, as given", &capture.source),
        ("address, as given", &capture.address),
        ("obtained, as given", &capture.obtained),
        ("file last changed, by its file system", &capture.file_modified),
        ("note of the collector", &capture.note),
        ("exact bytes of the name, in hexadecimal", &capture.name.bytes),
    ];
    for (name, value) in given {
        facts.extend(value.iter().map(|value| (name.to_string(), value.clone())));
    }
    if let Some(there) = &capture.received {
        facts.push(("tag manifest of the bundle, SHA-256".into(), there.tagmanifest.to_string()));
    }
    for field in capture.withheld.keys() {
        let opened = index.grounds().opened.get(&(leaf, field.clone()));
        let value = match opened {
            // A page to print is no place for a secret key.
            Some(_) if field == "key" => "disclosed in openings.jsonl",
            opened => opened.map_or(WITHHELD, String::as_str),
        };
        facts.push((field.clone(), value.to_string()));
    }
    (Kind::Captured, words, facts)
}

fn read(reading: &ReadingMade) -> Said {
    let words = format!(
        "It was read by the program {}, which found {} figure(s).",
        reading.reader, reading.figures
    );
    let mut facts =
        vec![("SHA-256 of the reading".to_string(), reading.reading.sha256.to_string())];
    if !reading.problems.is_empty() {
        facts.push(("problems".into(), reading.problems.join(", ")));
    }
    (Kind::Read, words, facts)
}

fn scrubbed(index: &Index<'_>, leaf: u64, scrub: &Scrub, about: Option<&Held>) -> Said {
    let found = about.and_then(|held| index.found(leaf, held.item.sha256));
    let words = match (about, found) {
        (None, _) => format!(
            "All {} objects were read again, {} bytes, and compared with their digests: {} \
             fault(s), {} notice(s).",
            scrub.objects, scrub.bytes, scrub.faults, scrub.notices
        ),
        (Some(_), Some(Found::Fault)) => {
            "It was read again with all else, and was NOT found whole.".into()
        }
        (Some(_), Some(_)) => "It was read again with all else, and found whole.".into(),
        (Some(_), None) if scrub.faults == 0 => {
            "It was read again with all else, and found whole.".into()
        }
        (Some(_), None) => format!(
            "It was read again with all else; {} fault(s) were found, and this record alone does \
             not say where.",
            scrub.faults
        ),
    };
    (Kind::Scrubbed, words, vec![("begun, as claimed".into(), scrub.began.clone())])
}

fn repaired(index: &Index<'_>, leaf: u64, repair: &Repair, about: Option<&Held>) -> Said {
    let found = about.map(|held| index.found(leaf, held.item.sha256));
    let words = match found {
        None => format!(
            "{} object(s), {} file(s) of the log and {} other(s) were put back from a {}; for {} \
             no good copy was found.",
            repair.objects, repair.log_files, repair.others, repair.from, repair.faults
        ),
        Some(Some(Found::Fault)) => format!(
            "It was found damaged or missing, and no good copy of it was found in a {}.",
            repair.from
        ),
        Some(Some(_)) => format!(
            "It was found damaged or missing, and was put back from a {}: the bytes have the \
             digest that they had when they were taken in.",
            repair.from
        ),
        Some(None) => format!(
            "{} object(s) were put back from a {}; this record alone does not say whether it was \
             among them.",
            repair.objects, repair.from
        ),
    };
    (Kind::Repaired, words, Vec::new())
}

fn exported(index: &Index<'_>, leaf: u64, export: &Export) -> Said {
    let whom = match index.receipt(leaf) {
        Some(receipt) => format!("Record {receipt} says who gave a receipt for it."),
        None => "To whom it went is not on record.".into(),
    };
    let words = format!("A copy left the case in a bundle of {} item(s). {whom}", export.items);
    let mut facts =
        vec![("tag manifest of the bundle, SHA-256".into(), export.tagmanifest.to_string())];
    if !export.disclosed.is_empty() {
        facts.push(("fields disclosed".into(), export.disclosed.join(", ")));
    }
    (Kind::Exported, words, facts)
}

fn received(received: &Received) -> Said {
    let words = format!(
        "A bundle of {} item(s) was received from another archive, that of the log {}: it held, \
         and record {} there is its export. From here on that log cannot be rewritten below {} \
         records unnoticed.",
        received.items, received.origin, received.export, received.tree_size
    );
    let facts = [
        ("key of that log", received.log_key.clone()),
        ("tag manifest of the bundle, SHA-256", received.tagmanifest.to_string()),
        ("root of that log, SHA-256", received.root.to_string()),
    ];
    (Kind::Received, words, facts.map(|(name, value)| (name.to_string(), value)).to_vec())
}

fn acknowledged(receipt: &Acknowledged) -> Said {
    let words = format!(
        "Another archive, that of the log {}, holds a copy of the {} item(s) that left with record \
         {}: it recorded so at {}, by its own clock, and gave a signed receipt, which is kept.",
        receipt.origin, receipt.items, receipt.export, receipt.since
    );
    let facts = [
        ("key of that log", receipt.log_key.clone()),
        ("record there", receipt.leaf.to_string()),
        ("hash of that record", receipt.hash.to_string()),
    ];
    (Kind::Acknowledged, words, facts.map(|(name, value)| (name.to_string(), value)).to_vec())
}

fn timestamped(index: &Index<'_>, received: &Timestamp, about: Option<&Held>) -> Said {
    let what = match (about, index.stamped(received)) {
        (Some(_), Some(Stamped::Checkpoint)) => "Its record, and all before it, existed".into(),
        (Some(_), Some(_)) => "Its bytes existed".into(),
        (None, Some(what)) => format!("What it is of, {}, existed", stamped(what)),
        (_, None) => "What was asked about existed".into(),
    };
    let words = format!(
        "{what} by {}, says an outside authority, {}, in a timestamp asked for when the log had \
         {} records.",
        received.gen_time, received.authority, received.tree_size
    );
    let mut facts = vec![
        ("policy".to_string(), received.policy.clone()),
        ("serial number".to_string(), received.serial.clone()),
    ];
    if let Some(micros) = received.accuracy_micros {
        facts.push(("accuracy, in microseconds".into(), micros.to_string()));
    }
    (Kind::Stamped, words, facts)
}

fn stamped(about: Stamped) -> &'static str {
    match about {
        Stamped::Checkpoint => "the log's signed state",
        Stamped::Items => "all items",
        Stamped::Token => "an older timestamp",
        Stamped::ItemsAgain => "all items under a newer digest",
    }
}
