//! Scrubbing: every object read through, by all cores, no faster than asked, and going on where an
//! interrupted run stopped.
//!
//! What a check finds is told in `check`; here is only how objects are read for it, and the journal
//! of a scrub. It is derived: losing it costs reading again. Nothing in it may be taken for a
//! proof: what a scrub came to is a record in the custody log.
//!
//! Crash story: the journal is replaced whole (durably) when a scrub begins or goes on and when it
//! ends; in between a line is added for each object seen whole. A kill leaves the lines so far, a
//! power cut perhaps fewer, or a torn one, which is passed over: its object is read again.

use archive::objects::{self, Medium, State};
use archive::{Error, cores, durable, layout};
use record::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// First line of a journal.
const HEADER: &str = "casefile scrub 1";
/// Opens the line that parts earlier scrubs from the one under way.
const BEGAN: &str = "began ";
/// Opens the last line of the journal of a scrub that came to its end.
const ENDED: &str = "ended ";

/// Reading every object through.
pub struct Sweep<'a> {
    /// Where from.
    pub medium: Medium,
    /// Most bytes a second in all; `None`: as fast as it goes.
    pub rate_bytes: Option<u64>,
    /// What this scrub has seen, and where it notes what it sees.
    pub journal: Option<&'a Journal>,
    /// Hears how many objects of how many are done.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl<'a> Sweep<'a> {
    /// At full speed, from wherever the bytes are, noting nothing.
    pub fn plain(progress: &'a (dyn Fn(u64, u64) + Sync)) -> Self {
        Self { medium: Medium::AnyCopy, rate_bytes: None, journal: None, progress }
    }

    /// The states of `wanted`, in its order.
    pub fn read(&self, root: &Path, wanted: &[Sha256]) -> Result<Vec<Result<State, Error>>, Error> {
        let pace = Pace::new(self.rate_bytes);
        let done = AtomicU64::new(0);
        cores::share(wanted.len(), |at| {
            let state = wanted.get(at).map(|sha256| self.state(root, *sha256, &pace));
            (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, wanted.len() as u64);
            state.expect("numbers are below the number of objects")
        })
    }

    /// The state of one object. The inner error is about this object, the outer about the journal.
    fn state(
        &self,
        root: &Path,
        sha256: Sha256,
        pace: &Pace,
    ) -> Result<Result<State, Error>, Error> {
        let path = layout::at(root, &layout::object(sha256));
        if self.journal.is_some_and(|journal| journal.now.contains(&sha256)) {
            // Seen whole before the interruption. That it has gone since costs nothing to see.
            return Ok(match fs::metadata(&path) {
                Ok(metadata) => Ok(State::Whole(metadata.len())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::Missing),
                Err(error) => Err(Error::io("look at", &path)(error)),
            });
        }
        let state = objects::state_by(&path, sha256, self.medium, &|bytes| pace.wait(bytes));
        if let (Some(journal), Ok(State::Whole(_))) = (self.journal, &state) {
            journal.note(sha256)?;
        }
        Ok(state)
    }

    /// When an earlier scrub last saw the object whole, as the end of a sentence about it.
    pub(crate) fn last_seen_whole(&self, sha256: Sha256) -> String {
        match self.journal.and_then(|journal| journal.last_seen_whole(sha256)) {
            Some(time) => format!("; a scrub last saw it whole at {time}"),
            None => String::new(),
        }
    }
}

/// What a scrub has seen so far, on disk. One scrub at a time: the lock is held until this is
/// dropped.
pub struct Journal {
    path: PathBuf,
    /// When the scrub began.
    began: String,
    /// When an earlier scrub last saw each object whole.
    before: BTreeMap<Sha256, String>,
    /// What this scrub saw before it was interrupted, with the times.
    now: BTreeSet<Sha256>,
    added: Mutex<File>,
    _lock: File,
}

