//! Chains in words, and each form against text that is meant to break it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot prepare its case has failed"
)]

use proptest::prelude::*;
use provenance::chain::Index;
use provenance::{Grounds, Held, Kind, case_uco, premis, report, ro_crate, visible};
use quick_xml::Reader;
use quick_xml::events::Event as Xml;
use record::{
    Capture, Commitment, Digests, Event, Export, Finding, Genesis, Leaf, Name, ReadingMade, Repair,
    Scrub, Sha256, Stamped, Timestamp, TimestampRequest,
};
use std::collections::{BTreeMap, BTreeSet};

const HOSTILE: &str = "]]>\u{0}\u{1b}[31m\u{202e}<script>&\"'\r\n\\u{41}\u{ffff}<!--";

/// A log in memory.
struct Log {
    records: BTreeMap<u64, Leaf>,
    findings: BTreeMap<u64, Vec<Finding>>,
    lists: BTreeMap<u64, Vec<Sha256>>,
    opened: BTreeMap<(u64, String), String>,
    asked: BTreeSet<u64>,
    items: Vec<Held>,
}

impl Log {
    fn new(case: &str) -> Self {
        let mut log = Self {
            records: BTreeMap::new(),
            findings: BTreeMap::new(),
            lists: BTreeMap::new(),
            opened: BTreeMap::new(),
            asked: BTreeSet::new(),
            items: Vec::new(),
        };
        log.append(Event::Genesis(Genesis {
            case: case.into(),
            actor_key: "ssh-ed25519 AAAA".into(),
            actor_name: "clerk".into(),
            log_key: "casefile/a+1+AAAA".into(),
            log_key_pq: None,
        }));
        log
    }

    fn append(&mut self, event: Event) -> u64 {
        let index = self.records.len() as u64;
        let leaf = Leaf {
            v: 1,
            log: "casefile/a".into(),
            actor: "SHA256:abc".into(),
            time: format!("2031-04-05T06:07:{index:02}Z"),
            tool: "casefile 0.0.0".into(),
            event,
        };
        self.records.insert(index, leaf);
        index
    }

    fn capture(&mut self, name: &str, bytes: &[u8]) -> u64 {
        let item = Digests::of(bytes);
        let number = self.items.len() as u64 + 1;
        self.items.push(Held {
            number,
            item,
            name: name.into(),
            path: Some(format!("data/items/{number:06}-a")),
            reading: None,
        });
        let commitment: Commitment = record::Opening {
            field: "collector".into(),
            salt: Sha256([3; 32]),
            value: "A. Person".into(),
        }
        .commitment();
        self.append(Event::Capture(Capture {
            item,
            name: Name { text: name.into(), bytes: None },
            method: "file".into(),
            file_modified: None,
            source: Some(name.into()),
            address: None,
            obtained: None,
            note: Some(name.into()),
            sealed: None,
            received: None,
            withheld: BTreeMap::from([("collector".into(), commitment)]),
        }))
    }

    fn scrub(&mut self, faults: u64) -> u64 {
        let records = self.records.len() as u64;
        self.append(Event::Scrub(Scrub {
            began: "2031-04-05T00:00:00Z".into(),
            records,
            objects: 1,
            bytes: 1,
            faults,
            notices: 0,
            report: Digests::of(b"[]"),
        }))
    }

    fn repair(&mut self) -> u64 {
        self.append(Event::Repair(Repair {
            from: "mirror".into(),
            objects: 1,
            log_files: 0,
            others: 0,
            faults: 0,
            report: Digests::of(b"[]"),
        }))
    }

    fn export(&mut self) -> u64 {
        self.append(Event::Export(Export {
            tagmanifest: Sha256([1; 32]),
            signature: Sha256([2; 32]),
            items: 1,
            list: Digests::of(b"[]"),
            tree_size: 1,
            disclosed: Vec::new(),
            disclosure: None,
            actors: None,
        }))
    }

    fn stamp(&mut self, about: Stamped, authority: &str) {
        let (tree_size, root) = (self.records.len() as u64, Sha256([5; 32]));
        let object = Digests::of(b"");
        let request = self.append(Event::TimestampRequest(TimestampRequest {
            about,
            stamped: object,
            request: object,
            tree_size,
            root,
            renews: None,
        }));
        self.append(Event::Timestamp(Timestamp {
            request,
            tree_size,
            root,
            reply: object,
            certificates: object,
            revocations: None,
            authority: authority.into(),
            gen_time: "2031-04-06T00:00:00Z".into(),
            accuracy_micros: None,
            policy: "1.2.3".into(),
            serial: "1".into(),
        }));
    }

