//! What a mirror can be kept in: a folder, an OCFL storage root, a store over a network.
//!
//! All hold the same files at the same places of a case (docs/format/case.md), so what is missing
//! is told in one way for all of them. They differ in how bytes become durable there, and in what a
//! kill leaves. A store must never say that it has taken what it cannot give back.

use crate::follow::Object;
use archive::standing::Standing;
use archive::{Error, codes, sealed};
use record::{Digests, Finding};
use std::collections::BTreeSet;
use std::io::{self, Read};

/// A small file on its way into a store.
#[derive(Debug)]
pub struct Small {
    /// Where it must stand, as a path in a case.
    pub place: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its mode, where there are modes.
    pub mode: u32,
}

/// What came of streaming an object in.
#[derive(Debug)]
pub enum Taken {
    /// It has the digests and size that are wanted.
    Right,
    /// It has others.
    Other,
    /// It could not be read.
    Unreadable(io::Error),
}

/// Hears of each object whether it got its name: where something has come to stand there, it does
/// not.
pub type Named<'a> = &'a mut dyn FnMut(&Digests, bool);

/// A place that holds a mirror.
pub trait Store {
    /// What people call it: places in it are told as this, a slash and the path.
    fn name(&self) -> String;

    /// Whether there is nothing but what a run leaves that was killed before it made the place its
    /// own.
    fn is_free(&mut self) -> Result<bool, Error>;

    /// Prepares for writing: keeps other writers out where that can be done, and clears away or
    /// brings to its end what a killed run left.
    fn begin(&mut self, occasion: Occasion) -> Result<(), Error>;

    /// A small file, or `None` where there is none.
    fn read(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error>;

    /// The same, not from a cache but from where it will be read years later.
    fn read_back(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error>;

    /// The paths of all files below `folder`, in order, relative to it.
    fn list(&mut self, folder: &str) -> Result<Vec<String>, Error>;

    /// Size of what stands in the place of an object, or `None` where nothing does.
    fn size_of(&mut self, object: &Object) -> Result<Option<u64>, Error>;

    /// Whether an object may have its name without having been read back, after a kill.
    fn names_unread(&self) -> bool {
        false
    }

    /// Opens an object for reading. Nothing about it is checked.
    fn open(&mut self, object: &Object) -> Result<Option<Box<dyn Read + '_>>, Error>;

    /// Streams an object in, and keeps it only if it is what is wanted. `record` gives the bytes of
    /// the leaf that first names it.
    fn take(
        &mut self,
        object: &Object,
        source: &mut dyn Read,
        record: &dyn Fn() -> Result<Vec<u8>, Error>,
    ) -> Result<Taken, Error>;

    /// Whether what was taken should be settled before more comes.
    fn is_due(&self) -> bool;

    /// Makes what was taken durable, reads it back, and gives each object its name.
    fn settle(&mut self, named: Named<'_>) -> Result<(), Error>;

    /// Writes small files, replacing what stands there; all are durable on return.
    fn put(&mut self, files: Vec<Small>) -> Result<(), Error>;

    /// Puts the checkpoint `now` in the place of `was`, with the other files that make the mirror a
    /// case; fails where another has come to stand there, as far as the store can tell.
    fn swap(&mut self, was: Option<&str>, now: Head<'_>) -> Result<(), Error>;

    /// Destroys every copy of the key file of an erased item; how many there were.
    fn destroy(&mut self, item: &sealed::Item) -> Result<u64, Error>;

    /// Looks at the form of the store itself, where it has one that is checked for its own sake.
    fn form(&mut self) -> Result<Form, Error> {
        Ok(Form::default())
    }

    /// Whether an object whose bytes [`Store::form`] has seen whole is where it belongs.
    fn is_in_place(&mut self, _object: &Object) -> Result<bool, Error> {
        Ok(false)
    }

    /// Drops partial tiles that full ones have made superfluous as the log grew from `before` to
    /// `after`. Failing at it loses nothing.
    fn tidy(&mut self, before: u64, after: u64);
}

/// What a look at the form of a store came to.
#[derive(Debug, Default)]
pub struct Form {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was read through on the way, and is what the store says of it.
    pub whole: BTreeSet<Digests>,
}

/// What is being mirrored, for stores that note it down.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// When the last record was made, by its own word.
    pub time: String,
    /// How many records there are.
    pub records: u64,
}

/// What makes a mirror a case, or a newer one.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The log's key, as its file has it.
    pub key: &'a str,
    /// The signed checkpoint.
    pub checkpoint: &'a str,
    /// The file VERSION.
    pub version: &'a str,
}

/// Most bytes of a small file: the openings of a million items. What a store gives is read no
/// further.
pub const SMALL_LIMIT_BYTES: u64 = 1 << 30;

/// The error where a small file is longer.
pub fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "no file of a case is so long")
}

/// Whether a path stays in the folder that it is joined to: no empty part, `.` or `..`.
pub(crate) fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// The error of a store that does not give back what was written to it.
pub fn misread(store: &str, place: &str) -> Error {
    Error::Damaged {
        code: codes::MIRROR_DIFFERS,
        place: format!("{store}/{place}"),
        message: "other bytes came back than were written: the disk or the store is failing".into(),
    }
}

/// What is said of a file that is not what the case has in its place.
pub(crate) fn differs(store: &dyn Store, place: &str, message: String) -> Finding {
    let place = format!("{}/{place}", store.name());
    Finding::fault(codes::MIRROR_DIFFERS, place, message)
}

/// What is said where nothing may be written.
pub(crate) fn refusal(standing: Standing, store: &dyn Store) -> Option<Finding> {
    let (code, message) = match standing {
        Standing::New | Standing::Same | Standing::Behind { .. } => return None,
        Standing::Ahead { records } => (
            codes::MIRROR_AHEAD,
            format!(
                "it has {records} record(s) more than this case, which is an older copy: record \
                 nothing here; `casefile repair` from it brings this case up to it"
            ),
        ),
        Standing::Forked => (
            codes::LOG_FORKED,
            "it and this case have both gone on from a common beginning, in different ways: two \
             histories are signed with one key. Change neither, and find out how it came about"
                .into(),
        ),
        Standing::Foreign => (
            codes::MIRROR_FOREIGN,
            "it holds another log than this case's: nothing was written there".into(),
        ),
    };
    Some(Finding::fault(code, store.name(), message))
}
