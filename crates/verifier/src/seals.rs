//! The check of the seals: the signature over the tag manifest, and the record of the export, in
//! the same log as the others.

use crate::bag::MANIFEST_LIMIT_BYTES;
use crate::verify::Check;
use crate::{codes, layout};
use custody::growth;
use custody::note::Verifier;
use custody::sshsig::{self, PublicKey};
use custody::tlog_proof::{self, TlogProof};
use record::{Digests, Event, Export, Sha256, canonical};
use std::collections::BTreeSet;

/// Most bytes of `log/allowed_signers` that are looked at: some 4,000 keys.
const SIGNERS_LIMIT_BYTES: u64 = 1 << 20;

impl Check<'_> {
    /// The signature over the tag manifest, and the record of the export.
    pub(crate) fn seals(&mut self, verifier: &Verifier) {
        let manifest = self.text(layout::TAGMANIFEST, MANIFEST_LIMIT_BYTES).unwrap_or_default();
        let signature = self.text(layout::SIGNATURE, 4096);
        let (signed, proof) = self.proved(verifier, layout::EXPORT_LEAF, layout::EXPORT_PROOF);
        let exporter = signed.as_ref().map(|signed| signed.leaf.actor.clone());
        if let Some(signature) = &signature {
            self.signature(signature, &manifest, exporter.as_deref());
        }
        self.allowed_signers(exporter);
        if let Some(signed) = signed {
            let index = proof.as_ref().map(|proof| proof.index);
            self.signer(&signed, layout::EXPORT_LEAF, index);
            let Event::Export(export) = signed.leaf.event else {
                let message = "it does not record an export";
                self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, message);
                return;
            };
            let signature = signature.unwrap_or_default();
            if export.tagmanifest != Sha256::of(manifest.as_bytes())
                || export.signature != Sha256::of(signature.as_bytes())
            {
                let message = "the list of files and its signature are not those that it names: a \
                               file was changed and the list made anew, or it records the export \
                               of another bundle";
                self.fault(codes::BUNDLE_EXPORT_LIST, layout::EXPORT_LEAF, message);
            }
            self.exported(&export);
            if let Some(proof) = &proof {
                self.state(verifier, &export, proof);
            }
        }
        if let Some(proof) = &proof {
            self.growth(verifier, proof);
        }
    }

    /// The signature is made by whoever recorded the export, with a key that might sign.
    fn signature(&mut self, signature: &str, manifest: &str, exporter: Option<&str>) {
        match sshsig::verify(signature, layout::NAMESPACE, manifest.as_bytes()) {
            Ok(key) => {
                let fingerprint = sshsig::fingerprint(&key);
                let may = self.roster.may_sign(&fingerprint).is_ok();
                if !may || exporter.is_some_and(|exporter| exporter != fingerprint) {
                    let message = "it is not made by the actor who recorded the export, or with a \
                                   key that was not to sign";
                    self.fault(codes::BUNDLE_SIGNATURE_STRANGER, layout::SIGNATURE, message);
                }
            }
            Err(error) => self.fault(codes::BUNDLE_SIGNATURE, layout::SIGNATURE, error.to_string()),
        }
    }

    /// The keys for `ssh-keygen`: those that signed a record here, in order of their first.
    fn allowed_signers(&mut self, exporter: Option<String>) {
        let signers = self.leaves.values().map(|leaf| leaf.actor.clone()).chain(exporter);
        let mut keys: Vec<PublicKey> = Vec::new();
        for signer in signers {
            if let Some(known) = self.roster.key(&signer)
                && !keys.contains(&known.key)
            {
                keys.push(known.key.clone());
            }
        }
        let found = self.text(layout::ALLOWED_SIGNERS, SIGNERS_LIMIT_BYTES);
        if found.is_some() && found != Some(layout::allowed_signers(&keys)) {
            let message = "it names other keys than those that signed the records";
            self.fault(codes::BUNDLE_FORM_SIGNERS, layout::ALLOWED_SIGNERS, message);
        }
    }

    /// The export's record against what is in the bundle.
    fn exported(&mut self, export: &Export) {
        if export.items != self.items.len() as u64
            || export.list != Digests::of(&canonical::to_bytes(&self.items))
        {
            let message = "it records the export of other items, or in another order";
            self.fault(codes::BUNDLE_EXPORT_ITEMS, layout::EXPORT_LEAF, message);
        }
        let disclosed: BTreeSet<String> = export.disclosed.iter().cloned().collect();
        if disclosed != self.opened {
            let message = "the export's record says that other withheld fields were disclosed";
            self.fault(codes::BUNDLE_EXPORT_OPENINGS, layout::OPENINGS, message);
        }
        self.actors_listed(export);
    }

    /// The records about actors are those that the export's record counts.
    pub(crate) fn actors_listed(&mut self, export: &Export) {
        if export.actors != self.roster.digest_below(export.tree_size) {
            let message = "it says that there are other records about actors: one was left out, \
                           and may say that a key was revoked";
            self.fault(codes::BUNDLE_EXPORT_ACTORS, layout::EXPORT_LEAF, message);
        }
    }

    /// The export was recorded after the state of the log that the other proofs lead to.
    pub(crate) fn state(&mut self, verifier: &Verifier, export: &Export, proof: &TlogProof) {
        let Some(old) = self.checkpoint(verifier) else { return };
        // Between the two a key might have been revoked.
        let next = export.actors.is_none() || proof.index == old.size;
        if export.tree_size != old.size || proof.index < old.size || !next {
            let message = "it does not follow the state of the log in log/checkpoint";
            self.fault(codes::BUNDLE_EXPORT_STATE, layout::EXPORT_LEAF, message);
        }
    }

    /// The bundle's checkpoint, if it is accepted; if not, that was said with the records.
    fn checkpoint(&mut self, verifier: &Verifier) -> Option<custody::Checkpoint> {
        let text = self.text(layout::CHECKPOINT, tlog_proof::LIMIT_BYTES as u64)?;
        custody::checkpoint::open(text.as_bytes(), verifier).ok()
    }

    /// Each checkpoint is signed, and its keeper could sign two logs: this shows them to be one
    /// (RFC 6962, section 2.1.2).
    pub(crate) fn growth(&mut self, verifier: &Verifier, proof: &TlogProof) {
        let Some(old) = self.checkpoint(verifier) else { return };
        let path = layout::EXPORT_CONSISTENCY;
        let Some(text) = self.text(path, growth::LIMIT_BYTES as u64) else { return };
        match growth::parse(text.as_bytes()).map(|growth| (growth.verify(&old, verifier), growth)) {
            Ok((Ok(_), growth)) if growth.checkpoint == proof.checkpoint => {}
            Ok((Ok(_), _)) => {
                let message = "it leads to another checkpoint than export.tlog-proof";
                self.fault(codes::BUNDLE_FORK, path, message);
            }
            Ok((Err(error), _)) | Err(error) => {
                let message = format!(
                    "log/checkpoint is not shown to be the beginning of the log that the export \
                     is recorded in: {error}"
                );
                self.fault(codes::BUNDLE_FORK, path, message);
            }
        }
    }
}
