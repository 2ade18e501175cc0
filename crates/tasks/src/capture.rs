//! `casefile capture`: files and folders taken in, each acknowledged only when it cannot be lost
//! any more.

use crate::{Ask, Error, Progress, catalogue, open_writer};
use archive::objects::TakeInError;
use archive::{Batch, Kept, Writer};
use capture::{Facts, Found, Seen};
use record::{
    Capture, Commitment, Digests, Event, Finding, Name, Opening, Sealed, Sha256, canonical,
};
use sealing::{ItemKey, KeyFile, NoRecipient, Recipients};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::{io, mem, thread};

/// The name of every sealed item, in place of the one it came under.
const SEALED_NAME: &str = "sealed.age";

/// What is to be taken in, and what the collector says about it.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Who made the claims in them.
    pub source: Option<String>,
    /// Their address (URL).
    pub address: Option<String>,
    /// When they were obtained from there.
    pub obtained: Option<String>,
    /// Free words.
    pub note: Option<String>,
    /// Withheld: who collects.
    pub collector: Option<String>,
    /// Withheld: network address of the collecting machine.
    pub machine: Option<String>,
    /// Withheld: virtual identity used.
    pub identity: Option<String>,
    /// Who alone is to be able to open them (`age1…`): they are then taken in sealed, and all that
    /// is said about them is withheld. Empty: in the open.
    pub recipients: Vec<String>,
    /// Whether to pass over files that an earlier, interrupted run took in under the same name.
    pub resume: bool,
    /// Most items in one commit, where fewer are wanted than a batch holds: an interruption costs
    /// less then, and the whole takes longer.
    pub commit_every: Option<NonZero<usize>>,
}

/// An item acknowledged: durable, recorded, provable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Index of the leaf that records it.
    pub leaf: u64,
    /// Name it came under.
    pub name: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// Its size in bytes.
    pub size: u64,
}

/// Something that was not taken in, or not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// What.
    pub path: String,
    /// Stable code.
    pub code: String,
    /// Why, and what to do.
    pub message: String,
}

/// What a run came to.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Captures recorded.
    pub taken: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files passed over because an earlier run took them in (`--resume`).
    pub known: u64,
    /// What was not taken in, or not as it should be.
    pub problems: Vec<Passed>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Takes in what `request` names. `acknowledge` hears the items of each commit when they are safe.
///
/// Files are taken in while the batch before them is committed. No more than one batch waits, so
/// that what an interruption undoes stays bounded.
pub fn run(
    root: &Path,
    request: &Request,
    ask: Ask<'_>,
    acknowledge: &mut dyn FnMut(&[Taken]),
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let recipients = match request.recipients.as_slice() {
        [] => None,
        named => Some(recipients(named)?),
    };
    if recipients.is_some() && request.resume {
        return Err(Error::asked(
            "what was taken in sealed cannot be told again from its record",
            "Take it in without --resume; what is taken in twice can be erased.",
        ));
    }
    let mut writer = open_writer(root, ask)?;
    let recipients = match (recipients, writer.roster().recovery()) {
        // Whoever is named may lose their identity: so many holders together then open it.
        (Some(named), Some(recovery)) => {
            Some(named.with(&recovery.recipient).map_err(|error| refused(&error))?)
        }
        (named, _) => named,
    };
    let mut outcome = Outcome { recovered: mem::take(&mut writer.recovered), ..Outcome::default() };
    let mut intake = Intake {
        request,
        recipients,
        known: if request.resume { known(&writer)? } else { BTreeSet::new() },
        passed_over: 0,
        problems: Vec::new(),
    };
    let (first, found) = (writer.begin()?, capture::walk(&request.paths, root));
    thread::scope(|scope| {
        let (full, batches) = mpsc::sync_channel(0);
        let filling = &mut intake;
        let end = scope.spawn(move || filling.fill(first, found, &full, progress));
        for batch in batches {
            acknowledge_all(batch.commit(&mut writer)?, &mut outcome, acknowledge);
        }
        end.join().expect("taking in does not panic")
    })?;
    outcome.known = intake.passed_over;
    outcome.problems = intake.problems;
    Ok(outcome)
}

