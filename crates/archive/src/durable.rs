//! Durable writes: when these return `Ok`, a power cut does not undo what they did.
//!
//! A new file is written under a temporary name, made durable, given its name, and its folder made
//! durable. A failed `fsync` is never tried again: the kernel may have dropped the pages and would
//! then report success (Rebello et al., USENIX ATC 2020); the error goes up and the work stops.

use crate::Error;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// From this many files on, one `syncfs` of the whole file system is cheaper than an `fsync` of
/// each: an `fsync` takes 3 to 30 ms on a laptop disk, and `syncfs` as long as one or two of them
/// where nothing else writes. Below it, what other programs have yet to write costs us nothing.
pub const SYNC_ALL_FROM: usize = 4;

/// Mode of evidence: readable, writable by nobody.
pub const MODE_KEPT: u32 = 0o444;
/// Mode of secrets.
pub const MODE_SECRET: u32 = 0o600;

/// A file to be written whole.
#[derive(Debug)]
pub struct Wanted {
    /// Where it must stand in the end.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its mode.
    pub mode: u32,
}

/// Writes all of `files`, replacing what stands there, in order: each is whole or absent at any
/// moment, and all are durable on return. Folders that are missing are made.
pub fn replace_all(files: &[Wanted]) -> Result<(), Error> {
    let mut folders = BTreeSet::new();
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let folder = parent(&file.path);
        if folders.insert(folder.to_path_buf()) {
            make_folders(folder)?;
        }
        let temporary = temporary_name(&file.path);
        // A leftover of an earlier crash is in the way: it was never given its name.
        remove_if_there(&temporary)?;
        let mut out = create_new(&temporary, file.mode)?;
        out.write_all(&file.bytes).map_err(Error::io("write", &temporary))?;
        written.push((temporary, out));
    }
    sync_files(written.iter().map(|(path, file)| (path.as_path(), file)))?;
    for ((temporary, _), file) in written.iter().zip(files) {
        fs::rename(temporary, &file.path).map_err(Error::io("put in place", &file.path))?;
    }
    sync_folders(&folders)
}

/// [`replace_all`] for one file.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    replace_all(&[Wanted { path: path.to_path_buf(), bytes: bytes.to_vec(), mode }])
}

/// Makes the contents of `files` durable.
pub fn sync_files<'a>(files: impl Iterator<Item = (&'a Path, &'a File)>) -> Result<(), Error> {
    let files: Vec<_> = files.collect();
    match files.as_slice() {
        [(path, file), ..] if files.len() >= SYNC_ALL_FROM => sync_file_system(path, file),
        few => few
            .iter()
            .try_for_each(|(path, file)| file.sync_all().map_err(Error::io("make durable", path))),
    }
}

/// Makes everything on the file system of `file` durable (since Linux 5.8 it reports lost writes).
pub fn sync_file_system(path: &Path, file: &File) -> Result<(), Error> {
    rustix::fs::syncfs(file).map_err(io::Error::from).map_err(Error::io("make durable", path))
}

/// Makes the names in `folders` durable.
pub fn sync_folders(folders: &BTreeSet<PathBuf>) -> Result<(), Error> {
    let mut opened = Vec::with_capacity(folders.len());
    for folder in folders {
        opened.push((folder, File::open(folder).map_err(Error::io("open", folder))?));
    }
    sync_files(opened.iter().map(|(path, file)| (path.as_path(), file)))
}

/// Makes `folder` and what is missing above it, each durable in the folder above.
pub fn make_folders(folder: &Path) -> Result<(), Error> {
    let mut missing = Vec::new();
    let mut at = folder;
    loop {
        match at.metadata() {
            Ok(there) if there.is_dir() => break,
            // Something else has the name: making the folder says so.
            Ok(_) => {}
            // Only what is known to be missing is made. A disk that answers nothing any more is
            // not asked about the folders above, of which there would be no end.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("look at", at)(error)),
        }
        missing.push(at);
        if at == Path::new(".") {
            break;
        }
        at = parent(at);
    }
    for folder in missing.into_iter().rev() {
        let above = parent(folder);
        match fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            made => made.map_err(Error::io("make folder", folder)),
        }?;
        let opened = File::open(above).map_err(Error::io("open", above))?;
        opened.sync_all().map_err(Error::io("make durable", above))?;
    }
    Ok(())
}

/// Whether there is a folder of this name. A disk that does not answer is an error, never a "no":
/// a folder of the log that was taken for a stray file would be moved away.
pub fn is_folder(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Ok(there) => Ok(there.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// Whether there is a folder of this name, and no link to one.
pub fn is_own_folder(path: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(path) {
        Ok(there) => Ok(there.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io("look at", path)(error)),
    }
}

/// Fails where something else stands in the place of a folder that is to be cleared: behind a link
/// what is removed would be somebody else's.
pub fn must_be_own(folder: &Path) -> Result<(), Error> {
    if is_own_folder(folder)? || fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    let what = "a link or a file stands in the place of a folder of ours";
    Err(Error::io("clear", folder)(io::Error::new(io::ErrorKind::NotADirectory, what)))
}

/// Makes a file that must not exist yet.
pub fn create_new(path: &Path, mode: u32) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(mode).open(path);
    made.map_err(Error::io("create", path))
}

/// Gives the file at `from` the name `to` unless something has that name: `Ok(false)` then, and
/// nothing is touched. Never replaces.
pub fn name_without_replacing(from: &Path, to: &Path) -> Result<bool, Error> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::EXIST) => Ok(false),
        // A file system without RENAME_NOREPLACE: link never replaces either.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            match fs::hard_link(from, to) {
                Ok(()) => {
                    fs::remove_file(from).map_err(Error::io("remove", from))?;
                    Ok(true)
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                Err(error) if is_refused_by_kind(&error) => name_where_nothing_is(from, to),
                Err(error) => Err(Error::io("put in place", to)(error)),
            }
        }
        Err(errno) => Err(Error::io("put in place", to)(errno.into())),
    }
}

/// Whether the file system knows no links or modes (link(2), EPERM), as exFAT.
pub(crate) fn is_refused_by_kind(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::PERM | Errno::NOTSUP | Errno::NOSYS))
}

/// Renames, unless something has the name: for folders, and the last resort of
/// [`name_without_replacing`]. Only who holds the folder's lock puts anything there, so looking
/// first is enough.
pub fn name_where_nothing_is(from: &Path, to: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(to) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::rename(from, to).map_err(Error::io("put in place", to))?;
            Ok(true)
        }
        Err(error) => Err(Error::io("look at", to)(error)),
    }
}

/// Removes a file; that it is not there is fine.
pub fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(Error::io("remove", path)),
    }
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}
