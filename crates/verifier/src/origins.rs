//! The check of what came from other archives: for each bundle that was received, the excerpt of
//! its log that goes along, by which the items' custody is proved back to there.
//!
//! An excerpt is held to what a bundle is, as far as it goes: records with their proofs under a
//! signed checkpoint, and the record of the export. It may have excerpts in it in turn. Nothing in
//! it counts for this bundle's own log, and none may be missing: an item whose origin was stripped
//! would look like one that was first taken in here.

use crate::documents::size_of;
use crate::verify::{Check, Trusted};
use crate::{codes, layout};
use custody::note::Verifier;
use provenance::Held;
use record::{Capture, Event, Finding, Leaf, Received, Sha256, canonical};
use std::collections::{BTreeMap, BTreeSet};

/// Most archives that an item may have come through, one after another: far more than any real
/// one, and what a forged bundle can ask for is bounded.
const DEPTH_LIMIT: usize = 8;

/// What came along of the log of another archive.
#[derive(Debug, Default, Clone)]
pub struct OtherLog {
    /// Its name.
    pub origin: String,
    /// Its key, as its maker tells it.
    pub log_key: String,
    /// Its size.
    pub size: u64,
    /// Its records.
    pub records: BTreeMap<u64, Leaf>,
    /// Its erasures that have no effect, for want of a second person.
    pub asked: BTreeSet<u64>,
}

/// The logs that excerpts are of, the earliest first, each once: `paths` are those of a bundle's
/// files, `read` gives the bytes of one. Nothing is checked.
pub fn other_logs<'p>(
    paths: impl Iterator<Item = &'p str>,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Vec<OtherLog> {
    let paths: Vec<&str> = paths.filter(|path| path.starts_with(layout::ORIGINS)).collect();
    let mut excerpts: Vec<&str> =
        paths.iter().filter_map(|path| path.strip_suffix(layout::VKEY)).collect();
    // What lies deeper was there earlier.
    excerpts.sort_by_key(|excerpt| (std::cmp::Reverse(depth(excerpt)), excerpt.to_string()));
    let text = |path: &str| {
        let bytes = read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let mut logs: Vec<OtherLog> = Vec::new();
    for excerpt in excerpts {
        let lines = text(&format!("{excerpt}{}", layout::VKEY));
        let log_key = Verifier::parse_lines(&lines).map_or(lines, |key| key.told());
        let size = size_of(&text(&format!("{excerpt}{}", layout::CHECKPOINT)));
        let at = logs.iter().position(|log| log.log_key == log_key).unwrap_or_else(|| {
            let origin = log_key.split('+').next().unwrap_or_default().into();
            logs.push(OtherLog { origin, log_key, ..OtherLog::default() });
            logs.len() - 1
        });
        let Some(log) = logs.get_mut(at) else { continue };
        log.size = log.size.max(size);
        for path in paths.iter().filter_map(|path| path.strip_prefix(excerpt)) {
            let Some(index) = layout::leaf_index(path) else { continue };
            let leaf = text(&format!("{excerpt}{path}"));
            let record = leaf.split('\n').next().unwrap_or_default();
            if let Ok(record) = canonical::from_bytes::<Leaf>(record.as_bytes()) {
                log.records.entry(index).or_insert(record);
            }
        }
    }
    for log in &mut logs {
        log.asked = asked(&log.records);
    }
    logs
}

/// Erasures that two persons must sign, and one has: as far as these records go, each of which may
/// be as it says.
fn asked(records: &BTreeMap<u64, Leaf>) -> BTreeSet<u64> {
    let (mut asked, mut ends, mut rule) = (BTreeSet::new(), BTreeSet::new(), false);
    for (index, leaf) in records {
        match &leaf.event {
            Event::TwoPerson(two) if two.on => rule = true,
            Event::TwoPerson(_) => {
                ends.insert(*index);
            }
            Event::Erasure(_) if rule => {
                asked.insert(*index);
            }
            Event::Approval(approval) => {
                asked.remove(&approval.leaf);
                rule &= !ends.contains(&approval.leaf);
            }
            _ => {}
        }
    }
    asked
}

fn depth(excerpt: &str) -> usize {
    excerpt.matches(layout::ORIGINS).count()
}

/// An excerpt that a record asks for.
struct Due {
    /// Its folder in the bundle, with a slash at its end.
    excerpt: String,
    /// The record that says that the bundle was received.
    received: Received,
    /// Where it stands, and the captures that say that their item came with it.
    captures: Vec<(String, Capture)>,
}

