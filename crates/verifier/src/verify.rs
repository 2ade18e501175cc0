//! The check of a bundle, given nothing but the bundle and, if known, the log's key.
//!
//! Everything must be there and everything must be accounted for: a proof that is missing is a
//! fault, a file that no list names is a fault. Goes on after a finding, so that the report is
//! complete. Nothing but plain files is ever opened: a link may lead anywhere, and a pipe never
//! ends.

use crate::cosigned::Seen;
use crate::documents::Basis;
use crate::sealed::SealedExhibit;
use crate::stamps::Stamp;
use crate::zipped::tree;
use crate::{Error, bag, codes, layout};
use actors::Roster;
use custody::Checkpoint;
use custody::policy::Policy;
use record::{Digests, Finding, Genesis, Leaf, Sha256};
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
    /// The key of whoever opened the case.
    pub actor_key: String,
    /// Timestamps over checkpoints that hold, in order of record.
    pub stamps: Vec<Stamp>,
    /// Cosignatures that hold, those over smaller checkpoints first.
    pub seen: Vec<Seen>,
    /// Numbers of the exhibits with an evidence record that holds, with the time of its oldest
    /// token.
    pub evidence: BTreeMap<u64, String>,
    /// The digests of the files that were read, by path: what the verdict is about.
    pub files: BTreeMap<String, Sha256>,
}

/// What is known so far in a check.
pub(crate) struct Check<'a> {
    pub(crate) root: &'a Path,
    pub(crate) report: Report,
    /// Everything that is there but folders, links not followed.
    pub(crate) present: BTreeSet<String>,
    /// The plain files among them: nothing else is opened.
    plain: BTreeSet<String>,
    pub(crate) payload_files: u64,
    /// Who may sign, by the records in the bundle.
    pub(crate) roster: Roster,
    pub(crate) genesis: Option<Genesis>,
    /// Records that are proved, signed and of this log.
    pub(crate) leaves: BTreeMap<u64, Leaf>,
    /// The state of the log that the proofs lead to, as it stands in them, once it was opened.
    pub(crate) state: Option<(String, Checkpoint)>,
    pub(crate) digests: BTreeMap<String, Digests>,
    /// Items, in the order of exhibits.
    pub(crate) items: Vec<Sha256>,
    /// Number of each exhibit to the first proved record that it was taken in.
    pub(crate) taken_in: BTreeMap<u64, u64>,
    /// Fields that an opening opens.
    pub(crate) opened: BTreeSet<String>,
    /// What the documents about custody follow from, gathered on the way.
    pub(crate) basis: Basis,
    /// Sealed exhibits.
    pub(crate) sealed: Vec<SealedExhibit>,
}

/// What is known from elsewhere than the bundle.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// Verifier keys of logs: that of the bundle must be one of them, if any is given. Others are
    /// those of archives that its items came from.
    pub log_keys: &'a [&'a str],
    /// Roots of authorities for timestamps.
    pub roots: Option<&'a [Certificate]>,
    /// The log's key, the cosigners and how many of them it takes.
    pub policy: Option<&'a Policy>,
}

/// Checks the bundle in the folder `root`. `trusted` is the log key known from elsewhere.
pub fn verify(root: &Path, trusted: Option<&str>) -> Result<Report, Error> {
    verify_trusting(root, Trusted { log_keys: trusted.as_slice(), ..Trusted::default() })
}

/// Checks the bundle in the folder `root`, given whom one trusts.
pub fn verify_trusting(root: &Path, trusted: Trusted<'_>) -> Result<Report, Error> {
    let tree = tree(root)?;
    let mut check = Check::of(root, Files { present: tree.files, plain: BTreeSet::new() });
    check.presence()?;
    check.folders(&tree.folders);
    check.names();
    check.digests();
    let verifier = check.key(trusted);
    if let Some(verifier) = &verifier {
        check.records(verifier);
        check.stamps(verifier, trusted.roots);
    }
    check.evidence(trusted.roots);
    check.exhibits();
    if let Some(verifier) = &verifier {
        check.cosigned(verifier, trusted.policy);
        check.origins(verifier, trusted);
    }
    check.openings();
    check.open_sealed();
    if let Some(verifier) = &verifier {
        check.seals(verifier);
        check.policy(verifier);
    }
    check.info();
    check.documents();
    Ok(check.done())
}

/// Files that are there: all but folders, and the plain ones among them.
pub(crate) struct Files {
    pub(crate) present: Vec<String>,
    pub(crate) plain: BTreeSet<String>,
}

