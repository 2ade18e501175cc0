//! The items of a case with what was recorded about each: a pure function of the custody log.

use crate::Error;
use archive::Case;
use archive::sealed;
use record::leaf::Leaf;
use record::{Capture, Digests, Erasure, Event, Reading, ReadingMade, Sha256, canonical};
use std::collections::BTreeMap;

/// Fewest digits by which an item may be named: fewer are ambiguous in any real case.
const PREFIX_MIN: usize = 4;

/// Most bytes of a reading that are loaded: a reader may write that much at most.
pub const READING_LIMIT_BYTES: u64 = reader::OUTPUT_LIMIT_BYTES as u64;

/// An item and what was recorded about it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number, from 1, in the order of first capture: for people, stable for ever.
    pub number: u64,
    /// Its digests.
    pub digests: Digests,
    /// Its captures, with leaf index and time of record, in order.
    pub captures: Vec<Recorded<Capture>>,
    /// Its readings, in order: the last one counts.
    pub readings: Vec<Recorded<ReadingMade>>,
    /// Its erasures, in order: more than one only by another program's doing.
    pub erasures: Vec<Recorded<Erasure>>,
    /// Erasures that one person asked for where two must sign, and no second one has: no effect.
    pub asked: Vec<Recorded<Erasure>>,
}

/// Something a leaf records.
#[derive(Debug, Clone)]
pub struct Recorded<T> {
    /// Index of the leaf.
    pub leaf: u64,
    /// Time of the record.
    pub time: String,
    /// What it records.
    pub what: T,
}

impl Item {
    /// The name it first came under.
    pub fn name(&self) -> &str {
        self.captures.first().map_or("", |capture| &capture.what.name.text)
    }

    /// Where its key file lies, if it was taken in sealed.
    pub fn sealed(&self) -> Option<sealed::Item> {
        self.to_unseal().map(|item| item.sealed)
    }

    /// What is needed to open it, if it was taken in sealed here.
    pub fn to_unseal(&self) -> Option<unseal::Item<'_>> {
        let here = |capture: &&Recorded<Capture>| {
            capture.what.sealed.is_some() && capture.what.received.is_none()
        };
        let capture = self.captures.iter().find(here)?;
        let key_file = capture.what.sealed.as_ref()?.key_file;
        let item = self.digests.sha256;
        Some(unseal::Item {
            number: self.number,
            sealed: sealed::Item { leaf: capture.leaf, item, key_file },
            withheld: &capture.what.withheld,
            erased: self.erasures.first().map(|erasure| erasure.leaf),
        })
    }

    /// What is to be known where it is sealed or erased, in a sentence.
    pub fn sealed_words(&self) -> Option<String> {
        let capture = self.captures.iter().find(|capture| capture.what.sealed.is_some())?;
        if capture.what.received.is_some() {
            let words = "Sealed by the archive that it came from: the recipients whom that one \
                         named can open it, and its key file is there.";
            return Some(words.into());
        }
        Some(match (self.erasures.first(), self.asked.last()) {
            (Some(erasure), _) => format!(
                "Erased at {} by record {} (\u{201c}{}\u{201d}): its sealed bytes are kept and \
                 proved, its key is destroyed, and nobody can open it any more.",
                erasure.time, erasure.leaf, erasure.what.reason
            ),
            (None, Some(asked)) => format!(
                "Sealed: only the recipients who were named when it was taken in can open it \
                 (`casefile unseal`). Record {} asks for its erasure (\u{201c}{}\u{201d}), which \
                 a second person has not approved.",
                asked.leaf, asked.what.reason
            ),
            (None, None) => {
                "Sealed: only the recipients who were named when it was taken in can open it \
                     (`casefile unseal`)."
                    .into()
            }
        })
    }

    /// The first source that a capture of it names.
    pub fn source(&self) -> Option<&str> {
        self.captures.iter().find_map(|capture| capture.what.source.as_deref())
    }

    /// The records about it that are handed on: every capture, the reading that counts, and its
    /// erasure, if that took effect.
    pub fn leaves(&self) -> Vec<u64> {
        let captures = self.captures.iter().map(|capture| capture.leaf);
        let reading = self.readings.last().map(|reading| reading.leaf);
        captures.chain(reading).chain(self.erasures.iter().map(|erasure| erasure.leaf)).collect()
    }

    /// The first address that a capture of it names.
    pub fn address(&self) -> Option<&str> {
        self.captures.iter().find_map(|capture| capture.what.address.as_deref())
    }
}

/// All items of a case, in order of number.
pub fn items(case: &Case) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = Vec::new();
    let mut by_name: BTreeMap<Sha256, usize> = BTreeMap::new();
    for leaf in case.leaves() {
        let (index, Leaf { time, event, .. }) = leaf?;
        match event {
            Event::Capture(capture) => {
                let at = *by_name.entry(capture.item.sha256).or_insert_with(|| {
                    items.push(Item {
                        number: items.len() as u64 + 1,
                        digests: capture.item,
                        captures: Vec::new(),
                        readings: Vec::new(),
                        erasures: Vec::new(),
                        asked: Vec::new(),
                    });
                    items.len() - 1
                });
                items[at].captures.push(Recorded { leaf: index, time, what: capture });
            }
            Event::Reading(reading) => {
                if let Some(at) = by_name.get(&reading.item) {
                    items[*at].readings.push(Recorded { leaf: index, time, what: reading });
                }
            }
            Event::Erasure(erasure) => {
                if let Some(at) = by_name.get(&erasure.item) {
                    items[*at].erasures.push(Recorded { leaf: index, time, what: erasure });
                }
            }
            _ => {}
        }
    }
    if items.iter().any(|item| !item.erasures.is_empty()) {
        let roster = archive::signers::roster(case.log())?;
        for item in &mut items {
            let all = std::mem::take(&mut item.erasures).into_iter();
            (item.erasures, item.asked) =
                all.partition(|erasure| roster.erasure(erasure.leaf).is_some());
        }
    }
    Ok(items)
}

/// The item that a person means by `wanted`: its number, its name, or the first digits of its
/// SHA-256.
pub fn find<'a>(items: &'a [Item], wanted: &str) -> Result<&'a Item, Error> {
    let by_number = wanted.trim_start_matches('#').parse::<u64>().ok();
    let hits: Vec<&Item> = items
        .iter()
        .filter(|item| {
            by_number == Some(item.number)
                || item.captures.iter().any(|capture| capture.what.name.text == wanted)
                || (wanted.len() >= PREFIX_MIN
                    && item.digests.sha256.to_string().starts_with(wanted))
        })
        .collect();
    match hits.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::asked(
            format!("the case has no item {wanted:?}"),
            "`casefile log` lists what was taken in; an item is named by its number, its name, or \
             at least four digits of its SHA-256.",
        )),
        more => Err(Error::asked(
            format!(
                "{wanted:?} could be any of the items {}",
                more.iter().map(|item| item.number.to_string()).collect::<Vec<_>>().join(", ")
            ),
            "Name it by its number.",
        )),
    }
}

/// The newest reading of an item, if it has been read.
pub fn reading(case: &Case, item: &Item) -> Result<Option<Reading>, Error> {
    let Some(made) = item.readings.last() else { return Ok(None) };
    let object = made.what.reading.sha256;
    let bytes = case.read(object, READING_LIMIT_BYTES)?;
    canonical::from_bytes(&bytes).map(Some).map_err(|error| {
        Error::asked(
            format!(
                "the reading of item {} (object {object}) cannot be used: {error}",
                item.number
            ),
            "Run `casefile verify`; `casefile read --again` makes a new one.",
        )
    })
}
