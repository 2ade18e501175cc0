//! Objects: bytes named by their SHA-256, written once, never rewritten.
//!
//! Bytes stream through in one pass (digests while writing), so an item of any size takes the same
//! memory. An object gets its name only when its bytes are durable.

use crate::{Error, codes, durable, layout};
use record::{Digests, Hasher, Sha256};
use rustix::fs::OFlags;
use sha2::Digest as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

/// Bytes read at a time: large enough that a call costs nothing against hashing it (1 MiB takes
/// about a millisecond), small enough to stay in the cache of the core.
const CHUNK_BYTES: usize = 1 << 20;

/// Bytes looked at before memory for a whole chunk is asked for: most items are shorter.
const FIRST_BYTES: usize = 1 << 16;

/// Chunks in flight between the thread that reads and the one that hashes: 4 MiB in all.
const CHUNKS_IN_FLIGHT: usize = 4;

/// Bytes on their way in: written and hashed, not yet durable, not yet an object.
#[derive(Debug)]
pub struct Incoming {
    /// Where they lie for now.
    pub path: PathBuf,
    /// The open file, for making it durable.
    pub file: File,
    /// Their digests and size.
    pub digests: Digests,
}

/// How bytes could not be taken in: the fault is the source's, or ours.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    /// The bytes could not be read: the source's problem, and other items may still be taken in.
    #[error("cannot read: {0}")]
    Source(io::Error),
    /// They could not be written: the archive's problem.
    #[error(transparent)]
    Archive(#[from] Error),
}

/// Streams `source` into the file `temporary`, hashing as it goes.
pub fn take_in(source: &mut dyn Read, temporary: &Path) -> Result<Incoming, TakeInError> {
    let mut file = durable::create_new(temporary, durable::MODE_KEPT)?;
    match stream(source, &mut file, temporary) {
        Ok(digests) => Ok(Incoming { path: temporary.to_path_buf(), file, digests }),
        Err(error) => {
            durable::remove_if_there(temporary)?;
            Err(error)
        }
    }
}

fn stream(source: &mut dyn Read, out: &mut File, path: &Path) -> Result<Digests, TakeInError> {
    let first = first_chunk(source).map_err(TakeInError::Source)?;
    let write =
        |out: &mut File, bytes: &[u8]| out.write_all(bytes).map_err(Error::io("write", path));
    if first.len() < CHUNK_BYTES {
        write(out, &first)?;
        return Ok(Digests::of(&first));
    }
    // Long: this core reads and writes while another hashes. Each has about as much to do.
    thread::scope(|scope| {
        let (full, to_hash) = mpsc::sync_channel::<Vec<u8>>(CHUNKS_IN_FLIGHT);
        let (free, reuse) = mpsc::channel::<Vec<u8>>();
        let hashing = scope.spawn(move || {
            let mut hasher = Hasher::default();
            for chunk in to_hash {
                hasher.update(&chunk);
                // The other side stops listening when it is done: then nobody needs the chunk.
                let _ = free.send(chunk);
            }
            hasher.finish()
        });
        let mut chunk = first;
        let mut made = 1;
        while !chunk.is_empty() {
            write(out, &chunk)?;
            let last = chunk.len() < CHUNK_BYTES;
            full.send(chunk).expect("the hashing thread ends only after this side hangs up");
            if last {
                break;
            }
            chunk = if made < CHUNKS_IN_FLIGHT {
                made += 1;
                Vec::with_capacity(CHUNK_BYTES)
            } else {
                reuse.recv().expect("the hashing thread hands back every chunk it was sent")
            };
            next_chunk(source, &mut chunk).map_err(TakeInError::Source)?;
        }
        drop(full);
        Ok(hashing.join().expect("hashing bytes does not panic"))
    })
}

/// The first chunk; shorter than [`CHUNK_BYTES`] only where the source is.
fn first_chunk(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut chunk = Vec::with_capacity(FIRST_BYTES);
    source.take(FIRST_BYTES as u64).read_to_end(&mut chunk)?;
    if chunk.len() == FIRST_BYTES {
        source.take((CHUNK_BYTES - FIRST_BYTES) as u64).read_to_end(&mut chunk)?;
    }
    Ok(chunk)
}

/// Replaces what is in `chunk` by the next chunk; shorter than [`CHUNK_BYTES`] only at the end.
fn next_chunk(source: &mut dyn Read, chunk: &mut Vec<u8>) -> io::Result<()> {
    chunk.clear();
    source.take(CHUNK_BYTES as u64).read_to_end(chunk).map(drop)
}

/// Gives durable incoming bytes their name. Where the object is there already it is compared: the
/// same bytes taken in twice are one object. Returns whether the object is new.
pub fn keep(root: &Path, path: &Path, digests: &Digests) -> Result<bool, Error> {
    let place = layout::object(digests.sha256);
    let object = layout::at(root, &place);
    if durable::name_without_replacing(path, &object)? {
        return Ok(true);
    }
    match state_of(root, digests.sha256)? {
        State::Whole(size) if size == digests.size => {
            durable::remove_if_there(path)?;
            Ok(false)
        }
        _ => Err(rescue(root, path, digests.sha256, place)),
    }
}

