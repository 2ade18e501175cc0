//! What cosigners have seen of a case's log, as its records have it; and whether that is so.
//!
//! Every cosignature is checked again each time, against the log as it stands. Nothing is written
//! here.

use archive::{Case, Error, log};
use custody::checkpoint::{self, Checkpoint};
use custody::cosignature::{self, Cosigner, time_words};
use custody::note::{NOTE_LIMIT_BYTES, Verifier};
use custody::policy::Policy;
use record::{Cosigned, CosignedBy, Event, Finding};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Code of a cosignature on record that does not hold.
pub const COSIGNATURE_INVALID: &str = "cosignature-invalid";

/// Code of a case whose log the cosigners of the verifier's policy have not signed.
pub const QUORUM_UNMET: &str = "quorum-unmet";

/// A cosigner of this case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Leaf of the record that names them.
    pub leaf: u64,
    /// Name of the key.
    pub name: String,
    /// The verifier key.
    pub key: String,
    /// Who they are.
    pub who: Option<String>,
    /// How many leaves they saw, when they signed last; 0 where they never did.
    pub size: u64,
    /// When that was, as they say.
    pub time: Option<String>,
}

/// Whether every cosignature on record holds, against the log as it stands.
pub fn check(case: &Case) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let history = History::of(case)?;
    for (leaf, kept) in &history.kept {
        let read = case.read(kept.checkpoint.sha256, NOTE_LIMIT_BYTES as u64);
        // A lost object is found as such.
        let Ok(bytes) = read else { continue };
        let Err(why) = history.holds(case, *leaf, kept, &bytes) else { continue };
        findings.push(Finding::fault(COSIGNATURE_INVALID, format!("leaf {leaf}"), why));
    }
    Ok(findings)
}

/// A cosigned checkpoint for a bundle.
pub struct Chosen {
    /// Leaf of its record.
    pub leaf: u64,
    /// The record.
    pub record: Cosigned,
    /// The checkpoint with its signatures.
    pub note: Vec<u8>,
}

/// The cosigned checkpoints that say most about exhibits, of which `taken_in` has the leaves: from
/// each cosigner the first with each of them in it, and the newest. Those that do not hold stay
/// out: the check of the case says so. With them what each cosigner saw, smaller sizes first.
pub fn chosen(case: &Case, taken_in: &[u64]) -> Result<(Vec<Chosen>, Vec<Named>), Error> {
    let history = History::of(case)?;
    let mut held: Vec<Chosen> = Vec::new();
    for (leaf, record) in &history.kept {
        let Ok(note) = case.read(record.checkpoint.sha256, NOTE_LIMIT_BYTES as u64) else {
            continue;
        };
        if history.holds(case, *leaf, record, &note).is_ok() {
            held.push(Chosen { leaf: *leaf, record: record.clone(), note });
        }
    }
    held.sort_by_key(|one| (one.record.size, one.leaf));
    let mut wanted = BTreeSet::new();
    for named in &history.named {
        let by = |one: &&Chosen| one.record.by.iter().any(|by| by.key == named.key);
        let first = |leaf: &u64| held.iter().filter(by).find(|one| one.record.size > *leaf);
        wanted.extend(taken_in.iter().filter_map(first).map(|one| one.leaf));
        wanted.extend(held.iter().rfind(by).map(|one| one.leaf));
    }
    held.retain(|one| wanted.contains(&one.leaf));
    let mut seen = Vec::new();
    for one in &held {
        for by in &one.record.by {
            let named = history.named.iter().find(|named| named.key == by.key);
            seen.extend(named.map(|named| Named {
                size: one.record.size,
                time: Some(by.time.clone()),
                ..named.clone()
            }));
        }
    }
    Ok((held, seen))
}

/// How many leaves each cosigner of a policy saw, by key, whether the case names them or not.
pub fn sizes(case: &Case, policy: &Policy) -> Result<BTreeMap<String, u64>, Error> {
    let history = History::of(case)?;
    let cosigners = policy.cosigners.values().filter_map(|key| Cosigner::parse(&key.vkey).ok());
    let cosigners: Vec<Cosigner> = cosigners.collect();
    let mut sizes = BTreeMap::new();
    for (_, record) in &history.kept {
        let Ok(note) = case.read(record.checkpoint.sha256, NOTE_LIMIT_BYTES as u64) else {
            continue;
        };
        for cosigner in &cosigners {
            let alone = std::slice::from_ref(cosigner);
            if let Ok((checkpoint, _)) = signed_by(case, history.log.as_ref(), alone, &note) {
                let size = sizes.entry(cosigner.vkey()).or_insert(0);
                *size = checkpoint.size.max(*size);
            }
        }
    }
    Ok(sizes)
}

