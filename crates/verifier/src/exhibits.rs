//! The check of what a bundle is about: exhibits, readings, openings, each against proved records.
//!
//! Only records whose proofs hold are looked at: an exhibit that rests on any other must not pass.

use crate::verify::{Check, JSON_LIMIT_BYTES};
use crate::{codes, layout};
use provenance::Held;
use record::{Capture, Digests, Erasure, Event, Opening, Reading, ReadingMade, Span, canonical};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

/// A line of `exhibits.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExhibitLine {
    /// Number.
    pub number: u64,
    /// Path of the item's bytes.
    pub path: String,
    /// Path of its reading.
    pub reading: Option<String>,
    /// The item.
    pub item: Digests,
    /// Name it came under.
    pub name: String,
    /// Indexes of the leaves about it.
    pub leaves: Vec<u64>,
}

impl ExhibitLine {
    /// The exhibit as the documents about custody speak of it.
    pub fn held(&self) -> Held {
        Held {
            number: self.number,
            item: self.item,
            name: self.name.clone(),
            path: Some(self.path.clone()),
            reading: self.reading.clone(),
        }
    }
}

/// What exhibits have spoken of so far.
#[derive(Default)]
struct Spoken {
    files: BTreeSet<String>,
    leaves: BTreeSet<u64>,
    items: BTreeSet<Digests>,
    last: u64,
}

/// A line of `openings.jsonl`.
#[derive(Serialize, Deserialize)]
pub struct OpeningLine {
    /// Index of the record that withholds the field.
    pub leaf: u64,
    /// What opens it.
    #[serde(flatten)]
    pub opening: Opening,
}

