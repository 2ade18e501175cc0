//! A bundle as one zip file: a pure function of the folder, so that every bit of it can be checked.
//!
//! Stored, not compressed, in order of path, with fixed times and modes. Checking a zip file
//! unpacks it, checks the folder, zips that again and compares: then no bit of the container can
//! differ either.

use crate::write::digest_of;
use crate::{Error, Report, Trusted, bag, codes};
use record::Finding;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// From this size on an entry carries 64-bit lengths: the field of the plain format ends at 4 GiB.
const LARGE_BYTES: u64 = u32::MAX as u64;

/// Zips `folder` into `out`, which must not exist, and makes it durable.
pub fn pack(folder: &Path, out: &Path) -> Result<(), Error> {
    let file = File::create_new(out).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists { path: out.into() },
        _ => Error::io("create", out)(error),
    })?;
    let file = write_zip(folder, out, BufWriter::new(file))?;
    let file = file.into_inner().map_err(|error| Error::io("write", out)(error.into_error()))?;
    file.sync_all().map_err(Error::io("make durable", out))
}

/// Unpacks `path` into `folder`, refusing every entry that casefile would not write.
pub fn unpack(path: &Path, folder: &Path) -> Result<(), Error> {
    let bad = |message: String| Error::Zip { path: path.into(), message };
    let file = File::open(path).map_err(Error::io("open", path))?;
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| bad(error.to_string()))?;
    let mut left = size;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|error| bad(error.to_string()))?;
        let name = entry.name().map_err(|error| bad(error.to_string()))?.into_owned();
        if !bag::is_safe(&name) || entry.compression() != CompressionMethod::Stored {
            return Err(bad(format!("the entry {name:?} is not one that casefile writes")));
        }
        // Stored entries take no more room than the file they lie in, however they overlap or lie.
        left = left.checked_sub(entry.size()).ok_or_else(|| bad("its entries overlap".into()))?;
        let to = folder.join(&name);
        let made = to.parent().map_or(Ok(()), fs::create_dir_all);
        let mut out = match made.and_then(|()| File::create_new(&to)) {
            Ok(out) => out,
            // Two entries of one name, or one that is a folder to another: not the disk's fault.
            Err(error) if is_of_name(&error) => return Err(bad(format!("{name:?}: {error}"))),
            Err(error) => return Err(Error::io("create", &to)(error)),
        };
        let limit = entry.size();
        io::copy(&mut (&mut entry).take(limit), &mut out)
            .map_err(|error| bad(format!("{name}: {error}")))?;
    }
    Ok(())
}

fn is_of_name(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | InvalidFilename | IsADirectory | NotADirectory)
}

/// Checks the bundle in the zip file `path`, unpacked into `scratch`, an empty folder. `trusted`
/// is the log key known from elsewhere.
pub fn verify(path: &Path, scratch: &Path, trusted: Option<&str>) -> Result<Report, Error> {
    verify_trusting(path, scratch, Trusted { log_key: trusted, roots: None })
}

/// [`verify`], given whom one trusts.
pub fn verify_trusting(path: &Path, scratch: &Path, trusted: Trusted<'_>) -> Result<Report, Error> {
    let named = path.display().to_string();
    match unpack(path, scratch) {
        Ok(()) => {}
        Err(error @ Error::Zip { .. }) => {
            let finding = Finding::fault(codes::BUNDLE_ZIP, named, error.to_string());
            return Ok(Report { findings: vec![finding], ..Report::default() });
        }
        Err(error) => return Err(error),
    }
    let mut report = crate::verify_trusting(scratch, trusted)?;
    if !is_that_of(path, scratch)? {
        let message = "it is not byte for byte the zip file that its contents make: the container \
                       was changed";
        report.findings.insert(0, Finding::fault(codes::BUNDLE_ZIP, named, message));
    }
    Ok(report)
}

/// Whether `path` is byte for byte the zip file that `folder` makes.
pub fn is_that_of(path: &Path, folder: &Path) -> Result<bool, Error> {
    let made = write_zip(folder, path, Hashing::default())?;
    Ok(made.0.finish() == digest_of(path)?)
}

#[derive(Default)]
struct Hashing(record::Hasher);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_zip<W: Write>(folder: &Path, named: &Path, to: W) -> Result<W, Error> {
    let mut zip = ZipWriter::new_stream(to);
    match write_entries(folder, named, &mut zip) {
        Ok(()) => Ok(zip.finish().map_err(|error| unwritten(named, error))?.into_inner()),
        Err(error) => {
            // Dropped, it would try to end the file, and complain on standard error by itself.
            std::mem::forget(zip);
            Err(error)
        }
    }
}

fn write_entries<W: Write>(
    folder: &Path,
    named: &Path,
    zip: &mut ZipWriter<StreamWriter<W>>,
) -> Result<(), Error> {
    for path in files(folder)? {
        let place = folder.join(&path);
        let mut file = File::open(&place).map_err(Error::io("open", &place))?;
        let size = file.metadata().map_err(Error::io("look at", &place))?.len();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(size >= LARGE_BYTES);
        zip.start_file(path.as_str(), options).map_err(|error| unwritten(named, error))?;
        io::copy(&mut file, zip).map_err(Error::io("write", named))?;
    }
    Ok(())
}

/// A zip file could not be written: the machine's doing, or the library's.
fn unwritten(path: &Path, error: ZipError) -> Error {
    match error {
        ZipError::Io(error) => Error::io("write", path)(error),
        other => Error::Zip { path: path.into(), message: other.to_string() },
    }
}

/// Every file below `folder` as a path in it, in order.
pub fn files(folder: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let place = folder.join(&inside);
        for entry in fs::read_dir(&place).map_err(Error::io("list", &place))? {
            let entry = entry.map_err(Error::io("list", &place))?;
            let path = inside.join(entry.file_name());
            let kind = entry.file_type().map_err(Error::io("look at", &entry.path()))?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
