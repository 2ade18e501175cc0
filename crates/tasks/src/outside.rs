//! Small files outside the case: what others send, and what is handed to them. Never evidence.

use crate::Error;
use archive::durable;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Reads a file, whole, within a limit. One that is longer comes with a byte too many, by which
/// whoever takes it apart sees that.
pub(crate) fn read(path: &Path, limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut bytes = Vec::new();
    file.take(limit_bytes as u64 + 1).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(bytes)
}

/// Writes the bytes that `make` gives into a new file, durably; one that exists is never replaced,
/// and it has its name only when it is whole. Its place is taken first, so that nothing is done for
/// a place that cannot be written to.
///
/// A kill leaves `.NAME.partial` beside it, which the next write to the same place removes.
pub(crate) fn write_new<T>(
    path: &Path,
    make: impl FnOnce() -> Result<(T, Vec<u8>), Error>,
) -> Result<T, Error> {
    write_new_by(path, MODE, make)
}

/// [`write_new`], readable by its owner alone; and never in the case at `root`.
pub(crate) fn write_secret<T>(
    path: &Path,
    root: &Path,
    make: impl FnOnce() -> Result<(T, Vec<u8>), Error>,
) -> Result<T, Error> {
    let whole = |path: &Path| fs::canonicalize(path).map_err(Error::io("look at", path));
    if whole(folder_of(path))?.starts_with(whole(root)?) {
        return Err(Error::asked(
            "what is secret must not lie in the case in the open",
            "Give a place outside it, which its owner alone can read.",
        ));
    }
    write_new_by(path, durable::MODE_SECRET, make)
}

/// What others may do with a file is for the system's mask to say.
const MODE: u32 = 0o666;

fn write_new_by<T>(
    path: &Path,
    mode: u32,
    make: impl FnOnce() -> Result<(T, Vec<u8>), Error>,
) -> Result<T, Error> {
    must_be_new(path)?;
    let partial = partial_of(path);
    durable::remove_if_there(&partial)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&partial)
        .map_err(Error::io("create", path))?;
    let made = make().and_then(|(made, bytes)| {
        let written = file.write_all(&bytes).and_then(|()| file.sync_all());
        written.map_err(Error::io("write", path))?;
        put_in_place(&partial, path)?;
        Ok(made)
    });
    if made.is_err() {
        // Where it cannot go either, the error above says enough.
        let _ = fs::remove_file(&partial);
    }
    made
}

/// Makes a new folder that holds what `fill` puts into it, durably and under its name only when it
/// is whole. A kill leaves `.NAME.partial`, which the next write to the same place removes, if all
/// in it `is_ours`.
pub(crate) fn new_folder<T>(
    path: &Path,
    is_ours: impl Fn(&str) -> bool,
    fill: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<T, Error> {
    must_be_new(path)?;
    let partial = partial_of(path);
    if durable::is_folder(&partial)? {
        for name in archive::objects::names(&partial)?.iter().filter(|name| is_ours(name)) {
            durable::remove_if_there(&partial.join(name))?;
        }
        // What is not ours keeps the folder there, and making it fails.
        let _ = fs::remove_dir(&partial);
    }
    fs::create_dir(&partial).map_err(Error::io("make folder", &partial))?;
    let filled = fill(&partial).and_then(|filled| {
        // One flush for all that is in it.
        let opened = File::open(&partial).map_err(Error::io("open", &partial))?;
        durable::sync_file_system(&partial, &opened)?;
        put_in_place(&partial, path)?;
        Ok(filled)
    });
    if filled.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    filled
}

fn must_be_new(path: &Path) -> Result<(), Error> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("look at", path)(error)),
        Ok(_) => Err(Error::io("create", path)(io::ErrorKind::AlreadyExists.into())),
    }
}

fn put_in_place(partial: &Path, path: &Path) -> Result<(), Error> {
    if !durable::name_without_replacing(partial, path)? {
        return Err(Error::io("create", path)(io::ErrorKind::AlreadyExists.into()));
    }
    Ok(durable::sync_folders(&BTreeSet::from([folder_of(path).to_path_buf()]))?)
}

/// Where it lies until it is whole.
fn partial_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".partial");
    folder_of(path).join(name)
}

/// The folder that holds the name of a file.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}
