//! The plain bytes of a sealed item, for who holds an identity that it was sealed
//! to; and only when all of them are shown to be what was taken in.
//!
//! The format authenticates piece by piece, so that what comes before a fault is given out first.
//! So plain bytes go into a file without its final name, which only its owner may read, and get
//! that name when the end of the stream, both digests and the size have been seen to agree with the
//! record. They must never get into the case: that would undo the sealing.

use archive::{Case, durable, sealed};
use record::{Commitment, Digests, Hasher};
use rustix::io::Errno;
use sealing::{IDENTITIES_LIMIT_BYTES, Identities, KeyFile, KeyFileFault, Plain};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// Bytes opened at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// None of the identities given is a recipient.
pub const UNSEAL_IDENTITY: &str = "unseal-identity";
/// The item was erased.
pub const UNSEAL_ERASED: &str = "unseal-erased";
/// The key file holds something else than what opens this item's commitments.
pub const UNSEAL_KEY: &str = "unseal-key";
/// The sealed bytes do not open: altered, cut off, or for another key.
pub const UNSEAL_BYTES: &str = "unseal-bytes";
/// The sealed bytes open to other bytes than were taken in.
pub const UNSEAL_PLAIN: &str = "unseal-plain";

/// Why nothing was given out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The case, or what it holds, is at fault.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// A file outside the case could not be used.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The item does not open; begins with one of the codes of this crate, where it is at fault.
    #[error("{what}")]
    Sealed {
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl Error {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}

/// A sealed item, as the records of a case have it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its number in the case.
    pub number: u64,
    /// Where its key file lies.
    pub sealed: sealed::Item,
    /// What its record withholds.
    pub withheld: &'a BTreeMap<String, Commitment>,
    /// The leaf of its erasure.
    pub erased: Option<u64>,
}

/// Reads a file of identities.
pub fn identities(path: &Path) -> Result<Identities, Error> {
    let file = File::open(path).map_err(Error::io("open", path))?;
    let mut text = Vec::new();
    file.take(IDENTITIES_LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut text)
        .map_err(Error::io("read", path))?;
    let whole = Some(text).filter(|text| text.len() <= IDENTITIES_LIMIT_BYTES);
    whole.and_then(|text| Identities::parse(&text)).ok_or_else(|| Error::Sealed {
        what: format!("{} holds no identity", path.display()),
        remedy: "Give a file as `age-keygen` writes it (AGE-SECRET-KEY-1\u{2026}); one that is \
                 itself encrypted is opened with `age -d` first.",
    })
}

/// The key file of an item: whole, as on record, and its openings those of the record.
pub fn key_file(case: &Case, item: &Item<'_>, identities: &Identities) -> Result<KeyFile, Error> {
    if let Some(erasure) = item.erased {
        let what = format!("it was erased by record {erasure}, and nobody can open it any more");
        return Err(named(UNSEAL_ERASED, item, &what, "`casefile log` has the reason."));
    }
    let file = sealed::read(case.root(), &item.sealed)?;
    let opened = sealing::open_key_file(&file, identities).map_err(|fault| match fault {
        KeyFileFault::Identity => named(
            UNSEAL_IDENTITY,
            item,
            &fault.to_string(),
            "Use the identity of one of the recipients who were named when it was taken in.",
        ),
        other => named(UNSEAL_KEY, item, &other.to_string(), REMEDY),
    })?;
    if opened.fits(item.withheld) {
        return Ok(opened);
    }
    Err(named(UNSEAL_KEY, item, "its key file does not open what its record commits to", REMEDY))
}

/// Opens an item with its key file, and checks it whole. With `out`, its plain bytes are put there;
/// nothing may have that name. Gives their digests, which are those on record.
pub fn open(
    case: &Case,
    item: &Item<'_>,
    file: &KeyFile,
    out: Option<&Path>,
) -> Result<Digests, Error> {
    let recorded = file.plain().ok_or_else(|| {
        named(UNSEAL_KEY, item, "its key file does not say what its plain bytes are", REMEDY)
    })?;
    let sealed = case.stream(item.sealed.item)?;
    let mut plain = sealing::open_item(sealed, &file.key).map_err(|why| damaged(item, &why))?;
    match out {
        Some(out) => write(case.root(), out, item, &mut plain, recorded)?,
        None => copy(item, &mut plain, recorded, &mut io::sink(), Path::new("nowhere"))?,
    }
    Ok(recorded)
}