impl<'a> Check<'a> {
    /// A check of the files in `root`.
    pub(crate) fn of(root: &'a Path, files: Files) -> Self {
        Self {
            root,
            report: Report::default(),
            present: files.present.into_iter().collect(),
            plain: files.plain,
            payload_files: 0,
            roster: Roster::default(),
            genesis: None,
            leaves: BTreeMap::new(),
            state: None,
            digests: BTreeMap::new(),
            items: Vec::new(),
            taken_in: BTreeMap::new(),
            opened: BTreeSet::new(),
            basis: Basis::default(),
            sealed: Vec::new(),
        }
    }

    /// What it came to.
    pub(crate) fn done(self) -> Report {
        let mut report = self.report;
        report.findings.sort();
        report.findings.dedup();
        report
    }

    /// The files below a folder (with a slash at its end), by their paths in it.
    pub(crate) fn below(&self, folder: &str) -> Files {
        let inside = |path: &String| path.strip_prefix(folder).map(str::to_string);
        Files {
            present: self.present.iter().filter_map(inside).collect(),
            plain: self.plain.iter().filter_map(inside).collect(),
        }
    }
}

impl Check<'_> {
    pub(crate) fn fault(&mut self, code: &str, place: &str, message: impl Into<String>) {
        self.report.findings.push(Finding::fault(code, place, message));
    }

    pub(crate) fn is_plain(&self, path: &str) -> bool {
        self.plain.contains(path)
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
            let kind = match fs::symlink_metadata(&place) {
                Ok(metadata) => metadata.file_type(),
                // A name that is not text cannot be looked at under the path that stands for it;
                // no manifest lists it either.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("look at", &place)(error)),
            };
            if kind.is_file() {
                self.plain.insert(path);
            } else {
                let message = "this is a link or a device, not a file";
                self.fault(codes::BUNDLE_FILE_KIND, &path, message);
            }
        }
        Ok(())
    }

    /// A folder that no bundle has is nobody's, empty or not.
    fn folders(&mut self, found: &[String]) {
        for path in found.iter().filter(|path| !layout::is_folder_of_bundle(path)) {
            self.fault(codes::BUNDLE_FILE_UNLISTED, path, "no bundle has a folder of this name");
        }
    }

    /// Names that do not mean the same file on every system, and manifests of other families:
    /// which of two counts would depend on the program that reads them.
    fn names(&mut self) {
        let mut folded: BTreeMap<String, String> = BTreeMap::new();
        for path in self.present.clone() {
            if !bag::is_safe(&path) {
                let message = "its name has characters that do not mean the same everywhere";
                self.fault(codes::BUNDLE_FILE_NAME, &path, message);
            }
            if let Some(other) = folded.insert(bag::folded(&path), path.clone()) {
                let message = format!("on some systems this is the same name as {other}");
                self.fault(codes::BUNDLE_FILE_COLLISION, &path, message);
            }
            let manifest = path.starts_with("manifest-") || path.starts_with("tagmanifest-");
            if manifest && path.ends_with(".txt") && !layout::REQUIRED.contains(&path.as_str()) {
                let message = "a bundle has manifests of SHA-256 and BLAKE2b-512 alone; one of \
                               another family proves nothing";
                self.fault(codes::BUNDLE_DIGEST_FAMILY, &path, message);
            }
        }
    }

    /// Reads a file as text, within a limit; what is wrong with it is a finding.
    pub(crate) fn text(&mut self, path: &str, limit_bytes: u64) -> Option<String> {
        let text = String::from_utf8(self.bytes(path, limit_bytes)?).ok();
        if text.is_none() {
            self.fault(codes::BUNDLE_FORM, path, "it is not UTF-8 text");
        }
        text
    }

    /// Reads a file, within a limit; what is wrong with it is a finding.
    pub(crate) fn bytes(&mut self, path: &str, limit_bytes: u64) -> Option<Vec<u8>> {
        // Said already, where presence was looked at.
        if !self.is_plain(path) {
            return None;
        }
        let mut bytes = Vec::new();
        let read = File::open(self.root.join(path))
            .and_then(|file| file.take(limit_bytes + 1).read_to_end(&mut bytes));
        if let Err(error) = read {
            let message = format!("it cannot be read through: {error}");
            self.fault(codes::BUNDLE_DIGEST, path, message);
            return None;
        }
        if bytes.len() as u64 > limit_bytes {
            let message = format!("it is longer than {limit_bytes} bytes");
            self.fault(codes::BUNDLE_FORM, path, message);
            return None;
        }
        self.same_bytes(path, Sha256::of(&bytes));
        Some(bytes)
    }

    /// What was read of a file: each time the same, or the verdict would be about two.
    pub(crate) fn same_bytes(&mut self, path: &str, digest: Sha256) {
        if self.report.files.insert(path.into(), digest).is_some_and(|before| before != digest) {
            self.fault(codes::BUNDLE_DIGEST, path, "it changed while it was being checked");
        }
    }
}
