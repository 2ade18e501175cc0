//! The check of a bundle, given nothing but the bundle and, if known, the log's key.
//!
//! Everything must be there and everything must be accounted for: a proof that is missing is a
//! fault, a file that no list names is a fault. Goes on after a finding, so that the report is
//! complete.

use crate::bag::{self, MANIFEST_LIMIT_BYTES, Manifest};
use crate::stamps::Stamp;
use crate::write::{ExhibitLine, digest_of};
use crate::zipped::files;
use crate::{Error, codes, layout};
use custody::growth;
use custody::note::Verifier;
use custody::tlog_proof::{self, TlogProof};
use record::leaf::{LEAF_LIMIT_BYTES, Leaf};
use record::{Event, Export, Finding, Sha256, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use timestamp::Certificate;

/// Most bytes of a reading or of the list of exhibits that are looked at.
pub(crate) const JSON_LIMIT_BYTES: u64 = 256 << 20;

/// What a check saw.
#[derive(Debug, Default)]
pub struct Report {
    /// What it found, graver things first, then by place.
    pub findings: Vec<Finding>,
    /// Exhibits in the bundle.
    pub exhibits: u64,
    /// Records proved to be in the log.
    pub leaves: u64,
    /// Bytes of payload.
    pub payload_bytes: u64,
    /// The log's key.
    pub log_key: String,
    /// The actor's key.
    pub actor_key: String,
    /// Timestamps over checkpoints that hold, in order of record.
    pub stamps: Vec<Stamp>,
    /// Numbers of the exhibits with an evidence record that holds, with the time of its oldest
    /// token.
    pub evidence: BTreeMap<u64, String>,
}

/// What is known so far in a check.
pub(crate) struct Check<'a> {
    pub(crate) root: &'a Path,
    pub(crate) report: Report,
    /// Every file that is there, links to folders not followed: nothing else is looked at.
    pub(crate) present: BTreeSet<String>,
    actor: Option<custody::sshsig::PublicKey>,
    pub(crate) leaves: BTreeMap<u64, Leaf>,
    pub(crate) digests: BTreeMap<String, record::Digests>,
}

/// What is known from elsewhere than the bundle.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// The log's verifier key.
    pub log_key: Option<&'a str>,
    /// Roots of authorities for timestamps.
    pub roots: Option<&'a [Certificate]>,
}

/// Checks the bundle in the folder `root`. `trusted` is the log key known from elsewhere.
pub fn verify(root: &Path, trusted: Option<&str>) -> Result<Report, Error> {
    verify_trusting(root, Trusted { log_key: trusted, roots: None })
}

