//! `casefile recovery`: holders of a recovery key, any k of whom together open what is sealed, and
//! change keys where those who may sign no longer can.
//!
//! Nobody has the key itself. It is made, split, and forgotten in one run; shares that meet make it
//! again in memory, for one act. It must never be written to a disk, and a share only where its
//! holder asks for it.
//!
//! Crash story: the file of the recovery key (the log's key and its own, sealed to it) is durable
//! before the record, as with any other key; shares are objects, durable before the record, too.
//! A kill before the record leaves a file and objects that no record speaks of: run again.

use crate::actor::{self, Decided, New};
use crate::{Ask, Error, TOOL, open_writer, outside};
use archive::{Case, Writer};
use custody::sshsig;
use record::{Event, Finding, Recovery, RecoveryHolder, Sha256};
use sealing::recovery::{self, SHARE_LIMIT_BYTES, Share};
use sealing::{Identities, Recipients};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A recovery key that is on record.
#[derive(Debug, Serialize)]
pub struct Named {
    /// The leaf that records it.
    pub leaf: u64,
    /// Whether a second person must approve that before it counts.
    pub pending: bool,
    /// What sealed items are for from here on, too.
    pub recipient: String,
    /// How many holders it takes.
    pub threshold: u8,
    /// Their names.
    pub holders: Vec<String>,
    /// Items that were sealed before, and that it does not open.
    pub sealed_before: u64,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Makes a recovery key that any `threshold` of the holders can make again, each `NAME=age1…`.
pub fn set(root: &Path, threshold: u8, holders: &[String], ask: Ask<'_>) -> Result<Named, Error> {
    let holders = holders.iter().map(|one| holder(one)).collect::<Result<Vec<_>, _>>()?;
    let named: Vec<(&str, &Recipients)> =
        holders.iter().map(|(name, own)| (name.as_str(), own)).collect();
    if !(2..=named.len()).contains(&usize::from(threshold)) || named.len() > recovery::HOLDERS_LIMIT
    {
        return Err(Error::asked(
            format!("{threshold} of {} holders cannot be", named.len()),
            "Name at least two holders, 16 at most, and as threshold how many of them must meet: \
             two at least.",
        ));
    }
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let made = recovery::split(case.log().origin(), threshold, &named)
        .map_err(Error::io("encrypt shares of", root))?;
    let mut batch = writer.begin()?;
    let mut shares = Vec::new();
    for ((name, _), share) in named.iter().zip(&made.shares) {
        let share = batch.take_in_bytes(share)?;
        shares.push(RecoveryHolder { name: (*name).into(), share });
    }
    let event = |key: String| {
        let (recipient, threshold) = (made.recipient.clone(), threshold.into());
        Event::Recovery(Recovery { recipient, key, threshold, holders: shares.clone() })
    };
    // Nothing is written for a record that would not count, whatever its key.
    let seed = archive::keys::random()?;
    let any = sshsig::public_key_line(&sshsig::public_key(&seed));
    writer.would_count(&[event(any)])?;
    let key = writer.make_recovery_key(&made.recipient)?;
    batch.record(event(sshsig::public_key_line(&key)), Vec::new());
    let receipts = batch.commit(&mut writer)?;
    let case = writer.case()?;
    let roster = archive::signers::roster(case.log())?;
    let leaf = receipts.first().map_or(0, |receipt| receipt.index);
    let items = crate::catalogue::items(&case)?;
    let before = items.iter().filter(|item| item.sealed().is_some() && item.erasures.is_empty());
    Ok(Named {
        leaf,
        pending: roster.pending().contains_key(&leaf),
        recipient: made.recipient.clone(),
        threshold,
        holders: named.iter().map(|(name, _)| (*name).to_owned()).collect(),
        sealed_before: before.count() as u64,
        recovered,
    })
}

fn holder(text: &str) -> Result<(String, Recipients), Error> {
    let wrong = || {
        Error::asked(
            format!("{text:?} names no holder"),
            "Write NAME=age1\u{2026}, with the public key that `age-keygen` shows for the holder's \
             identity.",
        )
    };
    let (name, key) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_owned(), Recipients::parse(&[key.to_owned()]).map_err(|_| wrong())?))
}

