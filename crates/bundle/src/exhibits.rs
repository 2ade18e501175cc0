//! The check of what a bundle is about: exhibits, readings, openings, each against proved records.
//!
//! Only records whose proofs hold are looked at: an exhibit that rests on any other must not pass.

use crate::verify::{Check, JSON_LIMIT_BYTES};
use crate::write::ExhibitLine;
use crate::{codes, layout};
use record::{Capture, Event, Opening, Reading, ReadingMade, Span, canonical};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

impl Check<'_> {
    /// Each exhibit against its records, each payload file against the exhibits.
    pub(crate) fn exhibits(&mut self) {
        let Some(text) = self.text(layout::EXHIBITS, JSON_LIMIT_BYTES) else { return };
        let mut used = BTreeSet::new();
        let mut last = 0;
        let mut used_leaves = BTreeSet::from([0]);
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}, line {}", layout::EXHIBITS, number + 1);
            let Ok(line) = canonical::from_bytes::<ExhibitLine>(line.as_bytes()) else {
                self.fault(codes::BUNDLE_FORM, &place, "this line does not describe an exhibit");
                continue;
            };
            self.report.exhibits += 1;
            if line.number <= last {
                let message = "exhibits are numbered from 1 in rising order, each once";
                self.fault(codes::BUNDLE_EXHIBIT, &place, message);
            }
            last = line.number;
            used.insert(line.path.clone());
            used.extend(line.reading.clone());
            used_leaves.extend(line.leaves.iter().copied());
            self.exhibit(&place, &line);
        }
        let unused: Vec<String> =
            self.digests.keys().filter(|path| !used.contains(*path)).cloned().collect();
        for path in unused {
            self.fault(codes::BUNDLE_EXHIBIT, &path, "no exhibit accounts for this file");
        }
        // Records about timestamps belong to no exhibit: `stamps` accounts for them.
        let stamps =
            |event: &Event| matches!(event, Event::TimestampRequest(_) | Event::Timestamp(_));
        let unused: Vec<u64> = self
            .leaves
            .iter()
            .filter(|(index, leaf)| !used_leaves.contains(*index) && !stamps(&leaf.event))
            .map(|(index, _)| *index)
            .collect();
        for index in unused {
            self.fault(
                codes::BUNDLE_EXHIBIT,
                &layout::leaf(index),
                "no exhibit accounts for this record",
            );
        }
    }

    fn exhibit(&mut self, place: &str, line: &ExhibitLine) {
        if self.digests.get(&line.path) != Some(&line.item) {
            self.fault(
                codes::BUNDLE_EXHIBIT,
                place,
                format!("{} does not have the digests of the exhibit", line.path),
            );
        }
        let due = line.reading.as_ref().map(|_| layout::reading(line.number));
        if line.path != layout::item(line.number, &line.name) || line.reading != due {
            let message = "its files do not bear its number and name";
            self.fault(codes::BUNDLE_EXHIBIT, place, message);
        }
        let mut captures: Vec<Capture> = Vec::new();
        let mut readings: Vec<ReadingMade> = Vec::new();
        for index in &line.leaves {
            match self.leaves.get(index).map(|leaf| &leaf.event) {
                Some(Event::Capture(capture)) => captures.push(capture.clone()),
                Some(Event::Reading(reading)) => readings.push(reading.clone()),
                _ => {}
            }
        }
        let captured = captures.iter().any(|c| c.item == line.item && c.name.text == line.name);
        if captures.len() + readings.len() != line.leaves.len() || !captured {
            self.fault(
                codes::BUNDLE_EXHIBIT,
                place,
                "no proved record says that this item was taken in under this name",
            );
        }
        if captures.iter().any(|capture| capture.item != line.item)
            || readings.iter().any(|reading| reading.item != line.item.sha256)
        {
            self.fault(
                codes::BUNDLE_EXHIBIT,
                place,
                "a record listed for this exhibit speaks of another item",
            );
        }
        match &line.reading {
            Some(path) => self.reading(path, line, &readings),
            None if readings.is_empty() => {}
            None => self.fault(
                codes::BUNDLE_EXHIBIT,
                place,
                "it was read, and its reading is not there",
            ),
        }
    }

    fn reading(&mut self, path: &str, line: &ExhibitLine, recorded: &[ReadingMade]) {
        let found = self.digests.get(path).copied();
        if !recorded.iter().any(|reading| Some(reading.reading) == found) {
            self.fault(
                codes::BUNDLE_READING,
                path,
                "no proved record says that this reading was made",
            );
            return;
        }
        let Some(text) = self.text(path, JSON_LIMIT_BYTES) else { return };
        let Ok(reading) = canonical::from_bytes::<Reading>(text.as_bytes()) else {
            self.fault(codes::BUNDLE_READING, path, "it is no reading");
            return;
        };
        if reading.item != line.item.sha256 {
            self.fault(codes::BUNDLE_READING, path, "it is the reading of another item");
        }
        // A plain text is its own text: every figure's words must stand where it says.
        if reading.text.is_some() || reading.figures.is_empty() {
            return;
        }
        let item = self.root.join(&line.path);
        let bytes = File::open(&item).and_then(|file| {
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
        #[derive(Deserialize)]
        struct Line {
            leaf: u64,
            #[serde(flatten)]
            opening: Opening,
        }
        let Some(text) = self.text(layout::OPENINGS, JSON_LIMIT_BYTES) else { return };
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}, line {}", layout::OPENINGS, number + 1);
            let opens = serde_json::from_str::<Line>(line).is_ok_and(|line| {
                let Line { leaf, opening } = line;
                let event = self.leaves.get(&leaf).map(|leaf| &leaf.event);
                matches!(event, Some(Event::Capture(capture))
                    if capture.withheld.get(&opening.field) == Some(&opening.commitment()))
            });
            if !opens {
                self.fault(
                    codes::BUNDLE_OPENING,
                    &place,
                    "it opens no withheld field of a record in this bundle",
                );
            }
        }
    }
}
