//! The text of an item beside its figures: where in the text the places of a reading lie.

use crate::Error;
use crate::catalogue::Item;
use archive::Case;
use read::READ_LIMIT_BYTES;
use record::reading::Piece;
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
        let range = if self.map.is_empty() {
            place.start..place.end
        } else {
            let first = self.map.iter().find(|piece| place.start < piece.item.end)?;
            let last = self.map.iter().rev().find(|piece| piece.item.start < place.end)?;
            let start = if is_verbatim(first) {
                first.text.start + place.start.saturating_sub(first.item.start)
            } else {
                first.text.start
            };
            let end = if is_verbatim(last) {
                last.text.start + (place.end - last.item.start).min(last.item.len())
            } else {
                last.text.end
            };
            start..end
        };
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        self.text.get(range.clone()).map(|_| range)
    }
}

fn is_verbatim(piece: &Piece) -> bool {
    piece.item.len() == piece.text.len()
}

/// Bytes as text: the reader took them for UTF-8, so only a cut at the read limit can be ragged.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let valid = error.utf8_error().valid_up_to();
        String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned()
    })
}
