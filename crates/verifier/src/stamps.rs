//! The check of timestamps in a bundle: each against its proved record, the checkpoint it is about,
//! and whom one trusts.
//!
//! A record of a timestamp asks for all its files: one that was taken away is a fault.

use crate::verify::Check;
use crate::{codes, layout};
use custody::note::Verifier;
use custody::{checkpoint, growth};
use record::{Digests, Event, Finding, Stamped, Timestamp, TimestampRequest};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use timestamp::kept::{self, Parts};
use timestamp::{Certificate, Fault, Given, Question, request};

/// Most bytes of a file of a timestamp: a file of certificates is the longest.
const FILE_LIMIT_BYTES: u64 = timestamp::certificate::FILE_LIMIT_BYTES as u64;

/// A timestamp that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// Leaf of its record.
    pub leaf: u64,
    /// The authority.
    pub authority: String,
    /// The time it states.
    pub gen_time: String,
    /// The log's size that it stamps.
    pub tree_size: u64,
    /// Whether one of the roots that were given vouches for the authority; `None` where none was.
    pub trusted: Option<bool>,
}

impl Check<'_> {
    /// Every request and timestamp among the proved records.
    pub(crate) fn stamps(&mut self, verifier: &Verifier, roots: Option<&[Certificate]>) {
        let mut asked = BTreeMap::new();
        let mut used = BTreeSet::new();
        for (leaf, event) in self.events() {
            if let Event::TimestampRequest(record) = event
                && let Some(question) = self.asked(leaf, &record, verifier, &mut used)
            {
                asked.insert(leaf, (record, question));
            }
        }
        let mut answered = BTreeSet::new();
        for (leaf, event) in self.events() {
            if let Event::Timestamp(record) = event {
                answered.insert(record.request);
                let of = asked.get(&record.request);
                if let Some(parts) = self.parts(leaf, &record, &mut used) {
                    self.received((leaf, &record), of, &parts, roots);
                }
            }
        }
        for leaf in asked.keys().filter(|leaf| !answered.contains(leaf)) {
            let place = layout::leaf(*leaf);
            self.fault(codes::BUNDLE_TIMESTAMP, &place, "no timestamp answers this request");
        }
        let in_folder = |path: &&String| path.starts_with(layout::TIMESTAMPS);
        let over: Vec<String> =
            self.present.iter().filter(in_folder).filter(|p| !used.contains(*p)).cloned().collect();
        for path in over {
            self.fault(codes::BUNDLE_TIMESTAMP, &path, "no record of a timestamp names this file");
        }
        self.coverage(roots.is_some());
    }

    fn events(&self) -> Vec<(u64, Event)> {
        self.leaves.iter().map(|(leaf, record)| (*leaf, record.event.clone())).collect()
    }

    /// A request: what was to be stamped is there, and its log is the bundle's.
    fn asked(
        &mut self,
        leaf: u64,
        record: &TimestampRequest,
        verifier: &Verifier,
        used: &mut BTreeSet<String>,
    ) -> Option<Question> {
        let stamped = self.named(leaf, "stamped", &record.stamped, used)?;
        let bytes = self.named(leaf, "request", &record.request, used)?;
        let place = layout::timestamp(leaf, "request");
        let question = match request::parse(&bytes) {
            Ok(question) if question.digest == question.hash.of(&stamped) => question,
            Ok(_) => {
                self.fault(codes::BUNDLE_TIMESTAMP, &place, "it is about other bytes");
                return None;
            }
            Err(fault) => {
                self.stamp_fault(&place, &fault);
                return None;
            }
        };
        if record.about == Stamped::Checkpoint {
            self.grown(leaf, record, (&stamped, verifier), used)?;
        }
        Some(question)
    }

    /// The stamped checkpoint is the log's, and the bundle's log continues it.
    fn grown(
        &mut self,
        leaf: u64,
        record: &TimestampRequest,
        (stamped, verifier): (&[u8], &Verifier),
        used: &mut BTreeSet<String>,
    ) -> Option<()> {
        let place = layout::timestamp(leaf, layout::CONSISTENCY);
        used.insert(place.clone());
        let text = self.text(&place, growth::LIMIT_BYTES as u64).unwrap_or_default();
        let later = self.text(layout::CHECKPOINT, growth::LIMIT_BYTES as u64);
        let held = checkpoint::open(stamped, verifier).map_err(|error| error.to_string());
        let held = held.and_then(|old| {
            let growth = growth::parse(text.as_bytes()).map_err(|error| error.to_string())?;
            growth.verify(&old, verifier).map_err(|error| error.to_string())?;
            let named = (record.tree_size, record.root.0);
            let ours = Some(&growth.checkpoint) == later.as_ref() && (old.size, old.root) == named;
            ours.then_some(()).ok_or_else(|| "it is about other states of the log".to_string())
        });
        if let Err(why) = &held {
            self.fault(codes::BUNDLE_TIMESTAMP, &place, why);
        }
        held.ok()
    }

    /// The files of a timestamp, where all are there as recorded.
    fn parts(
        &mut self,
        leaf: u64,
        record: &Timestamp,
        used: &mut BTreeSet<String>,
    ) -> Option<Parts> {
        let reply = self.named(leaf, "reply", &record.reply, used);
        let certificates = self.named(leaf, "certificates", &record.certificates, used);
        let revocations = match &record.revocations {
            Some(digests) => self.named(leaf, "revocations", digests, used).map(Some),
            None => Some(None),
        };
        Some(Parts { reply: reply?, certificates: certificates?, revocations: revocations? })
    }

    /// A timestamp holds under its own root, and under a trusted one.
    fn received(
        &mut self,
        (leaf, record): (u64, &Timestamp),
        asked: Option<&(TimestampRequest, Question)>,
        parts: &Parts,
        roots: Option<&[Certificate]>,
    ) {
        let place = layout::timestamp(leaf, "reply");
        let Some((asked, question)) = asked else {
            let message = "the request that it answers is not there, or does not hold";
            self.fault(codes::BUNDLE_TIMESTAMP, &place, message);
            return;
        };
        if let Err(fault) = kept::check(record, asked, question, parts) {
            self.stamp_fault(&place, &fault);
            return;
        }
        let trusted = roots.map(|roots| {
            let verdict = trusting(parts, question, roots);
            if let Err(fault) = &verdict {
                let message = format!("under the roots given with --tsa-roots: {fault}");
                self.fault(codes::BUNDLE_TIMESTAMP_UNTRUSTED, &place, message);
            }
            verdict.is_ok()
        });
        if asked.about == Stamped::Checkpoint {
            self.report.stamps.push(Stamp {
                leaf,
                authority: record.authority.clone(),
                gen_time: record.gen_time.clone(),
                tree_size: record.tree_size,
                trusted,
            });
        }
    }

    /// A file that a record names, which must have the digests recorded.
    fn named(
        &mut self,
        leaf: u64,
        field: &str,
        digests: &Digests,
        used: &mut BTreeSet<String>,
    ) -> Option<Vec<u8>> {
        let path = layout::timestamp(leaf, field);
        used.insert(path.clone());
        let bytes = self.bytes(&path, FILE_LIMIT_BYTES);
        match &bytes {
            Some(bytes) if Digests::of(bytes) == *digests => {}
            Some(_) => {
                let message = "it is not the file that the record of the timestamp names";
                self.fault(codes::BUNDLE_TIMESTAMP, &path, message);
                return None;
            }
            None => {
                let message = "a record names this file of a timestamp, and it is not there";
                self.fault(codes::BUNDLE_TIMESTAMP, &path, message);
            }
        }
        bytes
    }

    fn stamp_fault(&mut self, place: &str, fault: &Fault) {
        self.fault(codes::BUNDLE_TIMESTAMP, place, fault.to_string());
    }

    /// What the timestamps come to, for a person: whose word it is, and what they leave open.
    fn coverage(&mut self, roots_given: bool) {
        if self.report.stamps.is_empty() {
            return;
        }
        if !roots_given {
            let message = "no trusted roots were given: the authorities of the timestamps are \
                           checked against the certificates that the bundle brings itself; give \
                           --tsa-roots FILE";
            let finding =
                Finding::notice(codes::BUNDLE_TIMESTAMP_UNCHECKED, layout::TIMESTAMPS, message);
            self.report.findings.push(finding);
        }
        let stamped = self.report.stamps.iter().map(|stamp| stamp.tree_size).max().unwrap_or(0);
        let beyond = self.about_exhibits().filter(|leaf| *leaf >= stamped).count();
        if beyond > 0 {
            let message = format!(
                "{beyond} record(s) about exhibits came after the newest timestamp: their times \
                 are the machine's own word"
            );
            let finding =
                Finding::notice(codes::BUNDLE_TIMESTAMP_SHORT, layout::TIMESTAMPS, message);
            self.report.findings.push(finding);
        }
    }
}

/// The verdict under roots that the verifier trusts; the kept root may still lead there.
fn trusting(parts: &Parts, question: &Question, roots: &[Certificate]) -> Result<(), Fault> {
    let kept = parts.given()?;
    let others = kept.others.into_iter().chain(kept.roots).collect();
    let given = Given { roots: roots.to_vec(), others, crls: kept.crls };
    kept::under(parts, question, &given).map(|_| ())
}
