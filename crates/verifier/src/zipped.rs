//! A bundle as one zip file: a pure function of the folder, so that every bit of it can be checked.
//!
//! Stored, not compressed, in order of path, with fixed times and modes. Checking a zip file
//! unpacks it, checks the folder, zips that again and compares: then no bit of the container can
//! differ either.

use crate::manifests::digest_of;
use crate::{Error, Receipt, Report, Trusted, bag, codes};
use record::{Digests, Finding};
use std::collections::BTreeMap;
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
    let file = write_zip(folder, files(folder)?, out, BufWriter::new(file))?;
    let file = file.into_inner().map_err(|error| Error::io("write", out)(error.into_error()))?;
    file.sync_all().map_err(Error::io("make durable", out))
}

/// [`pack`], but of the files only that `keep` keeps.
pub fn pack_some(folder: &Path, out: &Path, keep: &dyn Fn(&str) -> bool) -> Result<(), Error> {
    let file = File::create_new(out).map_err(Error::io("create", out))?;
    let paths = files(folder)?.into_iter().filter(|path| keep(path)).collect();
    let file = write_zip(folder, paths, out, BufWriter::new(file))?;
    let file = file.into_inner().map_err(|error| Error::io("write", out)(error.into_error()))?;
    file.sync_all().map_err(Error::io("make durable", out))
}

/// The digests of what a zip file of ours holds, by path.
pub fn members(path: &Path) -> Result<BTreeMap<String, Digests>, Error> {
    let unread = |error: ZipError| unwritten(path, error);
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut archive = ZipArchive::new(file).map_err(unread)?;
    let mut members = BTreeMap::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(unread)?;
        let name = entry.name().map_err(unread)?.into_owned();
        let mut hashing = Hashing::default();
        io::copy(&mut entry, &mut hashing).map_err(Error::io("read", path))?;
        members.insert(name, hashing.0.finish());
    }
    Ok(members)
}

/// Why a zip file is not unpacked: the evidence's problem, or the machine's.
enum Refused {
    Because(&'static str, String),
    Failed(Error),
}

impl From<ZipError> for Refused {
    fn from(error: ZipError) -> Self {
        Self::Because(codes::BUNDLE_ZIP, error.to_string())
    }
}

/// Unpacks `path` into `folder`, refusing every entry that casefile would not write.
pub fn unpack(path: &Path, folder: &Path) -> Result<(), Error> {
    unpacked(path, folder).map_err(|refused| match refused {
        Refused::Because(_, message) => Error::Zip { path: path.into(), message },
        Refused::Failed(error) => error,
    })
}

fn unpacked(path: &Path, folder: &Path) -> Result<(), Refused> {
    let failed = |action, path| move |error| Refused::Failed(Error::io(action, path)(error));
    let file = File::open(path).map_err(failed("open", path))?;
    let mut left = file.metadata().map_err(failed("look at", path))?.len();
    let mut archive = ZipArchive::new(file)?;
    described(&mut archive)?;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at)?;
        let name = entry.name()?.into_owned();
        if !bag::is_safe(&name) {
            return Err(Refused::Because(
                codes::BUNDLE_ZIP_PATH,
                format!(
                    "the member {name:?} leads elsewhere, or does not mean the same everywhere"
                ),
            ));
        }
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(Refused::Because(
                codes::BUNDLE_ZIP_PACKED,
                format!("the member {name} is compressed or encrypted"),
            ));
        }
        // Stored entries take no more room than the file they lie in, however they overlap or lie.
        left = left
            .checked_sub(entry.size())
            .ok_or_else(|| Refused::Because(codes::BUNDLE_ZIP_OVERLAP, OVERLAP.into()))?;
        let to = folder.join(&name);
        let made = to.parent().map_or(Ok(()), fs::create_dir_all);
        let mut out = match made.and_then(|()| File::create_new(&to)) {
            Ok(out) => out,
            // One that is a folder to another, or of its name to this system: not the disk's fault.
            Err(error) if is_of_name(&error) => {
                let message = format!("{name:?}: {error}");
                return Err(Refused::Because(codes::BUNDLE_ZIP_TWICE, message));
            }
            Err(error) => return Err(failed("create", to.as_path())(error)),
        };
        let limit = entry.size();
        io::copy(&mut (&mut entry).take(limit), &mut out)
            .map_err(|error| Refused::Because(codes::BUNDLE_ZIP, format!("{name}: {error}")))?;
    }
    Ok(())
}

/// What to say of members that share bytes.
const OVERLAP: &str = "its members overlap: two of them share bytes";