impl Journal {
    /// Goes on with the scrub that was interrupted, if one was and `anew` is not asked for; begins
    /// one otherwise.
    pub fn open(root: &Path, anew: bool) -> Result<Self, Error> {
        durable::make_folders(&layout::at(root, layout::DERIVED))?;
        let lock = archive::case::lock(root, layout::SCRUB_LOCK)?;
        let path = layout::at(root, layout::SCRUB);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        let Seen { mut before, mut now, began } = parse(&text);
        let began = began.filter(|_| !anew).unwrap_or_else(|| {
            before.append(&mut now);
            archive::case::now()
        });
        durable::replace(&path, render(&before, &began, &now).as_bytes(), 0o644)?;
        let added =
            OpenOptions::new().append(true).open(&path).map_err(Error::io("open", &path))?;
        let now = now.into_keys().collect();
        Ok(Self { path, began, before, now, added: Mutex::new(added), _lock: lock })
    }

    /// When the scrub began.
    pub fn began(&self) -> &str {
        &self.began
    }

    /// How many objects it had seen whole before it was interrupted.
    pub fn seen_before(&self) -> u64 {
        self.now.len() as u64
    }

    /// Says that the scrub came to its end: the next one begins anew.
    pub fn end(self) -> Result<(), Error> {
        let bytes = fs::read(&self.path).map_err(Error::io("read", &self.path))?;
        let Seen { before, now, .. } = parse(&String::from_utf8_lossy(&bytes));
        let ended =
            format!("{}{ENDED}{}\n", render(&before, &self.began, &now), archive::case::now());
        durable::replace(&self.path, ended.as_bytes(), 0o644)
    }

    fn note(&self, sha256: Sha256) -> Result<(), Error> {
        let line = format!("{sha256} {}\n", archive::case::now());
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        added.write_all(line.as_bytes()).map_err(Error::io("write", &self.path))
    }

    fn last_seen_whole(&self, sha256: Sha256) -> Option<&str> {
        self.before.get(&sha256).map(String::as_str)
    }
}

/// What a journal says.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    before: BTreeMap<Sha256, String>,
    now: BTreeMap<Sha256, String>,
    /// When the scrub began that has not ended.
    began: Option<String>,
}

/// Reads a journal. Which scrub saw an object is told by the place of its line and not by times, so
/// a clock that jumps misleads nobody. A line that cannot be read is passed over.
fn parse(text: &str) -> Seen {
    let mut seen = Seen { before: BTreeMap::new(), now: BTreeMap::new(), began: None };
    let Some(lines) = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n')) else {
        return seen;
    };
    // What follows the last line end is a line that was torn.
    for line in lines.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let sighting = || {
            let (sha256, time) = line.split_once(' ')?;
            time.parse::<jiff::Timestamp>().ok()?;
            Some((Sha256::parse(sha256)?, time.to_string()))
        };
        if let Some(time) = line.strip_prefix(BEGAN) {
            seen.began = Some(time.into());
        } else if line.starts_with(ENDED) {
            seen.began = None;
            seen.before.append(&mut seen.now);
        } else if let Some((sha256, time)) = sighting() {
            let side = if seen.began.is_some() { &mut seen.now } else { &mut seen.before };
            side.insert(sha256, time);
        }
    }
    seen
}

fn render(
    before: &BTreeMap<Sha256, String>,
    began: &str,
    now: &BTreeMap<Sha256, String>,
) -> String {
    let mut text = format!("{HEADER}\n");
    let sightings = |text: &mut String, seen: &BTreeMap<Sha256, String>| {
        for (sha256, time) in seen {
            writeln!(text, "{sha256} {time}").expect("text takes any line");
        }
    };
    sightings(&mut text, before);
    writeln!(text, "{BEGAN}{began}").expect("text takes any line");
    sightings(&mut text, now);
    text
}

/// Holds reading to a rate.
struct Pace {
    rate_bytes: Option<u64>,
    started: Instant,
    /// From when on the next bytes are due.
    due: Mutex<Duration>,
}

impl Pace {
    fn new(rate_bytes: Option<u64>) -> Self {
        Self { rate_bytes, started: Instant::now(), due: Mutex::new(Duration::ZERO) }
    }

