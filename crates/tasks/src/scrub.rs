//! `casefile scrub`: everything kept, read again from the disk; what it came to, on record.
//!
//! Holds no lock on the case while it reads, which may take days: items can be taken in meanwhile.
//! Crash story: the journal says what was seen (`check::scrub`); the record is written when all
//! was; only then does the journal say that the scrub has ended. A kill in between costs a second
//! record of the same scrub, and no reading.

use crate::{Ask, Error, TOOL};
use archive::objects::Medium;
use archive::{Passphrase, Writer, keys, layout};
use check::scrub::{Journal, Sweep};
use record::{Event, Finding, Grade, Scrub, canonical, finding};
use serde::Serialize;
use std::path::Path;

/// How to scrub.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// Most bytes a second.
    pub rate_bytes: Option<u64>,
    /// Whether to begin anew where a scrub was interrupted.
    pub anew: bool,
    /// Whether to leave the custody log alone, which needs the keys.
    pub unrecorded: bool,
}

/// What a scrub came to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Whether nothing in it is a fault.
    pub holds: bool,
    /// When it began; it may have been interrupted since.
    pub began: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Records checked.
    pub records: u64,
    /// Objects read through.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of the objects were seen whole before the interruption, and not read again.
    pub seen_before: u64,
    /// Leaf that records it.
    pub leaf: Option<u64>,
    /// Why it is not on record, if it should be.
    pub unrecorded: Option<String>,
    /// What the case had to recover from before the record.
    pub recovered: Vec<Finding>,
}

/// Scrubs the case at `root`. `progress` hears how many objects of how many are done.
pub fn run(
    root: &Path,
    request: &Request,
    ask: Ask<'_>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    archive::case::check_version(root)?;
    let keys = if request.unrecorded { None } else { Some(unlock(root, ask)?) };
    let journal = Journal::open(root, request.anew)?;
    let sweep = Sweep {
        medium: Medium::Disk,
        rate_bytes: request.rate_bytes,
        journal: Some(&journal),
        progress,
    };
    let report = check::check_by(root, None, &sweep)?;
    let mut outcome = Outcome {
        holds: finding::passes(&report.findings),
        began: journal.began().into(),
        findings: report.findings,
        records: report.leaves,
        objects: report.objects,
        bytes: report.object_bytes,
        seen_before: journal.seen_before(),
        leaf: None,
        unrecorded: None,
        recovered: Vec::new(),
    };
    if let Some((place, passphrase)) = keys {
        // That it cannot be recorded must not hide what was found.
        match record(root, (&place, passphrase), &mut outcome) {
            Ok(leaf) => outcome.leaf = Some(leaf),
            Err(error) => {
                outcome.unrecorded = Some(format!("{error}. {}", error.remedy()));
                return Ok(outcome);
            }
        }
    }
    journal.end()?;
    Ok(outcome)
}

/// Reads a rate such as `20MB/s`, `512k` or `1GiB/s`: bytes a second.
pub fn parse_rate(text: &str) -> Result<u64, Error> {
    let wrong = || {
        Error::asked(
            format!("{text:?} is no rate"),
            "Write bytes a second, such as 20MB/s, 500kB/s or 1GiB/s; at least 1.",
        )
    };
    let plain = text.trim().strip_suffix("/s").unwrap_or(text.trim());
    let end = plain.find(|c: char| !c.is_ascii_digit()).unwrap_or(plain.len());
    let (number, unit) = plain.split_at(end);
    let factor: u64 = match unit.trim().to_ascii_lowercase().trim_end_matches('b') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        "ki" => 1 << 10,
        "mi" => 1 << 20,
        "gi" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(factor).filter(|rate| *rate > 0).ok_or_else(wrong)
}

/// Asks at the beginning, not when hours have passed, and sees that it is the right passphrase.
fn unlock(root: &Path, ask: Ask<'_>) -> Result<(String, Option<Passphrase>), Error> {
    let place = match archive::signers::place_of(root, ask.actor.as_deref()) {
        Ok(place) => place,
        Err(nobody @ archive::Error::Nobody { .. }) => return Err(nobody.into()),
        // What is damaged is to be found, not to stop the search.
        Err(_) => layout::KEYS_OPEN.into(),
    };
    let passphrase = ask.passphrase(root, &place)?;
    if keys::are_sealed(root, &place) {
        keys::read(root, &place, passphrase.clone())?;
    }
    Ok((place, passphrase))
}

fn record(
    root: &Path,
    (place, passphrase): (&str, Option<Passphrase>),
    outcome: &mut Outcome,
) -> Result<u64, archive::Error> {
    let mut writer = Writer::open_with(root, place, passphrase, TOOL)?;
    outcome.recovered = std::mem::take(&mut writer.recovered);
    let faults = outcome.findings.iter().filter(|finding| finding.grade == Grade::Fault).count();
    let found = outcome.findings.len();
    writer.keep(&canonical::to_bytes(&outcome.findings), |report| {
        Event::Scrub(Scrub {
            began: outcome.began.clone(),
            records: outcome.records,
            objects: outcome.objects,
            bytes: outcome.bytes,
            faults: faults as u64,
            notices: (found - faults) as u64,
            report,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        for (text, expect) in [
            ("20MB/s", Some(20_000_000)),
            ("20 MB/s", Some(20_000_000)),
            ("20m", Some(20_000_000)),
            ("512KiB/s", Some(524_288)),
            ("7", Some(7)),
            ("7B/s", Some(7)),
            ("3G", Some(3_000_000_000)),
            ("0", None),
            ("", None),
            ("fast", None),
            ("-1MB", None),
            ("1.5MB", None),
            ("20Mbit/s", None),
            ("99999999999GB", None),
        ] {
            assert_eq!(parse_rate(text).ok(), expect, "{text}");
        }
    }
}
