//! `casefile cosign`: others say that they saw this case's log grow, and never change.
//!
//! By files that are carried or sent: a request goes out (`ask`), a cosigned checkpoint comes back
//! (`add`). What comes back is hostile until its signatures hold and it fits this log's history.

use crate::cosigner::read;
use crate::{Ask, Error, open_writer, outside};
use archive::Case;
use custody::checkpoint::{self, Checkpoint};
use custody::cosignature::{self, Cosigner, time_words};
use custody::note::{NOTE_LIMIT_BYTES, Verifier};
use custody::policy::Policy;
use record::{Cosigned, CosignedBy, Event, Finding, Sha256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

/// What cosigners have seen of the log.
#[derive(Debug, Serialize)]
pub struct State {
    /// How many leaves the log has.
    pub size: u64,
    /// Those who were named, in the order of naming.
    pub cosigners: Vec<Named>,
}

/// A request written.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// Who is to sign.
    pub cosigner: String,
    /// From which size the proof starts.
    pub from: u64,
    /// The size that is to be signed.
    pub size: u64,
    /// Where the request is.
    pub out: PathBuf,
}

/// A cosigned checkpoint kept.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// The leaf that records it; of an earlier record where it was on record already.
    pub leaf: u64,
    /// Whether it was on record already.
    pub known: bool,
    /// How many leaves the cosigners saw.
    pub size: u64,
    /// Whose signatures in it hold, of those who were named.
    pub by: Vec<CosignedBy>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// A cosigner named.
