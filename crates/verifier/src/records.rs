//! The check of the records: each signed by an actor who might, of this log, and in it where its
//! proof says.
//!
//! Each question is asked of every record, whatever the answer to another was, so that a finding
//! names what was done to it. Only a record with no fault counts for an exhibit.

use crate::verify::Check;
use crate::{codes, layout};
use actors::Fault;
use custody::checkpoint::CheckpointError;
use custody::cosignature::Cosigner;
use custody::leaf::LeafError;
use custody::note::{NoteError, Verifier};
use custody::tlog_proof::{self, TlogProof, TlogProofError};
use record::leaf::{LEAF_LIMIT_BYTES, LEAF_VERSION, is_time};
use record::{Event, Finding, Leaf, canonical};
use std::collections::BTreeSet;

/// The code for a checkpoint that is not accepted: stripped of its signature, or signed by a key of
/// somebody else's, is one thing; damaged another.
pub(crate) fn code_of(error: CheckpointError) -> &'static str {
    match error {
        CheckpointError::Note(NoteError::Unsigned) => codes::BUNDLE_PROOF_UNSIGNED,
        CheckpointError::Note(NoteError::SecondMissing) => codes::BUNDLE_PROOF_SECOND_MISSING,
        CheckpointError::Note(NoteError::Second) => codes::BUNDLE_PROOF_SECOND,
        _ => codes::BUNDLE_PROOF,
    }
}

/// A record of this log whose own signature holds. Whether its signer might is another question.
pub(crate) struct Signed {
    pub(crate) leaf: Leaf,
    /// The leaf as it stands in the log.
    text: String,
}

