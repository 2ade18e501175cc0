//! A batch: everything that becomes true in one commit, or not at all.
//!
//! Group commit: thousands of items share one flush of the disk and one checkpoint, and each is
//! acknowledged only after it. The write order is the crash story of this crate's front page.

use crate::agent::Agent;
use crate::case::Writer;
use crate::keys::ActorKey;
use crate::objects::{self, TakeInError};
use crate::{Error, cores, durable, keys, layout, sealed};
use custody::sshsig::Secret;
use record::leaf::LEAF_LIMIT_BYTES;
use record::{Capture, Commitment, Digests, Event, Opening, Sha256, canonical};
use sealing::{ItemKey, Sealing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{mem, thread};

/// Most items in one commit. At about 1 kB a leaf it bounds the memory of a commit to a few MiB,
/// and an interruption to a few seconds of work; more gains nothing, the flush being shared
/// already.
pub const ITEMS_LIMIT: usize = 4_096;

/// Most items in the first commit; each one after it may hold twice as many, up to
/// [`ITEMS_LIMIT`]. So the first items are safe soon, and no core waits long for the first batch.
pub const FIRST_ITEMS_LIMIT: usize = 512;

/// Bytes after which a commit is due, so that an interruption of a capture of large files loses at
/// most one gibibyte of work.
pub const BYTES_LIMIT: u64 = 1 << 30;

/// What a commit acknowledges, in the order of recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Index of the leaf in the custody log.
    pub index: u64,
    /// What was recorded.
    pub event: Event,
}

/// A line of an openings file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningLine {
    /// Index of the leaf that carries the commitment.
    pub leaf: u64,
    /// What opens it.
    #[serde(flatten)]
    pub opening: Opening,
}

/// Everything that becomes true in one commit.
pub struct Batch {
    root: PathBuf,
    /// Tells its incoming files from those of a batch that is being committed meanwhile.
    number: u64,
    /// Opened before anything is written, so that `syncfs` reports every write that was lost since.
    objects: File,
    staged: Vec<Staged>,
    staged_bytes: u64,
    events: Vec<(Event, Vec<Opening>)>,
    /// Key files of sealed items, by the place of their record in `events`.
    key_files: Vec<(usize, Sha256, Vec<u8>)>,
}

struct Staged {
    path: PathBuf,
    digests: Digests,
    /// Kept open only while there are so few that each gets its own `fsync`.
    file: Option<File>,
}

impl Batch {
    /// The first batch of a writer; only who holds the lock may stage bytes.
    pub(crate) fn new(root: &Path, number: u64) -> Result<Self, Error> {
        let incoming = layout::at(root, layout::INCOMING);
        durable::make_folders(&incoming)?;
        let objects = File::open(&incoming).map_err(Error::io("open", &incoming))?;
        Ok(Self {
            root: root.into(),
            number,
            objects,
            staged: Vec::new(),
            staged_bytes: 0,
            events: Vec::new(),
            key_files: Vec::new(),
        })
    }

    /// An empty batch, to be filled while this one is committed.
    pub fn next(&self) -> Result<Self, Error> {
        Self::new(&self.root, self.number + 1)
    }

    /// Streams bytes in. They become an object at the commit; until then they are nothing.
    pub fn take_in(&mut self, source: &mut dyn Read) -> Result<Digests, TakeInError> {
        let (process, number) = (std::process::id(), self.number);
        let name = format!("{process}-{number}-{}", self.staged.len());
        let path = layout::at(&self.root, layout::INCOMING).join(name);
        let incoming = objects::take_in(source, &path)?;
        let digests = incoming.digests;
        if self.staged.len() == durable::SYNC_ALL_FROM {
            self.staged.iter_mut().for_each(|staged| staged.file = None);
        }
        let file = (self.staged.len() < durable::SYNC_ALL_FROM).then_some(incoming.file);
        self.staged_bytes += digests.size;
        self.staged.push(Staged { path: incoming.path, digests, file });
        Ok(digests)
    }

    /// [`Batch::take_in`], sealed for `key` on the way: the plain bytes never touch the disk. Gives
    /// the digests of the object and those of the plain bytes.
    pub fn take_in_sealed(
        &mut self,
        source: &mut dyn Read,
        key: &ItemKey,
    ) -> Result<(Digests, Digests), TakeInError> {
        let mut sealing = Sealing::new(source, key).map_err(TakeInError::Source)?;
        let sealed = self.take_in(&mut sealing)?;
        Ok((sealed, sealing.plain()))
    }

