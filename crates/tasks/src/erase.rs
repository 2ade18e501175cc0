//! `casefile erase`: consent to keep a sealed item withdrawn. Its key is destroyed, so that nobody
//! can open it any more; its sealed bytes, its record and every proof stay as they are.
//!
//! An item that was taken in unsealed cannot be erased: a log that forgets would prove nothing.

use crate::catalogue::{self, Item};
use crate::{Ask, Error, open_writer};
use archive::{Writer, objects, sealed};
use record::{Erasure, Finding, Sha256};
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
    let (leaf, before, key_files) = match item.erasures.first() {
        Some(erasure) => (erasure.leaf, true, sealed::destroy(root, &sealed)?),
        None => {
            one_may_erase(&writer)?;
            let erasure = Erasure {
                item: item.digests.sha256,
                key_file: sealed.key_file,
                openings: openings.clone(),
                reason: reason.into(),
            };
            let (leaf, key_files) = sealed::erase(&mut writer, &sealed, erasure)?;
            (leaf, false, key_files)
        }
    };
    Ok(Outcome {
        number: item.number,
        item: item.digests.sha256,
        leaf,
        before,
        key_files,
        openings,
        set_aside: set_aside(root)?,
        recovered,
    })
}

/// Under the rule of two persons nobody erases alone, and an approval of an erasure cannot be given
/// yet: what destroys must rather be refused than done by one.
fn one_may_erase(writer: &Writer) -> Result<(), Error> {
    match writer.roster().two_person() {
        None => Ok(()),
        Some(leaf) => Err(Error::asked(
            format!("two persons must agree to an erasure, by the rule of leaf {leaf}"),
            "An erasure itself cannot be approved yet. Let a second person approve that the rule \
             ends (`casefile actor two-person off`, then `casefile approve`), erase, and put the \
             rule in force again: all of it stays on record.",
        )),
    }
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