    fn with<T>(&self, look: impl Fn(&Index<'_>) -> T) -> T {
        let grounds = Grounds {
            origin: "casefile/a",
            log_key: "casefile/a+1+AAAA",
            log_size: self.records.len() as u64,
            records: &self.records,
            items: &self.items,
            findings: &self.findings,
            lists: &self.lists,
            opened: &self.opened,
            before: &[],
            asked: &self.asked,
        };
        look(&Index::new(&grounds))
    }

    /// Kinds and words of the first item's chain.
    fn told(&self) -> Vec<(Kind, String)> {
        self.with(|index| {
            let chain = index.chain(&self.items[0]);
            chain.steps.into_iter().map(|step| (step.kind, step.words)).collect()
        })
    }

    fn documents(&self) -> [Vec<u8>; 4] {
        self.with(|index| {
            let mut out: [Vec<u8>; 4] = Default::default();
            report::write(index, &mut out[0]).unwrap();
            premis::write(index, &mut out[1]).unwrap();
            case_uco::write(index, &mut out[2]).unwrap();
            ro_crate::write(index, "2031-04-05", &[], &mut out[3]).unwrap();
            out
        })
    }
}

fn damaged(item: &Held) -> Finding {
    let name = item.item.sha256.to_string();
    Finding::fault("object-damaged", format!("objects/{}/{}", &name[..2], &name[2..]), "")
}

/// The last step of the chain of an item, after `change` of a log in which it was taken in.
#[track_caller]
fn last(change: impl Fn(&mut Log), expect: (Kind, &str)) {
    let mut log = Log::new("Mill Road");
    log.capture("report.txt", b"a");
    log.capture("other.txt", b"b");
    change(&mut log);
    let told = log.told();
    let (kind, words) = told.last().unwrap();
    assert!(*kind == expect.0 && words.contains(expect.1), "{kind:?}: {words}");
}

#[test]
fn a_step_claims_what_the_records_prove_and_no_more() {
    let whole = (Kind::Scrubbed, "found whole");
    last(
        |log| {
            let _ = log.scrub(0);
        },
        whole,
    );
    last(
        |log| {
            let _ = log.scrub(1);
        },
        (Kind::Scrubbed, "this record alone does not say where"),
    );
    let scrubbed = |log: &mut Log, at: usize| {
        let leaf = log.scrub(1);
        log.findings.insert(leaf, vec![damaged(&log.items[at])]);
    };
    last(|log| scrubbed(log, 1), whole);
    last(|log| scrubbed(log, 0), (Kind::Scrubbed, "NOT found whole"));
    // A repair or export that does not name the item is no step of it.
    let repaired = |log: &mut Log, at: usize| {
        let leaf = log.repair();
        log.findings.insert(
            leaf,
            vec![Finding { grade: record::Grade::Notice, ..damaged(&log.items[at]) }],
        );
    };
    last(|log| repaired(log, 1), (Kind::Captured, "report.txt"));
    last(|log| repaired(log, 0), (Kind::Repaired, "was put back"));
    last(
        |log| {
            let _ = log.repair();
        },
        (Kind::Repaired, "this record alone does not say"),
    );
    let exported = |log: &mut Log, at: usize| {
        let leaf = log.export();
        log.lists.insert(leaf, vec![log.items[at].item.sha256]);
    };
    last(|log| exported(log, 1), (Kind::Captured, "report.txt"));
    last(|log| exported(log, 0), (Kind::Exported, "To whom it went is not on record"));
    last(|log| log.stamp(Stamped::Checkpoint, "CN=a"), (Kind::Stamped, "Its record, and all"));
    last(|log| log.stamp(Stamped::Items, "CN=a"), (Kind::Stamped, "Its bytes existed"));
    // A timestamp of an older one is about that, and not about the item.
    last(|log| log.stamp(Stamped::Token, "CN=a"), (Kind::Captured, "report.txt"));
}

#[test]
fn an_erasure_is_told_by_what_it_came_to() {
    let erase = |log: &mut Log, at: usize| {
        let item = log.items[at].item;
        let (openings, reason) = (vec!["key".into()], "withdrawn".into());
        let (item, key_file) = (item.sha256, item);
        log.append(Event::Erasure(record::Erasure { item, key_file, openings, reason }))
    };
    last(
        |log| {
            erase(log, 0);
        },
        (Kind::Erased, "its key destroyed"),
    );
    last(
        |log| {
            let leaf = erase(log, 0);
            log.asked.insert(leaf);
        },
        (Kind::ErasureAsked, "without an approval it has no effect"),
    );
    last(
        |log| {
            let (leaf, hash) = (erase(log, 0), Sha256([4; 32]));
            log.append(Event::Approval(record::Approval { leaf, hash }));
        },
        (Kind::Approved, "A second person approved"),
    );
    // Another item's is no step of this one, and is not passed over either.
    let mut log = Log::new("Mill Road");
    log.capture("report.txt", b"a");
    log.capture("other.txt", b"b");
    erase(&mut log, 1);
    log.items.truncate(1);
    assert_eq!(log.told().len(), 1);
    let of_log: Vec<Kind> = log.with(|index| index.of_log().map(|step| step.kind).collect());
    assert_eq!(of_log, [Kind::Opened, Kind::ErasureAsked]);
}

#[test]
fn what_came_before_an_item_is_no_step_of_it() {
    let mut log = Log::new("Mill Road");
    log.scrub(0);
    log.stamp(Stamped::Checkpoint, "CN=a");
    log.capture("report.txt", b"a");
    assert_eq!(log.told().len(), 1);
}

#[test]
fn of_each_authority_the_first_is_told_and_the_others_are_counted() {
    let mut log = Log::new("Mill Road");
    log.capture("report.txt", b"a");
    for authority in ["CN=a", "CN=b", "CN=a"] {
        log.stamp(Stamped::Checkpoint, authority);
        log.scrub(0);
    }
    let chain = log.with(|index| index.chain(&log.items[0]));
    let kinds: Vec<Kind> = chain.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds, [Kind::Captured, Kind::Stamped, Kind::Stamped, Kind::Scrubbed]);
    assert_eq!((chain.further, chain.steps.last().unwrap().leaf), (3, 10));
    let in_order = chain.steps.is_sorted_by_key(|step| step.leaf);
    assert!(in_order);
}