fn acknowledge_all(kept: Vec<Kept>, outcome: &mut Outcome, acknowledge: &mut dyn FnMut(&[Taken])) {
    let mut taken = Vec::with_capacity(kept.len());
    for one in kept {
        let Event::Capture(capture) = one.event else { continue };
        outcome.taken += 1;
        outcome.bytes += capture.item.size;
        taken.push(Taken {
            leaf: one.index,
            name: capture.name.text,
            sha256: capture.item.sha256,
            size: capture.item.size,
        });
    }
    acknowledge(&taken);
}

/// The side that reads files and fills batches.
struct Intake<'r> {
    request: &'r Request,
    recipients: Option<Recipients>,
    known: BTreeSet<(Name, Sha256)>,
    passed_over: u64,
    problems: Vec<Passed>,
}

impl Intake<'_> {
    /// Fills `batch` and those after it from `found`, and hands each over when it is full. Stops
    /// early where nobody takes them any more: the commit has failed, and says why.
    fn fill(
        &mut self,
        mut batch: Batch,
        found: impl Iterator<Item = Seen>,
        full: &SyncSender<Batch>,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let mut done = 0;
        for one in found {
            match one {
                Seen::File(found) => {
                    progress(done, 0, &found.name.text);
                    self.take_in(&mut batch, &found)?;
                    done += 1;
                }
                Seen::Problem { path, problem } => {
                    self.problems.push(passed(&path, problem.code, problem.message));
                }
            }
            let due = self.request.commit_every.is_some_and(|every| batch.len() >= every.get());
            if due || batch.is_full() {
                let next = batch.next()?;
                if full.send(mem::replace(&mut batch, next)).is_err() {
                    return Ok(());
                }
            }
        }
        if !batch.is_empty() {
            // Refused only where a commit has failed, which says so itself.
            let _ = full.send(batch);
        }
        Ok(())
    }

    fn take_in(&mut self, batch: &mut Batch, found: &Found) -> Result<(), Error> {
        let opened =
            File::open(&found.path).and_then(|file| Ok((Facts::of(&file.metadata()?), file)));
        let (before, mut file) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.refuse(found, &error);
                return Ok(());
            }
        };
        let key = self.recipients.is_some().then(ItemKey::generate);
        let taken = match &key {
            Some(key) => batch.take_in_sealed(&mut file, key),
            None => batch.take_in(&mut file).map(|item| (item, item)),
        };
        let (item, plain) = match taken {
            Ok(taken) => taken,
            Err(TakeInError::Source(error)) => {
                self.refuse(found, &error);
                return Ok(());
            }
            Err(TakeInError::Archive(error)) => return Err(error.into()),
        };
        if self.known.contains(&(found.name.clone(), item.sha256)) {
            self.passed_over += 1;
            return Ok(batch.forget_last()?);
        }
        let after = file.metadata().map_err(Error::io("look at", &found.path))?;
        if Facts::of(&after) != before || plain.size != before.size {
            let message = "it changed while it was read: what was read is kept; take it in again \
                           when it is at rest";
            let code = capture::codes::CHANGED_WHILE_READ;
            self.problems.push(passed(&found.path, code.into(), message.into()));
        }
        match (&self.recipients, key) {
            (Some(recipients), Some(key)) => {
                let taken = Taking { item, plain, key, facts: before };
                record_sealed(batch, found, self.request, taken, recipients)
            }
            _ => record(batch, found, self.request, item, before),
        }
    }

    fn refuse(&mut self, found: &Found, error: &io::Error) {
        if let Seen::Problem { path, problem } = capture::refused(&found.path, error) {
            self.problems.push(passed(&path, problem.code, problem.message));
        }
    }
}

