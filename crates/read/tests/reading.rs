//! Whole readings: what each kind of item gives, and what must hold of any bytes at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;
use read::{Facts, READ_LIMIT_BYTES, codes, flatten};
use record::{Reading, Sha256, Span};

fn read(bytes: &[u8]) -> Reading {
    let reading = read::read(Sha256::of(bytes), bytes, bytes.len() as u64, &Facts::default());
    hold(&reading, bytes);
    reading
}

/// What must hold of every reading.
fn hold(reading: &Reading, bytes: &[u8]) {
    let size = bytes.len() as u64;
    let text = match &reading.text {
        Some(text) => text.as_bytes(),
        None => bytes,
    };
    let (mut item_at, mut text_at) = (0, 0);
    for piece in &reading.map {
        assert!(piece.item.start >= item_at && piece.item.end <= size, "{piece:?}");
        assert!(piece.text.start >= text_at && piece.text.end <= text.len() as u64, "{piece:?}");
        (item_at, text_at) = (piece.item.start, piece.text.end);
    }
    let mut end = 0;
    for span in &reading.main {
        assert!(span.start >= end && span.end > span.start, "{span:?}");
        assert!(std::str::from_utf8(span.of(text).unwrap()).is_ok());
        end = span.end;
    }
    let stated = [&reading.title, &reading.byline, &reading.published, &reading.language];
    let stated = stated.into_iter().flatten().chain(&reading.credits);
    assert!(stated.filter_map(|stated| stated.span).all(|span| span.end <= size));
    for problem in &reading.problems {
        assert!(problem.span.is_none_or(|span| span.end <= size), "{problem:?}");
    }
    for figure in &reading.figures {
        let place = figure.span().of(bytes).unwrap();
        assert_eq!(words(reading, place), figure.text);
    }
}

/// The bytes of a figure, decoded as the item was.
fn words(reading: &Reading, bytes: &[u8]) -> String {
    let label = &reading.encoding.as_ref().unwrap().value;
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    let text = encoding.decode_without_bom_handling(bytes).0;
    match reading.media_type.as_str() {
        "text/html" => flatten::flatten(&text).text,
        _ => text.into_owned(),
    }
}

fn problems(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.code.as_str()).collect()
}

/// Checks reader, encoding, figures' words and problems of an item.
fn check(bytes: &[u8], reader: &str, encoding: &str, figures: &[&str], expect: &[&str]) {
    let reading = read(bytes);
    let found: Vec<&str> = reading.figures.iter().map(|figure| figure.text.as_str()).collect();
    let known = reading.encoding.as_ref().map_or("", |encoding| encoding.value.as_str());
    assert_eq!((reading.reader.as_str(), known), (reader, encoding));
    assert_eq!((found.as_slice(), problems(&reading).as_slice()), (figures, expect));
}

const SENTENCE: &str = "In Norwick at least 12 people were killed on Monday near the café.";

#[test]
fn every_kind_of_item() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let latin1 = encoding_rs::WINDOWS_1252.encode(SENTENCE).0.into_owned();
    let figures = ["at least 12"];
    check(b"", "text/1", "", &[], &[codes::EMPTY_ITEM]);
    check(b"\x7fELF\x02\0\0", "none/1", "", &[], &[codes::UNKNOWN_FORMAT]);
    check(SENTENCE.as_bytes(), "text/1", "UTF-8", &figures, &[]);
    check(format!("\u{feff}{SENTENCE}").as_bytes(), "text/1", "UTF-8", &figures, &[]);
    check(&utf16(&format!("\u{feff}{SENTENCE}")), "text/1", "UTF-16LE", &figures, &[]);
    check(&latin1, "text/1", "windows-1252", &figures, &[codes::ENCODING_GUESSED]);
    let named = format!("<html><meta charset=iso-8859-1><body><p>{SENTENCE}</p></body></html>");
    let named = encoding_rs::WINDOWS_1252.encode(&named).0.into_owned();
    check(&named, "html/1", "windows-1252", &figures, &[]);
    let marked = format!("\u{feff}<html><body><p>{SENTENCE}</p></body></html>");
    check(&utf16(&marked), "html/1", "UTF-16LE", &figures, &[]);
    let damaged = [SENTENCE.as_bytes(), b" \xe2\x82 ", "é".as_bytes()].concat();
    check(&damaged, "text/1", "UTF-8", &figures, &[codes::ENCODING_ERRORS]);
}