#[test]
fn a_withheld_field_is_called_so_until_it_is_opened() {
    let mut log = Log::new("Mill Road");
    let leaf = log.capture("report.txt", b"a");
    let collector = |log: &Log| {
        let chain = log.with(|index| index.chain(&log.items[0]));
        let facts = chain.steps[0].facts.clone();
        facts.into_iter().find(|(name, _)| name == "collector").unwrap().1
    };
    assert!(collector(&log).starts_with("withheld"));
    log.opened.insert((leaf, "collector".into()), "A. Person".into());
    assert_eq!(collector(&log), "A. Person");
}

/// The text of every element of this name.
fn texts(xml: &[u8], name: &str) -> Vec<String> {
    let xml = std::str::from_utf8(xml).unwrap();
    let (mut reader, mut found) = (Reader::from_str(xml), Vec::new());
    let mut inside: Option<String> = None;
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(start) if start.name().as_ref() == name => {
                inside = Some(String::new());
            }
            Xml::End(end) if end.name().as_ref() == name => found.extend(inside.take()),
            Xml::Text(text) => {
                if let Some(inside) = &mut inside {
                    inside.push_str(&text);
                }
            }
            Xml::GeneralRef(named) => {
                let c = match &*named {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    other => panic!("{other}"),
                };
                inside.iter_mut().for_each(|inside| inside.push(c));
            }
            Xml::Eof => return found,
            _ => {}
        }
    }
}

fn holds_all(text: &str) {
    let mut log = Log::new(text);
    log.capture(text, text.as_bytes());
    let reading = ReadingMade {
        item: log.items[0].item.sha256,
        reading: Digests::of(b"{}"),
        reader: text.into(),
        figures: 0,
        problems: vec![text.into()],
    };
    log.append(Event::Reading(reading));
    let [page, xml, case, description] = log.documents();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains(&format!("<bdi>{}</bdi></h3>", visible::html(text))), "{page}");
    assert!(
        !page.contains(['\u{0}', '\u{1b}', '\r', '\u{202e}', '\u{ffff}'])
            && !page.contains("<script")
    );
    assert_eq!(texts(&xml, "originalName"), [visible::xml(text), visible::xml(text)]);
    for json in [&case, &description] {
        let json: serde_json::Value = serde_json::from_slice(json).unwrap();
        assert!(json["@graph"].is_array());
    }
    let case: serde_json::Value = serde_json::from_slice(&case).unwrap();
    let nodes = case["@graph"].as_array().unwrap();
    assert!(nodes.iter().any(|node| node["core:hasFacet"][0]["observable:fileName"] == text));
}

#[test]
fn hostile_text_breaks_no_form_and_is_in_all_of_them() {
    for text in [HOSTILE, "", "تقرير السوق.txt", &"x".repeat(70_000), &HOSTILE.repeat(400)]
    {
        holds_all(text);
    }
}

#[test]
fn a_time_of_no_calendar_stands_in_words_only() {
    let mut log = Log::new("Mill Road");
    let leaf = log.capture("report.txt", b"a");
    log.records.get_mut(&leaf).unwrap().time = "2031-13-41T00:00:00Z".into();
    let [_, _, case, description] = log.documents();
    for json in [case, description] {
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let taken = json["@graph"].as_array().unwrap().iter().find(|node| {
            node["description"].as_str().is_some_and(|words| words.contains("2031-13-41"))
                || node["core:description"][0].as_str().is_some_and(|w| w.contains("2031-13-41"))
        });
        let taken = taken.unwrap();
        assert!(taken["endTime"].is_null() && taken["action:endTime"].is_null());
    }
}

#[test]
fn the_same_records_make_the_same_bytes() {
    let make = || {
        let mut log = Log::new("Mill Road");
        log.capture("a", b"a");
        log.stamp(Stamped::Checkpoint, "CN=a");
        log.documents()
    };
    assert_eq!(make(), make());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_text_breaks_no_form(text in "\\PC{0,20}|[\u{0}-\u{ff}<>&'\"\\]\\[!\u{202e}\u{2066}\u{fffe}]{0,40}") {
        holds_all(&text);
    }
}
