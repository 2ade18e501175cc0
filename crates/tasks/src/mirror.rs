//! `casefile mirror`: a second copy of the case brought up to date, and guards against a copy that
//! was put back.

use crate::Error;
use archive::guard;
use record::{Finding, finding};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

pub use mirror::Request;
use mirror::Store;
pub use remote::Target;

/// What a run came to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Whether nothing was found that needs a person.
    pub holds: bool,
    /// The mirror.
    pub target: String,
    /// How it stood to the case before: `new`, `same`, `behind`, `ahead`, `forked`, `foreign`.
    pub standing: &'static str,
    /// By how many records, where it was behind or ahead.
    pub apart: u64,
    /// Records of the case.
    pub records: u64,
    /// Objects copied.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Log files written.
    pub log_files: u64,
    /// Files of `private/` copied; `None` where they were left out.
    pub private_files: Option<u64>,
    /// Key files of erased items destroyed in the mirror.
    pub erased: u64,
    /// Whether nothing was to be written.
    pub compared_only: bool,
    /// What differs, and what is not whole.
    pub findings: Vec<Finding>,
}

/// Brings the mirror at `target` up to date with the case at `root`.
pub fn run(
    root: &Path,
    target: &Target,
    request: Request,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, Error> {
    if let Some(folder) = target.folder() {
        apart(root, folder)?;
    }
    let mut store = open(target)?;
    let report = mirror::update(root, store.as_mut(), request, progress)?;
    Ok(Outcome {
        holds: finding::passes(&report.findings),
        target: store.name(),
        standing: report.standing.word(),
        apart: report.standing.records(),
        records: report.records,
        objects: report.objects,
        bytes: report.bytes,
        log_files: report.log_files,
        private_files: request.with_private.then_some(report.private_files),
        erased: report.erased,
        compared_only: request.compare,
        findings: report.findings,
    })
}

/// The store, not yet looked at.
pub(crate) fn open(target: &Target) -> Result<Box<dyn Store>, Error> {
    target.open().map_err(|unusable| Error::asked(unusable.what, unusable.remedy))
}

/// The guards of a case.
#[derive(Debug, Serialize)]
pub struct Guarded {
    /// Their folders.
    pub guards: Vec<PathBuf>,
}

/// Makes `folder` a guard of the case at `root`.
pub fn add_guard(root: &Path, folder: &Path) -> Result<Guarded, Error> {
    apart(root, folder)?;
    guard::register(root, folder)?;
    guards(root)
}

/// Ends the guard in `folder`.
pub fn end_guard(root: &Path, folder: &Path) -> Result<Guarded, Error> {
    if !guard::unregister(root, folder)? {
        return Err(Error::asked(
            format!("{} is no guard of this case", folder.display()),
            "`casefile mirror` without a folder lists the guards.",
        ));
    }
    guards(root)
}

/// The guards of the case at `root`.
pub fn guards(root: &Path) -> Result<Guarded, Error> {
    archive::case::check_version(root)?;
    Ok(Guarded { guards: guard::folders(root)? })
}

/// Refuses folders of which one lies in the other: a copy inside the case is lost with it.
fn apart(root: &Path, target: &Path) -> Result<(), Error> {
    let whole = |path: &Path| fs::canonicalize(path).map_err(Error::io("look at", path));
    let root = whole(root)?;
    // The target need not be there yet: then what is above it counts.
    let there = target.ancestors().find_map(|path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.exists().then(|| whole(path))
    });
    let above = there.transpose()?.unwrap_or_default();
    let inside = above.starts_with(&root) || (target.exists() && root.starts_with(&above));
    if inside {
        return Err(Error::asked(
            format!("{} and the case lie one in the other", target.display()),
            "Name a folder elsewhere, best on another disk.",
        ));
    }
    Ok(())
}
