//! `casefile custody`: what the records prove about each item, in order, as words or as a page.

use crate::{Error, catalogue, origins, outside};
use archive::Case;
use provenance::chain::Index;
use provenance::{Chain, Grounds, Held, Step, report};
use record::{Digests, Event, Finding, Leaf, Sha256, canonical};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use verifier::origins::Nothing;

/// What is asked for.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// Which items, as a person names them; none means all.
    pub items: Vec<String>,
    /// Where the printable page is to be written; must not exist.
    pub page: Option<PathBuf>,
}

/// What the records prove.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Name of the case.
    pub case: String,
    /// Name of the log.
    pub log: String,
    /// The log's verifier key.
    pub log_key: String,
    /// How many records it has.
    pub log_size: u64,
    /// Chain by chain.
    pub items: Vec<Chain>,
    /// Records about no single item.
    pub of_log: Vec<Step>,
    /// The page that was written.
    pub page: Option<PathBuf>,
}

/// The records of a case, and what they name.
struct Found {
    records: BTreeMap<u64, Leaf>,
    findings: BTreeMap<u64, Vec<Finding>>,
    lists: BTreeMap<u64, Vec<Sha256>>,
    /// Erasures that have no effect, for want of a second person.
    asked: BTreeSet<u64>,
}

/// Tells the chains of the items, and writes the page, if one is asked for.
pub fn run(root: &Path, request: &Request) -> Result<Outcome, Error> {
    let case = Case::open(root)?;
    let all = catalogue::items(&case)?;
    let mut items: Vec<Held> = if request.items.is_empty() {
        all.iter().map(held).collect()
    } else {
        let named = request.items.iter().map(|wanted| catalogue::find(&all, wanted).map(held));
        named.collect::<Result<_, _>>()?
    };
    items.sort_by_key(|item| item.number);
    items.dedup_by_key(|item| item.number);
    let found = gather(&case, &all, &items)?;
    let log_key = case.log().verifier().told();
    let opened = BTreeMap::new();
    let wanted: BTreeSet<u64> = items.iter().map(|item| item.number).collect();
    let chosen: Vec<&catalogue::Item> =
        all.iter().filter(|item| wanted.contains(&item.number)).collect();
    let mut others = origins::logs(&origins::of(&case, &chosen)?);
    // Items that came back are told of by this log itself.
    others.retain(|other| other.log_key != log_key);
    let nothing = Nothing::default();
    let before: Vec<Grounds<'_>> =
        others.iter().map(|other| other.grounds(&items, &nothing)).collect();
    let grounds = Grounds {
        origin: case.log().origin(),
        log_key: &log_key,
        log_size: case.log().size(),
        records: &found.records,
        items: &items,
        findings: &found.findings,
        lists: &found.lists,
        opened: &opened,
        before: &before,
        asked: &found.asked,
    };
    let index = Index::new(&grounds);
    if let Some(page) = &request.page {
        outside::write_new(page, || {
            let mut bytes = Vec::new();
            report::write(&index, &mut bytes).map_err(Error::io("write", page))?;
            Ok(((), bytes))
        })?;
    }
    Ok(Outcome {
        case: index.case().into(),
        log: grounds.origin.into(),
        log_key: log_key.clone(),
        log_size: grounds.log_size,
        items: items.iter().map(|held| index.chain(held)).collect(),
        of_log: index.of_log().collect(),
        page: request.page.clone(),
    })
}

fn held(item: &catalogue::Item) -> Held {
    Held {
        number: item.number,
        item: item.digests,
        name: item.name().into(),
        path: None,
        reading: None,
    }
}

/// The records about these items, and those about no single one, with what they name.
fn gather(case: &Case, all: &[catalogue::Item], items: &[Held]) -> Result<Found, Error> {
    let wanted: BTreeSet<Sha256> = items.iter().map(|item| item.item.sha256).collect();
    let asked = all.iter().flat_map(|item| &item.asked).map(|erasure| erasure.leaf).collect();
    let (records, findings, lists) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut found = Found { records, findings, lists, asked };
    for leaf in case.leaves() {
        let (index, record) = leaf?;
        match &record.event {
            Event::Capture(capture) if !wanted.contains(&capture.item.sha256) => continue,
            Event::Reading(reading) if !wanted.contains(&reading.item) => continue,
            Event::Erasure(erasure) if !wanted.contains(&erasure.item) => continue,
            Event::Scrub(scrub) => {
                found.findings.insert(index, named(case, &scrub.report)?);
            }
            Event::Repair(repair) => {
                found.findings.insert(index, named(case, &repair.report)?);
            }
            Event::Export(export) => {
                found.lists.insert(index, named(case, &export.list)?);
            }
            _ => {}
        }
        found.records.insert(index, record);
    }
    Ok(found)
}

/// What an object that a record names holds.
fn named<T: DeserializeOwned + Serialize>(case: &Case, object: &Digests) -> Result<T, Error> {
    let bytes = case.read(object.sha256, object.size)?;
    canonical::from_bytes(&bytes).map_err(|error| {
        Error::asked(
            format!("the object {} cannot be used: {error}", object.sha256),
            "Run `casefile verify`, which says what is wrong with it.",
        )
    })
}
