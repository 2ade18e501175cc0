//! `casefile actor`, `casefile approve`: who may sign, and acts that two persons sign.
//!
//! Crash story: a new key's file is durable before its enrolment is on record. A kill in between
//! leaves a file that no record speaks of; run again, and there is another.

use crate::{Ask, Error, erase, open_writer, outside};
use actors::Key;
pub use actors::{State, words};
use archive::keys::{self, ActorKey};
use archive::{Case, Passphrase, Writer, sealed};
use custody::sshsig::{self, PublicKey};
use record::{Approval, Enrolment, Event, Finding, Holder, Revocation, Sha256, TwoPerson};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most bytes of a file with a public key: its line, with a comment.
const KEY_FILE_LIMIT_BYTES: usize = 4096;

/// What was decided.
#[derive(Debug, Serialize)]
pub struct Decided {
    /// The leaves that record it.
    pub leaves: Vec<u64>,
    /// Those that await a second person before they count.
    pub pending: Vec<u64>,
    /// The key that it is about, if it is about one.
    pub key: Option<String>,
    /// Items that were erased by it.
    pub erased: Vec<Sha256>,
    /// How many key files of theirs were destroyed.
    pub key_files: u64,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// A key to be enrolled.
#[derive(Debug, Default)]
pub struct New {
    /// Name of whoever holds it.
    pub name: String,
    /// Whether that is a machine.
    pub machine: bool,
    /// A file with the public key, where an ssh-agent holds the secret one; else a key is made.
    pub key: Option<PathBuf>,
    /// Passphrase of the new holder; `None` leaves the keys in the open, by explicit wish.
    pub passphrase: Option<Passphrase>,
}

/// Who may sign, and what awaits a second person.
pub fn list(root: &Path) -> Result<State, Error> {
    Ok(archive::signers::roster(Case::open(root)?.log())?.state())
}

/// Enrols a key.
pub fn enrol(root: &Path, new: New, ask: Ask<'_>) -> Result<Decided, Error> {
    enrol_by(&mut open_writer(root, ask)?, new)
}

pub(crate) fn enrol_by(writer: &mut Writer, new: New) -> Result<Decided, Error> {
    let holder = if new.machine { Holder::Machine } else { Holder::Person };
    let (key, event) = make(writer, new, holder)?;
    decide(writer, vec![event], Some(key))
}

/// Changes the key in force of a name for a new one.
pub fn rotate(root: &Path, new: New, ask: Ask<'_>) -> Result<Decided, Error> {
    let mut writer = open_writer(root, ask)?;
    let old = holder_of(&writer, &new.name)?;
    let (name, holder, fingerprint) = (old.name.clone(), old.holder, old.fingerprint.clone());
    let (key, enrolment) = make(&writer, New { name, ..new }, holder)?;
    let reason = "changed for another".into();
    let revocation = Event::Revocation(Revocation { key: fingerprint, reason, from: None });
    decide(&mut writer, vec![enrolment, revocation], Some(key))
}

/// Revokes the key of this name, or of this fingerprint.
pub fn revoke(
    root: &Path,
    whose: &str,
    reason: &str,
    from: Option<u64>,
    ask: Ask<'_>,
) -> Result<Decided, Error> {
    revoke_by(&mut open_writer(root, ask)?, whose, reason, from)
}

pub(crate) fn revoke_by(
    writer: &mut Writer,
    whose: &str,
    reason: &str,
    from: Option<u64>,
) -> Result<Decided, Error> {
    let key = match writer.roster().key(whose) {
        Some(key) => key.fingerprint.clone(),
        None => holder_of(writer, whose)?.fingerprint.clone(),
    };
    let event = Revocation { key: key.clone(), reason: reason.into(), from };
    decide(writer, vec![Event::Revocation(event)], Some(key))
}

/// Says whether acts of weight need two persons from here on.
pub fn two_person(root: &Path, on: bool, ask: Ask<'_>) -> Result<Decided, Error> {
    let mut writer = open_writer(root, ask)?;
    decide(&mut writer, vec![Event::TwoPerson(TwoPerson { on })], None)
}

/// Approves acts that others recorded, in the order given.
pub fn approve(root: &Path, leaves: &[u64], ask: Ask<'_>) -> Result<Decided, Error> {
    let mut writer = open_writer(root, ask)?;
    let approval = |leaf: &u64| match writer.roster().pending().get(leaf) {
        Some(pending) => Ok(Event::Approval(Approval { leaf: *leaf, hash: pending.hash })),
        None => Err(Error::asked(
            format!("record {leaf} awaits no approval"),
            "`casefile actor list` shows what does.",
        )),
    };
    let events = leaves.iter().map(approval).collect::<Result<_, _>>()?;
    let items = erase::approved(&writer, leaves)?;
    let (first, key_files) = sealed::erase(&mut writer, &items, events)?;
    let erased = items.iter().map(|item| item.item).collect();
    Ok(Decided { erased, key_files, ..decided(&mut writer, first, leaves.len(), None) })
}

/// Records acts, if each would count.
pub(crate) fn decide(
    writer: &mut Writer,
    events: Vec<Event>,
    key: Option<String>,
) -> Result<Decided, Error> {
    let count = events.len();
    let first = writer.decide(events)?;
    Ok(decided(writer, first, count, key))
}

/// What the `count` records from leaf `first` on came to.
fn decided(writer: &mut Writer, first: u64, count: usize, key: Option<String>) -> Decided {
    let leaves: Vec<u64> = (first..first + count as u64).collect();
    let awaits = |leaf: &u64| writer.roster().pending().contains_key(leaf);
    let pending = leaves.iter().copied().filter(awaits).collect();
    let recovered = std::mem::take(&mut writer.recovered);
    Decided { leaves, pending, key, erased: Vec::new(), key_files: 0, recovered }
}

fn holder_of<'w>(writer: &'w Writer, name: &str) -> Result<&'w Key, Error> {
    writer.roster().key_of(name).ok_or_else(|| archive::Error::Nobody { name: name.into() }.into())
}

/// Makes a key and its file, or the file for one that an agent holds.
fn make(writer: &Writer, new: New, kind: Holder) -> Result<(String, Event), Error> {
    let key = match &new.key {
        Some(path) => ActorKey::InAgent(public_key(path)?),
        None => ActorKey::Here(keys::random()?),
    };
    let public = key.public();
    let event =
        Event::Enrolment(Enrolment { name: new.name, key: sshsig::public_key_line(&public), kind });
    // Nothing is written for a key that could not be enrolled.
    writer.would_count(std::slice::from_ref(&event))?;
    writer.make_keys(key, new.passphrase)?;
    Ok((sshsig::fingerprint(&public), event))
}

/// The key in a file as `ssh-keygen` writes it, with or without a comment.
fn public_key(path: &Path) -> Result<PublicKey, Error> {
    let bytes = outside::read(path, KEY_FILE_LIMIT_BYTES)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut words = text.split_whitespace();
    let line = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    sshsig::parse_public_key_line(&line).ok_or_else(|| {
        Error::asked(
            format!("{} holds no public key that casefile can use", path.display()),
            "Give the .pub file of an ed25519 or ed25519-sk key (`ssh-keygen -t ed25519-sk`).",
        )
    })
}
