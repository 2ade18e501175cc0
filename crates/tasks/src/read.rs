//! `casefile read`: every item read that has not been, each reading kept as an object and recorded.
//!
//! Goes in chunks, each committed: an interrupted run goes on where it stopped. The order of
//! records is that of the items, however many readers work side by side.

use crate::catalogue::{self, Item};
use crate::{Ask, Error, Progress, open_writer};
use archive::{Case, Writer};
use read::{Facts, READ_LIMIT_BYTES};
use reader::{Job, Worker};
use record::{Digests, Event, Finding, Reading, ReadingMade, Sha256, canonical};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// Items read between two commits: enough to share a flush of the disk, few enough that an
/// interruption loses seconds, and that their readings fit in memory beside each other.
const CHUNK_ITEMS: usize = 64;

/// Bytes of items in one chunk, so that 64 large ones do not stand in memory together.
const CHUNK_BYTES: u64 = 2 * READ_LIMIT_BYTES;

/// Code of the problem of an item that is not read because it is sealed.
pub const ITEM_SEALED: &str = "item-sealed";

/// What a run came to.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Items read now.
    pub read: u64,
    /// Items passed over, since this version of their reader has read them.
    pub known: u64,
    /// Items passed over, since they are sealed: a problem of each says so.
    pub sealed: u64,
    /// Figures found now.
    pub figures: u64,
    /// Problems met now, by item.
    pub problems: Vec<ItemProblem>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// A problem with its item.
#[derive(Debug, Serialize)]
pub struct ItemProblem {
    /// Number of the item.
    pub item: u64,
    /// Its name.
    pub name: String,
    /// Stable code.
    pub code: String,
    /// What and why, and what to do.
    pub message: String,
}

/// Reads what has not been read by the present version of its reader; with `again`, everything.
pub fn run(
    root: &Path,
    again: bool,
    ask: Ask<'_>,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let mut writer = open_writer(root, ask)?;
    let case = writer.case()?;
    let mut outcome =
        Outcome { recovered: std::mem::take(&mut writer.recovered), ..Outcome::default() };
    let mut due = Vec::new();
    for item in catalogue::items(&case)? {
        if let Some(why) = item.sealed_words() {
            outcome.sealed += 1;
            outcome.problems.push(passed_over(&item, &why));
        } else if again || is_due(&case, &item)? {
            due.push(item);
        } else {
            outcome.known += 1;
        }
    }
    let count = due.len() as u64;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut workers: Vec<Worker> = (0..workers).map(|_| Worker::default()).collect();
    let mut rest = due.as_slice();
    while let Some(first) = rest.first() {
        progress(count - rest.len() as u64, count, first.name());
        let (chunk, after) = rest.split_at(chunk_length(rest));
        let readings = read_chunk(&case, chunk, &mut workers)?;
        keep(&mut writer, chunk, readings, &mut outcome)?;
        rest = after;
    }
    Ok(outcome)
}

/// A reading would put plain text into an object, which is what sealing is to prevent: so a sealed
/// item is not read, whoever holds its key.
fn passed_over(item: &Item, why: &str) -> ItemProblem {
    ItemProblem {
        item: item.number,
        name: item.name().into(),
        code: ITEM_SEALED.into(),
        message: format!("It was not read, since a reading would be kept unsealed. {why}"),
    }
}

/// Reads one file without a case.
pub fn one(path: &Path, facts: Facts) -> Result<Reading, Error> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let size = file.metadata().map_err(Error::io("look at", path))?.len();
    let mut bytes = Vec::new();
    (&mut file).take(READ_LIMIT_BYTES).read_to_end(&mut bytes).map_err(Error::io("read", path))?;
    let (item, size) = (Sha256::of(&bytes), size.max(bytes.len() as u64));
    Ok(Worker::default().read(Job { item, bytes, size, facts })?)
}

/// Whether an item has not been read by the present version of the reader for its kind.
fn is_due(case: &Case, item: &Item) -> Result<bool, Error> {
    let Some(last) = item.readings.last() else { return Ok(true) };
    // A reading that failed is tried again: the failure may have been the machine's.
    if last.what.problems.iter().any(|code| code.starts_with("reader-")) {
        return Ok(true);
    }
    let mut head = Vec::new();
    let mut file = case.stream(item.digests.sha256)?;
    (&mut file)
        .take(read::SNIFF_BYTES)
        .read_to_end(&mut head)
        .map_err(Error::io("read", Path::new(item.name())))?;
    Ok(read::reader_of(&head) != last.what.reader)
}

fn chunk_length(items: &[Item]) -> usize {
    let mut bytes = 0;
    let fits = items.iter().take(CHUNK_ITEMS).take_while(|item| {
        bytes += item.digests.size.min(READ_LIMIT_BYTES);
        bytes <= CHUNK_BYTES
    });
    fits.count().max(1)
}

fn read_chunk(case: &Case, items: &[Item], workers: &mut [Worker]) -> Result<Vec<Reading>, Error> {
    let next = Mutex::new(0..items.len());
    let take = || next.lock().map_or(None, |mut range| range.next());
    let done = thread::scope(|scope| {
        let take = &take;
        let running: Vec<_> = workers
            .iter_mut()
            .map(|worker| {
                scope.spawn(move || -> Result<Vec<(usize, Reading)>, Error> {
                    let mut done = Vec::new();
                    while let Some(at) = take() {
                        done.push((at, read_one(case, &items[at], worker)?));
                    }
                    Ok(done)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("a reader's crash stays in its own process"))
            .collect::<Result<Vec<_>, Error>>()
    })?;
    let mut done: Vec<(usize, Reading)> = done.into_iter().flatten().collect();
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, reading)| reading).collect())
}

fn read_one(case: &Case, item: &Item, worker: &mut Worker) -> Result<Reading, Error> {
    let bytes = case.read(item.digests.sha256, READ_LIMIT_BYTES)?;
    let Digests { sha256, size, .. } = item.digests;
    Ok(worker.read(Job { item: sha256, bytes, size, facts: facts_of(item) })?)
}

/// What the collector said that a reader may use.
fn facts_of(item: &Item) -> Facts {
    let obtained = item.captures.iter().find_map(|capture| capture.what.obtained.clone());
    let day = obtained.and_then(|time| time.get(..10).map(str::to_string));
    Facts { report_date: day, outlet: item.source().map(str::to_string) }
}

fn keep(
    writer: &mut Writer,
    items: &[Item],
    readings: Vec<Reading>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut batch = writer.begin()?;
    for (item, reading) in items.iter().zip(readings) {
        let bytes = canonical::to_bytes(&reading);
        let kept = batch.take_in_bytes(&bytes)?;
        outcome.read += 1;
        outcome.figures += reading.figures.len() as u64;
        let codes: BTreeSet<String> =
            reading.problems.iter().map(|problem| problem.code.clone()).collect();
        batch.record(
            Event::Reading(ReadingMade {
                item: reading.item,
                reading: kept,
                reader: reading.reader,
                figures: reading.figures.len() as u64,
                problems: codes.into_iter().collect(),
            }),
            Vec::new(),
        );
        outcome.problems.extend(reading.problems.into_iter().map(|problem| ItemProblem {
            item: item.number,
            name: item.name().into(),
            code: problem.code,
            message: problem.message,
        }));
    }
    batch.commit(writer)?;
    Ok(())
}