/// Checks the bundle in the folder `root`, given whom one trusts.
pub fn verify_trusting(root: &Path, trusted: Trusted<'_>) -> Result<Report, Error> {
    let mut check = Check {
        root,
        report: Report::default(),
        present: files(root)?.into_iter().collect(),
        actor: None,
        leaves: BTreeMap::new(),
        digests: BTreeMap::new(),
    };
    check.presence()?;
    check.digests();
    let verifier = check.key(trusted.log_key)?;
    if let Some(verifier) = &verifier {
        check.records(verifier);
        check.seals(verifier);
        check.policy(verifier);
    }
    if let Some(verifier) = &verifier {
        check.stamps(verifier, trusted.roots);
    }
    check.evidence(trusted.roots);
    check.exhibits();
    check.openings();
    let mut report = check.report;
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

impl Check<'_> {
    pub(crate) fn fault(&mut self, code: &str, place: &str, message: impl Into<String>) {
        self.report.findings.push(Finding::fault(code, place, message));
    }

    /// Which files there are; each must be a plain one.
    fn presence(&mut self) -> Result<(), Error> {
        for path in layout::REQUIRED {
            if !self.present.contains(path) {
                self.fault(
                    codes::BUNDLE_FILE_MISSING,
                    path,
                    "every bundle has this file; without it nothing is proved",
                );
            }
        }
        for path in self.present.clone() {
            let place = self.root.join(&path);
            // A name that is not text cannot be looked at under the path that stands for it: no
            // manifest lists it either.
            let plain = match fs::symlink_metadata(&place) {
                Ok(metadata) => metadata.is_file(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => true,
                Err(error) => return Err(Error::io("look at", &place)(error)),
            };
            if !plain {
                self.fault(
                    codes::BUNDLE_FILE_KIND,
                    &path,
                    "this is a link or a device, not a file",
                );
            }
        }
        Ok(())
    }

    /// Reads a file as text, within a limit; what is wrong with it is a finding.
    pub(crate) fn text(&mut self, path: &str, limit_bytes: u64) -> Option<String> {
        let text = String::from_utf8(self.bytes(path, limit_bytes)?);
        if text.is_err() {
            self.fault(codes::BUNDLE_FORM, path, "it is not UTF-8 text");
        }
        text.ok()
    }

    /// Reads a file, within a limit; what is wrong with it is a finding.
    pub(crate) fn bytes(&mut self, path: &str, limit_bytes: u64) -> Option<Vec<u8>> {
        let place = self.root.join(path);
        let plain = self.present.contains(path)
            && fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_file());
        let mut bytes = Vec::new();
        let read = match File::open(&place) {
            Ok(file) if plain => file.take(limit_bytes + 1).read_to_end(&mut bytes),
            // Said already, where presence was looked at.
            _ => return None,
        };
        match read {
            Ok(_) if bytes.len() as u64 > limit_bytes => {
                self.fault(
                    codes::BUNDLE_FORM,
                    path,
                    format!("it is longer than {limit_bytes} bytes"),
                );
                None
            }
            Ok(_) => Some(bytes),
            Err(error) => {
                self.fault(
                    codes::BUNDLE_DIGEST,
                    path,
                    format!("it cannot be read through: {error}"),
                );
                None
            }
        }
    }

    fn manifest(&mut self, path: &str, digest_length: usize) -> Manifest {
        let Some(text) = self.text(path, MANIFEST_LIMIT_BYTES) else { return Manifest::new() };
        bag::parse(&text, digest_length).unwrap_or_else(|| {
            self.fault(codes::BUNDLE_FORM, path, "it is not a manifest as casefile writes it");
            Manifest::new()
        })
    }

    /// Every file against the manifest that lists it, and every file in exactly one.
    fn digests(&mut self) {
        let payload = self.manifest(layout::MANIFEST, 64);
        let b2sums = self.manifest(layout::B2SUMS, 128);
        let tags = self.manifest(layout::TAGMANIFEST, 64);
        if self.text(layout::BAGIT, 1024).is_some_and(|text| text != layout::BAGIT_TEXT) {
            self.fault(
                codes::BUNDLE_FORM,
                layout::BAGIT,
                "it is not the declaration of a BagIt 1.0 bag",
            );
        }
        let mut bytes = 0;
        for path in &self.present.clone() {
            let is_payload = path.starts_with("data/");
            let listed = if is_payload { payload.get(path) } else { tags.get(path) };
            let Some(listed) = listed else {
                if !layout::SEALS.contains(&path.as_str()) {
                    self.fault(
                        codes::BUNDLE_FILE_UNLISTED,
                        path,
                        "no manifest lists it: it was added afterwards",
                    );
                }
                continue;
            };
            let found = match digest_of(&self.root.join(path)) {
                Ok(found) => found,
                Err(error) => {
                    self.fault(
                        codes::BUNDLE_DIGEST,
                        path,
                        format!("it cannot be read through: {error}"),
                    );
                    continue;
                }
            };
            if found.sha256.to_string() != *listed {
                self.fault(
                    codes::BUNDLE_DIGEST,
                    path,
                    "its SHA-256 is not the one listed: it was changed",
                );
            }
            if is_payload {
                bytes += found.size;
                if b2sums.get(path) != Some(&found.blake2b512.to_string()) {
                    self.fault(
                        codes::BUNDLE_DIGEST,
                        path,
                        "its BLAKE2b-512 is not the one listed in b2sums.txt",
                    );
                }
                self.digests.insert(path.clone(), found);
            }
        }
        self.report.payload_bytes = bytes;
        self.listed([&payload, &b2sums, &tags]);
    }

    /// What manifests list must be there, and as much of it as bag-info says.
    fn listed(&mut self, lists: [&Manifest; 3]) {
        for path in lists.into_iter().flat_map(Manifest::keys) {
            if !self.present.contains(path) {
                self.fault(
                    codes::BUNDLE_FILE_MISSING,
                    path,
                    "a manifest lists it, and it is not there",
                );
            }
        }
        let oxum = self.text(layout::BAG_INFO, 64 << 10).as_deref().and_then(bag::oxum);
        if oxum != Some((self.report.payload_bytes, lists[0].len() as u64)) {
            self.fault(
                codes::BUNDLE_FORM,
                layout::BAG_INFO,
                "its Payload-Oxum is not the size of the payload",
            );
        }
    }

    /// Every leaf with its proof, under the checkpoint.
    fn records(&mut self, verifier: &Verifier) {
        let checkpoint = self.text(layout::CHECKPOINT, tlog_proof::LIMIT_BYTES as u64);
        let indexes = |folder: &str, ending: &str| -> BTreeSet<u64> {
            let number =
                |path: &String| path.strip_prefix(folder)?.strip_suffix(ending)?.parse().ok();
            self.present.iter().filter_map(number).collect()
        };
        let all: BTreeSet<u64> =
            &indexes("log/leaves/", ".leaf") | &indexes("log/proofs/", ".tlog-proof");
        for index in all {
            let (leaf_path, proof_path) = (layout::leaf(index), layout::proof(index));
            let Some((leaf, proof)) = self.proved(verifier, &leaf_path, &proof_path) else {
                continue;
            };
            if Some(&proof.checkpoint) != checkpoint.as_ref() || proof.index != index {
                self.fault(
                    codes::BUNDLE_PROOF,
                    &proof_path,
                    "it does not lead from this leaf to log/checkpoint",
                );
            }
            if index == 0 {
                self.genesis(&leaf, verifier);
            }
            self.leaves.insert(index, leaf);
            self.report.leaves += 1;
        }
        if self.actor.is_none() {
            let message = "the record that opens the case is not there or not whole: it alone \
                           says whose keys count";
            self.fault(codes::BUNDLE_LEAF, &layout::leaf(0), message);
        }
    }

    /// A leaf whose signature and proof hold.
    fn proved(
        &mut self,
        verifier: &Verifier,
        leaf_path: &str,
        proof_path: &str,
    ) -> Option<(Leaf, TlogProof)> {
        let leaf = self.text(leaf_path, LEAF_LIMIT_BYTES as u64);
        let proof = self.text(proof_path, tlog_proof::LIMIT_BYTES as u64);
        let (Some(leaf), Some(proof)) = (leaf, proof) else {
            self.fault(
                codes::BUNDLE_PROOF,
                proof_path,
                format!("{leaf_path} and its proof are not both there"),
            );
            return None;
        };
        let proof = match tlog_proof::parse(proof.as_bytes()) {
            Ok(proof) => proof,
            Err(error) => {
                self.fault(codes::BUNDLE_PROOF, proof_path, error.to_string());
                return None;
            }
        };
        if let Err(error) = proof.verify(leaf.as_bytes(), verifier) {
            self.fault(codes::BUNDLE_PROOF, proof_path, error.to_string());
            return None;
        }
        let opened = match custody::leaf::open_leaf(leaf.as_bytes()) {
            Ok(opened) => opened,
            Err(error) => {
                self.fault(codes::BUNDLE_LEAF, leaf_path, error.to_string());
                return None;
            }
        };
        let record = match canonical::from_bytes::<Leaf>(opened.record) {
            Ok(record) => record,
            Err(error) => {
                self.fault(codes::BUNDLE_LEAF, leaf_path, error.to_string());
                return None;
            }
        };
        if record.log != verifier.name() || record.actor != opened.fingerprint {
            self.fault(
                codes::BUNDLE_LEAF,
                leaf_path,
                "it names another log, or another key than the one it is signed by",
            );
        }
        if self.actor.is_some_and(|actor| actor != opened.key) {
            self.fault(
                codes::BUNDLE_LEAF,
                leaf_path,
                "it is signed by a key that the case does not name",
            );
        }
        Some((record, proof))
    }

    fn genesis(&mut self, leaf: &Leaf, verifier: &Verifier) {
        let place = layout::leaf(0);
        let Event::Genesis(genesis) = &leaf.event else {
            self.fault(codes::BUNDLE_LEAF, &place, "the first record does not open the case");
            return;
        };
        if genesis.log_key != verifier.vkey() {
            self.fault(codes::BUNDLE_LEAF, &place, "it names another log key than log/vkey");
        }
        self.report.actor_key.clone_from(&genesis.actor_key);
        let key = custody::sshsig::parse_public_key_line(&genesis.actor_key);
        if key.is_some_and(|key| custody::sshsig::fingerprint(&key) == leaf.actor) {
            self.actor = key;
        } else {
            self.fault(codes::BUNDLE_LEAF, &place, "it is not signed by the actor that it names");
        }
        let expect = key.as_ref().map(crate::readme::allowed_signers);
        if self.text(layout::ALLOWED_SIGNERS, 4096) != expect {
            self.fault(
                codes::BUNDLE_FORM,
                layout::ALLOWED_SIGNERS,
                "it names another key than the case's actor",
            );
        }
    }

    /// The signature over the tag manifest, and the record of the export.
    fn seals(&mut self, verifier: &Verifier) {
        let manifest = self.text(layout::TAGMANIFEST, MANIFEST_LIMIT_BYTES).unwrap_or_default();
        let signature = self.text(layout::SIGNATURE, 4096).unwrap_or_default();
        match custody::sshsig::verify(&signature, layout::NAMESPACE, manifest.as_bytes()) {
            Ok(key) if Some(key) == self.actor => {}
            Ok(_) => self.fault(
                codes::BUNDLE_SIGNATURE,
                layout::SIGNATURE,
                "it is not made by the case's actor",
            ),
            Err(error) => self.fault(codes::BUNDLE_SIGNATURE, layout::SIGNATURE, error.to_string()),
        }
        let Some((leaf, proof)) = self.proved(verifier, layout::EXPORT_LEAF, layout::EXPORT_PROOF)
        else {
            return;
        };
        let Event::Export(export) = leaf.event else {
            self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, "it does not record an export");
            return;
        };
        if export.tagmanifest != Sha256::of(manifest.as_bytes())
            || export.signature != Sha256::of(signature.as_bytes())
        {
            let message = "it records the export of another bundle: this one's list of files is \
                           not the one recorded";
            self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, message);
        }
        self.exported(&export);
        self.order(verifier, &export, &proof);
    }

    /// The export's record against what is in the bundle.
    fn exported(&mut self, export: &Export) {
        let lines = self.text(layout::EXHIBITS, JSON_LIMIT_BYTES).unwrap_or_default();
        let items: Vec<Sha256> = lines
            .lines()
            .filter_map(|line| canonical::from_bytes::<ExhibitLine>(line.as_bytes()).ok())
            .map(|line| line.item.sha256)
            .collect();
        if export.items != items.len() as u64
            || export.list.sha256 != Sha256::of(&canonical::to_bytes(&items))
        {
            self.fault(
                codes::BUNDLE_EXPORT,
                layout::EXPORT_LEAF,
                "it records the export of other items",
            );
        }
        if export.disclosed.is_empty() == self.present.contains(layout::OPENINGS) {
            let message =
                "it records that other withheld fields were disclosed than openings.jsonl";
            self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, message);
        }
    }

    /// The export was recorded after the state of the log that the other proofs lead to, and in
    /// the same log.
    fn order(&mut self, verifier: &Verifier, export: &Export, proof: &TlogProof) {
        let text = self.text(layout::CHECKPOINT, tlog_proof::LIMIT_BYTES as u64);
        let old = match custody::checkpoint::open(text.unwrap_or_default().as_bytes(), verifier) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.fault(codes::BUNDLE_PROOF, layout::CHECKPOINT, error.to_string());
                return;
            }
        };
        if export.tree_size != old.size || proof.index < old.size {
            let message = "it does not follow the state of the log in log/checkpoint";
            self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, message);
        }
        // Each checkpoint is signed, and its keeper could sign two logs: this shows them to be one
        // (RFC 6962, section 2.1.2).
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