/// What the log says of cosigners.
pub struct History {
    log: Option<Verifier>,
    /// Those who were named, in the order of naming.
    pub named: Vec<Named>,
    /// The cosigned checkpoints on record, each with the leaf of its record.
    pub kept: Vec<(u64, Cosigned)>,
    /// The keys of those who were named, each with the leaf that names it.
    keys: Vec<(u64, Cosigner)>,
}

impl History {
    /// Reads a case's records.
    pub fn of(case: &Case) -> Result<Self, Error> {
        let mut history = Self { log: None, named: Vec::new(), kept: Vec::new(), keys: Vec::new() };
        for leaf in case.leaves() {
            let (index, leaf) = leaf?;
            match leaf.event {
                Event::Genesis(genesis) => history.log = log::named_by(&genesis),
                Event::Cosigner(named) => {
                    let key = Cosigner::parse(&named.key).ok();
                    history.keys.extend(key.map(|key| (index, key)));
                    history.named.push(Named {
                        leaf: index,
                        name: named.name().into(),
                        key: named.key,
                        who: named.who,
                        size: 0,
                        time: None,
                    });
                }
                Event::Cosigned(kept) => {
                    kept.by.iter().for_each(|by| saw(&mut history.named, kept.size, by));
                    history.kept.push((index, kept));
                }
                _ => {}
            }
        }
        Ok(history)
    }

    /// Whether what a record says of a cosigned checkpoint is so; else why not.
    fn holds(&self, case: &Case, leaf: u64, kept: &Cosigned, note: &[u8]) -> Result<(), String> {
        // Who was named later is not counted by this record, even where a line of theirs is there.
        match signed_by(case, self.log.as_ref(), &self.known(leaf), note) {
            Ok((checkpoint, by)) if checkpoint.size == kept.size && by == kept.by => Ok(()),
            Ok(_) => Err("it says something else than the record".into()),
            Err(refused) => Err(refused.why),
        }
    }

    /// The keys of those who were named before the leaf `leaf`.
    fn known(&self, leaf: u64) -> Vec<Cosigner> {
        let before = self.keys.iter().filter(|(named, _)| *named < leaf);
        before.map(|(_, key)| key.clone()).collect()
    }
}

/// Notes that a cosigner saw so many leaves.
fn saw(named: &mut [Named], size: u64, by: &CosignedBy) {
    if let Some(one) = named.iter_mut().find(|one| one.key == by.key && one.size <= size) {
        one.size = size;
        one.time = Some(by.time.clone());
    }
}

/// Why a note is not a cosigned checkpoint of this case, and what to do.
pub struct Refused {
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub remedy: &'static str,
}

/// The checkpoint in `note` and its cosignatures, if it is of this log's history; else why not.
pub fn examine(
    case: &Case,
    history: &History,
    note: &[u8],
) -> Result<(Checkpoint, Vec<CosignedBy>), Refused> {
    signed_by(case, history.log.as_ref(), &history.known(u64::MAX), note)
}

fn signed_by(
    case: &Case,
    log: Option<&Verifier>,
    known: &[Cosigner],
    note: &[u8],
) -> Result<(Checkpoint, Vec<CosignedBy>), Refused> {
    let refused = |why: String, remedy: &'static str| Refused { why, remedy };
    let unchanged = "Ask the cosigner for what `casefile cosigner sign` wrote, unchanged.";
    let log = log.ok_or_else(|| {
        refused("the case has no readable log key".into(), "Run `casefile verify`.")
    })?;
    let checkpoint =
        checkpoint::open(note, log).map_err(|error| refused(error.to_string(), unchanged))?;
    let (seen, here) = (checkpoint.size, case.log().size());
    if seen > here {
        return Err(refused(
            format!("it speaks of {seen} records, and the log has {here}"),
            "This case is older than what they saw: a backup that was put back? Find the newer \
             copy, and do not go on with this one.",
        ));
    }
    let growth = case.log().growth(seen).map_err(|error| {
        refused(format!("this log cannot be read: {error}"), "Run `casefile verify`.")
    })?;
    growth.verify(&checkpoint, log).map_err(|_| {
        refused(
            "its root is not that of this log at that size: the log's key has signed two histories"
                .into(),
            "KEEP THE FILE. Another copy of this case has gone its own way: find it, and decide \
             with the others which one goes on.",
        )
    })?;
    let held = cosignature::cosigned(note, known)
        .map_err(|error| refused(error.to_string(), unchanged))?;
    if held.is_empty() {
        return Err(refused(
            "none of the cosigners that this case names has signed it".into(),
            "Name the cosigner first: `casefile cosign name KEY`.",
        ));
    }
    let by = held
        .into_iter()
        .map(|one| CosignedBy { key: known[one.cosigner].vkey(), time: time_words(one.time) });
    Ok((checkpoint, by.collect()))
}
