//! `casefile verify`: a whole case, or a bundle, checked; findings by name.

use crate::mirror::{Target, open};
use crate::{Error, catalogue, stamps, transfers};
use archive::codes::KEY_UNTRUSTED;
use archive::{Case, layout};
use custody::policy::{self, Policy};
use record::{Finding, finding};
use serde::Serialize;
use std::collections::BTreeMap;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io};
use timestamp::certificate;
use verifier::zipped;

/// Names tried for a temporary folder; one is taken only by what a killed run of the same process
/// number left, so a handful would do.
const TRIES_LIMIT: u32 = 100;

/// What a check came to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Whether nothing in it is a fault.
    pub holds: bool,
    /// `case`, `mirror` (in a store) or `bundle`.
    pub kind: &'static str,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Records checked.
    pub records: u64,
    /// Objects or exhibits checked.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The log's key, for comparing with what was said elsewhere.
    pub log_key: String,
    /// Timestamps in a bundle.
    pub stamps: Vec<verifier::Stamp>,
    /// Cosignatures in a bundle.
    pub seen: Vec<verifier::Seen>,
    /// Exhibits in a bundle with an evidence record that holds, and the time of its oldest token.
    pub evidence: BTreeMap<u64, String>,
}

/// What is known from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trusted<'a> {
    /// Verifier keys of logs: that of the case or bundle must be one of them, if any is given.
    pub log_keys: &'a [String],
    /// A file with a trust policy (C2SP tlog-policy): log keys, cosigners, how many it takes.
    pub policy: Option<&'a Path>,
    /// A file of root certificates of authorities for timestamps, PEM.
    pub tsa_roots: Option<&'a Path>,
}

/// Checks what lies at `path`: a case by its VERSION file, otherwise a bundle, as a folder or zip
/// file.
pub fn run(
    path: &Path,
    trusted: Trusted<'_>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let policy = trusted.policy.map(policy).transpose()?;
    if path.join(layout::VERSION_FILE).is_file() {
        return case(path, own_key(path, trusted.log_keys), policy.as_ref(), progress);
    }
    let target = Target::named(path, false, None);
    if !target.is_case() {
        return in_store(&target, own_key(path, trusted.log_keys), progress);
    }
    Ok(of_bundle(bundle(path, trusted)?.2))
}

/// Which of the keys that are trusted a case is held to: its own, where that is one of them.
fn own_key<'a>(path: &Path, keys: &'a [String]) -> Option<&'a str> {
    let first = keys.first()?;
    let own = archive::log::read_key(path).ok();
    let is_own = |key: &&String| own.as_ref().is_some_and(|own| own.is_told(key));
    Some(keys.iter().find(is_own).unwrap_or(first))
}

/// Checks the bundle at `path`, a folder or zip file. Gives where it lies as a folder, which may be
/// a temporary one, and what was found.
pub(crate) fn bundle(
    path: &Path,
    trusted: Trusted<'_>,
) -> Result<(PathBuf, Option<Unpacked>, verifier::Report), Error> {
    let policy = trusted.policy.map(policy).transpose()?;
    let roots = trusted.tsa_roots.map(roots).transpose()?;
    let keys: Vec<&str> = trusted.log_keys.iter().map(String::as_str).collect();
    let trusted =
        verifier::Trusted { log_keys: &keys, roots: roots.as_deref(), policy: policy.as_ref() };
    let metadata = fs::metadata(path).map_err(Error::io("look at", path))?;
    if metadata.is_file() {
        let folder = Unpacked::new()?;
        let report = zipped::verify_trusting(path, &folder.0, trusted)?;
        return Ok((folder.0.clone(), Some(folder), report));
    }
    if !path.join(verifier::layout::BAGIT).exists()
        && !path.join(verifier::layout::TAGMANIFEST).exists()
    {
        return Err(Error::asked(
            format!("{} is neither a case nor a bundle", path.display()),
            "Name the folder of a case (it has a VERSION file) or of a bundle (it has a \
             bagit.txt), or a bundle's zip file.",
        ));
    }
    Ok((path.into(), None, verifier::verify_trusting(path, trusted)?))
}

fn case(
    path: &Path,
    trusted: Option<&str>,
    policy: Option<&Policy>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let report = check::check(path, trusted, progress)?;
    // A case too damaged to be opened, or read through, has been told so already. One that is
    // whole, and could not be looked at to the end, must not pass.
    let told = !finding::passes(&report.findings);
    let mut findings = report.findings;
    for found in further(path, policy, &report.log_key) {
        match found {
            Ok(found) => findings.extend(found),
            Err(error) if told => tracing::debug!(%error, "not looked at"),
            Err(error) => return Err(error),
        }
    }
    Ok(of_log("case", check::Report { findings, ..report }))
}