fn record(
    batch: &mut Batch,
    found: &Found,
    request: &Request,
    item: Digests,
    facts: Facts,
) -> Result<(), Error> {
    let (withheld, openings) = withhold(
        batch,
        &[
            ("collector", request.collector.as_deref()),
            ("machine", request.machine.as_deref()),
            ("identity", request.identity.as_deref()),
        ],
    )?;
    let capture = Capture {
        item,
        name: found.name.clone(),
        method: "file".into(),
        file_modified: facts.modified(),
        source: request.source.clone(),
        address: request.address.clone(),
        obtained: request.obtained.clone(),
        note: request.note.clone(),
        withheld,
        sealed: None,
        received: None,
    };
    batch.record(Event::Capture(capture), openings);
    Ok(())
}

/// Commitments to those of `fields` that have a value, and what opens them.
fn withhold(
    batch: &Batch,
    fields: &[(&str, Option<&str>)],
) -> Result<(BTreeMap<String, Commitment>, Vec<Opening>), Error> {
    let mut withheld = BTreeMap::new();
    let mut openings = Vec::new();
    for (field, value) in fields {
        let Some(value) = value else { continue };
        let (commitment, opening) = batch.withhold(field, value)?;
        withheld.insert((*field).to_string(), commitment);
        openings.push(opening);
    }
    Ok((withheld, openings))
}

/// An item that was taken in sealed, to be recorded.
struct Taking {
    item: Digests,
    plain: Digests,
    key: ItemKey,
    facts: Facts,
}

/// Records a sealed item. Whatever is said about it may itself be dangerous: so all of it is
/// withheld, and its openings stand in the key file, nowhere else.
fn record_sealed(
    batch: &mut Batch,
    found: &Found,
    request: &Request,
    taking: Taking,
    recipients: &Recipients,
) -> Result<(), Error> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (withheld, openings) = withhold(
        batch,
        &[
            ("address", request.address.as_deref()),
            ("collector", request.collector.as_deref()),
            ("file_modified", taking.facts.modified().as_deref()),
            ("identity", request.identity.as_deref()),
            ("key", Some(&taking.key.text())),
            ("machine", request.machine.as_deref()),
            ("name", Some(&found.name.text)),
            ("name_bytes", found.name.bytes.as_deref()),
            ("note", request.note.as_deref()),
            ("obtained", request.obtained.as_deref()),
            ("plain", Some(&text(canonical::to_bytes(&taking.plain)))),
            ("recipients", Some(&recipients.text())),
            ("source", request.source.as_deref()),
        ],
    )?;
    let file = KeyFile { key: taking.key, openings };
    let key_file = sealing::seal_key_file(&file, recipients).map_err(|error| {
        let place = found.path.display();
        Error::asked(
            format!("{place} cannot be sealed: {error}"),
            "Shorten the source, address or note given for it.",
        )
    })?;
    let capture = Capture {
        withheld,
        sealed: Some(Sealed { key_file: Digests::of(&key_file) }),
        ..Capture::of(taking.item, SEALED_NAME)
    };
    batch.record_sealed(capture, key_file);
    Ok(())
}

fn recipients(named: &[String]) -> Result<Recipients, Error> {
    Recipients::parse(named).map_err(|error| refused(&error))
}

fn refused(error: &NoRecipient) -> Error {
    Error::asked(
        error.to_string(),
        "A recipient is the public key (age1\u{2026}) that `age-keygen` shows for an identity.",
    )
}

fn known(writer: &Writer) -> Result<BTreeSet<(Name, Sha256)>, Error> {
    let items = catalogue::items(&writer.case()?)?;
    let captures = items.into_iter().flat_map(|item| item.captures);
    Ok(captures.map(|capture| (capture.what.name, capture.what.item.sha256)).collect())
}

fn passed(path: &Path, code: String, message: String) -> Passed {
    Passed { path: path.display().to_string(), code, message }
}