#[derive(Debug, Serialize)]
pub struct Naming {
    /// Who.
    #[serde(flatten)]
    pub named: Named,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Who was named, and what each has seen.
pub fn state(root: &Path) -> Result<State, Error> {
    let case = Case::open(root)?;
    let cosigners = History::of(&case)?.named;
    Ok(State { size: case.log().size(), cosigners })
}

/// Names a cosigner by its verifier key, on record. Once is enough.
pub fn name(root: &Path, key: &str, who: Option<String>, ask: Ask<'_>) -> Result<Naming, Error> {
    let cosigner = Cosigner::parse(key.trim()).map_err(|error| {
        Error::asked(
            format!("{key:?} is no cosigner's key: {error}"),
            "Give the line in the file vkey of the cosigner's folder.",
        )
    })?;
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let named = History::of(&writer.case()?)?.named;
    let vkey = cosigner.vkey();
    if let Some(known) = named.into_iter().find(|named| named.key == vkey) {
        return Ok(Naming { named: known, recovered });
    }
    let mut batch = writer.begin()?;
    let event = record::Cosigner { key: vkey.clone(), who: who.clone() };
    batch.record(Event::Cosigner(event), Vec::new());
    let receipts = batch.commit(&mut writer)?;
    let leaf = receipts.first().map_or(0, |receipt| receipt.index);
    let named = Named { leaf, name: cosigner.name().into(), key: vkey, who, size: 0, time: None };
    Ok(Naming { named, recovered })
}

/// Writes a request to the cosigner `name` to `out`, which must not exist. It starts from what they
/// signed last, as far as this case knows, or from `from`, as they answered.
pub fn ask(root: &Path, name: &str, from: Option<u64>, out: &Path) -> Result<Asked, Error> {
    let case = Case::open(root)?;
    let named = History::of(&case)?.named;
    let Some(cosigner) = named.iter().find(|one| one.name == name || one.key == name) else {
        let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
        return Err(Error::asked(
            format!("{name:?} is not a cosigner of this case"),
            match names.as_slice() {
                [] => "Name one first: `casefile cosign name KEY`.".into(),
                names => format!("Its cosigners: {}.", names.join(", ")),
            },
        ));
    };
    let from = from.unwrap_or(cosigner.size);
    let size = case.log().size();
    if from > size {
        return Err(Error::asked(
            format!("the log has {size} records, and the cosigner saw {from}"),
            "This case is older than what they saw: a backup that was put back? Find the newer \
             copy, and do not go on with this one.",
        ));
    }
    let request = case.log().growth(from)?;
    outside::write_new(out, || Ok(((), request.text().into_bytes())))?;
    Ok(Asked { cosigner: cosigner.name.clone(), from, size, out: out.into() })
}

/// Takes a cosigned checkpoint in, if it is of this log's history and a named cosigner has signed.
pub fn add(root: &Path, path: &Path, ask: Ask<'_>) -> Result<Kept, Error> {
    let bytes = read(path, NOTE_LIMIT_BYTES)?;
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let history = History::of(&case)?;
    let (checkpoint, by) = examine(&case, &history, &bytes).map_err(|refused| {
        let what = format!("{} is not taken in: {}", path.display(), refused.why);
        Error::asked(what, refused.remedy)
    })?;
    let (size, digest) = (checkpoint.size, Sha256::of(&bytes));
    if let Some(leaf) = history.kept.iter().find(|(_, kept)| kept.checkpoint.sha256 == digest) {
        return Ok(Kept { leaf: leaf.0, known: true, size, by, recovered });
    }
    let event = |checkpoint| Event::Cosigned(Cosigned { checkpoint, size, by: by.clone() });
    let leaf = writer.keep(&bytes, event)?;
    Ok(Kept { leaf, known: false, size, by, recovered })
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
pub(crate) struct Chosen {
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
pub(crate) fn chosen(
    case: &Case,
    taken_in: &[u64],
) -> Result<(Vec<Chosen>, Vec<bundle::Sighting>), Error> {
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
            let Some(named) = named else { continue };
            seen.push(bundle::Sighting {
                named: named.leaf,
                key: by.key.clone(),
                who: named.who.clone(),
                size: one.record.size,
                time: by.time.clone(),
            });
        }
    }
    Ok((held, seen))
}

/// How many leaves each cosigner of a policy saw, by key, whether the case names them or not.
pub(crate) fn sizes(case: &Case, policy: &Policy) -> Result<BTreeMap<String, u64>, Error> {
    let History { log, kept, .. } = History::of(case)?;
    let mut sizes = BTreeMap::new();
    for (_, record) in &kept {
        let Ok(note) = case.read(record.checkpoint.sha256, NOTE_LIMIT_BYTES as u64) else {
            continue;
        };
        for key in policy.cosigners.values() {
            let named = vec![Named { key: key.vkey.clone(), ..Named::default() }];
            let alone = History { log: log.clone(), named, kept: Vec::new() };
            if let Ok((checkpoint, _)) = examine(case, &alone, &note) {
                let size = sizes.entry(key.vkey.clone()).or_insert(0);
                *size = checkpoint.size.max(*size);
            }
        }
    }
    Ok(sizes)
}

/// What the log says of cosigners.
struct History {
    log: Option<Verifier>,
    named: Vec<Named>,
    kept: Vec<(u64, Cosigned)>,
}

impl History {
    fn of(case: &Case) -> Result<Self, Error> {
        let mut history = Self { log: None, named: Vec::new(), kept: Vec::new() };
        for leaf in case.leaves() {
            let (index, leaf) = leaf?;
            match leaf.event {
                Event::Genesis(genesis) => history.log = Verifier::parse(&genesis.log_key).ok(),
                Event::Cosigner(named) => history.named.push(Named {
                    leaf: index,
                    name: named.name().into(),
                    key: named.key,
                    who: named.who,
                    size: 0,
                    time: None,
                }),
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
        let before = self.named.iter().filter(|named| named.leaf < leaf).cloned().collect();
        let then = Self { log: self.log.clone(), named: before, kept: Vec::new() };
        match examine(case, &then, note) {
            Ok((checkpoint, by)) if checkpoint.size == kept.size && by == kept.by => Ok(()),
            Ok(_) => Err("it says something else than the record".into()),
            Err(refused) => Err(refused.why),
        }
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
struct Refused {
    why: String,
    remedy: &'static str,
}

/// The checkpoint in `note` and its cosignatures, if it is of this log's history; else why not.
fn examine(
    case: &Case,
    history: &History,
    note: &[u8],
) -> Result<(Checkpoint, Vec<CosignedBy>), Refused> {
    let refused = |why: String, remedy: &'static str| Refused { why, remedy };
    let unchanged = "Ask the cosigner for what `casefile cosigner sign` wrote, unchanged.";
    let log = history.log.as_ref().ok_or_else(|| {
        refused("the case has no readable log key".into(), "Run `casefile verify`.")
    })?;
    let checkpoint =
        checkpoint::open(note, log).map_err(|error| refused(error.to_string(), unchanged))?;
    let growth = case.log().growth(checkpoint.size).map_err(|_| {
        let (seen, here) = (checkpoint.size, case.log().size());
        refused(
            format!("it speaks of {seen} records, and the log has {here}"),
            "This case is older than what they saw: a backup that was put back? Find the newer \
             copy, and do not go on with this one.",
        )
    })?;
    growth.verify(&checkpoint, log).map_err(|_| {
        refused(
            "its root is not that of this log at that size: the log's key has signed two histories"
                .into(),
            "KEEP THE FILE. Another copy of this case has gone its own way: find it, and decide \
             with the others which one goes on.",
        )
    })?;
    let known: Vec<Cosigner> =
        history.named.iter().filter_map(|named| Cosigner::parse(&named.key).ok()).collect();
    let held = cosignature::cosigned(note, &known)
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
