//! What one reader version derived from one item: text, metadata, figures, problems.
//!
//! A reading is machine output, kept as an object and marked with the reader that made it. It never
//! states a number without the words it was derived from and the rules that derived it.

use crate::{Sha256, Span};
use serde::{Deserialize, Serialize};

/// The version of this form, the `v` of every reading (docs/format/reading.md).
pub const READING_VERSION: u32 = 1;

/// What one reader version derived from one item. All spans are byte offsets into the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Form of this record: [`READING_VERSION`].
    pub v: u32,
    /// The item that was read.
    pub item: Sha256,
    /// Size of the item in bytes.
    pub item_size: u64,
    /// Reader and version, such as `text/1` or `html/1`.
    pub reader: String,
    /// What the bytes are, judged by their content: `text/plain`, `text/html`, or
    /// `application/octet-stream` where no reader knows them.
    pub media_type: String,
    /// Character encoding the bytes were decoded with, by its WHATWG name, and how it was known.
    pub encoding: Option<Stated>,
    /// Headline.
    pub title: Option<Stated>,
    /// Author line.
    pub byline: Option<Stated>,
    /// Outlet that published it, where the item names it.
    pub outlet: Option<Stated>,
    /// Agency and photo credits, such as "With files from Reuters".
    pub credits: Vec<Stated>,
    /// Publication date, ISO 8601 day, with the rule that found it.
    pub published: Option<Stated>,
    /// Date of the last change the item states, ISO 8601 day.
    pub modified: Option<Stated>,
    /// Language, ISO 639-1, and the rule that found it.
    pub language: Option<Stated>,
    /// `ltr` or `rtl`.
    pub direction: String,
    /// The text, decoded; for a plain UTF-8 item `None`, since the item's bytes are the text.
    pub text: Option<String>,
    /// How `text` lies in the item, in text order; empty where `text` is `None` (offsets are
    /// equal).
    pub map: Vec<Piece>,
    /// Main text: spans of the *text* in order (page furniture is what lies between them).
    pub main: Vec<Span>,
    /// Every figure found, in order of place.
    pub figures: Vec<Figure>,
    /// What could not be read, or not whole.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// A reading that says nothing yet of an item of `item_size` bytes.
    pub fn empty(item: Sha256, item_size: u64, reader: &str) -> Self {
        Self {
            v: READING_VERSION,
            item,
            item_size,
            reader: reader.into(),
            media_type: "application/octet-stream".into(),
            encoding: None,
            title: None,
            byline: None,
            outlet: None,
            credits: Vec::new(),
            published: None,
            modified: None,
            language: None,
            direction: "ltr".into(),
            text: None,
            map: Vec::new(),
            main: Vec::new(),
            figures: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// Leads a span of the text to the item (docs/format/reading.md, "Map"). Without a map the text is
/// the item itself.
pub fn to_item(map: &[Piece], text: Span) -> Span {
    if map.is_empty() {
        return text;
    }
    let first = map.partition_point(|piece| piece.text.end <= text.start);
    let last = map.partition_point(|piece| piece.text.start < text.end);
    let end = map.last().map_or(0, |piece| piece.item.end);
    let start = match map.get(first) {
        Some(piece) if piece.is_verbatim() => {
            piece.item.start + text.start.saturating_sub(piece.text.start)
        }
        Some(piece) => piece.item.start,
        None => end,
    };
    // A line end behind the last piece stands for no bytes.
    let end = match last.checked_sub(1).and_then(|last| map.get(last)) {
        Some(piece) if piece.is_verbatim() => {
            piece.item.start + text.end.saturating_sub(piece.text.start).min(piece.item.len())
        }
        Some(piece) => piece.item.end,
        None => start,
    };
    Span::new(start, end)
}

/// Leads a place in the item to the text: the way back of [`to_item`]. `None` where no text came
/// from there.
pub fn to_text(map: &[Piece], item: Span) -> Option<Span> {
    if map.is_empty() {
        return Some(item);
    }
    let first = map.get(map.partition_point(|piece| piece.item.end <= item.start))?;
    let last = map.partition_point(|piece| piece.item.start < item.end);
    let last = map.get(last.checked_sub(1)?)?;
    let start = if first.is_verbatim() {
        first.text.start + item.start.saturating_sub(first.item.start)
    } else {
        first.text.start
    };
    let end = if last.is_verbatim() {
        last.text.start + item.end.saturating_sub(last.item.start).min(last.item.len())
    } else {
        last.text.end
    };
    Some(Span::new(start, end))
}

/// One piece of the text and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Bytes of the item.
    pub item: Span,
    /// Bytes of the text (UTF-8). Where both spans have one length the piece is verbatim, offset by
    /// offset; otherwise it was decoded (an entity, another encoding) and stands for the whole
    /// span.
    pub text: Span,
}

impl Piece {
    /// Whether its text is the item's bytes, offset by offset.
    pub fn is_verbatim(&self) -> bool {
        self.item.len() == self.text.len()
    }
}

/// A value with the words it rests on and the rule that found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The value: the words themselves, or a normal form of them (a date, a language code).
    pub value: String,
    /// Name of the rule (`casefile rules` explains each).
    pub rule: String,
    /// Where in the item the words stand; `None` where the rule does not rest on one place.
    pub span: Option<Span>,
}

