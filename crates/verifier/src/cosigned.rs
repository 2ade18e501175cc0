//! The check of cosigned checkpoints in a bundle: each against its proved record, the bundle's
//! checkpoint, the cosigners' keys, and whom one trusts.
//!
//! A record of one asks for its files and for each cosignature that it counts: what was taken away
//! is a fault. What a bundle says of its own cosigners proves nothing: the verifier's policy does.

use crate::verify::Check;
use crate::{codes, layout};
use custody::cosignature::{self, Cosigner};
use custody::note::{NOTE_LIMIT_BYTES, Verifier};
use custody::policy::{self, Policy};
use custody::{Checkpoint, checkpoint, growth};
use record::{Cosigned, Digests, Event, Finding};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A cosignature that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Leaf of the record of it.
    pub leaf: u64,
    /// The cosigner's verifier key.
    pub key: String,
    /// How many of the log's leaves the cosigner saw.
    pub size: u64,
    /// When, as the cosigner says.
    pub time: String,
    /// Numbers of the exhibits that had been taken in by then, and that no smaller checkpoint in
    /// the bundle is cosigned over by the same key.
    pub exhibits: Vec<u64>,
    /// Whether the policy that was given names the key; `None` where none was given.
    pub trusted: Option<bool>,
}

impl Seen {
    /// The name in the key.
    pub fn name(&self) -> &str {
        self.key.split('+').next().unwrap_or_default()
    }
}

/// A cosigned checkpoint that is the beginning of the bundle's log.
struct Held {
    size: u64,
    note: Vec<u8>,
}