impl Check<'_> {
    /// Every excerpt of another log that the records ask for, and no other.
    pub(crate) fn origins(&mut self, verifier: &Verifier, trusted: Trusted<'_>) {
        let mut known = BTreeMap::new();
        self.told_before(verifier, &mut known);
        let mut used = BTreeSet::new();
        let mut keys = BTreeMap::new();
        let mut waiting = self.due("");
        while let Some(due) = waiting.pop() {
            used.insert(due.excerpt.clone());
            waiting.extend(self.excerpt(&due, &mut known, &mut keys));
        }
        let excerpt = |path: &str| {
            let rest = path.rfind(layout::ORIGINS).map(|at| at + layout::ORIGINS.len())?;
            let end = path.get(rest..)?.find('/')? + rest + 1;
            path.get(..end).map(str::to_string)
        };
        let stray = |path: &&String| {
            path.starts_with(layout::ORIGINS)
                && (!layout::is_of_bundle(path)
                    || excerpt(path).is_none_or(|folder| !used.contains(&folder)))
        };
        for path in self.present.iter().filter(stray).cloned().collect::<Vec<_>>() {
            let message = "no record here asks for it";
            self.fault(codes::BUNDLE_ORIGIN_STRAY, &path, message);
        }
        let told = |key: &Verifier| trusted.log_keys.iter().any(|told| key.is_told(told));
        for (key, _) in keys.into_iter().filter(|(_, key)| !told(key)) {
            let message = format!(
                "items came from the archive of the log {key}; that this key is theirs rests on \
                 the word of whoever received them: compare it with what that archive told you, \
                 or give it with --trust too"
            );
            let code = codes::BUNDLE_ORIGIN_UNCHECKED;
            self.report.findings.push(Finding::notice(code, layout::ORIGINS, message));
        }
    }

    /// The excerpts that the records of this log ask for. `at` is where the log lies.
    fn due(&mut self, at: &str) -> Vec<Due> {
        let mut due: BTreeMap<Sha256, (u64, Due)> = BTreeMap::new();
        let mut faults = Vec::new();
        for (index, leaf) in &self.leaves {
            let place = layout::leaf(*index);
            match &leaf.event {
                Event::Received(received) => {
                    let excerpt = format!("{at}{}", layout::origin(*index));
                    let one = Due { excerpt, received: received.clone(), captures: Vec::new() };
                    if due.insert(received.tagmanifest, (*index, one)).is_some() {
                        let message = "two records say that one bundle was received";
                        faults.push((codes::BUNDLE_ORIGIN, place, message));
                    }
                }
                Event::Capture(capture) => {
                    let Some(there) = capture.received else { continue };
                    match due.get_mut(&there.tagmanifest) {
                        Some((_, one)) => {
                            one.captures.push((format!("{at}{place}"), capture.clone()));
                        }
                        None => {
                            let message = "the item came from another archive, and no record \
                                           before this one says that its bundle was received";
                            faults.push((codes::BUNDLE_ORIGIN_MISSING, place, message));
                        }
                    }
                }
                _ => {}
            }
        }
        for (index, one) in due.values() {
            if one.captures.is_empty() {
                let message = "it says that a bundle was received, and no exhibit came with it";
                faults.push((codes::BUNDLE_ORIGIN_STRAY, layout::leaf(*index), message));
            }
        }
        for (code, place, message) in faults {
            self.fault(code, &place, message);
        }
        due.into_values().map(|(_, due)| due).collect()
    }

    /// One excerpt; gives those that it asks for in turn.
    fn excerpt(
        &mut self,
        due: &Due,
        known: &mut BTreeMap<(String, u64), Sha256>,
        keys: &mut BTreeMap<String, Verifier>,
    ) -> Vec<Due> {
        if depth(&due.excerpt) > DEPTH_LIMIT {
            let message = format!("items came through more than {DEPTH_LIMIT} archives");
            self.fault(codes::BUNDLE_ORIGIN, &due.excerpt, message);
            return Vec::new();
        }
        let root = self.root.join(&due.excerpt);
        let mut there = Check::of(&root, self.below(&due.excerpt));
        let mut further = Vec::new();
        for path in layout::EXCERPT.iter().filter(|path| !there.present.contains(**path)) {
            let message = "a record says that items came from another archive, and this part of \
                           what proves it is not there: it was stripped";
            there.report.findings.push(Finding::fault(
                codes::BUNDLE_ORIGIN_MISSING,
                *path,
                message,
            ));
        }
        if let Some(verifier) = there.log_key() {
            there.records(&verifier);
            there.export_there(&verifier, &due.received);
            there.only_these(due);
            there.told_before(&verifier, known);
            further = there.due(&due.excerpt);
            keys.insert(verifier.told(), verifier);
            self.agree(due, &there.leaves);
        }
        for (path, digest) in there.report.files {
            self.same_bytes(&format!("{}{path}", due.excerpt), digest);
        }
        for mut finding in there.report.findings {
            finding.place = format!("{}{}", due.excerpt, finding.place);
            self.report.findings.push(finding);
        }
        further
    }

    /// The record of the export that the bundle left with, and what was said of it when it came.
    fn export_there(&mut self, verifier: &Verifier, received: &Received) {
        let (signed, proof) = self.proved(verifier, layout::EXPORT_LEAF, layout::EXPORT_PROOF);
        let (Some(signed), Some(proof)) = (signed, proof) else { return };
        self.signer(&signed, layout::EXPORT_LEAF, Some(proof.index));
        let Event::Export(export) = signed.leaf.event else {
            let message = "it does not record an export";
            self.fault(codes::BUNDLE_EXPORT, layout::EXPORT_LEAF, message);
            return;
        };
        self.actors_listed(&export);
        self.state(verifier, &export, &proof);
        self.growth(verifier, &proof);
        let seen = custody::checkpoint::open(proof.checkpoint.as_bytes(), verifier).ok();
        let same = verifier.vkey() == received.log_key
            && verifier.name() == received.origin
            && proof.index == received.export
            && export.tagmanifest == received.tagmanifest
            && (export.items, export.list) == (received.items, received.list)
            && seen.is_some_and(|seen| {
                (seen.size, Sha256(seen.root)) == (received.tree_size, received.root)
            });
        if !same {
            let message = "it is not the export that the record of what was received names";
            self.fault(codes::BUNDLE_ORIGIN, layout::EXPORT_LEAF, message);
        }
    }

    /// Each capture that says where its item came from is what the capture there says.
    fn agree(&mut self, due: &Due, there: &BTreeMap<u64, Leaf>) {
        for (place, capture) in &due.captures {
            let leaf = capture.received.and_then(|from| there.get(&from.leaf));
            let same = matches!(leaf.map(|leaf| &leaf.event), Some(Event::Capture(first))
                if taken_over(first, capture));
            if !same {
                let message = format!(
                    "the record that it names in {} is not there, not proved, or says something \
                     else of the item",
                    due.excerpt
                );
                self.fault(codes::BUNDLE_ORIGIN_ITEM, place, message);
            }
        }
    }

    /// No record in an excerpt but those that open the log, are about its actors, about the items
    /// that came, or about where those came from.
    fn only_these(&mut self, due: &Due) {
        let items: BTreeSet<Sha256> =
            due.captures.iter().map(|(_, capture)| capture.item.sha256).collect();
        let fits = |index: u64, event: &Event| match event {
            Event::Genesis(_) => index == 0,
            Event::Received(_) => true,
            Event::Capture(capture) => items.contains(&capture.item.sha256),
            Event::Reading(reading) => items.contains(&reading.item),
            // Where two persons must sign, it is about actors.
            Event::Erasure(_) => true,
            other => actors::is_about_actors(other),
        };
        let strays: Vec<u64> = self
            .leaves
            .iter()
            .filter(|(index, leaf)| !fits(**index, &leaf.event))
            .map(|(index, _)| *index)
            .collect();
        for index in strays {
            let message = "it is about no item that came from there";
            self.fault(codes::BUNDLE_ORIGIN_STRAY, &layout::leaf(index), message);
        }
    }

    /// One log has one record at a place, whichever excerpt tells of it: else it was forked.
    fn told_before(&mut self, log: &Verifier, known: &mut BTreeMap<(String, u64), Sha256>) {
        let log_key = log.vkey();
        let mut forked = Vec::new();
        for (index, leaf) in &self.leaves {
            let digest = Sha256::of(&canonical::to_bytes(leaf));
            let first = *known.entry((log_key.clone(), *index)).or_insert(digest);
            if first != digest {
                forked.push(*index);
            }
        }
        for index in forked {
            let message = "another record of this log stands at the same place elsewhere in this \
                           bundle: the log was told in two ways";
            self.fault(codes::BUNDLE_ORIGIN_FORK, &layout::leaf(index), message);
        }
    }
}

/// Whether the capture of an item that came from another archive says what the one there says.
pub fn taken_over(there: &Capture, here: &Capture) -> bool {
    let due =
        Capture { method: layout::FROM_BUNDLE.into(), received: here.received, ..there.clone() };
    due == *here
}

impl OtherLog {
    /// What the chains of `items` are drawn from, as far as this log goes.
    pub fn grounds<'a>(
        &'a self,
        items: &'a [Held],
        nothing: &'a Nothing,
    ) -> provenance::Grounds<'a> {
        provenance::Grounds {
            origin: &self.origin,
            log_key: &self.log_key,
            log_size: self.size,
            records: &self.records,
            items,
            findings: &nothing.findings,
            lists: &nothing.lists,
            opened: &nothing.opened,
            asked: &self.asked,
            before: &[],
        }
    }
}

/// What never comes along of another log.
#[derive(Debug, Default)]
pub struct Nothing {
    findings: BTreeMap<u64, Vec<Finding>>,
    lists: BTreeMap<u64, Vec<Sha256>>,
    opened: BTreeMap<(u64, String), String>,
}