/// A number that the report gives, as it gives it (field names of the labelling guide).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// First byte of the quantity in the item, hedge included ("more than 400,000").
    pub start: u64,
    /// Byte after the quantity.
    pub end: u64,
    /// The words of the quantity, decoded.
    pub text: String,
    /// Least value the words allow, or `None` where they set no lower bound.
    pub low: Option<u64>,
    /// Greatest value the words allow, or `None` where they set no upper bound.
    pub high: Option<u64>,
    /// How the number is hedged.
    pub hedge: Hedge,
    /// What is counted.
    pub measure: Measure,
    /// The counted group in the report's words ("civilians").
    pub whom: Option<String>,
    /// Who gives the figure, in the report's words; `None` where the outlet itself does.
    pub source: Option<String>,
    /// When it happened: ISO 8601 day, year or `start/end` interval.
    pub date: Option<String>,
    /// Most specific place named for it, in the report's words.
    pub place: Option<String>,
    /// Whether it is a total over a period or conflict rather than the toll of one incident.
    pub cumulative: bool,
    /// Names of the rules that gave value, measure, source, date and place, in that order of work.
    pub rules: Vec<String>,
}

impl Figure {
    /// Where it stands in the item.
    pub fn span(&self) -> Span {
        Span::new(self.start, self.end)
    }
}

/// How a number is hedged (labelling guide, `hedge`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hedge {
    /// No hedge word.
    Exact,
    /// "at least", "no fewer than".
    AtLeast,
    /// "more than", "over".
    MoreThan,
    /// "up to", "as many as".
    UpTo,
    /// "fewer than", "under".
    FewerThan,
    /// "about", "around", "some", "an estimated".
    About,
    /// "nearly", "almost".
    Nearly,
    /// "between 10 and 15", "10-15".
    Between,
    /// "dozens", "several", "many".
    Vague,
}

/// What a figure counts (labelling guide, `measure`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the guide's, and say it")]
pub enum Measure {
    Killed,
    Injured,
    KilledOrInjured,
    Missing,
    Detained,
    Abducted,
    Displaced,
    Evacuated,
    Besieged,
    Returned,
    Admitted,
    Affected,
    Present,
    Attacks,
    Destroyed,
    States,
    Other,
}

/// Something that could not be read, or not whole: never silent, always listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code, such as `empty-item` (docs/format/reading.md lists them).
    pub code: String,
    /// What and why, and what to do, for a person.
    pub message: String,
    /// Where in the item, if at one place.
    pub span: Option<Span>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_leads_both_ways() {
        // "a&amp;b <b>c</b>" as "a&b c".
        let piece = |item: (u64, u64), text: (u64, u64)| Piece {
            item: Span::new(item.0, item.1),
            text: Span::new(text.0, text.1),
        };
        let map = [
            piece((0, 1), (0, 1)),
            piece((1, 6), (1, 2)),
            piece((6, 8), (2, 4)),
            piece((11, 12), (4, 5)),
        ];
        for (text, item) in
            [((0, 1), (0, 1)), ((1, 2), (1, 6)), ((0, 3), (0, 7)), ((2, 5), (6, 12))]
        {
            let (text, item) = (Span::new(text.0, text.1), Span::new(item.0, item.1));
            assert_eq!(to_item(&map, text), item);
            assert_eq!(to_text(&map, item), Some(text));
        }
        assert_eq!(to_text(&map, Span::new(20, 21)), None);
        assert_eq!(to_item(&[], Span::new(1, 2)), Span::new(1, 2));
    }
}
