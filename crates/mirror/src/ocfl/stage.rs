//! New versions of OCFL objects, made ready beside the storage root and put into it.
//!
//! Crash story; `incoming/N/` beside the root holds one version each:
//!
//! 1. content files stream in, hashed as they go; then the inventory and its sidecar, in the
//!    version's folder and beside it. *A kill leaves a folder in `incoming` whose version is not in
//!    the root: the next run removes it;*
//! 2. all is flushed at once, and read back from the disk;
//! 3. of a new object, the whole folder gets its name, with those above it that are missing, in one
//!    rename: the root has never an empty folder, nor half an object;
//! 4. of an object that there is: its new version's folder gets its name, and is flushed; then the
//!    inventory replaces the old one, and the sidecar the old one. *A kill in between leaves an
//!    object that other programs call invalid, with a version more than its inventory says; nothing
//!    is lost. The next run finds the version in the root and the inventory still in `incoming`,
//!    and goes on there.*
//!
//! Nothing that is in the root is ever changed but these two files of an object.

use super::inventory::{self, Content, Inventory, Occasion};
use super::names;
use crate::store::{self, misread};
use archive::objects::{self, Medium, State};
use archive::{Error, durable};
use record::Hasher;
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

/// Says that a folder is an OCFL object (OCFL 1.1, section 3.2).
pub(crate) const OBJECT_FILE: &str = "0=ocfl_object_1.1";
/// What stands in it.
pub(crate) const OBJECT_LINE: &str = "ocfl_object_1.1\n";
/// In a staged version of an object that there is: which object.
const WHERE: &str = "where";

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A version of an object in the making.
pub(crate) struct Version {
    /// The folder in `incoming`.
    folder: PathBuf,
    /// Where the object lies, from the storage root.
    object: PathBuf,
    before: Inventory,
    state: BTreeMap<String, String>,
    added: BTreeMap<String, Content>,
    /// Bytes written.
    pub(crate) bytes: u64,
}

/// How a file did not get in.
pub(crate) enum Refused {
    /// It could not be read.
    Source(io::Error),
    /// It could not be written.
    Store(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Version {
    /// Begins the next version of the object, in `folder`, which must not be there.
    pub(crate) fn begin(folder: PathBuf, before: Inventory) -> Result<Self, Error> {
        let object = names::folder_of(&before.id);
        let state = before.state();
        let version = Self { folder, object, before, state, added: BTreeMap::new(), bytes: 0 };
        let within = version.within();
        fs::create_dir_all(&within).map_err(Error::io("make folder", &within))?;
        Ok(version)
    }

    /// Id of the object.
    pub(crate) fn id(&self) -> &str {
        &self.before.id
    }

    /// Whether it would be the same as the one before.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.state == self.before.state()
    }

    /// Whether it has a file of this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.state.contains_key(path)
    }

    /// Leaves out the files that are superfluous once `path` is there.
    pub(crate) fn leave_out(&mut self, superfluous: impl Fn(&str) -> bool) {
        self.state.retain(|path, _| !superfluous(path));
    }

    /// Streams a file in. Whether it is `wanted`, and so was kept.
    pub(crate) fn stream(
        &mut self,
        path: &str,
        source: &mut dyn Read,
        wanted: &dyn Fn(&Content) -> bool,
    ) -> Result<bool, Refused> {
        // Under another name first, so that what is not kept leaves no folder behind: an empty one
        // has no business in an object (OCFL 1.1, section 3.3.1).
        let streamed = self.folder.join("streamed");
        let content = write_hashed(source, &streamed)?;
        if !wanted(&content) {
            durable::remove_if_there(&streamed)?;
            return Ok(false);
        }
        self.bytes += content.others.size;
        let held = self.before.holds(&content.sha512)
            || self.added.values().any(|added| added.sha512 == content.sha512);
        self.state.insert(path.into(), content.sha512.clone());
        if held {
            durable::remove_if_there(&streamed)?;
        } else {
            let place = self.within().join("content").join(path);
            let above = place.parent().expect("a file lies in a folder");
            fs::create_dir_all(above).map_err(Error::io("make folder", above))?;
            fs::rename(&streamed, &place).map_err(Error::io("put in place", &place))?;
            self.added.insert(path.into(), content);
        }
        Ok(true)
    }

