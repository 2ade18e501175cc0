//! From records to the ordered steps of an item's custody.
//!
//! A step is one record. Order is that of the log, which is proved; nothing is put in order by
//! time. A record about all that is kept counts for an item only as far as the record, and what
//! came with it, says so.

use crate::words;
use data_encoding::{BASE64, BASE64_NOPAD};
use record::{Digests, Event, Finding, Grade, Leaf, Received, Sha256, Stamped, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What chains are drawn from: records, and what they name as far as it is at hand.
#[derive(Debug)]
pub struct Grounds<'a> {
    /// Name of the log.
    pub origin: &'a str,
    /// The log's verifier key.
    pub log_key: &'a str,
    /// How many records the log has; there may be fewer in `records`.
    pub log_size: u64,
    /// The records, by index.
    pub records: &'a BTreeMap<u64, Leaf>,
    /// The items that chains are wanted of, by rising number.
    pub items: &'a [Held],
    /// What scrubs and repairs found, by their record, as far as it is at hand.
    pub findings: &'a BTreeMap<u64, Vec<Finding>>,
    /// Which items bundles held, by the record of the export, as far as it is at hand.
    pub lists: &'a BTreeMap<u64, Vec<Sha256>>,
    /// Withheld fields that are disclosed: record and field, and the value.
    pub opened: &'a BTreeMap<(u64, String), String>,
    /// The same of the logs that items came from, the earliest first; of each as much as came
    /// along. Each log once, and never this one.
    pub before: &'a [Grounds<'a>],
    /// Records of erasures that have no effect, since no second person has approved them.
    pub asked: &'a BTreeSet<u64>,
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its number in the case.
    pub number: u64,
    /// Its digests.
    pub item: Digests,
    /// Name it came under.
    pub name: String,
    /// Where its bytes are, relative to the document.
    pub path: Option<String>,
    /// Where its reading is.
    pub reading: Option<String>,
}

/// The chain of custody of one item.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// Its number in the case.
    pub number: u64,
    /// Its digests.
    pub item: Digests,
    /// Name it came under.
    pub name: String,
    /// What was done with it, in the order of the log.
    pub steps: Vec<Step>,
    /// How many more timestamps and scrubs of the whole log reach it than `steps` has.
    pub further: u64,
    /// What was done with it in other archives before it came here, the earliest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Before>,
}

/// What another archive's log says of an item.
#[derive(Debug, Clone, Serialize)]
pub struct Before {
    /// Name of that log.
    pub log: String,
    /// Its key.
    pub log_key: String,
    /// Name of that archive's case.
    pub case: String,
    /// What was done with the item there, as far as its records came along.
    pub steps: Vec<Step>,
}

/// One record as a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Index of the record.
    pub leaf: u64,
    /// What the machine's clock claimed.
    pub time: String,
    /// Fingerprint of the key that signed the record.
    pub actor: String,
    /// Name that goes with the key, where a record says so.
    pub actor_name: Option<String>,
    /// Program and version that wrote it.
    pub tool: String,
    /// What was done.
    pub kind: Kind,
    /// The same in a sentence.
    pub words: String,
    /// What else the record says: name and value.
    pub facts: Vec<(String, String)>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The case was opened.
    Opened,
    /// An item was taken in.
    Captured,
    /// An item was read by a machine.
    Read,
    /// Everything kept was read again and compared with its digests.
    Scrubbed,
    /// What was damaged or lost was put back.
    Repaired,
    /// Items left the case in a bundle.
    Exported,
    /// A timestamp was asked for.
    StampAsked,
    /// A timestamp was received.
    Stamped,
    /// A cosigner was named.
    CosignerNamed,
    /// A checkpoint came back cosigned.
    Cosigned,
    /// A key was enrolled.
    Enrolled,
    /// A key was revoked.
    Revoked,
    /// It was said whether acts of weight need two persons.
    Ruled,
    /// A second person approved an act.
    Approved,
    /// Withheld fields are to be disclosed.
    Disclosing,
    /// The key of a sealed item was destroyed.
    Erased,
    /// A bundle of another archive was received.
    Received,
    /// Another archive gave a receipt.
    Acknowledged,
    /// Holders were named who can recover what is sealed, and keys.
    RecoveryNamed,
    /// An erasure that needs two persons was asked for by one.
    ErasureAsked,
}

/// What a scrub or repair found about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No finding names it.
    Nothing,
    /// A notice does.
    Notice,
    /// A fault does.
    Fault,
}