    /// Waits until so many bytes more may have been read.
    fn wait(&self, bytes: u64) {
        let Some(rate_bytes) = self.rate_bytes else { return };
        let now = self.started.elapsed();
        let until = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            *due = due_after(*due, now, bytes, rate_bytes);
            *due
        };
        thread::sleep(until.saturating_sub(now));
    }
}

/// When `bytes` are due that come now, the ones before them being due at `due`. Time in which
/// nothing was read is not made up for: a laptop that slept for a night does not read a night's
/// worth at once.
fn due_after(due: Duration, now: Duration, bytes: u64, rate_bytes: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(rate_bytes.max(1));
    let cost = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
    due.max(now).saturating_add(cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2026-11-24T10:00:00Z";

    fn name(byte: u8) -> Sha256 {
        Sha256([byte; 32])
    }

    #[test]
    fn journals() {
        let line = |byte: u8| format!("{} {DAY}\n", name(byte));
        let names =
            |seen: &BTreeMap<Sha256, String>| seen.keys().map(|name| name.0[0]).collect::<Vec<_>>();
        let (one, two, three) = (line(1), line(2), line(3));
        for (text, before, now, began) in [
            (String::new(), vec![], vec![], false),
            (one.clone(), vec![], vec![], false),
            (format!("{HEADER}\n"), vec![], vec![], false),
            (format!("{HEADER}\n{one}began x\n{two}"), vec![1], vec![2], true),
            (format!("{HEADER}\n{one}began x\n{two}ended y\n"), vec![1, 2], vec![], false),
            (format!("{HEADER}\n{one}began x\n{two}{}", &three[..80]), vec![1], vec![2], true),
            (format!("{HEADER}\nbegan x\n{two}\0\0\0\n{three}"), vec![], vec![2, 3], true),
            (format!("{HEADER}\nbegan x\n{} never\n", name(4)), vec![], vec![], true),
        ] {
            let seen = parse(&text);
            assert_eq!((names(&seen.before), names(&seen.now)), (before, now), "{text}");
            assert_eq!(seen.began.is_some(), began, "{text}");
            let again = render(&seen.before, "x", &seen.now);
            assert_eq!(parse(&again), Seen { began: Some("x".into()), ..seen }, "{text}");
        }
    }

    #[test]
    fn paces() {
        let ms = Duration::from_millis;
        for (due, now, bytes, rate, expect) in [
            (0, 0, 1_000, 1_000, 1_000),
            (1_000, 10, 500, 1_000, 1_500),
            (1_000, 90_000, 500, 1_000, 90_500),
            (0, 0, 1 << 20, 20_000_000, 52),
            (0, 7, 0, 1, 7),
        ] {
            let after = due_after(ms(due), ms(now), bytes, rate);
            assert_eq!(after.as_millis(), expect, "{due} {now} {bytes} {rate}");
        }
        assert!(due_after(ms(0), ms(0), u64::MAX, 0) > ms(1));
    }

    #[test]
    fn an_interrupted_scrub_goes_on_and_an_ended_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), false).unwrap();
        assert!(matches!(Journal::open(folder.path(), false), Err(Error::Locked { .. })));
        journal.note(name(1)).unwrap();
        let began = journal.began().to_string();
        drop(journal);
        let journal = Journal::open(folder.path(), false).unwrap();
        assert_eq!((journal.began(), journal.seen_before()), (began.as_str(), 1));
        assert_eq!(journal.last_seen_whole(name(1)), None);
        journal.note(name(2)).unwrap();
        journal.end().unwrap();
        let journal = Journal::open(folder.path(), false).unwrap();
        assert_eq!(journal.seen_before(), 0);
        assert!(journal.last_seen_whole(name(1)).is_some());
        assert!(journal.last_seen_whole(name(2)).is_some());
        journal.note(name(1)).unwrap();
        drop(journal);
        let journal = Journal::open(folder.path(), true).unwrap();
        assert_eq!(journal.seen_before(), 0, "begun anew by wish");
    }
}