    /// [`Batch::take_in`] for bytes in memory, which can always be read.
    pub fn take_in_bytes(&mut self, bytes: &[u8]) -> Result<Digests, Error> {
        self.take_in(&mut &bytes[..]).map_err(|error| match error {
            TakeInError::Archive(error) => error,
            TakeInError::Source(error) => Error::io("read", Path::new("memory"))(error),
        })
    }

    /// Takes bytes back that `take_in` staged last, because what they came from was no good.
    pub fn forget_last(&mut self) -> Result<(), Error> {
        match self.staged.pop() {
            Some(staged) => {
                self.staged_bytes -= staged.digests.size;
                durable::remove_if_there(&staged.path)
            }
            None => Ok(()),
        }
    }

    /// Makes an opening for a withheld value, with a fresh salt.
    pub fn withhold(&self, field: &str, value: &str) -> Result<(Commitment, Opening), Error> {
        let salt = Sha256(*keys::random()?);
        let opening = Opening { field: field.into(), salt, value: value.into() };
        Ok((opening.commitment(), opening))
    }

    /// Adds a record, with the openings of the commitments in it.
    pub fn record(&mut self, event: Event, openings: Vec<Opening>) {
        self.events.push((event, openings));
    }

    /// Adds the record of an item that was taken in sealed, with its key file, which holds the
    /// openings of the commitments in it.
    pub fn record_sealed(&mut self, capture: Capture, key_file: Vec<u8>) {
        self.key_files.push((self.events.len(), capture.item.sha256, key_file));
        self.record(Event::Capture(capture), Vec::new());
    }

    /// Whether the batch is large enough that it should be committed before more is added.
    pub fn is_full(&self) -> bool {
        let doublings = self.number.min(ITEMS_LIMIT.ilog2().into());
        let items = (FIRST_ITEMS_LIMIT << doublings).min(ITEMS_LIMIT);
        self.events.len() >= items || self.staged_bytes >= BYTES_LIMIT
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Makes all of it true. On return every record is acknowledged: durable objects, leaves, tiles
    /// and checkpoint. On an error none is, and what was kept before is untouched.
    pub fn commit(mut self, writer: &mut Writer) -> Result<Vec<Kept>, Error> {
        let events = mem::take(&mut self.events);
        let first = writer.log.size();
        let time = writer.now();
        // Signing needs the cores and flushing the disk: each while the other goes on. Nothing is
        // written that depends on the flush before it has come back well.
        let batch = &self;
        let (flushed, leaves) = thread::scope(|scope| {
            let flush = scope.spawn(|| batch.flush());
            let leaves = leaves(writer, &events, &time);
            (flush.join().expect("flushing does not panic"), leaves)
        });
        flushed?;
        let leaves = leaves?;
        self.name_objects()?;
        let (mut openings, mut kept) = (Vec::new(), Vec::with_capacity(events.len()));
        for (index, (event, opened)) in (first..).zip(events) {
            openings.extend(opened.into_iter().map(|opening| OpeningLine { leaf: index, opening }));
            kept.push(Kept { index, event });
        }
        self.openings_durable(first, &openings)?;
        sealed::keep(&self.root, first, &mem::take(&mut self.key_files))?;
        writer.guards.compare()?;
        writer.log.append(&writer.signer, &leaves)?;
        writer.guards.put(writer.log.checkpoint());
        Ok(kept)
    }

    /// Makes the bytes that were staged durable, still without names.
    fn flush(&self) -> Result<(), Error> {
        if self.staged.iter().all(|staged| staged.file.is_some()) {
            let open =
                self.staged.iter().filter_map(|s| Some((s.path.as_path(), s.file.as_ref()?)));
            return durable::sync_files(open);
        }
        let incoming = layout::at(&self.root, layout::INCOMING);
        durable::sync_file_system(&incoming, &self.objects)
    }

    /// Gives durable bytes their names, and makes those durable.
    fn name_objects(&mut self) -> Result<(), Error> {
        if self.staged.is_empty() {
            return Ok(());
        }
        let root = &self.root;
        // `objects/` always: a folder in it may be one that a killed run made and never flushed.
        let mut folders = BTreeSet::from([layout::at(root, layout::OBJECTS)]);
        for staged in &self.staged {
            let object = layout::at(root, &layout::object(staged.digests.sha256));
            let folder = object.parent().expect("an object lies in a folder").to_path_buf();
            if !folders.contains(&folder) && !folder.is_dir() {
                std::fs::create_dir(&folder).map_err(Error::io("make folder", &folder))?;
            }
            objects::keep(root, &staged.path, &staged.digests)?;
            folders.insert(folder);
        }
        self.staged.clear();
        durable::sync_folders(&folders)
    }

    fn openings_durable(&self, first: u64, openings: &[OpeningLine]) -> Result<(), Error> {
        if openings.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for line in openings {
            lines.extend(canonical::to_bytes(line));
            lines.push(b'\n');
        }
        let path = layout::at(&self.root, &layout::openings(first));
        durable::replace(&path, &lines, durable::MODE_SECRET)
    }
}

impl Drop for Batch {
    /// What was staged and never committed goes; a kill leaves it to the next opening of the case.
    fn drop(&mut self) {
        for staged in &self.staged {
            if let Err(error) = durable::remove_if_there(&staged.path) {
                tracing::warn!(%error, "left behind");
            }
        }
    }
}

/// Every opening that the case keeps, in order of leaf.
pub fn openings(root: &Path) -> Result<Vec<OpeningLine>, Error> {
    let folder = layout::at(root, layout::OPENINGS);
    let mut lines = Vec::new();
    for name in opening_files(root)? {
        let path = folder.join(&name);
        let text = std::fs::read(&path).map_err(Error::io("read", &path))?;
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines.push(canonical::from_bytes(line).map_err(|error| Error::Damaged {
                code: crate::codes::OPENING_INVALID,
                place: format!("{}/{name}", layout::OPENINGS),
                message: error.to_string(),
            })?);
        }
    }
    Ok(lines)
}

