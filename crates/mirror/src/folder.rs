//! A mirror in a folder, with the layout of a case: opened, verified and repaired from as one.
//!
//! Crash story: each file is written under another name, made durable, and only then named, without
//! replacing anything; what a kill leaves lies in `objects/incoming`, which the next run clears, or
//! ends in `.new`, which it replaces.

use crate::follow::Object;
use crate::land::Landing;
use crate::store::{
    Head, Named, Occasion, SMALL_LIMIT_BYTES, Small, Store, Taken, misread, too_long,
};
use archive::{Error, case, durable, layout, log, objects, sealed};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A mirror in a folder.
pub struct Folder {
    root: PathBuf,
    lock: Option<File>,
    landing: Option<Landing>,
}

impl Folder {
    /// The mirror in `root`, which need not be there yet.
    pub fn new(root: &Path) -> Self {
        Self { root: root.into(), lock: None, landing: None }
    }

    fn at(&self, place: &str) -> PathBuf {
        layout::at(&self.root, place)
    }

    fn landing(&mut self) -> &mut Landing {
        self.landing.as_mut().expect("a store is begun before anything is taken")
    }
}

impl Store for Folder {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    fn is_free(&mut self) -> Result<bool, Error> {
        let rest = objects::names(&self.root)?;
        Ok(rest.iter().all(|name| name == layout::LOCK_FILE || name == "MIRROR.new"))
    }

    fn begin(&mut self, _: Occasion) -> Result<(), Error> {
        durable::make_folders(&self.root)?;
        if self.lock.is_none() {
            self.lock = Some(case::lock(&self.root, layout::LOCK_FILE)?);
        }
        Ok(())
    }

    fn read(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        read_if_there(&self.at(place))
    }

    fn read_back(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.at(place);
        match objects::read_from_disk(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, Error> {
        log::list_files(&self.at(folder))
    }

    fn size_of(&mut self, object: &Object) -> Result<Option<u64>, Error> {
        size_if_there(&self.at(&layout::object(object.digests.sha256)))
    }

    fn open(&mut self, object: &Object) -> Result<Option<Box<dyn Read + '_>>, Error> {
        open_if_there(&self.at(&layout::object(object.digests.sha256)))
    }

    fn take(
        &mut self,
        object: &Object,
        source: &mut dyn Read,
        _: &dyn Fn() -> Result<Vec<u8>, Error>,
    ) -> Result<Taken, Error> {
        if self.landing.is_none() {
            self.landing = Some(Landing::new(&self.root)?);
        }
        self.landing().take(source, &object.digests)
    }

    fn is_due(&self) -> bool {
        self.landing.as_ref().is_some_and(Landing::is_due)
    }

    fn settle(&mut self, named: Named<'_>) -> Result<(), Error> {
        match &mut self.landing {
            Some(landing) => landing.name(&mut |_| Ok(()), named),
            None => Landing::new(&self.root).map(drop),
        }
    }

    fn put(&mut self, files: Vec<Small>) -> Result<(), Error> {
        let wanted = files.into_iter().map(|file| durable::Wanted {
            path: self.at(&file.place),
            bytes: file.bytes,
            mode: file.mode,
        });
        durable::replace_all(&wanted.collect::<Vec<_>>())
    }

    /// The key, then the checkpoint, then VERSION, each durable before the next. The lock keeps
    /// others out, so nothing needs to be compared.
    fn swap(&mut self, was: Option<&str>, now: Head<'_>) -> Result<(), Error> {
        let key = (layout::LOG_KEY, now.key, durable::MODE_KEPT);
        let version = (layout::VERSION_FILE, now.version, durable::MODE_KEPT);
        let grown = was != Some(now.checkpoint);
        let checkpoint = grown.then_some((layout::CHECKPOINT, now.checkpoint, 0o644));
        for (place, text, mode) in [Some(key), checkpoint, Some(version)].into_iter().flatten() {
            let path = self.at(place);
            if place != layout::CHECKPOINT && self.read(place)?.is_some() {
                continue;
            }
            durable::replace(&path, text.as_bytes(), mode)?;
            if objects::read_from_disk(&path)? != text.as_bytes() {
                return Err(misread(&self.name(), place));
            }
        }
        Ok(())
    }

    fn destroy(&mut self, item: &sealed::Item) -> Result<u64, Error> {
        sealed::destroy(&self.root, item)
    }

    fn tidy(&mut self, before: u64, after: u64) {
        log::drop_superseded(&self.root, before, after);
    }
}

/// The size of a file, or `None` where there is none.
pub(crate) fn size_if_there(path: &Path) -> Result<Option<u64>, Error> {
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(Some(there.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// Opens a file for reading, or `None` where there is none.
pub(crate) fn open_if_there<'a>(path: &Path) -> Result<Option<Box<dyn Read + 'a>>, Error> {
    match objects::open_plain(path) {
        Ok(file) => Ok(Some(Box::new(file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("open", path)(error)),
    }
}

/// The bytes of a file, or `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = Vec::new();
    let opened = objects::open_plain(path);
    match opened.and_then(|file| file.take(SMALL_LIMIT_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(read) if read as u64 > SMALL_LIMIT_BYTES => Err(Error::io("read", path)(too_long())),
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}