/// Which records are about what: made once for all chains.
#[derive(Debug)]
pub struct Index<'a> {
    grounds: &'a Grounds<'a>,
    /// Records about an item, in order.
    of_item: BTreeMap<Sha256, Vec<u64>>,
    /// Records about no single item, in order.
    of_log: Vec<u64>,
    /// Places that the findings of a scrub or repair name, and whether one of them is a fault.
    places: BTreeMap<u64, BTreeMap<&'a str, bool>>,
    /// Items of an export, where its list is at hand.
    lists: BTreeMap<u64, BTreeSet<Sha256>>,
    /// Names that go with keys.
    pub(crate) names: BTreeMap<String, &'a str>,
    /// Receipts, by the record of the export that they are about.
    receipts: BTreeMap<u64, u64>,
    /// The same of the logs that items came from.
    before: Vec<Index<'a>>,
}

impl<'a> Index<'a> {
    /// Sorts the records of `grounds` by what they are about.
    pub fn new(grounds: &'a Grounds<'a>) -> Self {
        let mut of_item: BTreeMap<Sha256, Vec<u64>> = BTreeMap::new();
        let mut of_log = Vec::new();
        let (mut names, mut receipts) = (BTreeMap::new(), BTreeMap::new());
        let shown: BTreeSet<Sha256> = grounds.items.iter().map(|held| held.item.sha256).collect();
        let mut erasures: BTreeMap<u64, Sha256> = BTreeMap::new();
        for (index, leaf) in grounds.records {
            match &leaf.event {
                Event::Capture(capture) => {
                    of_item.entry(capture.item.sha256).or_default().push(*index);
                }
                Event::Reading(reading) => of_item.entry(reading.item).or_default().push(*index),
                Event::Erasure(erasure) if shown.contains(&erasure.item) => {
                    erasures.insert(*index, erasure.item);
                    of_item.entry(erasure.item).or_default().push(*index);
                }
                Event::Approval(approval) => match erasures.get(&approval.leaf) {
                    Some(item) => of_item.entry(*item).or_default().push(*index),
                    None => of_log.push(*index),
                },
                Event::Genesis(genesis) => {
                    names.insert(leaf.actor.clone(), genesis.actor_name.as_str());
                    of_log.push(*index);
                }
                Event::Enrolment(enrolled) => {
                    if let Some(key) = fingerprint(&enrolled.key) {
                        names.insert(key, enrolled.name.as_str());
                    }
                    of_log.push(*index);
                }
                Event::Acknowledged(acknowledged) => {
                    receipts.entry(acknowledged.export).or_insert(*index);
                    of_log.push(*index);
                }
                Event::Recovery(recovery) => {
                    if let Some(key) = fingerprint(&recovery.key) {
                        names.insert(key, "holders of the recovery key");
                    }
                    of_log.push(*index);
                }
                _ => of_log.push(*index),
            }
        }
        let places = |found: &'a Vec<Finding>| {
            let mut places: BTreeMap<&'a str, bool> = BTreeMap::new();
            for finding in found {
                *places.entry(&finding.place).or_default() |= finding.grade == Grade::Fault;
            }
            places
        };
        Self {
            grounds,
            of_item,
            of_log,
            places: grounds.findings.iter().map(|(leaf, found)| (*leaf, places(found))).collect(),
            lists: grounds
                .lists
                .iter()
                .map(|(leaf, list)| (*leaf, list.iter().copied().collect()))
                .collect(),
            names,
            receipts,
            before: grounds.before.iter().map(Index::new).collect(),
        }
    }

    /// What the chains are drawn from.
    pub fn grounds(&self) -> &'a Grounds<'a> {
        self.grounds
    }

    /// The logs that items came from, the earliest first.
    pub fn before(&self) -> &[Index<'a>] {
        &self.before
    }

    /// The record of the receipt for the bundle whose export a record says.
    pub(crate) fn receipt(&self, export: u64) -> Option<u64> {
        self.receipts.get(&export).copied()
    }

    /// Records about no single item, as steps.
    pub fn of_log(&self) -> impl Iterator<Item = Step> + '_ {
        self.of_log.iter().filter_map(|leaf| self.step(*leaf, None))
    }

    /// The name of the case, where the record that opens it is there.
    pub fn case(&self) -> &'a str {
        match self.grounds.records.get(&0).map(|leaf| &leaf.event) {
            Some(Event::Genesis(genesis)) => &genesis.case,
            _ => "",
        }
    }

    /// Programs that wrote the records, each once.
    pub fn tools(&self) -> BTreeSet<&'a str> {
        self.grounds.records.values().map(|leaf| leaf.tool.as_str()).collect()
    }

    /// Keys that signed the records, each once.
    pub fn actors(&self) -> BTreeSet<&'a str> {
        self.grounds.records.values().map(|leaf| leaf.actor.as_str()).collect()
    }

    /// Records about this item alone, in order.
    pub fn records_of(&self, item: Sha256) -> &[u64] {
        self.of_item.get(&item).map_or(&[], Vec::as_slice)
    }

    /// The records about this item alone, as steps.
    pub fn own_steps<'b>(&'b self, held: &'b Held) -> impl Iterator<Item = Step> + 'b {
        self.records_of(held.item.sha256).iter().filter_map(|leaf| self.step(*leaf, Some(held)))
    }

    /// The chain of an item.
    pub fn chain(&self, held: &Held) -> Chain {
        let own = self.records_of(held.item.sha256);
        let first = own.first().copied().unwrap_or(u64::MAX);
        let mut reached: Vec<u64> = own.to_vec();
        let (mut authorities, mut further, mut scrubbed) = (BTreeSet::new(), 0, None);
        for leaf in &self.of_log {
            let Some(record) = self.grounds.records.get(leaf) else { continue };
            match &record.event {
                // The earliest of each authority says most; the newest scrub does.
                Event::Timestamp(stamp)
                    if first < stamp.tree_size
                        && !matches!(self.stamped(stamp), None | Some(Stamped::Token)) =>
                {
                    if authorities.insert(stamp.authority.as_str()) {
                        reached.push(*leaf);
                    } else {
                        further += 1;
                    }
                }
                Event::Cosigned(cosigned) if first < cosigned.size => {
                    let mut new = false;
                    for by in &cosigned.by {
                        new |= authorities.insert(by.name());
                    }
                    if new { reached.push(*leaf) } else { further += 1 }
                }
                Event::Scrub(scrub) if first < scrub.records => {
                    further += u64::from(scrubbed.replace(*leaf).is_some());
                }
                Event::Repair(_) if self.found(*leaf, held.item.sha256) != Some(Found::Nothing) => {
                    reached.push(*leaf);
                }
                Event::Received(received) if self.came(own, received) => reached.push(*leaf),
                Event::Acknowledged(acknowledged)
                    if self
                        .lists
                        .get(&acknowledged.export)
                        .is_some_and(|l| l.contains(&held.item.sha256)) =>
                {
                    reached.push(*leaf);
                }
                Event::Export(_)
                    if self.lists.get(leaf).is_some_and(|l| l.contains(&held.item.sha256)) =>
                {
                    reached.push(*leaf);
                }
                _ => {}
            }
        }
        reached.extend(scrubbed);
        reached.sort_unstable();
        Chain {
            number: held.number,
            item: held.item,
            name: held.name.clone(),
            steps: reached.iter().filter_map(|leaf| self.step(*leaf, Some(held))).collect(),
            further,
            before: self.before.iter().filter_map(|index| index.told(held)).collect(),
        }
    }

    /// Whether one of an item's own records says that it came with this bundle.
    fn came(&self, own: &[u64], received: &Received) -> bool {
        own.iter().filter_map(|leaf| self.grounds.records.get(leaf)).any(|record| {
            matches!(&record.event, Event::Capture(capture)
                if capture.received.is_some_and(|it| it.tagmanifest == received.tagmanifest))
        })
    }

    /// What this log says of an item, for an archive that it went to.
    fn told(&self, held: &Held) -> Option<Before> {
        let steps: Vec<Step> = self.chain(held).steps;
        (!self.records_of(held.item.sha256).is_empty()).then(|| Before {
            log: self.grounds.origin.into(),
            log_key: self.grounds.log_key.into(),
            case: self.case().into(),
            steps,
        })
    }

    /// What a timestamp is of, where the request that it answers is there.
    pub(crate) fn stamped(&self, received: &Timestamp) -> Option<Stamped> {
        match self.grounds.records.get(&received.request).map(|leaf| &leaf.event) {
            Some(Event::TimestampRequest(asked)) => Some(asked.about),
            _ => None,
        }
    }

    /// What a scrub or repair found about this object; `None` where its findings are not at hand.
    pub(crate) fn found(&self, leaf: u64, item: Sha256) -> Option<Found> {
        let places = self.places.get(&leaf)?;
        let name = item.to_string();
        let (folder, rest) = name.split_at_checked(2)?;
        Some(match places.get(format!("objects/{folder}/{rest}").as_str()) {
            Some(true) => Found::Fault,
            Some(false) => Found::Notice,
            None => Found::Nothing,
        })
    }

    fn step(&self, leaf: u64, about: Option<&Held>) -> Option<Step> {
        let record = self.grounds.records.get(&leaf)?;
        let (kind, words, facts) = words::of(self, leaf, &record.event, about);
        Some(Step {
            leaf,
            time: record.time.clone(),
            actor: record.actor.clone(),
            actor_name: self.names.get(record.actor.as_str()).map(|name| (*name).to_string()),
            tool: record.tool.clone(),
            kind,
            words,
            facts,
        })
    }
}

/// The fingerprint of a public key line, as `ssh-keygen -lf` prints it.
fn fingerprint(line: &str) -> Option<String> {
    let blob = BASE64.decode(line.split(' ').nth(1)?.as_bytes()).ok()?;
    Some(format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::of(&blob).0)))
}