    /// Adds a small file.
    pub(crate) fn add(&mut self, path: &str, mut bytes: &[u8]) -> Result<(), Error> {
        match self.stream(path, &mut bytes, &|_| true) {
            Ok(_) => Ok(()),
            Err(Refused::Store(error)) => Err(error),
            Err(Refused::Source(error)) => Err(Error::io("read", &self.folder)(error)),
        }
    }

    /// Takes it back: nothing of it stays.
    pub(crate) fn drop_all(self) -> Result<(), Error> {
        remove_folder(&self.folder)
    }

    /// Writes the inventory: the version is now all there, and may be settled.
    pub(crate) fn finish(self, occasion: Occasion<'_>) -> Result<Staged, Error> {
        let is_new = self.before.number() == 0;
        let mut inventory = self.before;
        inventory.add(occasion, &self.state, &self.added);
        let bytes = inventory.to_bytes();
        let sidecar = inventory::sidecar(&bytes);
        let within = self.folder.join(&inventory.head);
        let content = within.join("content");
        let mut small = Vec::new();
        for folder in [&within, &self.folder] {
            small.push((folder.join(inventory::FILE), bytes.clone()));
            small.push((folder.join(inventory::SIDECAR), sidecar.clone()));
        }
        small.push(if is_new {
            (self.folder.join(OBJECT_FILE), OBJECT_LINE.into())
        } else {
            let object = self.object.to_string_lossy().into_owned();
            (self.folder.join(WHERE), object.into_bytes())
        });
        for (path, bytes) in &small {
            let mut file = durable::create_new(path, durable::MODE_KEPT)?;
            file.write_all(bytes).map_err(Error::io("write", path))?;
        }
        let contents = self.added.into_iter().map(|(path, added)| (content.join(path), added));
        Ok(Staged {
            contents: contents.collect(),
            version: inventory.head,
            folder: self.folder,
            object: self.object,
            is_new,
            small,
        })
    }

    /// The version's own folder.
    fn within(&self) -> PathBuf {
        self.folder.join(format!("v{}", self.before.number() + 1))
    }
}

/// A version that is all there, in `incoming`.
pub(crate) struct Staged {
    folder: PathBuf,
    object: PathBuf,
    /// Name of the version.
    version: String,
    is_new: bool,
    contents: Vec<(PathBuf, Content)>,
    small: Vec<(PathBuf, Vec<u8>)>,
}

impl Staged {
    /// Where it belongs, from the storage root.
    pub(crate) fn place(&self) -> PathBuf {
        if self.is_new { self.object.clone() } else { self.object.join(&self.version) }
    }
}

/// Makes staged versions durable, reads them back, and puts them into the storage root. Says of
/// each whether it got there: where something has come to stand in its place, it did not. `disk`
/// was opened before anything was written.
pub(crate) fn settle(root: &Path, disk: &File, staged: &[Staged]) -> Result<Vec<bool>, Error> {
    durable::sync_file_system(root, disk)?;
    for one in staged {
        for (path, content) in &one.contents {
            let back = objects::state_by(path, content.others.sha256, Medium::Disk, &|_| {})?;
            if back != State::Whole(content.others.size) {
                return Err(misread(&one.folder.display().to_string(), &one.version));
            }
        }
        for (path, bytes) in &one.small {
            if objects::read_from_disk(path)? != *bytes {
                return Err(misread(&one.folder.display().to_string(), &one.version));
            }
        }
    }
    let mut there = Vec::with_capacity(staged.len());
    for one in staged {
        let object = root.join(&one.object);
        there.push(if one.is_new {
            name_object(root, &one.folder, &one.object)?
        } else {
            durable::name_where_nothing_is(
                &one.folder.join(&one.version),
                &object.join(&one.version),
            )?
        });
    }
    durable::sync_file_system(root, disk)?;
    let mut renamed = false;
    for (one, there) in staged.iter().zip(&there) {
        if *there && !one.is_new {
            name_inventory(&one.folder, &root.join(&one.object))?;
            renamed = true;
        }
    }
    if renamed {
        durable::sync_file_system(root, disk)?;
    }
    for one in staged {
        remove_folder(&one.folder)?;
    }
    Ok(there)
}