#[test]
fn a_mark_is_no_part_of_the_text() {
    let reading = read("\u{feff}Bridge falls in Norwick\n\nNobody was hurt.\n".as_bytes());
    assert_eq!(reading.main.first().unwrap().start, 3);
    assert_eq!(reading.title.unwrap().span, Some(Span::new(3, 26)));
}

#[test]
fn what_is_not_read_is_said() {
    let limit = READ_LIMIT_BYTES as usize;
    let long = "é".repeat(limit / 2 + 5);
    let reading = read(long.as_bytes());
    assert_eq!(problems(&reading), [codes::READ_LIMIT]);
    assert_eq!(reading.problems[0].span, Some(Span::new(READ_LIMIT_BYTES, long.len() as u64)));
    // A character torn by the limit is not read, and no error of the item.
    let torn = format!("a{long}");
    let reading = read(torn.as_bytes());
    assert_eq!(problems(&reading), [codes::READ_LIMIT]);
    assert_eq!(reading.problems[0].span.unwrap().start, READ_LIMIT_BYTES - 1);
    assert_eq!(reading.text, None);
    // The map of a page is full before its end.
    let page = format!("<html><body>{}", "<b>a</b>1".repeat(400_000));
    let reading = read(page.as_bytes());
    assert!(problems(&reading).contains(&codes::READ_LIMIT), "{:?}", problems(&reading));
}

#[test]
fn a_page_too_deep_is_read_all_the_same() {
    for open in ["<div>", "<font size=1>", "<b id=x></div>", "<ul><li>", "<table><tr><td>"] {
        let page = format!("<html><body>{}<p>{SENTENCE}</p>", open.repeat(100_000));
        let reading = read(page.as_bytes());
        let codes = problems(&reading);
        assert_eq!(codes.first(), Some(&codes::EXTRACTOR_SKIPPED), "{open}");
        assert_eq!(reading.figures.len(), 1, "{open}");
    }
    // Without a word in it too.
    assert_eq!(problems(&read("<div>".repeat(100_000).as_bytes())), [codes::EXTRACTOR_SKIPPED]);
}

#[test]
fn days_and_authors_of_pages() {
    let body = format!("<p>By Jo Lens</p><p>Published: 4 April 2017</p><p>{SENTENCE}</p>");
    for (head, byline, published) in [
        ("", "Jo Lens", "2017-04-04 published.date-line"),
        (
            "<script type='application/ld+json'>{\"@graph\":[{\"datePublished\":\"2016-10-17T06:17\",\
             \"author\":[{\"name\":\"Ada Quill\"}]}]}</script>",
            "Ada Quill",
            "2016-10-17 published.json-ld",
        ),
        (
            "<meta name=author content='M Penn'><meta property=article:published_time \
             content=2016-10-18>",
            "M Penn",
            "2016-10-18 published.meta",
        ),
        (
            "<figcaption><time datetime=2001-01-01></time></figcaption><time datetime=2016-10-19>",
            "Jo Lens",
            "2016-10-19 published.time-element",
        ),
    ] {
        let reading = read(format!("<html>{head}<body>{body}</body></html>").as_bytes());
        let day = reading.published.unwrap();
        assert_eq!(reading.byline.unwrap().value, byline);
        assert_eq!(format!("{} {}", day.value, day.rule), published);
    }
}

fn hostile_html() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "</?(p|div|b|i|a|table|tr|td|svg|script|style|title|h1|li|font|template|select)( [a-z]=[a-z'\"]?)?/?>?",
        "&(amp|lt|nbsp|eacute|#x?[0-9]{0,5}|notit|[a-z]{0,4});?",
        Just("At least <b>4</b>0&nbsp;people were killed.".to_string()),
        Just("<meta charset=windows-1256>".to_string()),
        Just("12 d&eacute;tainees &#49;3 wounded\r\n".to_string()),
        "\\PC{0,8}",
        "[\r\n\t \u{0}]{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| format!("<html>{}", pieces.concat()))
}

proptest! {
    #[test]
    fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes);
    }

    #[test]
    fn any_page_may_come(page in hostile_html()) {
        read(page.as_bytes());
        let utf16: Vec<u8> = format!("\u{feff}{page}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        read(&utf16);
    }

    #[test]
    fn any_text_may_come(text in "(\\PC{0,6}| at least [0-9]{1,4} people were killed|[\n\r\t ]|1,000 d\u{e9}tenus)*") {
        read(text.as_bytes());
        read(&encoding_rs::WINDOWS_1252.encode(&text).0);
        read(&encoding_rs::GBK.encode(&text).0);
    }
}
