//! `casefile erase`: consent to keep a sealed item withdrawn. Its key is destroyed, so that nobody
//! can open it any more; its sealed bytes, its record and every proof stay as they are.
//!
//! Under the rule of two persons this records what is asked for and destroys nothing: `casefile
//! approve` does, run by another person.
//!
//! An item that was taken in unsealed cannot be erased: a log that forgets would prove nothing.

use crate::catalogue::{self, Item};
use crate::{Ask, Error, open_writer};
use archive::{Writer, objects, sealed};
use record::{Erasure, Event, Finding, Sha256};
use serde::Serialize;
use std::path::Path;

/// What was erased.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Number of the item.
    pub number: u64,
    /// The item, whose sealed bytes stay.
    pub item: Sha256,
    /// Leaf that records the erasure.
    pub leaf: u64,
    /// Whether it was erased before, and this run only destroyed what had come back.
    pub before: bool,
    /// Whether it has no effect until a second person approves that record: nothing is destroyed.
    pub pending: bool,
    /// How many copies of its key file were destroyed in the case.
    pub key_files: u64,
    /// Withheld fields that can no longer be shown.
    pub openings: Vec<String>,
    /// Key files that interrupted captures left, set aside: whether one of them is of the same
    /// plain bytes, only a recipient can tell.
    pub set_aside: u64,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Erases the item that `wanted` names, for `reason`.
pub fn run(root: &Path, wanted: &str, reason: &str, ask: Ask<'_>) -> Result<Outcome, Error> {
    if reason.trim().is_empty() {
        return Err(Error::asked(
            "an erasure needs a reason",
            "Say in a few words, which everybody may read, why it is erased: --reason WORDS.",
        ));
    }
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let items = catalogue::items(&case)?;
    let item = catalogue::find(&items, wanted)?;
    let to_unseal = item.to_unseal().ok_or_else(|| unsealed(item))?;
    let sealed = to_unseal.sealed;
    let openings: Vec<String> = to_unseal.withheld.keys().cloned().collect();
    let (leaf, key_files) = match item.erasures.first() {
        Some(erasure) => (erasure.leaf, sealed::destroy(root, &sealed)?),
        None => {
            let erasure = Erasure {
                item: item.digests.sha256,
                key_file: sealed.key_file,
                openings: openings.clone(),
                reason: reason.into(),
            };
            begin(&mut writer, sealed, erasure)?
        }
    };
    Ok(Outcome {
        number: item.number,
        item: item.digests.sha256,
        leaf,
        before: !item.erasures.is_empty(),
        pending: writer.roster().pending().contains_key(&leaf),
        key_files,
        openings,
        set_aside: set_aside(root)?,
        recovered,
    })
}

/// Erases, or where two persons must sign, records that one of them asks for it. Gives the leaf,
/// and how many key files were destroyed.
fn begin(writer: &mut Writer, sealed: sealed::Item, erasure: Erasure) -> Result<(u64, u64), Error> {
    if writer.roster().two_person().is_none() {
        return Ok(sealed::erase(writer, &[sealed], vec![Event::Erasure(erasure)])?);
    }
    // Asked for again, it waits where it did: who approves one needs not look for another.
    let waits = writer.roster().pending().iter().find(|(_, pending)| {
        matches!(&pending.event, Event::Erasure(one) if one.key_file == erasure.key_file)
    });
    match waits {
        Some((leaf, _)) => Ok((*leaf, 0)),
        None => Ok((writer.decide(vec![Event::Erasure(erasure)])?, 0)),
    }
}

/// The sealed items whose erasure the approval of `leaves` brings about, each to be destroyed.
pub(crate) fn approved(writer: &Writer, leaves: &[u64]) -> Result<Vec<sealed::Item>, Error> {
    let pending =
        leaves.iter().filter_map(|leaf| Some((leaf, writer.roster().pending().get(leaf)?)));
    let erasures: Vec<(&u64, &Erasure)> = pending
        .filter_map(|(leaf, pending)| match &pending.event {
            Event::Erasure(erasure) => Some((leaf, erasure)),
            _ => None,
        })
        .collect();
    if erasures.is_empty() {
        return Ok(Vec::new());
    }
    let items = catalogue::items(&writer.case()?)?;
    let one = |(leaf, erasure): (&u64, &Erasure)| {
        let item = items.iter().find(|item| item.digests.sha256 == erasure.item);
        let sealed = item.and_then(Item::sealed).filter(|it| it.key_file == erasure.key_file);
        sealed.ok_or_else(|| {
            Error::asked(
                format!("record {leaf} erases what no record seals so"),
                "It was made by another program; leave it unapproved. `casefile verify` names it.",
            )
        })
    };
    erasures.into_iter().map(one).collect()
}

fn unsealed(item: &Item) -> Error {
    if let Some(words) = item.sealed_words() {
        return Error::asked(
            format!(
                "item {} was not sealed here, so no key of it can be destroyed here",
                item.number
            ),
            format!("{words} Ask that archive to erase it."),
        );
    }
    Error::asked(
        format!("item {} was not taken in sealed, so it cannot be erased", item.number),
        "What was taken in in the open stays: the log would not be one that forgets nothing. Leave \
         it out of bundles by naming the others (`casefile export OUT ITEM\u{2026}`), keep the \
         case on an encrypted disk, and take such material in with --sealed from now on. Where the \
         law demands that the bytes go, start a new case and destroy this one with its mirrors.",
    )
}

/// How many key files lie among what interrupted runs left.
fn set_aside(root: &Path) -> Result<u64, Error> {
    let aside = archive::layout::at(root, archive::layout::OPENINGS_UNACKNOWLEDGED);
    let mut count = 0;
    for folder in objects::names(&aside)? {
        let names = objects::names(&aside.join(folder))?;
        count += names.iter().filter(|name| name.contains(".age")).count() as u64;
    }
    Ok(count)
}
