//! Where a bundle is made: a folder beside its place, `OUT.partial`, that says by its name and by a
//! mark in it that nothing in it is whole.
//!
//! Crash story: the folder is made, marked, and the mark locked, before anything is written into
//! it; the finished bundle leaves it by one rename; then it goes. A failure takes it away at once.
//! A kill leaves it behind, and the next export to the same place clears it away, if it is marked,
//! if nobody holds the lock, and if it holds what we write and nothing else: anything else is not
//! ours, and is never touched.

use crate::Error;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use verifier::layout;
use verifier::zipped::files;

/// The file that marks the folder as ours.
const MARK: &str = "UNFINISHED";
/// What it says.
const MARK_TEXT: &str = "casefile writes a bundle here, or was stopped while it did: nothing in \
                         this folder is whole.\nThe next export to the same place removes it.\n";
/// The bundle as a folder.
const FOLDER: &str = "bundle";
/// The bundle as a zip file.
const ZIP: &str = "bundle.zip";

/// The folder, ours until this is dropped, and gone then.
pub(crate) struct Unfinished {
    out: PathBuf,
    place: PathBuf,
    /// Held locked: who can lock it knows that its maker is gone.
    _mark: File,
}

impl Unfinished {
    /// Makes the folder for a bundle that is to be `out`, which must not exist, and clears away
    /// what a killed export has left there.
    pub(crate) fn begin(out: &Path) -> Result<Self, Error> {
        if out.symlink_metadata().is_ok() {
            return Err(Error::exists(out));
        }
        let mut place = out.as_os_str().to_owned();
        place.push(".partial");
        let place = PathBuf::from(place);
        clear(&place)?;
        if let Some(above) = out.parent() {
            fs::create_dir_all(above).map_err(Error::io("make folder", above))?;
        }
        fs::create_dir(&place).map_err(Error::io("make folder", &place))?;
        let path = place.join(MARK);
        let mut mark = File::create_new(&path).map_err(Error::io("create", &path))?;
        // Where a file system knows no locks the next export will not dare to clear up: no harm.
        if flock(&mark, FlockOperation::NonBlockingLockExclusive).is_err() {
            tracing::debug!(path = %path.display(), "the mark cannot be locked");
        }
        let marked = mark.write_all(MARK_TEXT.as_bytes()).and_then(|()| mark.sync_all());
        marked.map_err(Error::io("write", &path))?;
        // Its name too, before there is anything else in the folder: after a power cut that lost
        // the mark alone, nothing would say that the rest is ours.
        let folder = File::open(&place).and_then(|folder| folder.sync_all());
        folder.map_err(Error::io("make durable", &place))?;
        Ok(Self { out: out.into(), place, _mark: mark })
    }

    /// Where the bundle is to be written as a folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.place.join(FOLDER)
    }

    /// Where it is to be written as a zip file.
    pub(crate) fn zip(&self) -> PathBuf {
        self.place.join(ZIP)
    }

    /// Gives `finished`, one of the two and durable already, the bundle's name, and makes the name
    /// durable.
    pub(crate) fn put_in_place(self, finished: &Path) -> Result<PathBuf, Error> {
        fs::rename(finished, &self.out).map_err(Error::io("put in place", &self.out))?;
        let above = match self.out.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let opened = File::open(above).map_err(Error::io("open", above))?;
        opened.sync_all().map_err(Error::io("make durable", above))?;
        Ok(self.out.clone())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.place) {
            tracing::warn!(folder = %self.place.display(), %error, "left behind");
        }
    }
}

/// Removes what an unfinished export of ours left at `place`, and nothing else.
fn clear(place: &Path) -> Result<(), Error> {
    let foreign = || Error::Foreign { path: place.into() };
    match place.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("look at", place)(error)),
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(foreign()),
    }
    // Killed before it was marked: the call removes empty folders only.
    if fs::remove_dir(place).is_ok() {
        return Ok(());
    }
    let (path, mut text) = (place.join(MARK), Vec::new());
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(foreign());
    }
    let mark = File::open(&path).map_err(Error::io("open", &path))?;
    if flock(&mark, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(Error::Busy { path: place.into() });
    }
    let read = (&mark).take(MARK_TEXT.len() as u64 + 1).read_to_end(&mut text);
    read.map_err(Error::io("read", &path))?;
    let found = files(place)?;
    // Killed while it was being marked: there is a part of the mark, and nothing else yet.
    let marked = text == MARK_TEXT.as_bytes()
        || (MARK_TEXT.as_bytes().starts_with(&text) && found == [MARK]);
    if !marked || !found.iter().all(|path| is_ours(place, path)) {
        return Err(foreign());
    }
    fs::remove_dir_all(place).map_err(Error::io("remove", place))
}

/// Whether a file below the folder is one that an export writes.
fn is_ours(place: &Path, path: &str) -> bool {
    let named = path == MARK
        || path == ZIP
        || path
            .strip_prefix(FOLDER)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(layout::is_of_bundle);
    named && place.join(path).symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}
