//! Guards: folders outside the case that hold its last checkpoint, so that a case which was put
//! back from an old copy is noticed before it signs a second history.
//!
//! A case cannot notice by itself that it is older than it was. So a compare-and-swap record of its
//! last checkpoint is kept elsewhere, on a stick or a share. Whoever opens the case for writing
//! compares, and holds the record's lock while writing.
//!
//! Crash story: at a commit the record is compared once more; then the checkpoint becomes durable
//! in the case; then in each guard; only then is anything acknowledged. A kill between these leaves
//! a guard that is the beginning of the case: it is brought up at the next opening. A guard that is
//! *not* the beginning of the case is never overwritten: the case refuses to sign.

use crate::case::lock;
use crate::standing::{Standing, standing};
use crate::{Case, Error, codes, durable, layout, log};
use custody::checkpoint;
use custody::note::{NOTE_LIMIT_BYTES, Verifier};
use record::Finding;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The guards that could be reached when the case was opened for writing.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    reached: Vec<Guard>,
}

#[derive(Debug)]
struct Guard {
    folder: PathBuf,
    name: String,
    /// What it held when it was last looked at.
    held: String,
    _lock: File,
}

/// The folders that guard the case at `root`.
pub fn folders(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let path = layout::at(root, layout::GUARDS);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().map(PathBuf::from).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io("read", &path)(error)),
    }
}

/// The checkpoints that the guards in reach hold, as they stand there: nothing about them is
/// checked.
pub fn held(root: &Path, verifier: &Verifier) -> Result<Vec<String>, Error> {
    let name = name(verifier.name());
    let held = |folder: PathBuf| read(&folder.join(&name)).ok().flatten();
    Ok(folders(root)?.into_iter().filter_map(held).collect())
}

/// Makes `folder` a guard of the case at `root`. The record goes there first, then the folder into
/// the case's list: a kill in between leaves a record that nobody asks for.
pub fn register(root: &Path, folder: &Path) -> Result<(), Error> {
    let folder = fs::canonicalize(folder).map_err(Error::io("look at", folder))?;
    if folder.to_str().is_none_or(|path| path.contains('\n')) {
        let message = "a guard's path must be text on one line";
        return Err(refused(codes::GUARD_UNREACHABLE, &folder, message));
    }
    let _lock = lock(root, layout::LOCK_FILE)?;
    let case = Case::open(root)?;
    let _reached = Guard::reach(&folder, &case)??;
    let mut folders = folders(root)?;
    folders.retain(|one| *one != folder);
    folders.push(folder);
    write(root, &folders)
}

/// Takes `folder` out of the list. What is in it stays.
pub fn unregister(root: &Path, folder: &Path) -> Result<bool, Error> {
    let _lock = lock(root, layout::LOCK_FILE)?;
    // A folder that is gone has no canonical form; its name in the list is the one it had.
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let mut folders = folders(root)?;
    let before = folders.len();
    folders.retain(|one| *one != folder);
    write(root, &folders)?;
    Ok(folders.len() < before)
}

fn write(root: &Path, folders: &[PathBuf]) -> Result<(), Error> {
    let text: String = folders.iter().map(|folder| format!("{}\n", folder.display())).collect();
    durable::replace(&layout::at(root, layout::GUARDS), text.as_bytes(), durable::MODE_SECRET)
}

impl Guards {
    /// Compares the case with each of its guards that can be reached, brings up those that are
    /// behind, and says which cannot be reached. Refuses where one is ahead, forked or unreadable.
    pub(crate) fn open(case: &Case) -> Result<(Self, Vec<Finding>), Error> {
        let mut guards = Self::default();
        let mut findings = Vec::new();
        for folder in folders(case.root())? {
            let there = layout::at(&folder, &name(case.log().origin())).exists();
            let why = match there.then(|| Guard::reach(&folder, case)).transpose()? {
                Some(Ok(guard)) => {
                    guards.reached.push(guard);
                    continue;
                }
                Some(Err(error)) => format!("is of no use ({error})"),
                None => "is not there".into(),
            };
            let message = format!(
                "this guard {why}, so nothing tells whether the case is its newest copy; bring it \
                 back, or end it with `casefile mirror --unguard`"
            );
            let place = folder.display().to_string();
            findings.push(Finding::notice(codes::GUARD_UNREACHABLE, place, message));
        }
        Ok((guards, findings))
    }

