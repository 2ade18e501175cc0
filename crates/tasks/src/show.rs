//! `casefile show`: an item's text with every figure marked, and where it came from.

use crate::passages::Passages;
use crate::{Error, catalogue};
use archive::Case;
pub use bundle::page::describe;
use record::{Capture, Digests, Reading};
use serde::Serialize;
use std::ops::Range;
use std::path::Path;

/// An item in full.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Its number.
    pub number: u64,
    /// Its digests.
    pub item: Digests,
    /// Where its bytes lie in the case.
    pub object: String,
    /// What is to be known where it is sealed or erased.
    pub sealed: Option<String>,
    /// Every capture of it: leaf, time, record.
    pub captures: Vec<(u64, String, Capture)>,
    /// Its newest reading, with the leaf that records it.
    pub reading: Option<(u64, Reading)>,
    /// Its text.
    pub text: String,
    /// Where in the text its figures stand (bytes), in order: range and index into the reading's
    /// list.
    pub marks: Vec<(Range<usize>, usize)>,
}

/// Shows the item that `wanted` names.
pub fn run(root: &Path, wanted: &str) -> Result<Shown, Error> {
    let case = Case::open(root)?;
    let items = catalogue::items(&case)?;
    let item = catalogue::find(&items, wanted)?;
    let reading = catalogue::reading(&case, item)?;
    let (mut text, mut marks) = (String::new(), Vec::new());
    if let Some(reading) = &reading {
        let passages = Passages::of(&case, item, reading)?;
        marks = marks_of(reading, &passages);
        text = passages.text;
    }
    let captures = item.captures.iter().map(|c| (c.leaf, c.time.clone(), c.what.clone())).collect();
    let leaf = item.readings.last().map_or(0, |reading| reading.leaf);
    Ok(Shown {
        number: item.number,
        item: item.digests,
        object: archive::layout::object(item.digests.sha256),
        sealed: item.sealed_words(),
        captures,
        reading: reading.map(|reading| (leaf, reading)),
        text,
        marks,
    })
}

/// Where the figures of a reading stand in its text.
pub fn marks_of(reading: &Reading, passages: &Passages) -> Vec<(Range<usize>, usize)> {
    let places = reading.figures.iter().enumerate();
    places.filter_map(|(index, figure)| Some((passages.find(figure.span())?, index))).collect()
}