impl Check<'_> {
    /// Each exhibit against its records, each payload file against the exhibits.
    pub(crate) fn exhibits(&mut self) {
        let Some(text) = self.text(layout::EXHIBITS, JSON_LIMIT_BYTES) else { return };
        if !text.is_empty() && !text.ends_with('\n') {
            self.fault(codes::BUNDLE_FORM, layout::EXHIBITS, "its last line has no end");
        }
        let mut spoken = Spoken { leaves: BTreeSet::from([0]), ..Spoken::default() };
        for (number, line) in (1..).zip(text.split_terminator('\n')) {
            let place = format!("{}, line {number}", layout::EXHIBITS);
            let Ok(line) = canonical::from_bytes::<ExhibitLine>(line.as_bytes()) else {
                self.fault(codes::BUNDLE_FORM, &place, "this line does not describe an exhibit");
                continue;
            };
            self.report.exhibits += 1;
            self.items.push(line.item.sha256);
            self.basis.items.push(line.held());
            self.basis.listed.extend(&line.leaves);
            self.once(&place, &line, &mut spoken);
            self.exhibit(&place, &line);
        }
        let strays = |path: &&String| !spoken.files.contains(*path);
        let mut strays: Vec<String> = self.digests.keys().filter(strays).cloned().collect();
        // Records about others' word belong to no exhibit: `stamps`, `cosigned` and `origins`
        // account for them. Those about actors go with each bundle: `seals` counts them.
        let others = |index: &u64, event: &Event| {
            use Event::{Cosigned, Cosigner, Received, Timestamp, TimestampRequest};
            matches!(event, TimestampRequest(_) | Timestamp(_) | Cosigner(_) | Cosigned(_))
                || matches!(event, Received(_))
                || self.roster.records().binary_search(index).is_ok()
        };
        let unused = self
            .leaves
            .iter()
            .filter(|(index, leaf)| !spoken.leaves.contains(*index) && !others(index, &leaf.event));
        strays.extend(unused.map(|(index, _)| layout::leaf(*index)));
        for path in strays {
            self.fault(codes::BUNDLE_EXHIBIT_STRAY, &path, "it belongs to no exhibit");
        }
    }

    /// Each exhibit once, in rising order, and no record about two.
    fn once(&mut self, place: &str, line: &ExhibitLine, spoken: &mut Spoken) {
        if line.number < spoken.last || line.number == 0 {
            let message = "exhibits are numbered from 1 in rising order";
            self.fault(codes::BUNDLE_EXHIBIT_ORDER, place, message);
        }
        let again = line.number == spoken.last
            || !spoken.items.insert(line.item)
            || line.leaves.iter().filter(|index| !spoken.leaves.insert(**index)).count() > 0;
        if again {
            let message = "an exhibit, or a record about one, is listed twice";
            self.fault(codes::BUNDLE_EXHIBIT_TWICE, place, message);
        }
        spoken.last = line.number;
        spoken.files.insert(line.path.clone());
        spoken.files.extend(line.reading.clone());
    }

    fn exhibit(&mut self, place: &str, line: &ExhibitLine) {
        if self.digests.get(&line.path) != Some(&line.item) {
            let message = format!("{} does not have the digests of the exhibit", line.path);
            self.fault(codes::BUNDLE_EXHIBIT_BYTES, place, message);
        }
        let due = line.reading.as_ref().map(|_| layout::reading(line.number));
        if line.path != layout::item(line.number, &line.name) || line.reading != due {
            let message = "its files do not bear its number and name";
            self.fault(codes::BUNDLE_EXHIBIT, place, message);
        }
        let mut captures: Vec<Capture> = Vec::new();
        let mut readings: Vec<ReadingMade> = Vec::new();
        let mut erasures: Vec<Erasure> = Vec::new();
        for index in &line.leaves {
            match self.leaves.get(index).map(|leaf| &leaf.event) {
                Some(Event::Capture(capture)) => {
                    captures.push(capture.clone());
                    let first = self.taken_in.entry(line.number).or_insert(*index);
                    *first = (*first).min(*index);
                }
                Some(Event::Reading(reading)) => readings.push(reading.clone()),
                Some(Event::Erasure(erasure)) => {
                    if self.roster.erasure(*index).is_some() {
                        erasures.push(erasure.clone());
                    } else {
                        let message = format!(
                            "leaf {index} erases it by the word of one person, where two must sign"
                        );
                        self.fault(codes::BUNDLE_ERASURE_ALONE, place, message);
                    }
                }
                _ => {
                    let message = format!("leaf {index} is no proved record about an item");
                    self.fault(codes::BUNDLE_EXHIBIT_RECORD, place, message);
                }
            }
        }
        if captures.iter().any(|capture| capture.item != line.item)
            || readings.iter().any(|reading| reading.item != line.item.sha256)
        {
            let message = "a record listed for this exhibit speaks of another item";
            self.fault(codes::BUNDLE_EXHIBIT_RECORD, place, message);
        }
        if !captures.iter().any(|c| c.item == line.item && c.name.text == line.name) {
            let message = "no proved record says that this item was taken in under this name";
            self.fault(codes::BUNDLE_EXHIBIT_UNRECORDED, place, message);
        }
        self.sealed(place, line, &captures, &erasures);
        match &line.reading {
            Some(path) => self.reading(path, line, &readings),
            None if readings.is_empty() => {}
            None => {
                let message = "it was read, and its reading is not there";
                self.fault(codes::BUNDLE_EXHIBIT_READING, place, message);
            }
        }
    }

    fn reading(&mut self, path: &str, line: &ExhibitLine, recorded: &[ReadingMade]) {
        let found = self.digests.get(path).copied();
        if !recorded.iter().any(|reading| Some(reading.reading) == found) {
            let message = "no proved record says that this reading was made";
            self.fault(codes::BUNDLE_READING_UNRECORDED, path, message);
            return;
        }
        let Some(text) = self.text(path, JSON_LIMIT_BYTES) else { return };
        let Ok(reading) = canonical::from_bytes::<Reading>(text.as_bytes()) else {
            self.fault(codes::BUNDLE_READING, path, "it is no reading");
            return;
        };
        if reading.item != line.item.sha256 || reading.item_size != line.item.size {
            self.fault(codes::BUNDLE_READING, path, "it is the reading of another item");
        }
        // A plain text is its own text: every figure's words must stand where it says.
        if reading.text.is_some() || reading.figures.is_empty() || !self.is_plain(&line.path) {
            return;
        }
        let bytes = File::open(self.root.join(&line.path)).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(JSON_LIMIT_BYTES).read_to_end(&mut bytes).map(|_| bytes)
        });
        let Ok(bytes) = bytes else { return };
        for figure in &reading.figures {
            if Span::new(figure.start, figure.end).of(&bytes) != Some(figure.text.as_bytes()) {
                let message = format!(
                    "the figure {:?} does not stand at bytes {} to {} of the item",
                    figure.text, figure.start, figure.end
                );
                self.fault(codes::BUNDLE_READING, path, message);
            }
        }
    }

    /// Each opening that the bundle discloses against the commitment in its leaf.
    pub(crate) fn openings(&mut self) {
        let Some(text) = self.text(layout::OPENINGS, JSON_LIMIT_BYTES) else { return };
        if !text.ends_with('\n') {
            let message = "it is empty, or its last line has no end";
            self.fault(codes::BUNDLE_OPENING, layout::OPENINGS, message);
        }
        for (number, line) in (1..).zip(text.split_terminator('\n')) {
            let opened = canonical::from_bytes::<OpeningLine>(line.as_bytes()).ok();
            let opened = opened.filter(|OpeningLine { leaf, opening }| {
                let event = self.leaves.get(leaf).map(|leaf| &leaf.event);
                matches!(event, Some(Event::Capture(capture))
                    if capture.withheld.get(&opening.field) == Some(&opening.commitment()))
            });
            if let Some(line) = opened {
                let Opening { field, value, .. } = line.opening;
                self.basis.opened.insert((line.leaf, field.clone()), value);
                self.opened.insert(field);
            } else {
                let place = format!("{}, line {number}", layout::OPENINGS);
                let message = "it opens no withheld field of a record in this bundle";
                self.fault(codes::BUNDLE_OPENING, &place, message);
            }
        }
    }
}