/// What to do where the bytes are at fault.
const REMEDY: &str = "Run `casefile verify`, and restore what it names from a second copy.";

/// Puts plain bytes into a new file `out`, once they are known to be right.
fn write(
    root: &Path,
    out: &Path,
    item: &Item<'_>,
    plain: &mut Plain<File>,
    recorded: Digests,
) -> Result<(), Error> {
    let folder = match out.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    let whole = |path: &Path| fs::canonicalize(path).map_err(Error::io("look at", path));
    if whole(folder)?.starts_with(whole(root)?) {
        return Err(Error::Sealed {
            what: "plain bytes of a sealed item must not lie in the case".into(),
            remedy: "Name a file elsewhere, on a disk that is encrypted.",
        });
    }
    let taken = || Error::io("create", out)(io::ErrorKind::AlreadyExists.into());
    if out.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let (mut file, unchecked) = unnamed(folder)?;
    let written = copy(item, plain, recorded, &mut file, out).and_then(|()| {
        file.sync_all().map_err(Error::io("make durable", out))?;
        let named = match &unchecked {
            None => name(&file, out)?,
            Some(unchecked) => durable::name_without_replacing(unchecked, out)?,
        };
        if named { Ok(()) } else { Err(taken()) }
    });
    if let (Err(_), Some(unchecked)) = (&written, &unchecked) {
        durable::remove_if_there(unchecked)?;
    }
    written?;
    Ok(durable::sync_folders(&BTreeSet::from([folder.to_path_buf()]))?)
}

/// A file in `folder` without a name: a kill then leaves nothing of it. Where a file system has no
/// such files, one with a name of its own, which a kill leaves behind.
fn unnamed(folder: &Path) -> Result<(File, Option<PathBuf>), Error> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(folder, flags, Mode::from_raw_mode(durable::MODE_SECRET)) {
        Ok(file) => Ok((file.into(), None)),
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => {
            let unchecked = folder.join(format!(".unsealing-{}", std::process::id()));
            let file = durable::create_new(&unchecked, durable::MODE_SECRET)?;
            Ok((file, Some(unchecked)))
        }
        Err(errno) => Err(Error::io("create a file in", folder)(errno.into())),
    }
}

/// Gives a file without a name the name `out`, unless something has it (open(2), O_TMPFILE).
fn name(file: &File, out: &Path) -> Result<bool, Error> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    match linkat(CWD, &open, CWD, out, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(errno) => Err(Error::io("put in place", out)(errno.into())),
    }
}

/// Copies plain bytes to their end, and fails unless they are those on record.
fn copy(
    item: &Item<'_>,
    plain: &mut Plain<File>,
    recorded: Digests,
    out: &mut dyn io::Write,
    place: &Path,
) -> Result<(), Error> {
    let mut hasher = Hasher::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = plain.read(&mut chunk).map_err(|error| damaged(item, &error.to_string()))?;
        let bytes = chunk.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        out.write_all(bytes).map_err(Error::io("write", place))?;
    }
    if hasher.finish() == recorded {
        return Ok(());
    }
    Err(named(UNSEAL_PLAIN, item, "it opens to other bytes than were taken in", REMEDY))
}

fn damaged(item: &Item<'_>, why: &str) -> Error {
    let why = format!("its sealed bytes are altered, cut off, or not sealed for this key ({why})");
    named(UNSEAL_BYTES, item, &why, REMEDY)
}

/// An error with a stable code.
fn named(code: &str, item: &Item<'_>, what: &str, remedy: &'static str) -> Error {
    Error::Sealed { what: format!("{code}: item {}: {what}", item.number), remedy }
}
