//! From bytes to text, with the way back: every piece of text leads to the bytes it came from.

use crate::{codes, problem, stated};
use encoding_rs::{Encoding, UTF_8};
use record::reading::{Piece, to_item};
use record::{Problem, Span, Stated};

/// Control characters that text may hold: tab, line feed, form feed, carriage return, escape.
const PLAIN_CONTROLS: [u8; 5] = [b'\t', b'\n', 0x0c, b'\r', 0x1b];

/// Decoded bytes.
#[derive(Debug)]
pub struct Decoded {
    /// The text; `None` where the bytes are UTF-8 and so are the text themselves.
    pub text: Option<String>,
    /// The pieces of the text; empty where `text` is `None`.
    pub map: Vec<Piece>,
    /// The encoding, and how it was known.
    pub encoding: Stated,
    /// Problems met.
    pub problems: Vec<Problem>,
}

impl Decoded {
    /// Leads a span of the text back to the item's bytes.
    pub fn place_of(&self, span: Span) -> Span {
        to_item(&self.map, span)
    }

    /// Leads the place of something found back to the item's bytes.
    pub fn place(&self, found: Stated) -> Stated {
        Stated { span: found.span.map(|span| self.place_of(span)), ..found }
    }
}

/// Whether `head`, the beginning of an item, is text of some encoding: no control characters but
/// those that text has, and UTF-16 only with its mark.
pub fn is_text(head: &[u8]) -> bool {
    if Encoding::for_bom(head).is_some() {
        return true;
    }
    !head.iter().any(|byte| *byte < b' ' && !PLAIN_CONTROLS.contains(byte) || *byte == 0x7f)
}

/// Decodes text.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some((encoding, _)) = Encoding::for_bom(bytes)
        && encoding != UTF_8
    {
        return decode_as(bytes, encoding, "encoding.byte-order-mark", Vec::new());
    }
    // A limit may cut the last character in two: that is no error of the item.
    let utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && bytes.len() - error.valid_up_to() < 4,
    };
    if utf8 {
        let encoding = stated("UTF-8", "encoding.valid-utf-8", None);
        let whole = std::str::from_utf8(bytes).is_ok();
        let text = if whole { None } else { Some(String::from_utf8_lossy(bytes).into_owned()) };
        let map = text.as_deref().map(verbatim_but_last).unwrap_or_default();
        return Decoded { text, map, encoding, problems: Vec::new() };
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    let message = format!(
        "the encoding is not stated and was guessed to be {}: check names and accents",
        encoding.name()
    );
    let guessed = problem(codes::ENCODING_GUESSED, &message, None);
    decode_as(bytes, encoding, "encoding.guessed", vec![guessed])
}

/// Decodes a page in the encoding that it names for itself.
pub fn decode_named(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    decode_as(bytes, encoding, "encoding.named", Vec::new())
}

/// The map of a text whose last character, cut off, became U+FFFD.
fn verbatim_but_last(text: &str) -> Vec<Piece> {
    let end = text.trim_end_matches('\u{fffd}').len() as u64;
    vec![Piece { item: Span::new(0, end), text: Span::new(0, end) }]
}

fn decode_as(
    bytes: &[u8],
    encoding: &'static Encoding,
    rule: &str,
    mut problems: Vec<Problem>,
) -> Decoded {
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut text = String::new();
    let mut map: Vec<Piece> = Vec::new();
    let mut errors: Vec<Span> = Vec::new();
    let mark = Encoding::for_bom(bytes).map_or(0, |(_, length)| length);
    let (mut start, mut buffer) = (mark, [0u8; 16]);
    // Byte by byte, so that it is known which bytes each character came from.
    for at in 0..bytes.len() {
        let last = at + 1 == bytes.len();
        let source = &bytes[at..=at];
        let (result, _, written) =
            decoder.decode_to_utf8_without_replacement(source, &mut buffer, last);
        let chars = std::str::from_utf8(&buffer[..written]).unwrap_or_default();
        let item = Span::new(start as u64, at as u64 + 1);
        if matches!(result, encoding_rs::DecoderResult::Malformed(..)) {
            errors.push(item);
            push(&mut text, &mut map, "\u{fffd}", item);
            start = at + 1;
        } else if !chars.is_empty() {
            push(&mut text, &mut map, chars, item);
            start = at + 1;
        }
    }
    if let Some(first) = errors.first() {
        let message = format!(
            "{} place(s) mean nothing in {}; they are shown as U+FFFD: find a better copy",
            errors.len(),
            encoding.name()
        );
        problems.push(problem(codes::ENCODING_ERRORS, &message, Some(*first)));
    }
    Decoded { text: Some(text), map, encoding: stated(encoding.name(), rule, None), problems }
}

/// Adds decoded characters. ASCII that stands for itself is one piece as long as it lasts; of other
/// characters the letters of a word are one, so that the map stays small and a number's place
/// exact.
fn push(text: &mut String, map: &mut Vec<Piece>, chars: &str, item: Span) {
    let start = text.len() as u64;
    let letters = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let in_word = letters(text.chars().next_back()) && letters(chars.chars().next());
    text.push_str(chars);
    let piece = Piece { item, text: Span::new(start, text.len() as u64) };
    let ascii = chars.is_ascii() && piece.is_verbatim();
    match map.last_mut() {
        Some(last)
            if last.item.end == item.start && ascii == last.is_verbatim() && (ascii || in_word) =>
        {
            last.item.end = item.end;
            last.text.end = piece.text.end;
        }
        _ => map.push(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_piece_leads_back() {
        // "قُتل 12 مدنيا" in windows-1256, and a sentence with an accent in windows-1252.
        let (arabic, _, _) = encoding_rs::WINDOWS_1256.encode("قتل 12 مدنيا في المدينة اليوم");
        let decoded = decode_as(&arabic, encoding_rs::WINDOWS_1256, "x", Vec::new());
        let text = decoded.text.clone().unwrap();
        let at = text.find("12").unwrap() as u64;
        let place = decoded.place_of(Span::new(at, at + 2));
        assert_eq!(place.of(&arabic), Some(&b"12"[..]));
        let utf16: Vec<u8> =
            "\u{feff}42 people".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoded = decode(&utf16);
        assert_eq!(decoded.text.as_deref(), Some("42 people"));
        assert_eq!(decoded.place_of(Span::new(0, 2)).of(&utf16), Some(&b"4\x002\x00"[..]));
        assert_eq!(
            decode(b"caf\xe9 and caf\xe9s in the old town").problems[0].code,
            codes::ENCODING_GUESSED
        );
        assert!(decode("naïve".as_bytes()).text.is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let decoded = decode(&bytes);
            let mut end = Span::new(0, 0);
            for piece in &decoded.map {
                prop_assert!(piece.item.start >= end.start && piece.item.end <= bytes.len() as u64);
                prop_assert!(piece.text.end <= decoded.text.as_deref().unwrap_or_default().len() as u64);
                end = piece.item;
            }
        }
    }
}
