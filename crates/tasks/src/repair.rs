//! `casefile repair`: what the case has lost, put back from a mirror or a bundle; and on record.
//!
//! Which bytes are right is told by digests alone (`mirror::repair`), so what it is put back from
//! need not be whole, or trusted. The record is made last, by a case that opens again; until then
//! `derived/repair` says what is owed, so that a repair without a record gets one by the next.

use crate::mirror::{Target, open};
use crate::verify::Unpacked;
use crate::{Ask, Error, open_writer};
use archive::{durable, layout};
use record::{Event, Finding, Grade, Repair, Sha256, canonical, finding};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use verifier::{bag, zipped};

/// What is to be repaired, and how.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// A mirror, another copy of the case, or a bundle as a folder or zip file.
    pub from: PathBuf,
    /// The store's own address, of a mirror in an S3-like store that is not Amazon's.
    pub endpoint: Option<String>,
    /// The log's key as known from elsewhere.
    pub trusted: Option<String>,
    /// Whether a lost checkpoint may be replaced by an older one.
    pub older: bool,
    /// Whether to leave the custody log alone, which needs the keys.
    pub unrecorded: bool,
}

/// What a repair came to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Whether nothing was left that no good copy was found for.
    pub holds: bool,
    /// `mirror` or `bundle`.
    pub from: &'static str,
    /// Objects put back.
    pub objects: u64,
    /// Files of the log put back.
    pub log_files: u64,
    /// Other files put back.
    pub others: u64,
    /// Records that the case had lost.
    pub gained: u64,
    /// Records of the case.
    pub records: u64,
    /// File by file.
    pub findings: Vec<Finding>,
    /// Leaf that records it.
    pub leaf: Option<u64>,
    /// Why it is not on record, if it should be.
    pub unrecorded: Option<String>,
    /// What the case had to recover from before the record.
    pub recovered: Vec<Finding>,
}

/// Repairs the case at `root`. `progress` hears how many objects of how many have been looked at.
pub fn run(
    root: &Path,
    request: &Request,
    ask: Ask<'_>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Outcome, Error> {
    let (report, from) = match Target::named(&request.from, false, request.endpoint.as_deref()) {
        target if !target.is_case() => (from_store(root, request, &target, progress)?, "mirror"),
        _ => from_folder(root, request, progress)?,
    };
    let mut outcome = Outcome {
        holds: finding::passes(&report.findings),
        from,
        objects: report.objects,
        log_files: report.log_files,
        others: report.others,
        gained: report.gained,
        records: report.records,
        findings: report.findings,
        leaf: None,
        unrecorded: None,
        recovered: Vec::new(),
    };
    if layout::is_mirror(root) {
        return Ok(outcome);
    }
    let owed = Owed::at(root).and(&outcome);
    if owed.objects + owed.log_files + owed.others > 0 {
        owed.write(root)?;
        if request.unrecorded {
            return Ok(outcome);
        }
        // That it cannot be recorded takes nothing back.
        match record(root, ask, &owed, &mut outcome) {
            Ok(leaf) => outcome.leaf = Some(leaf),
            Err(error) => outcome.unrecorded = Some(format!("{error}. {}", error.remedy())),
        }
    }
    Ok(outcome)
}