/// Brings what a killed run left to its end, or clears it away.
pub(crate) fn recover(root: &Path, incoming: &Path, disk: &File) -> Result<(), Error> {
    for name in objects::names(incoming)? {
        let folder = incoming.join(name);
        let object = match fs::read_to_string(folder.join(WHERE)) {
            // One that leads out of the root is none of ours.
            Ok(object) if store::is_plain(&object) => Some(root.join(object)),
            Ok(_) => None,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                None
            }
            Err(error) => return Err(Error::io("read", &folder)(error)),
        };
        // Its version has gone from here into the root.
        let is_half =
            !objects::names(&folder)?.iter().any(|name| inventory::number_of(name).is_some());
        if let Some(object) = object.filter(|_| is_half) {
            name_inventory(&folder, &object)?;
            durable::sync_file_system(root, disk)?;
        }
        remove_folder(&folder)?;
    }
    Ok(())
}

/// Puts the inventory, then its sidecar, in the place of the old ones, unless they are there.
fn name_inventory(folder: &Path, object: &Path) -> Result<(), Error> {
    for name in [inventory::FILE, inventory::SIDECAR] {
        let (from, to) = (folder.join(name), object.join(name));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => {}
            done => done.map_err(Error::io("put in place", &to))?,
        }
    }
    Ok(())
}

/// Gives a whole object its name, with the folders above it that are missing.
fn name_object(root: &Path, folder: &Path, object: &Path) -> Result<bool, Error> {
    let mut above = root.to_path_buf();
    let mut missing = PathBuf::new();
    for part in object.iter() {
        if missing.as_os_str().is_empty() && durable::is_folder(&above.join(part))? {
            above.push(part);
        } else {
            missing.push(part);
        }
    }
    let mut parts = missing.iter();
    // All there: something stands in the object's place.
    let Some(first) = parts.next() else { return Ok(false) };
    let rest: PathBuf = parts.collect();
    if rest.as_os_str().is_empty() {
        return durable::name_where_nothing_is(folder, &above.join(first));
    }
    let mut way = folder.to_path_buf().into_os_string();
    way.push("-way");
    let way = PathBuf::from(way);
    let inner = way.join(&rest);
    fs::create_dir_all(inner.parent().unwrap_or(&way)).map_err(Error::io("make folder", &way))?;
    fs::rename(folder, &inner).map_err(Error::io("put in place", &inner))?;
    durable::name_where_nothing_is(&way, &above.join(first))
}

fn remove_folder(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            durable::remove_if_there(folder)
        }
        done => done.map_err(Error::io("remove", folder)),
    }
}

/// Writes what `source` gives to a new file.
fn write_hashed(source: &mut dyn Read, place: &Path) -> Result<Content, Refused> {
    let mut file = durable::create_new(place, durable::MODE_KEPT)?;
    let mut others = Hasher::default();
    let mut sha512 = sha2::Sha512::new();
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        if let Err(error) = source.take(CHUNK_BYTES as u64).read_to_end(&mut chunk) {
            durable::remove_if_there(place)?;
            return Err(Refused::Source(error));
        }
        if chunk.is_empty() {
            break;
        }
        others.update(&chunk);
        sha512.update(&chunk);
        file.write_all(&chunk).map_err(Error::io("write", place))?;
    }
    let sha512 = data_encoding::HEXLOWER.encode(&sha512.finalize());
    Ok(Content { sha512, others: others.finish() })
}