    /// Sees that no other copy of the case has signed since.
    pub(crate) fn compare(&self) -> Result<(), Error> {
        for guard in &self.reached {
            match read(&guard.folder.join(&guard.name)) {
                Ok(Some(held)) if held == guard.held => {}
                // Taken out meanwhile: as if it had not been there.
                Ok(None) => {}
                Ok(Some(_)) => {
                    let message = "its checkpoint changed while this case was open: another copy \
                                   of the case has signed";
                    return Err(refused(codes::GUARD_AHEAD, &guard.folder, message));
                }
                Err(error) => tracing::warn!(%error, "guard"),
            }
        }
        Ok(())
    }

    /// Puts the new checkpoint into every guard. One that cannot be written to is behind, and is
    /// brought up at the next opening that reaches it: what was committed stays so.
    pub(crate) fn put(&mut self, signed: &str) {
        for guard in &mut self.reached {
            if let Err(error) = guard.put(signed) {
                tracing::warn!(%error, "a guard was not brought up to the new checkpoint");
            }
        }
    }
}

impl Guard {
    /// Opens the guard in `folder`, making it if need be, and compares. The inner error says why it
    /// cannot be read or written; one that can only be read is compared all the same.
    fn reach(folder: &Path, case: &Case) -> Result<Result<Self, Error>, Error> {
        let name = name(case.log().origin());
        let lock = match lock(folder, &format!("{name}.lock")) {
            Err(locked @ Error::Locked { .. }) => return Err(locked),
            lock => lock,
        };
        let held = match read(&folder.join(&name)) {
            Ok(held) => held,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(held) = &held {
            examine(folder, held, case)?;
        }
        let held = held.unwrap_or_default();
        Ok(lock.and_then(|lock| {
            let mut guard = Self { folder: folder.into(), name, held, _lock: lock };
            if guard.held != case.log().checkpoint() {
                guard.put(case.log().checkpoint())?;
            }
            Ok(guard)
        }))
    }

    fn put(&mut self, signed: &str) -> Result<(), Error> {
        durable::replace(&self.folder.join(&self.name), signed.as_bytes(), 0o644)?;
        self.held = signed.into();
        Ok(())
    }
}

/// Refuses unless what is held is the beginning of the case, or the whole of it.
fn examine(folder: &Path, held: &str, case: &Case) -> Result<(), Error> {
    let theirs = checkpoint::open(held.as_bytes(), case.log().verifier())
        .map_err(|error| refused(codes::CHECKPOINT_INVALID, folder, &error.to_string()))?;
    let tiles = &mut |tile| log::read_tile(case.root(), tile);
    match standing((&case.log().signed(), tiles), (&theirs, None))? {
        Standing::New | Standing::Same | Standing::Behind { .. } => Ok(()),
        Standing::Ahead { records } => {
            let message = format!(
                "it holds a checkpoint with {records} record(s) more than this case has: the case \
                 was put back from an older copy"
            );
            Err(refused(codes::GUARD_AHEAD, folder, &message))
        }
        Standing::Forked | Standing::Foreign => {
            let message = "its checkpoint is no beginning of this case: two histories are signed \
                           with one key";
            Err(refused(codes::LOG_FORKED, folder, message))
        }
    }
}

fn refused(code: &'static str, folder: &Path, message: &str) -> Error {
    Error::Guard { code, folder: folder.into(), message: message.into() }
}

/// Name of the record of a log: one folder may guard several cases, and an origin is unique.
fn name(origin: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let origin: String = origin.chars().map(plain).collect();
    format!("{origin}.checkpoint")
}

/// What a guard holds; `None` where there is nothing.
fn read(path: &Path) -> Result<Option<String>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(NOTE_LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", path))?;
    // What is no text is no checkpoint: its signature will not hold.
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
