//! Objects landing in a folder: streamed and hashed, flushed, read back from the disk, named. A
//! file that a kill leaves in `objects/incoming` never was anything, and is cleared away.

use crate::store::{Named, Taken, misread};
use archive::objects::{self, Medium, State, TakeInError};
use archive::{Error, durable, layout};
use record::Digests;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most objects that share one flush: each is kept open until then, and a process may have 1,024
/// files open.
const OBJECTS_TO_A_FLUSH: usize = 256;

/// Bytes after which a flush is due: what is read back soon after must not fill the memory.
const BYTES_TO_A_FLUSH: u64 = 256 << 20;

/// Objects on their way into the folder `root`.
pub(crate) struct Landing {
    root: PathBuf,
    staged: Vec<Staged>,
    bytes: u64,
}

struct Staged {
    path: PathBuf,
    file: File,
    digests: Digests,
}

impl Landing {
    /// Clears away what a killed run left. Only who holds the folder's lock may land anything.
    pub(crate) fn new(root: &Path) -> Result<Self, Error> {
        let incoming = layout::at(root, layout::INCOMING);
        durable::make_folders(&incoming)?;
        durable::must_be_own(&incoming)?;
        for name in objects::names(&incoming)? {
            durable::remove_if_there(&incoming.join(name))?;
        }
        Ok(Self { root: root.into(), staged: Vec::new(), bytes: 0 })
    }

    /// Streams `source` in, and keeps it only if it is what is wanted.
    pub(crate) fn take(&mut self, source: &mut dyn Read, wanted: &Digests) -> Result<Taken, Error> {
        let name = format!("landing-{}", self.staged.len());
        let path = layout::at(&self.root, layout::INCOMING).join(name);
        // A byte too many tells as well as all of a stream without end, and fills no disk.
        let limited = &mut source.take(wanted.size.saturating_add(1));
        let incoming = match objects::take_in(limited, &path) {
            Ok(incoming) => incoming,
            Err(TakeInError::Source(error)) => return Ok(Taken::Unreadable(error)),
            Err(TakeInError::Archive(error)) => return Err(error),
        };
        if incoming.digests != *wanted {
            durable::remove_if_there(&path)?;
            return Ok(Taken::Other);
        }
        self.bytes += wanted.size;
        self.staged.push(Staged { path, file: incoming.file, digests: *wanted });
        Ok(Taken::Right)
    }

    /// Whether what is staged should get its names before more comes.
    pub(crate) fn is_due(&self) -> bool {
        self.staged.len() >= OBJECTS_TO_A_FLUSH || self.bytes >= BYTES_TO_A_FLUSH
    }

    /// Makes what is staged durable, reads it back, and gives each its name, after `clear` has seen
    /// to it that nothing stands there. `named` hears of each whether it got its name: where
    /// something has come to stand there, it does not.
    pub(crate) fn name(
        &mut self,
        clear: &mut dyn FnMut(&str) -> Result<(), Error>,
        named: Named<'_>,
    ) -> Result<(), Error> {
        let staged = std::mem::take(&mut self.staged);
        self.bytes = 0;
        durable::sync_files(staged.iter().map(|one| (one.path.as_path(), &one.file)))?;
        let mut folders = BTreeSet::from([layout::at(&self.root, layout::OBJECTS)]);
        for Staged { path, file, digests } in staged {
            drop(file);
            let place = layout::object(digests.sha256);
            let back = objects::state_by(&path, digests.sha256, Medium::Disk, &|_| {})?;
            if back != State::Whole(digests.size) {
                return Err(misread(&self.root.display().to_string(), &place));
            }
            let object = layout::at(&self.root, &place);
            let folder = object.parent().expect("an object lies in a folder").to_path_buf();
            durable::make_folders(&folder)?;
            folders.insert(folder);
            clear(&place)?;
            let done = durable::name_without_replacing(&path, &object)?;
            if !done {
                durable::remove_if_there(&path)?;
            }
            named(&digests, done);
        }
        durable::sync_folders(&folders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_end_is_another_object() {
        let folder = tempfile::tempdir().unwrap();
        let mut landing = Landing::new(folder.path()).unwrap();
        let taken = landing.take(&mut std::io::repeat(7), &Digests::of(b"seven")).unwrap();
        assert!(matches!(taken, Taken::Other), "{taken:?}");
        assert_eq!(objects::names(&layout::at(folder.path(), layout::INCOMING)).unwrap().len(), 0);
    }
}