/// What its records say of cosigners, readings, other archives and timestamps.
fn further(
    path: &Path,
    policy: Option<&Policy>,
    log_key: &str,
) -> Vec<Result<Vec<Finding>, Error>> {
    let case = match Case::open(path) {
        Ok(case) => case,
        Err(error) => return vec![Err(error.into())],
    };
    let mut found = vec![
        readings(&case),
        transfers::check(&case),
        sightings::check(&case).map_err(Error::from),
        stamps::read(&case).map(|stamps| stamps.findings).map_err(Error::from),
    ];
    found.extend(policy.map(|policy| under_policy(&case, policy, log_key)));
    found
}

/// A mirror in a store. What only its readings, timestamps and cosignatures can tell is told by the
/// case, or by a case that is restored from it.
fn in_store(
    target: &Target,
    trusted: Option<&str>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let folder = Unpacked::new()?;
    let mut store = open(target)?;
    let mut step = |done, of| progress(done, of);
    let report = mirror::check(store.as_mut(), &folder.0, trusted, &mut step)?;
    Ok(of_log("mirror", report))
}

/// What the check of a log and its objects came to, of a case or of a mirror.
fn of_log(kind: &'static str, report: check::Report) -> Outcome {
    Outcome {
        holds: finding::passes(&report.findings),
        kind,
        findings: report.findings,
        records: report.leaves,
        objects: report.objects,
        bytes: report.object_bytes,
        log_key: report.log_key,
        stamps: Vec::new(),
        seen: Vec::new(),
        evidence: BTreeMap::new(),
    }
}

/// Whether the log's key and its cosigners are those that the verifier's own policy asks for.
fn under_policy(case: &Case, policy: &Policy, log_key: &str) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    // As it is told: the digest of a second key may stand behind it.
    let first = log_key.split(',').next();
    if !policy.logs.iter().any(|log| Some(log.vkey.as_str()) == first) {
        let message = "the log is signed by a key that the policy given does not name";
        findings.push(Finding::fault(KEY_UNTRUSTED, layout::LOG_KEY, message));
    }
    let sizes = sightings::sizes(case, policy)?;
    if policy.asks_for_cosigners() && policy.seen_by_quorum(&sizes).is_none() {
        let message = format!(
            "the cosigners that the policy given asks for have not signed: of {} that it names, \
             cosignatures of {} are on record and hold",
            policy.cosigners.len(),
            sizes.len()
        );
        findings.push(Finding::fault(sightings::QUORUM_UNMET, layout::LOG, message));
    }
    Ok(findings)
}

/// Whether each newest reading can be used.
fn readings(case: &Case) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for item in &catalogue::items(case)? {
        match catalogue::reading(case, item) {
            Ok(_) => {}
            Err(Error::Asked { what, remedy }) => {
                let (place, message) =
                    (format!("item {}", item.number), format!("{what}. {remedy}"));
                findings.push(Finding::fault("reading-unusable", place, message));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

fn of_bundle(report: verifier::Report) -> Outcome {
    Outcome {
        holds: finding::passes(&report.findings),
        kind: "bundle",
        findings: report.findings,
        records: report.leaves,
        objects: report.exhibits,
        bytes: report.payload_bytes,
        log_key: report.log_key,
        stamps: report.stamps,
        seen: report.seen,
        evidence: report.evidence,
    }
}

/// The policy in a file.
fn policy(path: &Path) -> Result<Policy, Error> {
    let bytes = crate::outside::read(path, policy::LIMIT_BYTES)?;
    Policy::parse(&bytes).map_err(|error| {
        Error::asked(
            format!("{}: {error}", path.display()),
            "Give a policy in the form of C2SP tlog-policy, such as log/cosigned/policy of a \
             bundle: its log, its cosigners with keys that they told you, and a quorum.",
        )
    })
}

/// The root certificates in a file.
fn roots(path: &Path) -> Result<Vec<timestamp::Certificate>, Error> {
    let bytes = crate::outside::read(path, certificate::FILE_LIMIT_BYTES)?;
    certificate::read_file(&bytes).map_err(|fault| {
        Error::asked(format!("{}: {fault}", path.display()), "Give root certificates as PEM.")
    })
}

/// A folder that goes when it is no longer needed.
pub(crate) struct Unpacked(pub(crate) PathBuf);

impl Unpacked {
    /// A new folder of our own among the system's temporary ones: never one that is there already,
    /// which another user could have put there, or a killed run left full.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut number = 0;
        loop {
            let folder =
                std::env::temp_dir().join(format!("casefile-{}-{number}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && number < TRIES_LIMIT =>
                {
                    number += 1;
                }
                Err(error) => return Err(Error::io("make folder", &folder)(error)),
            }
        }
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "left behind");
        }
    }
}