/// The signed leaves of `events`, in order. A signature takes some 14 µs, more than hashing a
/// small item, so all cores sign.
fn leaves(
    writer: &Writer,
    events: &[(Event, Vec<Opening>)],
    time: &str,
) -> Result<Vec<Vec<u8>>, Error> {
    match &writer.keys.actor {
        ActorKey::Here(seed) => {
            let secret = &Secret::new(seed);
            cores::share(events.len(), |at| {
                leaf(writer, &events[at].0, time, |line| {
                    Ok(secret.sign(custody::leaf::NAMESPACE, line))
                })
            })
        }
        // One after another: an agent is one program, and a security key is touched each time.
        ActorKey::InAgent(key) => {
            let mut agent = Agent::of(key)?;
            let mut sign = |line: &[u8]| agent.sign(custody::leaf::NAMESPACE, line);
            events.iter().map(|(event, _)| leaf(writer, event, time, &mut sign)).collect()
        }
    }
}

/// Names of the openings files, in order. What an interrupted run was still writing is none.
pub fn opening_files(root: &Path) -> Result<Vec<String>, Error> {
    let mut names = objects::names(&layout::at(root, layout::OPENINGS))?;
    names.retain(|name| layout::openings_index(name).is_some());
    Ok(names)
}

fn leaf(
    writer: &Writer,
    event: &Event,
    time: &str,
    sign: impl FnOnce(&[u8]) -> Result<String, Error>,
) -> Result<Vec<u8>, Error> {
    let mut leaf = canonical::to_bytes(&writer.leaf(event.clone(), time.into()));
    leaf.push(b'\n');
    let signature = sign(&leaf)?;
    leaf.extend_from_slice(signature.as_bytes());
    if leaf.len() > LEAF_LIMIT_BYTES {
        return Err(Error::LeafTooLong { name: describe(event), size: leaf.len() });
    }
    Ok(leaf)
}

fn describe(event: &Event) -> String {
    match event {
        Event::Genesis(genesis) => format!("the case {}", genesis.case),
        Event::Capture(capture) => format!("the capture of {}", capture.name.text),
        Event::Reading(reading) => format!("the reading of {}", reading.item),
        Event::Export(_) => "an export".into(),
        Event::Scrub(_) => "a scrub".into(),
        Event::Repair(_) => "a repair".into(),
        Event::TimestampRequest(_) => "a request for a timestamp".into(),
        Event::Timestamp(received) => format!("the timestamp of {}", received.authority),
        Event::Cosigner(_) => "a cosigner".into(),
        Event::Cosigned(_) => "a cosignature".into(),
        Event::Enrolment(enrolment) => format!("the enrolment of {}", enrolment.name),
        Event::Revocation(_) => "a revocation".into(),
        Event::TwoPerson(_) => "the rule of two persons".into(),
        Event::Approval(_) => "an approval".into(),
        Event::Disclosure(_) => "a disclosure".into(),
        Event::Recovery(_) => "the recovery key".into(),
        Event::Erasure(erasure) => format!("the erasure of {}", erasure.item),
        Event::Received(_) | Event::Acknowledged(_) => "a transfer".into(),
    }
}
