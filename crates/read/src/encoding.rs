//! From bytes to text, with the way back: every piece of text leads to the bytes it came from.

use crate::{codes, problem, stated};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use record::reading::{Piece, to_item};
use record::{Problem, Span, Stated};

/// Control characters that text may hold: tab, line feed, form feed, carriage return, escape.
const PLAIN_CONTROLS: [u8; 5] = [b'\t', b'\n', 0x0c, b'\r', 0x1b];

/// Most pieces of a map. A piece takes 32 bytes in memory, and some 85 in the reading: 16 MiB and
/// 44 MB. An Arabic text of one byte a letter has two pieces a word: 1.7 MB of it, some books, fit.
pub(crate) const MAP_LIMIT_PIECES: usize = 1 << 19;

/// Decoded bytes.
#[derive(Debug)]
pub struct Decoded {
    /// The text; `None` where the bytes, up to `end`, are UTF-8 and so are the text themselves.
    pub text: Option<String>,
    /// The pieces of the text; empty where `text` is `None`.
    pub map: Vec<Piece>,
    /// Bytes of the item that were decoded: all, unless the last character is cut off or the map is
    /// full.
    pub end: usize,
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

/// Decodes text; `is_cut` where it is only the beginning of an item.
pub fn decode(bytes: &[u8], is_cut: bool) -> Decoded {
    let mark = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    if let Some(encoding) = mark.filter(|encoding| *encoding != UTF_8) {
        return decode_as(bytes, encoding, "encoding.byte-order-mark", Vec::new());
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return verbatim(bytes.len()),
        // A limit may cut the last character in two: that is no error of the item.
        Err(error) if is_cut && error.error_len().is_none() => {
            return verbatim(error.valid_up_to());
        }
        Err(_) => {}
    }
    if mark.is_some() {
        return decode_as(bytes, UTF_8, "encoding.byte-order-mark", Vec::new());
    }
    if is_mostly_utf8(bytes) {
        return decode_as(bytes, UTF_8, "encoding.mostly-utf-8", Vec::new());
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

/// Decodes a page in the encoding that it names for itself; a byte order mark weighs more (WHATWG
/// Encoding, "decode").
pub fn decode_named(bytes: &[u8], encoding: &'static Encoding) -> Decoded {
    match Encoding::for_bom(bytes) {
        Some(_) => decode(bytes, false),
        None => decode_as(bytes, encoding, "encoding.named", Vec::new()),
    }
}

/// Bytes that are the text themselves, up to `end`.
fn verbatim(end: usize) -> Decoded {
    let encoding = stated("UTF-8", "encoding.valid-utf-8", None);
    Decoded { text: None, map: Vec::new(), end, encoding, problems: Vec::new() }
}

/// Whether more characters of several bytes are whole than broken. In other encodings the letters
/// beyond ASCII hardly ever form such characters, so a damaged UTF-8 text is told from them.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

fn decode_as(
    bytes: &[u8],
    encoding: &'static Encoding,
    rule: &str,
    mut problems: Vec<Problem>,
) -> Decoded {
    let own_mark = Encoding::for_bom(bytes).filter(|(marked, _)| *marked == encoding);
    let mut at = own_mark.map_or(0, |(_, length)| length);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut line = Line::default();
    let (mut start, mut buffer) = (at, [0u8; 16]);
    let mut errors: (usize, Option<Span>) = (0, None);
    // Byte by byte, so that it is known which bytes each character came from; none where the
    // decoder still holds a character that it met behind a broken one.
    let unit = if [UTF_16LE, UTF_16BE].contains(&encoding) { 2 } else { 1 };
    let mut step = 1;
    while line.map.len() < MAP_LIMIT_PIECES {
        let next = bytes.len().min(at + step);
        let source = bytes.get(at..next).unwrap_or_default();
        let last = next == bytes.len();
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(source, &mut buffer, last);
        at += read;
        let chars = std::str::from_utf8(buffer.get(..written).unwrap_or_default());
        let chars = chars.unwrap_or_default();
        let (broken, after) = match result {
            DecoderResult::Malformed(broken, after) => (usize::from(broken), usize::from(after)),
            _ => (0, 0),
        };
        let end = at.saturating_sub(after).max(start);
        let whole = match read {
            // What was held back begins with one ASCII character, one unit long.
            0 if chars.len() == 1 => end.min(start + unit),
            _ => end.saturating_sub(broken).max(start),
        };
        if !chars.is_empty() {
            line.push(chars, Span::new(start as u64, whole as u64));
            start = whole;
        }
        if broken > 0 {
            let place = Span::new(start as u64, end as u64);
            line.push("\u{fffd}", place);
            errors = (errors.0 + 1, errors.1.or(Some(place)));
            start = end;
        }
        step = usize::from(after == 0);
        if last && matches!(result, DecoderResult::InputEmpty) {
            break;
        }
    }
    if let (count, Some(first)) = errors {
        let message = format!(
            "{count} place(s) mean nothing in {}; they are shown as U+FFFD: find a better copy",
            encoding.name()
        );
        problems.push(problem(codes::ENCODING_ERRORS, &message, Some(first)));
    }
    let encoding = stated(encoding.name(), rule, None);
    Decoded { text: Some(line.text), map: line.map, end: start, encoding, problems }
}

/// Decoded text with its map.
#[derive(Default)]
struct Line {
    text: String,
    map: Vec<Piece>,
    /// Whether letters of a page's character reference are passing (`&ampAt` ends in a word).
    in_reference: bool,
}

impl Line {
    /// Adds decoded characters. Characters as long in the item as in UTF-8 are one piece as long as
    /// they last; of the others the letters of a word are one, so that the map stays small and a
    /// number's place exact.
    fn push(&mut self, chars: &str, item: Span) {
        let start = self.text.len() as u64;
        let letters = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        let in_word = letters(self.text.chars().next_back()) && letters(chars.chars().next());
        let in_word = in_word && !self.in_reference;
        self.in_reference =
            chars == "&" || self.in_reference && chars.chars().all(char::is_alphanumeric);
        self.text.push_str(chars);
        let piece = Piece { item, text: Span::new(start, self.text.len() as u64) };
        let Some(last) = self.map.last_mut().filter(|last| last.item.end == item.start) else {
            self.map.push(piece);
            return;
        };
        let joined = Piece {
            item: Span::new(last.item.start, item.end),
            text: Span::new(last.text.start, piece.text.end),
        };
        let joins = match (last.is_verbatim(), piece.is_verbatim()) {
            (true, true) => true,
            // Never may a piece look verbatim that is not so in every character.
            (false, false) => in_word && !joined.is_verbatim(),
            _ => false,
        };
        if joins { *last = joined } else { self.map.push(piece) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expect_text: &str, expect_encoding: &str, expect_problems: &[&str]) {
        let decoded = decode(bytes, false);
        let text = decoded.text.as_deref().or(std::str::from_utf8(bytes).ok());
        let problems: Vec<&str> = decoded.problems.iter().map(|p| p.code.as_str()).collect();
        assert_eq!(text, Some(expect_text));
        assert_eq!(
            format!("{} {}", decoded.encoding.value, decoded.encoding.rule),
            expect_encoding
        );
        assert_eq!(problems, expect_problems, "{expect_text}");
    }

    #[test]
    fn encodings_are_told_apart() {
        use codes::{ENCODING_ERRORS, ENCODING_GUESSED};
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        check("naïve".as_bytes(), "naïve", "UTF-8 encoding.valid-utf-8", &[]);
        check(&utf16("\u{feff}42 people"), "42 people", "UTF-16LE encoding.byte-order-mark", &[]);
        check(
            b"caf\xe9 and caf\xe9s in the old town",
            "café and cafés in the old town",
            "windows-1252 encoding.guessed",
            &[ENCODING_GUESSED],
        );
        // One broken character must not make another encoding of a whole Arabic text; what follows
        // the broken one stays.
        check(
            "قتل \u{1}12 مدنيا".replace('\u{1}', "\u{e000}").as_bytes(),
            "قتل \u{e000}12 مدنيا",
            "UTF-8 encoding.valid-utf-8",
            &[],
        );
        let mut broken = "قتل ".as_bytes().to_vec();
        broken.extend(b"\xd9");
        broken.extend("12 مدنيا".as_bytes());
        check(&broken, "قتل \u{fffd}12 مدنيا", "UTF-8 encoding.mostly-utf-8", &[ENCODING_ERRORS]);
        check(
            b"\xef\xbb\xbfa\xffb",
            "a\u{fffd}b",
            "UTF-8 encoding.byte-order-mark",
            &[ENCODING_ERRORS],
        );
    }

    #[test]
    fn every_piece_leads_back() {
        let (arabic, _, _) = encoding_rs::WINDOWS_1256.encode("قتل 12 مدنيا في المدينة اليوم");
        let decoded = decode_as(&arabic, encoding_rs::WINDOWS_1256, "x", Vec::new());
        let text = decoded.text.clone().unwrap();
        let at = text.find("12").unwrap() as u64;
        assert_eq!(decoded.place_of(Span::new(at, at + 2)).of(&arabic), Some(&b"12"[..]));
        let utf16: Vec<u8> = "\u{feff}42 a中b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let decoded = decode(&utf16, false);
        assert_eq!(decoded.place_of(Span::new(0, 2)).of(&utf16), Some(&b"4\x002\x00"[..]));
        assert!(decoded.map.iter().all(|piece| !piece.is_verbatim()), "{:?}", decoded.map);
    }

    #[test]
    fn a_full_map_ends_the_text() {
        let bytes: Vec<u8> = b"\xe91".iter().copied().cycle().take(MAP_LIMIT_PIECES * 4).collect();
        let decoded = decode_as(&bytes, encoding_rs::WINDOWS_1252, "x", Vec::new());
        assert_eq!((decoded.map.len(), decoded.end), (MAP_LIMIT_PIECES, MAP_LIMIT_PIECES));
    }

    /// What leads back is exact: the bytes of any span of whole characters decode to them.
    fn check_map(bytes: &[u8], encoding: &'static Encoding) {
        let decoded = decode_as(bytes, encoding, "x", Vec::new());
        let text = decoded.text.clone().unwrap_or_default();
        let (mut item, mut at) = (0, 0);
        for piece in &decoded.map {
            assert!(piece.item.start >= item && piece.item.end <= bytes.len() as u64);
            assert_eq!(piece.text.start, at);
            let words = &text[piece.text.start as usize..piece.text.end as usize];
            let again = encoding.decode_without_bom_handling(piece.item.of(bytes).unwrap()).0;
            if !words.contains('\u{fffd}') {
                assert_eq!(again, words);
            }
            (item, at) = (piece.item.end, piece.text.end);
        }
        assert_eq!(at, text.len() as u64);
        assert_eq!(decoded.end, bytes.len());
    }

    proptest! {
        #[test]
        fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for encoding in [
                UTF_8,
                encoding_rs::WINDOWS_1256,
                UTF_16LE,
                encoding_rs::SHIFT_JIS,
                encoding_rs::GBK,
                encoding_rs::EUC_KR,
            ] {
                check_map(&bytes, encoding);
            }
            decode(&bytes, false);
            decode(&bytes, true);
        }
    }
}