impl Check<'_> {
    /// Every cosigner and cosigned checkpoint among the proved records.
    pub(crate) fn cosigned(&mut self, verifier: &Verifier, trusted: Option<&Policy>) {
        let mut named: BTreeMap<String, u64> = BTreeMap::new();
        let mut order: Vec<(u64, String)> = Vec::new();
        let mut kept: Vec<(u64, Cosigned)> = Vec::new();
        for (leaf, record) in &self.leaves {
            match &record.event {
                Event::Cosigner(cosigner) if !named.contains_key(&cosigner.key) => {
                    named.insert(cosigner.key.clone(), *leaf);
                    order.push((*leaf, cosigner.key.clone()));
                }
                Event::Cosigned(cosigned) => kept.push((*leaf, cosigned.clone())),
                _ => {}
            }
        }
        let mut held = Vec::new();
        for (leaf, record) in &kept {
            held.extend(self.cosigned_checkpoint(*leaf, record, verifier));
            self.cosignatures(*leaf, record, &named);
        }
        for (leaf, key) in &order {
            if !kept.iter().any(|(_, record)| record.by.iter().any(|by| by.key == *key)) {
                let message = "it names a cosigner, and nothing that they signed is there";
                self.fault(codes::BUNDLE_COSIGNED, &layout::leaf(*leaf), message);
            }
        }
        self.accounted(&kept, verifier, &order);
        self.seen(&kept, trusted);
        self.said(trusted.is_some());
        if let Some(policy) = trusted {
            self.quorum(policy, &held);
        }
    }

    /// The checkpoint of a record is the one on record, the log's, and the beginning of the
    /// bundle's.
    fn cosigned_checkpoint(
        &mut self,
        leaf: u64,
        record: &Cosigned,
        verifier: &Verifier,
    ) -> Option<Held> {
        let (path, proof) = (layout::cosigned(leaf), layout::cosigned_consistency(leaf));
        let note = self.bytes(&path, NOTE_LIMIT_BYTES as u64);
        let text = self.text(&proof, growth::LIMIT_BYTES as u64);
        for (there, path) in [(note.is_some(), &path), (text.is_some(), &proof)] {
            if !there {
                let message = "a record of a cosigned checkpoint asks for this file, and it is \
                               not there";
                self.fault(codes::BUNDLE_COSIGNED, path, message);
            }
        }
        let note = note?;
        if Digests::of(&note) != record.checkpoint {
            let message = "it is not the checkpoint that its record names";
            self.fault(codes::BUNDLE_COSIGNED, &path, message);
        }
        let seen = match checkpoint::open(&note, verifier) {
            Ok(seen) => seen,
            Err(error) => {
                self.fault(codes::BUNDLE_COSIGNED, &path, error.to_string());
                return None;
            }
        };
        if seen.size != record.size {
            let message = "it is of another size than its record says";
            self.fault(codes::BUNDLE_COSIGNED, &path, message);
        }
        if let Err(why) = self.grown_from(&seen, &text?, verifier) {
            let message = format!(
                "what the cosigners saw is not shown to be the beginning of the log of \
                 log/checkpoint: {why}"
            );
            self.fault(codes::BUNDLE_COSIGNED_FORK, &proof, message);
            return None;
        }
        Some(Held { size: seen.size, note })
    }

    fn grown_from(
        &mut self,
        seen: &Checkpoint,
        text: &str,
        verifier: &Verifier,
    ) -> Result<(), String> {
        let ours = self.text(layout::CHECKPOINT, growth::LIMIT_BYTES as u64);
        let growth = growth::parse(text.as_bytes()).map_err(|error| error.to_string())?;
        if Some(&growth.checkpoint) != ours.as_ref() {
            return Err("the proof leads to another checkpoint".into());
        }
        if seen.size == 0 {
            return Err("they saw an empty log".into());
        }
        growth.verify(seen, verifier).map(|_| ()).map_err(|error| error.to_string())
    }

    /// Each cosignature that a record counts is there and holds, and is by a cosigner who was named
    /// before.
    fn cosignatures(&mut self, leaf: u64, record: &Cosigned, named: &BTreeMap<String, u64>) {
        let place = layout::cosigned(leaf);
        let Some(note) = self.bytes(&place, NOTE_LIMIT_BYTES as u64) else { return };
        let keys: BTreeSet<&str> = record.by.iter().map(|by| by.key.as_str()).collect();
        if keys.is_empty() {
            let message = "its record counts no cosignature";
            self.fault(codes::BUNDLE_COSIGNATURE, &place, message);
        }
        for key in keys {
            let known = Cosigner::parse(key).ok();
            let before = named.get(key).is_some_and(|at| *at < leaf);
            let Some(known) = known.filter(|_| before) else {
                let message = format!(
                    "its record counts a cosignature by {key:.100?}, which is no cosigner's key, \
                     or which no record before it names"
                );
                self.fault(codes::BUNDLE_COSIGNATURE_STRANGER, &place, message);
                continue;
            };
            let due: Vec<&str> =
                record.by.iter().filter(|by| by.key == key).map(|by| by.time.as_str()).collect();
            let found = cosignature::cosigned(&note, std::slice::from_ref(&known));
            let why = match found {
                Ok(found) => {
                    let times = found.iter().map(|one| cosignature::time_words(one.time));
                    if times.eq(due.iter().map(|time| (*time).to_string())) {
                        continue;
                    }
                    "it is not there, or not of the time that its record says".to_string()
                }
                Err(error) => error.to_string(),
            };
            let message = format!("the cosignature by {:?} on record: {why}", known.name());
            self.fault(codes::BUNDLE_COSIGNATURE, &place, message);
        }
    }

    /// No file is left over, and the policy is the one that follows from the records.
    fn accounted(
        &mut self,
        kept: &[(u64, Cosigned)],
        verifier: &Verifier,
        named: &[(u64, String)],
    ) {
        let mut used: BTreeSet<String> = kept
            .iter()
            .flat_map(|(leaf, _)| [layout::cosigned(*leaf), layout::cosigned_consistency(*leaf)])
            .collect();
        if !kept.is_empty() {
            used.insert(layout::COSIGNED_POLICY.into());
            let named: Vec<(u64, &str)> =
                named.iter().map(|(leaf, key)| (*leaf, key.as_str())).collect();
            let due = policy::of_cosigned(&verifier.vkey(), &named);
            let found = self.text(layout::COSIGNED_POLICY, policy::LIMIT_BYTES as u64);
            if found.is_none_or(|found| found != due) {
                let message = "it does not name the log, those of its cosigners whose records \
                               are here, and any of them as quorum; or it was stripped";
                self.fault(codes::BUNDLE_POLICY, layout::COSIGNED_POLICY, message);
            }
        }
        let in_folder = |path: &&String| path.starts_with(layout::COSIGNED);
        let over: Vec<String> =
            self.present.iter().filter(in_folder).filter(|p| !used.contains(*p)).cloned().collect();
        for path in over {
            self.fault(
                codes::BUNDLE_COSIGNED,
                &path,
                "no record of this bundle asks for this file",
            );
        }
    }

    /// What holds, for a person: who saw which exhibits when. A smaller checkpoint comes first.
    fn seen(&mut self, kept: &[(u64, Cosigned)], trusted: Option<&Policy>) {
        let faulty = |leaf: u64| {
            let paths = [layout::cosigned(leaf), layout::cosigned_consistency(leaf)];
            self.report.findings.iter().any(|finding| paths.contains(&finding.place))
        };
        let mut held: Vec<&(u64, Cosigned)> =
            kept.iter().filter(|(leaf, _)| !faulty(*leaf)).collect();
        held.sort_by_key(|(leaf, record)| (record.size, *leaf));
        let mut told: BTreeSet<(&str, u64)> = BTreeSet::new();
        let mut latest: BTreeMap<&str, &str> = BTreeMap::new();
        let (mut seen, mut backwards) = (Vec::new(), Vec::new());
        for (leaf, record) in held {
            for by in &record.by {
                let due = self.taken_in.iter().filter(|(_, at)| **at < record.size);
                let exhibits = due
                    .map(|(number, _)| *number)
                    .filter(|number| told.insert((&by.key, *number)))
                    .collect();
                let trusted = trusted.map(|policy| names(policy, &by.key));
                if let Some(before) = latest.insert(&by.key, &by.time)
                    && by.time.as_str() < before
                {
                    backwards.push((*leaf, by.clone(), before.to_owned()));
                }
                let (key, time) = (by.key.clone(), by.time.clone());
                seen.push(Seen { leaf: *leaf, key, size: record.size, time, exhibits, trusted });
            }
        }
        self.report.seen = seen;
        for (leaf, by, before) in backwards {
            let message = format!(
                "{} dates it {}, and a smaller checkpoint {before}: their clock was wrong, or one \
                 of the two is back- or post-dated",
                by.name(),
                by.time
            );
            let (code, place) = (codes::BUNDLE_COSIGNATURE_BACKWARDS, layout::cosigned(leaf));
            self.report.findings.push(Finding::notice(code, place, message));
        }
    }

    /// Whose word the cosignatures are, and what they leave open, where no policy was given.
    fn said(&mut self, policy_given: bool) {
        let Some(size) = self.report.seen.iter().map(|seen| seen.size).max() else { return };
        if policy_given {
            return;
        }
        let beyond = self.about_exhibits().filter(|leaf| *leaf >= size).count();
        let mut notice = |code, message: String| {
            self.report.findings.push(Finding::notice(code, layout::COSIGNED_POLICY, message));
        };
        let message = "no policy was given: the cosigners are known by the bundle's own word; \
                       name those you know with --policy FILE";
        notice(codes::BUNDLE_COSIGNED_UNCHECKED, message.into());
        if beyond > 0 {
            let message = format!(
                "{beyond} record(s) about exhibits came after the newest cosigned checkpoint: \
                 nobody outside is known to have seen them"
            );
            notice(codes::BUNDLE_COSIGNED_SHORT, message);
        }
    }

    /// The verifier's own policy: enough cosigners saw the records about all exhibits.
    fn quorum(&mut self, policy: &Policy, held: &[Held]) {
        if !policy.asks_for_cosigners() {
            return;
        }
        let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
        for key in policy.cosigners.values() {
            let Ok(cosigner) = Cosigner::parse(&key.vkey) else { continue };
            let signed = |held: &&Held| {
                cosignature::cosigned(&held.note, std::slice::from_ref(&cosigner))
                    .is_ok_and(|found| !found.is_empty())
            };
            if let Some(size) = held.iter().filter(signed).map(|held| held.size).max() {
                sizes.insert(key.vkey.clone(), size);
            }
        }
        let Some(size) = policy.seen_by_quorum(&sizes) else {
            let message = format!(
                "the cosigners that the given policy asks for have not signed: of {} that it \
                 names, cosignatures of {} are here and hold",
                policy.cosigners.len(),
                sizes.len()
            );
            self.fault(codes::BUNDLE_QUORUM, layout::COSIGNED_POLICY, message);
            return;
        };
        let beyond: Vec<u64> = self.about_exhibits().filter(|leaf| *leaf >= size).collect();
        if let Some(first) = beyond.first() {
            let message = format!(
                "{} record(s) about exhibits, from this on, are not among the first {size}, which \
                 is all that enough of the given policy's cosigners saw",
                beyond.len()
            );
            self.fault(codes::BUNDLE_QUORUM_SHORT, &layout::leaf(*first), message);
        }
    }

    /// Leaves of the records about exhibits.
    pub(crate) fn about_exhibits(&self) -> impl Iterator<Item = u64> + '_ {
        let about =
            |record: &record::Leaf| matches!(record.event, Event::Capture(_) | Event::Reading(_));
        self.leaves.iter().filter(move |(_, record)| about(record)).map(|(index, _)| *index)
    }
}

/// Whether a policy names a cosigner of this key.
fn names(policy: &Policy, key: &str) -> bool {
    policy.cosigners.values().any(|known| known.vkey == key)
}