/// Whether the zip file's two descriptions of its members agree, and give each its own bytes: which
/// of two counts would depend on the program that unpacks it.
fn described(archive: &mut ZipArchive<File>) -> Result<(), Refused> {
    if archive.has_duplicate_names() {
        let message = "it has two members of one name: which of them counts depends on the program";
        return Err(Refused::Because(codes::BUNDLE_ZIP_TWICE, message.into()));
    }
    let header = |error: ZipError| Refused::Because(codes::BUNDLE_ZIP_HEADER, error.to_string());
    if archive.has_overlapping_entries().map_err(header)? {
        return Err(Refused::Because(codes::BUNDLE_ZIP_OVERLAP, OVERLAP.into()));
    }
    archive.validate_header_consistency().map_err(header)
}

fn is_of_name(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, InvalidFilename, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | InvalidFilename | IsADirectory | NotADirectory)
}

/// Checks the bundle in the zip file `path`, unpacked into `scratch`, an empty folder. `trusted`
/// is the log key known from elsewhere.
pub fn verify(path: &Path, scratch: &Path, trusted: Option<&str>) -> Result<Report, Error> {
    verify_trusting(path, scratch, Trusted { log_keys: trusted.as_slice(), ..Trusted::default() })
}

/// [`verify`], given whom one trusts.
pub fn verify_trusting(path: &Path, scratch: &Path, trusted: Trusted<'_>) -> Result<Report, Error> {
    let named = path.display().to_string();
    match unpacked(path, scratch) {
        Ok(()) => {}
        Err(Refused::Because(code, message)) => {
            let finding = Finding::fault(code, named, message);
            return Ok(Report { findings: vec![finding], ..Report::default() });
        }
        Err(Refused::Failed(error)) => return Err(error),
    }
    let mut report = crate::verify_trusting(scratch, trusted)?;
    if !is_that_of(path, scratch)? {
        let message = "it is not byte for byte the zip file that its contents make: the container \
                       was changed";
        report.findings.insert(0, Finding::fault(codes::BUNDLE_ZIP, named, message));
    }
    Ok(report)
}

/// Checks the receipt in the zip file `path`, unpacked into `scratch`, an empty folder. `trusted`
/// are keys of logs known from elsewhere.
pub fn verify_receipt(path: &Path, scratch: &Path, trusted: &[&str]) -> Result<Receipt, Error> {
    let form = |message: String| {
        let finding = Finding::fault(codes::RECEIPT_FORM, "receipt", message);
        Receipt { findings: vec![finding], ..Receipt::default() }
    };
    match unpacked(path, scratch) {
        Ok(()) => {}
        Err(Refused::Because(_, message)) => return Ok(form(message)),
        Err(Refused::Failed(error)) => return Err(error),
    }
    if !is_that_of(path, scratch)? {
        return Ok(form("it is not byte for byte the zip file that its contents make".into()));
    }
    Receipt::check(scratch, trusted)
}

/// Whether `path` is byte for byte the zip file that `folder` makes.
pub fn is_that_of(path: &Path, folder: &Path) -> Result<bool, Error> {
    let made = write_zip(folder, files(folder)?, path, Hashing::default())?;
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

fn write_zip<W: Write>(folder: &Path, paths: Vec<String>, named: &Path, to: W) -> Result<W, Error> {
    let mut zip = ZipWriter::new_stream(to);
    match write_entries(folder, paths, named, &mut zip) {
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
    paths: Vec<String>,
    named: &Path,
    zip: &mut ZipWriter<StreamWriter<W>>,
) -> Result<(), Error> {
    for path in paths {
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

/// What lies below a folder, as paths in it, in order.
pub(crate) struct Tree {
    /// Everything but folders; links are not followed.
    pub(crate) files: Vec<String>,
    /// Folders.
    pub(crate) folders: Vec<String>,
}

/// What lies below `folder`.
pub(crate) fn tree(folder: &Path) -> Result<Tree, Error> {
    let mut tree = Tree { files: Vec::new(), folders: Vec::new() };
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        let place = folder.join(&inside);
        for entry in fs::read_dir(&place).map_err(Error::io("list", &place))? {
            let entry = entry.map_err(Error::io("list", &place))?;
            let path = inside.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(Error::io("look at", &entry.path()))?;
            if kind.is_dir() {
                tree.folders.push(name);
                folders.push(path);
            } else {
                tree.files.push(name);
            }
        }
    }
    tree.files.sort();
    tree.folders.sort();
    Ok(tree)
}

/// Every file below `folder` as a path in it, in order.
pub fn files(folder: &Path) -> Result<Vec<String>, Error> {
    Ok(tree(folder)?.files)
}
