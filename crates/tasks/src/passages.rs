//! The text of an item beside its figures: where in the text the places of a reading lie.

use crate::Error;
use crate::catalogue::Item;
use archive::Case;
use read::READ_LIMIT_BYTES;
use record::reading::{Piece, to_text};
use record::{Reading, Span};
use std::ops::Range;

/// An item's text with the way from its bytes into it.
#[derive(Debug)]
pub struct Passages {
    /// The text.
    pub text: String,
    /// Pieces of the text; empty where the text is the item itself.
    map: Vec<Piece>,
}

impl Passages {
    /// The text of `item` as `reading` has it.
    pub fn of(case: &Case, item: &Item, reading: &Reading) -> Result<Self, Error> {
        if reading.text.is_some() || reading.figures.is_empty() && reading.main.is_empty() {
            return Ok(Self::from(reading, Vec::new()));
        }
        Ok(Self::from(reading, case.read(item.digests.sha256, READ_LIMIT_BYTES)?))
    }

    /// The text that `reading` made of `bytes`.
    pub fn from(reading: &Reading, bytes: Vec<u8>) -> Self {
        match &reading.text {
            Some(text) => Self { text: text.clone(), map: reading.map.clone() },
            None => Self { text: text_of(bytes), map: Vec::new() },
        }
    }

    /// Where in the text a place of the item lies; `None` where it lies outside.
    pub fn find(&self, place: Span) -> Option<Range<usize>> {
        let span = to_text(&self.map, place)?;
        let range = usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?;
        self.text.get(range.clone()).map(|_| range)
    }
}

/// Bytes as text: the reader took them for UTF-8, so only a cut at the read limit can be ragged.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = error.utf8_error().valid_up_to();
        String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned()
    })
}
