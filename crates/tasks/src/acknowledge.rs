//! `casefile acknowledge`: the receipt of another archive, checked against this case's own log and
//! put on record.
//!
//! Crash story: one commit keeps the receipt as an object and records it; before that nothing has
//! happened, and whoever runs it again finds it on record or not.

use crate::transfers::codes;
use crate::verify::{Trusted, Unpacked};
use crate::{Ask, Error, open_writer, outside};
use archive::Case;
use custody::note;
use record::{Acknowledged, Event, Export, Finding, Leaf, Received, Sha256, finding};
use serde::Serialize;
use std::fs;
use std::path::Path;
use verifier::zipped;

/// Most bytes of a receipt: it has two files for each change of keys before it, of 64 and 20 KiB at
/// most, and some 200 such changes are more than any archive had.
const RECEIPT_LIMIT_BYTES: usize = 16 << 20;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Whether the receipt is on record, now or since an earlier time.
    pub acknowledged: bool,
    /// The record that says so.
    pub leaf: Option<u64>,
    /// The export that it is about.
    pub export: Option<u64>,
    /// Name of the log of whoever received the bundle.
    pub origin: String,
    /// That log's key.
    pub log_key: String,
    /// Since when they hold it, as their record claims.
    pub since: String,
    /// How many items.
    pub items: u64,
    /// What was found.
    pub findings: Vec<Finding>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Checks the receipt at `path` and records it, if nothing speaks against it.
pub fn run(root: &Path, path: &Path, trusted: Trusted<'_>, ask: Ask<'_>) -> Result<Outcome, Error> {
    let bytes = outside::read(path, RECEIPT_LIMIT_BYTES)?;
    if bytes.len() > RECEIPT_LIMIT_BYTES {
        return Err(Error::asked(
            format!("{} is longer than any receipt", path.display()),
            "Give the file that `casefile receive --receipt` wrote.",
        ));
    }
    let place = path.display().to_string();
    let mut outcome = Outcome::default();
    let receipt = opened(&bytes, trusted)?;
    outcome.findings.extend(receipt.findings);
    let Some((leaf, record, hash)) =
        receipt.received.filter(|_| finding::passes(&outcome.findings))
    else {
        return Ok(outcome);
    };
    let Event::Received(received) = &record.event else { return Ok(outcome) };
    outcome.origin.clone_from(&record.log);
    outcome.log_key.clone_from(&receipt.log_key);
    outcome.since.clone_from(&record.time);
    outcome.items = received.items;
    let mut writer = open_writer(root, ask)?;
    outcome.recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    outcome.findings.extend(against(&case, received, &place)?);
    if !finding::passes(&outcome.findings) {
        return Ok(outcome);
    }
    outcome.export = Some(received.export);
    let known = acknowledged(&case)?.into_iter().find(|(_, one)| {
        one.log_key == note::first_of(&receipt.log_key) && one.export == received.export
    });
    outcome.acknowledged = true;
    if let Some((at, _)) = known {
        let message = format!("record {at} acknowledged it: nothing is recorded again");
        outcome.findings.push(Finding::notice(codes::RECEIPT_AGAIN, &place, message));
        outcome.leaf = Some(at);
        return Ok(outcome);
    }
    let (origin, log_key) = (record.log.clone(), note::first_of(&receipt.log_key).into());
    let (export, since, items) = (received.export, record.time.clone(), received.items);
    let at = writer.keep(&bytes, |receipt| {
        Event::Acknowledged(Acknowledged {
            export,
            origin,
            log_key,
            leaf,
            hash,
            since,
            items,
            receipt,
        })
    })?;
    outcome.leaf = Some(at);
    Ok(outcome)
}

/// A receipt as its own bytes have it.
fn opened(bytes: &[u8], trusted: Trusted<'_>) -> Result<verifier::Receipt, Error> {
    let scratch = Unpacked::new()?;
    let (file, folder) = (scratch.0.join("receipt.zip"), scratch.0.join("receipt"));
    fs::write(&file, bytes).map_err(Error::io("write", &file))?;
    fs::create_dir(&folder).map_err(Error::io("make folder", &folder))?;
    let keys: Vec<&str> = trusted.log_keys.iter().map(String::as_str).collect();
    Ok(zipped::verify_receipt(&file, &folder, &keys)?)
}

/// What a receipt says against what this case's log says.
fn against(case: &Case, received: &Received, place: &str) -> Result<Vec<Finding>, Error> {
    let fault = |code, message: &str| Ok(vec![Finding::fault(code, place, message)]);
    if received.log_key != case.log().verifier().vkey() || received.origin != case.log().origin() {
        let message = "it is for a bundle of another archive than this one";
        return fault(codes::RECEIPT_FOREIGN, message);
    }
    let export = case.leaves().nth(usize::try_from(received.export).unwrap_or(usize::MAX));
    let export: Export = match export.transpose()? {
        Some((_, Leaf { event: Event::Export(export), .. })) => export,
        _ => {
            let message = "it names a record as the export that is none in this log";
            return fault(codes::RECEIPT_BUNDLE, message);
        }
    };
    if export.tagmanifest != received.tagmanifest {
        let message = "it is for another bundle than the export that it names";
        return fault(codes::RECEIPT_BUNDLE, message);
    }
    if (export.items, export.list) != (received.items, received.list) {
        let message = "it is for other items than went out with that bundle";
        return fault(codes::RECEIPT_ITEMS, message);
    }
    // The size stands in a stranger's record: one beyond our own log cannot have been seen.
    let seen = received.tree_size <= case.log().size()
        && Sha256(case.log().root_at(received.tree_size)?) == received.root;
    if !seen {
        let message = "they saw another history of this log than it has: it was told in two ways, \
                       or put back from an older copy";
        return fault(codes::RECEIPT_FORK, message);
    }
    Ok(Vec::new())
}

/// The receipts on record, each with its leaf.
fn acknowledged(case: &Case) -> Result<Vec<(u64, Acknowledged)>, Error> {
    let mut found = Vec::new();
    for leaf in case.leaves() {
        if let (index, Leaf { event: Event::Acknowledged(acknowledged), .. }) = leaf? {
            found.push((index, acknowledged));
        }
    }
    Ok(found)
}