impl Check<'_> {
    /// Every leaf with its proof, under the checkpoint.
    pub(crate) fn records(&mut self, verifier: &Verifier) {
        let checkpoint = self.text(layout::CHECKPOINT, tlog_proof::LIMIT_BYTES as u64);
        let opened =
            checkpoint.as_ref().map(|text| custody::checkpoint::open(text.as_bytes(), verifier));
        // Under the whole checkpoint the proofs are brought without the line of the second key.
        let (first, short) = (verifier.first(), checkpoint.as_deref());
        let short = short.map(|text| custody::checkpoint::short(text, verifier));
        match opened {
            Some(Ok(opened)) => self.state = short.map(|short| (short.to_owned(), opened)),
            Some(Err(error)) => self.fault(code_of(error), layout::CHECKPOINT, error.to_string()),
            None => {}
        }
        for index in self.indexes() {
            let (leaf_path, proof_path) = (layout::leaf(index), layout::proof(index));
            let (leaf, proof) = self.proved(&first, &leaf_path, &proof_path);
            let mut holds = proof.is_some();
            if let Some(proof) = proof {
                holds &= self.under(&proof_path, &proof, index, short);
            }
            let Some(signed) = leaf else { continue };
            let counts = if index == 0 {
                self.genesis(&signed, verifier);
                true
            } else {
                self.signer(&signed, &leaf_path, holds.then_some(index))
            };
            if holds && counts {
                self.leaves.insert(index, signed.leaf);
                self.report.leaves += 1;
            }
        }
        self.disbelieved();
        if self.roster.keys().is_empty() {
            let message = "the record that opens the case is not there or not whole: it alone \
                           says whose keys count";
            self.fault(codes::BUNDLE_LEAF_GENESIS, &layout::leaf(0), message);
        }
        self.times();
    }

    /// Every index that a leaf or a proof has, spelled as a bundle spells it.
    fn indexes(&mut self) -> BTreeSet<u64> {
        let mut indexes = BTreeSet::new();
        for path in self.present.clone() {
            let number = path
                .strip_prefix("log/leaves/")
                .and_then(|name| name.strip_suffix(".leaf"))
                .or_else(|| path.strip_prefix("log/proofs/")?.strip_suffix(".tlog-proof"));
            let Some(number) = number else { continue };
            match number.parse() {
                Ok(index) if path == layout::leaf(index) || path == layout::proof(index) => {
                    indexes.insert(index);
                }
                _ => {
                    let message = "its name is no number of a record";
                    self.fault(codes::BUNDLE_EXHIBIT_STRAY, &path, message);
                }
            }
        }
        indexes
    }

    /// Whether a proof that holds is about this place, in the state of the log that all are in.
    fn under(
        &mut self,
        path: &str,
        proof: &TlogProof,
        index: u64,
        checkpoint: Option<&str>,
    ) -> bool {
        if proof.index != index {
            let message = format!("it proves leaf {}, and stands beside leaf {index}", proof.index);
            self.fault(codes::BUNDLE_PROOF_PLACE, path, message);
            return false;
        }
        if Some(proof.checkpoint.as_str()) != checkpoint {
            let message = "it leads to another state of the log than log/checkpoint";
            self.fault(codes::BUNDLE_PROOF_STATE, path, message);
            return false;
        }
        true
    }

    /// A leaf without fault, and its proof, if it holds.
    pub(crate) fn proved(
        &mut self,
        verifier: &Verifier,
        leaf_path: &str,
        proof_path: &str,
    ) -> (Option<Signed>, Option<TlogProof>) {
        let leaf = self.text(leaf_path, LEAF_LIMIT_BYTES as u64);
        let proof = self.text(proof_path, tlog_proof::LIMIT_BYTES as u64);
        for (here, path) in [(leaf.is_some(), leaf_path), (proof.is_some(), proof_path)] {
            if !here && !layout::REQUIRED.contains(&path) {
                let message = "a record and its proof are there together, or not at all";
                self.fault(codes::BUNDLE_FILE_MISSING, path, message);
            }
        }
        let Some(leaf) = leaf else { return (None, None) };
        let proof = proof.and_then(|proof| self.proof(verifier, &leaf, &proof, proof_path));
        let record = self.leaf(verifier, &leaf, leaf_path);
        (record.map(|record| Signed { leaf: record, text: leaf }), proof)
    }

    fn proof(
        &mut self,
        verifier: &Verifier,
        leaf: &str,
        proof: &str,
        path: &str,
    ) -> Option<TlogProof> {
        let proof = match tlog_proof::parse(proof.as_bytes()) {
            Ok(proof) => proof,
            Err(error) => {
                self.fault(codes::BUNDLE_PROOF, path, error.to_string());
                return None;
            }
        };
        // Hundreds of proofs lead to one checkpoint, which is opened once.
        let held = match &self.state {
            Some((text, state)) if *text == proof.checkpoint => {
                proof.leads_to(leaf.as_bytes(), state).map_err(TlogProofError::from)
            }
            _ => proof.verify(leaf.as_bytes(), verifier).map(drop),
        };
        match held {
            Ok(()) => Some(proof),
            Err(error) => {
                let code = match error {
                    TlogProofError::Checkpoint(error) => code_of(error),
                    _ => codes::BUNDLE_PROOF,
                };
                self.fault(code, path, error.to_string());
                None
            }
        }
    }

    /// A record whose form and signature hold, of this log.
    fn leaf(&mut self, verifier: &Verifier, leaf: &str, path: &str) -> Option<Leaf> {
        let opened = match custody::leaf::open_leaf(leaf.as_bytes()) {
            Ok(opened) => opened,
            Err(error) => {
                let code = match error {
                    LeafError::Form => codes::BUNDLE_LEAF,
                    LeafError::Signature(_) => codes::BUNDLE_LEAF_SIGNATURE,
                };
                self.fault(code, path, error.to_string());
                return None;
            }
        };
        let record = match canonical::from_bytes::<Leaf>(opened.record) {
            Ok(record) if record.v == LEAF_VERSION && is_time(&record.time) => record,
            Ok(record) if record.v == LEAF_VERSION => {
                let message = format!("its time, {:?}, is not of the form of one", record.time);
                self.fault(codes::BUNDLE_LEAF, path, message);
                return None;
            }
            Ok(record) => {
                let message = format!("it is of version {}, which is not known", record.v);
                self.fault(codes::BUNDLE_LEAF, path, message);
                return None;
            }
            Err(error) => {
                self.fault(codes::BUNDLE_LEAF, path, error.to_string());
                return None;
            }
        };
        if record.log != verifier.name() {
            let message = format!("it is a record of the log {:?}, another one", record.log);
            self.fault(codes::BUNDLE_LEAF_LOG, path, message);
            return None;
        }
        if record.actor != opened.fingerprint {
            let message = "it names another key than the one that it is signed with";
            self.fault(codes::BUNDLE_LEAF_ACTOR, path, message);
            return None;
        }
        Some(record)
    }

    /// Whether the signer of a record might, and what the record changes about who may; the latter
    /// only where its place in the log is proved.
    pub(crate) fn signer(&mut self, signed: &Signed, path: &str, proved: Option<u64>) -> bool {
        let verdict = match proved {
            Some(index) => self.roster.admit(index, &signed.leaf, signed.text.as_bytes()),
            // That the record which opens the case is not there is said once.
            None if self.roster.keys().is_empty() => Ok(()),
            None => self.roster.may_sign(&signed.leaf.actor).map(|_| ()),
        };
        let Err(fault) = verdict else { return true };
        let code = match fault {
            Fault::Unknown { .. } => codes::BUNDLE_LEAF_ACTOR,
            Fault::Revoked { .. } => codes::BUNDLE_LEAF_ACTOR_REVOKED,
            Fault::Act(_) => codes::BUNDLE_LEAF_ACT,
            Fault::Approval(_) => codes::BUNDLE_LEAF_APPROVAL,
            Fault::Disclosure(_) => codes::BUNDLE_EXPORT_DISCLOSURE,
        };
        self.fault(code, path, fault.to_string());
        false
    }

    /// Records by a key that somebody else may have had by then.
    fn disbelieved(&mut self) {
        for (leaf, key) in self.roster.disbelieved() {
            let reason = key.revoked.as_ref().map(|revoked| revoked.reason.as_str());
            let message = format!(
                "it is signed by {}, a key of \u{201c}{}\u{201d} that somebody else may have had \
                 by then ({}): do not rely on it alone",
                key.fingerprint,
                key.name,
                reason.unwrap_or_default()
            );
            let place = layout::leaf(leaf);
            let finding = Finding::notice(codes::BUNDLE_LEAF_DISBELIEVED, place, message);
            self.report.findings.push(finding);
        }
    }

    /// The record that opens the case: its key is the first that counts.
    fn genesis(&mut self, signed: &Signed, verifier: &Verifier) {
        let place = layout::leaf(0);
        let Event::Genesis(genesis) = &signed.leaf.event else {
            let message = "the first record does not open the case";
            self.fault(codes::BUNDLE_LEAF_GENESIS, &place, message);
            return;
        };
        let second = verifier.second().map(Cosigner::vkey);
        if genesis.log_key != verifier.vkey() || genesis.log_key_pq != second {
            let message = "it names other log keys than log/vkey";
            self.fault(codes::BUNDLE_LEAF_GENESIS, &place, message);
        }
        self.report.actor_key.clone_from(&genesis.actor_key);
        self.genesis = Some(genesis.clone());
        if self.roster.admit(0, &signed.leaf, signed.text.as_bytes()).is_err() {
            let message = "it is not signed by the actor that it names";
            self.fault(codes::BUNDLE_LEAF_ACTOR, &place, message);
        }
    }

    /// Times are claims, and the order of leaves is what is proved: where they do not agree, a
    /// clock was wrong or a record back-dated.
    fn times(&mut self) {
        let mut latest: Option<(u64, &str)> = None;
        let mut backwards = Vec::new();
        for (index, leaf) in &self.leaves {
            match latest {
                Some((before, time)) if leaf.time.as_str() < time => {
                    backwards.push((*index, before, time.to_owned(), leaf.time.clone()));
                }
                _ => latest = Some((*index, &leaf.time)),
            }
        }
        for (index, before, time, claimed) in backwards {
            let message = format!(
                "it claims {claimed}, and leaf {before}, which stands before it in the log, \
                 {time}: a clock was wrong, or one of them is back- or post-dated"
            );
            let place = layout::leaf(index);
            let finding = Finding::notice(codes::BUNDLE_TIME_BACKWARDS, place, message);
            self.report.findings.push(finding);
        }
    }
}