/// A share that was handed out.
#[derive(Debug, Serialize)]
pub struct Handed {
    /// Whose it is.
    pub holder: String,
    /// Where it is now.
    pub out: PathBuf,
    /// Whether that is its plain text; else it is encrypted to the holder, as the case has it.
    pub opened: bool,
}

/// Writes the share of `name` to `out`, which must not exist: as the case has it, encrypted to its
/// holder, or with their identity opened, to be printed or carried to a meeting.
pub fn share(
    root: &Path,
    name: &str,
    identity: Option<&Path>,
    out: &Path,
) -> Result<Handed, Error> {
    let case = Case::open(root)?;
    let found = newest(&case, name)?;
    let sealed = case.read(found, SHARE_LIMIT_BYTES as u64 * 2)?;
    match identity.map(unseal::identities).transpose()? {
        None => outside::write_new(out, || Ok(((), sealed)))?,
        Some(identities) => outside::write_secret(out, root, || {
            let text = recovery::open_text(&sealed, &identities, SHARE_LIMIT_BYTES);
            let text = text.ok_or_else(|| {
                Error::asked(
                    format!("the share of {name:?} does not open with these identities"),
                    "Use the identity whose public key was named for this holder.",
                )
            })?;
            Ok(((), text.as_bytes().to_vec()))
        })?,
    }
    Ok(Handed { holder: name.into(), out: out.into(), opened: identity.is_some() })
}

/// The object with the share that the newest record gives to this holder: one that awaits approval
/// counts as well, so that holders can have theirs by then.
fn newest(case: &Case, name: &str) -> Result<Sha256, Error> {
    let roster = archive::signers::roster(case.log())?;
    let pending = roster.pending().values().rev().filter_map(|pending| match &pending.event {
        Event::Recovery(recovery) => Some(recovery),
        _ => None,
    });
    let of = |one: &Recovery| one.holders.iter().find(|h| h.name == name).map(|h| h.share.sha256);
    pending.chain(roster.recovery()).find_map(of).ok_or_else(|| {
        Error::asked(
            format!("no recovery key is on record of which {name:?} has a share"),
            "`casefile log` shows who was named.",
        )
    })
}

/// The recovery key that shares in files make, in memory.
pub fn meet(root: &Path, files: &[PathBuf]) -> Result<Identities, Error> {
    let log = Case::open(root)?.log().origin().to_owned();
    let mut shares = Vec::new();
    for path in files {
        let bytes = zeroize::Zeroizing::new(outside::read(path, SHARE_LIMIT_BYTES)?);
        let text = std::str::from_utf8(&bytes).ok().filter(|text| text.len() <= SHARE_LIMIT_BYTES);
        let share = text.and_then(Share::parse).ok_or_else(|| {
            Error::asked(
                format!("{} holds no share of a recovery key", path.display()),
                "Its holder opens it with `casefile recovery share NAME --identity ME -o FILE`, or \
                 `age -d`. One that was typed must agree to the last digit: its last line tells \
                 whether it does.",
            )
        })?;
        if share.log != log {
            let what = format!("the share in {} is of the log {}", path.display(), share.log);
            return Err(Error::asked(what, format!("This case's log is {log}.")));
        }
        shares.push(share);
    }
    let key = recovery::combine(&shares).map_err(|fault| {
        Error::asked(
            fault.to_string(),
            "Bring the shares of one recovery key, each holder's own, and as many as it takes.",
        )
    })?;
    let none = || Error::asked("the shares make no identity", "Bring others.");
    Identities::one(&key).ok_or_else(none)
}

/// Enrols a key by the holders who have met.
pub fn enrol(root: &Path, new: New, shares: &[PathBuf]) -> Result<Decided, Error> {
    actor::enrol_by(&mut writer(root, shares)?, new)
}

/// Revokes a key by the holders who have met.
pub fn revoke(
    root: &Path,
    whose: &str,
    reason: &str,
    from: Option<u64>,
    shares: &[PathBuf],
) -> Result<Decided, Error> {
    actor::revoke_by(&mut writer(root, shares)?, whose, reason, from)
}

fn writer(root: &Path, shares: &[PathBuf]) -> Result<Writer, Error> {
    Ok(Writer::open_recovered(root, &meet(root, shares)?, TOOL)?)
}