/// Puts a good copy of a damaged object aside, where the next opening does not clear it away: it
/// may be the only one. The damaged object itself is evidence of what happened, and stays.
fn rescue(root: &Path, path: &Path, sha256: Sha256, place: String) -> Error {
    let kept = format!("{}/{sha256}", layout::RESCUED);
    let moved = durable::make_folders(&layout::at(root, layout::RESCUED))
        .and_then(|()| durable::name_without_replacing(path, &layout::at(root, &kept)));
    match moved {
        Ok(_) => Error::Damaged {
            code: codes::OBJECT_DAMAGED,
            place,
            message: format!(
                "the object kept under this name does not have its digest; a good copy of it lies \
                 in {kept}"
            ),
        },
        Err(error) => error,
    }
}

/// What stands under an object's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Bytes with this digest, so many of them.
    Whole(u64),
    /// Other bytes.
    Damaged,
    /// Nothing.
    Missing,
}

/// Reads an object through and says in what state it is.
pub fn state_of(root: &Path, sha256: Sha256) -> Result<State, Error> {
    state_by(&layout::at(root, &layout::object(sha256)), sha256, Medium::AnyCopy, &|_| {})
}

/// Where bytes may be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// From wherever the system has them.
    AnyCopy,
    /// From the disk: a copy in the system's cache says nothing about what the disk has lost.
    Disk,
}

/// Reads the file at `path`, which should have the digest `sha256`, through. `read` hears how many
/// bytes each step took, and may wait.
pub fn state_by(
    path: &Path,
    sha256: Sha256,
    medium: Medium,
    read: &dyn Fn(u64),
) -> Result<State, Error> {
    let file = match open_plain(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(Error::io("open", path)(error)),
    };
    if medium == Medium::Disk {
        forget(&file);
    }
    let mut digest = sha2::Sha256::new();
    let mut size = 0;
    let mut next = first_chunk(&mut &file);
    loop {
        let mut chunk = match next {
            Ok(read) => read,
            // A bad sector: the evidence's problem, found like any other damage.
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "object cannot be read through");
                return Ok(State::Damaged);
            }
        };
        digest.update(&chunk);
        size += chunk.len() as u64;
        read(chunk.len() as u64);
        if chunk.len() < CHUNK_BYTES {
            break;
        }
        next = next_chunk(&mut &file, &mut chunk).map(|()| chunk);
    }
    if medium == Medium::Disk {
        // What was read once to be checked must not push out what others work with.
        forget(&file);
    }
    let whole = Sha256(digest.finalize().into()) == sha256;
    Ok(if whole { State::Whole(size) } else { State::Damaged })
}

/// The bytes of a small file as the disk has them.
pub fn read_from_disk(path: &Path) -> Result<Vec<u8>, Error> {
    let mut file = open_plain(path).map_err(Error::io("open", path))?;
    forget(&file);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    Ok(bytes)
}

/// Drops what the system's cache holds of a file that has been flushed. Only a wish: a file system
/// without a cache may refuse it.
fn forget(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

/// Opens a plain file for reading. A link is none: what it leads to may go unnoticed, or be
/// somebody else's. Nor is a pipe, for which a reader could wait for ever.
pub fn open_plain(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let other = || io::Error::other("it is a link, a folder or a device, and no plain file");
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if rustix::io::Errno::from_io_error(&error) == Some(rustix::io::Errno::LOOP) => {
            return Err(other());
        }
        opened => opened?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(other()) }
}

/// Opens an object for reading.
pub fn open(root: &Path, sha256: Sha256) -> Result<File, Error> {
    let place = layout::object(sha256);
    let path = layout::at(root, &place);
    open_plain(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Damaged {
            code: codes::OBJECT_MISSING,
            place,
            message: "the object is recorded and not there".into(),
        },
        _ => Error::io("open", &path)(error),
    })
}

/// Up to `limit_bytes` of an object, checked against its digest where they are the whole of it.
pub fn read(root: &Path, sha256: Sha256, limit_bytes: u64) -> Result<Vec<u8>, Error> {
    let place = layout::object(sha256);
    let path = layout::at(root, &place);
    let file = open(root, sha256)?;
    let size = file.metadata().map_err(Error::io("look at", &path))?.len();
    let mut bytes = Vec::new();
    file.take(limit_bytes).read_to_end(&mut bytes).map_err(Error::io("read", &path))?;
    if bytes.len() as u64 == size && Sha256::of(&bytes) != sha256 {
        return Err(Error::Damaged {
            code: codes::OBJECT_DAMAGED,
            place,
            message: "the bytes do not have the digest that names them".into(),
        });
    }
    Ok(bytes)
}

/// Every object there is, by name, in order; what is no object by its path comes as `Err(path)`.
pub fn list(root: &Path) -> Result<Vec<Result<Sha256, String>>, Error> {
    let mut found = Vec::new();
    for folder in names(&layout::at(root, layout::OBJECTS))? {
        let path = layout::at(root, layout::OBJECTS).join(&folder);
        if [layout::INCOMING, layout::RESCUED].map(|aside| layout::at(root, aside)).contains(&path)
        {
            continue;
        }
        if !durable::is_folder(&path)? {
            found.push(Err(format!("{}/{folder}", layout::OBJECTS)));
            continue;
        }
        for name in names(&path)? {
            found.push(
                layout::object_named(&folder, &name)
                    .ok_or_else(|| format!("{}/{folder}/{name}", layout::OBJECTS)),
            );
        }
    }
    Ok(found)
}

/// The names in a folder, in order; empty where the folder is not there.
pub fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", folder))?;
        found.push(entry.file_name().to_string_lossy().into_owned());
    }
    found.sort();
    Ok(found)
}