/// From a folder or a zip file: a copy of the case, or a bundle.
fn from_folder(
    root: &Path,
    request: &Request,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(mirror::repair::Report, &'static str), Error> {
    let from = request.from.as_path();
    let metadata = fs::metadata(from).map_err(Error::io("look at", from))?;
    let unpacked = if metadata.is_file() {
        let folder = Unpacked::new()?;
        zipped::unpack(from, &folder.0)?;
        Some(folder)
    } else {
        None
    };
    let folder = unpacked.as_ref().map_or(from, |unpacked| unpacked.0.as_path());
    let is_copy = [layout::VERSION_FILE, layout::MIRROR, layout::CHECKPOINT, layout::OBJECTS];
    let bundle = folder.join(verifier::layout::MANIFEST).exists();
    if !bundle && !is_copy.iter().any(|place| folder.join(place).exists()) {
        return Err(Error::asked(
            format!("{} is neither a copy of a case nor a bundle", from.display()),
            "Name a mirror, another copy of the case, or a bundle.",
        ));
    }
    let files = if bundle { files_of(folder)? } else { BTreeMap::new() };
    let sources = sources(request, (!bundle).then_some(folder), &files);
    let report = mirror::repair(root, sources, None, progress)?;
    Ok((report, if bundle { "bundle" } else { "mirror" }))
}

/// From a mirror in a store: its log and openings are copied out first, objects as they are needed.
fn from_store(
    root: &Path,
    request: &Request,
    target: &Target,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<mirror::repair::Report, Error> {
    let mut store = open(target)?;
    let folder = Unpacked::new()?;
    mirror::copy_out(store.as_mut(), &folder.0)?;
    let files = BTreeMap::new();
    let sources = sources(request, Some(&folder.0), &files);
    Ok(mirror::repair(root, sources, Some(store.as_mut()), progress)?)
}

fn sources<'a>(
    request: &'a Request,
    copy: Option<&'a Path>,
    files: &'a BTreeMap<Sha256, PathBuf>,
) -> mirror::repair::Request<'a> {
    let trusted = request.trusted.as_deref();
    mirror::repair::Request { copy, files, trusted, older: request.older }
}

/// What was put back and is not on record yet: by this run, and by earlier ones that had no record
/// or were cut off before it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Owed {
    objects: u64,
    log_files: u64,
    others: u64,
    findings: Vec<Finding>,
}

impl Owed {
    /// What earlier runs left. It is derived: where it is lost or damaged, they stay unrecorded.
    fn at(root: &Path) -> Self {
        let bytes = fs::read(layout::at(root, layout::REPAIR)).unwrap_or_default();
        canonical::from_bytes(&bytes).unwrap_or_default()
    }

    fn and(mut self, now: &Outcome) -> Self {
        self.objects += now.objects;
        self.log_files += now.log_files;
        self.others += now.others;
        // What could not be put back then was looked at again now.
        self.findings.retain(|finding| finding.grade == Grade::Notice);
        self.findings.extend(now.findings.iter().cloned());
        self.findings.sort();
        self.findings.dedup();
        self
    }

    fn write(&self, root: &Path) -> Result<(), Error> {
        let path = layout::at(root, layout::REPAIR);
        Ok(durable::replace(&path, &canonical::to_bytes(self), durable::MODE_KEPT)?)
    }
}

/// The files of a bundle by the digests that its manifests list: items and readings in its payload,
/// and beside it what else is an object in a case, such as cosigned checkpoints and timestamps.
/// Nothing of it is believed: each file is hashed when it is taken.
fn files_of(folder: &Path) -> Result<BTreeMap<Sha256, PathBuf>, Error> {
    let mut text = String::new();
    for name in [verifier::layout::TAGMANIFEST, verifier::layout::MANIFEST] {
        let path = folder.join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            // What a bundle has lost is not there to be taken.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("open", &path)(error)),
        };
        file.take(bag::MANIFEST_LIMIT_BYTES)
            .read_to_string(&mut text)
            .map_err(Error::io("read", &path))?;
    }
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    Ok(lines
        .filter(|(_, path)| bag::is_safe(path))
        .filter_map(|(digest, path)| Some((Sha256::parse(digest)?, folder.join(path))))
        .collect())
}

fn record(root: &Path, ask: Ask<'_>, owed: &Owed, outcome: &mut Outcome) -> Result<u64, Error> {
    let mut writer = open_writer(root, ask)?;
    outcome.recovered = std::mem::take(&mut writer.recovered);
    let faults = owed.findings.iter().filter(|finding| finding.grade == Grade::Fault).count();
    let leaf = writer.keep(&canonical::to_bytes(&owed.findings), |report| {
        Event::Repair(Repair {
            from: outcome.from.into(),
            objects: owed.objects,
            log_files: owed.log_files,
            others: owed.others,
            faults: faults as u64,
            report,
        })
    })?;
    // Left behind, it is recorded once more by the next repair.
    durable::remove_if_there(&layout::at(root, layout::REPAIR))?;
    Ok(leaf)
}
