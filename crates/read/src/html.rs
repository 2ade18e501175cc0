//! HTML pages: all visible text, the main text told from the furniture, and what the page says of
//! itself.
//!
//! The text is our own flattening, so that every piece leads to bytes; which of it is the report is
//! judged by a library made for that, whose answer is found again in our text. A page that breaks
//! the library is read all the same, with a problem that says so.

use crate::encoding::Decoded;
use crate::flatten::{Flat, flatten, through};
use crate::{Facts, codes, metadata, plain, problem, stated};
use record::reading::to_item;
use record::{Reading, Span, Stated};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Largest page given to the library; its tree holds the text once more.
const TREE_LIMIT_BYTES: usize = 4 << 20;

/// Most nodes of its tree, at some 200 bytes each: 50 MB. Real pages have thousands.
const NODES_LIMIT: usize = 250_000;

/// Deepest nesting given to the library, which walks its tree by recursion: real pages stay below
/// 100, and 512 frames of a kilobyte are far from the stack's end.
const DEPTH_LIMIT: usize = 512;

/// Part of the library's words that must be found again for them to say where the report is, and
/// part below which a problem says that some were not. The library cuts a few words itself.
const FOUND_ENOUGH: f64 = 0.5;
const FOUND_ALL: f64 = 0.95;

/// Letters, blanks not counted, by which a place is found again after a gap.
const ANCHOR_CHARS: usize = 12;

/// Depth to which JSON-LD is searched.
const JSON_DEPTH_LIMIT: usize = 8;

/// Whether an item that begins with `head` is HTML.
pub fn is_html(head: &str) -> bool {
    let lower = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).to_ascii_lowercase();
    let start = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<?xml",
        "<!--",
        "<meta",
        "<title",
        "<article",
        "<div",
        "<p>",
    ];
    let inside = ["<html", "<body", "<p>", "<p ", "<div", "<article", "<head", "<h1"];
    start.iter().any(|tag| lower.starts_with(tag)) && inside.iter().any(|tag| lower.contains(tag))
}

/// The encoding that a page names for itself, where it has no mark: `<meta charset>` or the XML
/// declaration, within the first bytes, as the WHATWG's prescan looks for it.
pub fn named_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let label = |at: usize| {
        let rest = head.get(at..)?.trim_start_matches([' ', '=', '"', '\'']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))?;
        encoding_rs::Encoding::for_label(rest.get(..end)?.as_bytes())
    };
    let meta = head.find("<meta").and_then(|at| Some(at + head.get(at..)?.find("charset")? + 7));
    let xml = head.starts_with("<?xml").then(|| head.find("encoding").map(|at| at + 8)).flatten();
    meta.or(xml).and_then(label)
}

/// Reads a page as far as the offset in `source` that it returns. Figures are sought in the
/// headline and the main text: the furniture of a page is other reports' headlines.
pub fn read(reading: &mut Reading, source: &str, decoded: &Decoded, facts: &Facts) -> usize {
    let flat = flatten(source);
    reading.media_type = "text/html".into();
    let place = |span: Span| decoded.place_of(span);
    page_facts(reading, &flat, &place);
    reading.main = main(reading, source, &flat);
    let segments = Segments::of(&flat, &reading.main);
    let text = segments.text.as_str();
    let lead = |span: Span| Some(place(to_item(&flat.map, segments.in_flat(span)?)));
    let in_item = |found: Stated| Stated { span: found.span.and_then(lead), ..found };
    let head: Vec<plain::Line> = plain::lines(text).take(metadata::HEAD_LINES).collect();
    reading.credits =
        metadata::credits(text, plain::lines(text)).into_iter().map(in_item).collect();
    if reading.byline.is_none() {
        reading.byline = metadata::byline(text, &head).map(in_item);
    }
    if reading.published.is_none() {
        crate::published(reading, text, &head, &|found| Some(in_item(found)));
    }
    let language = metadata::language(text);
    reading.language = language.or_else(|| named_language(&flat, &place));
    reading.direction = match flat.dir.as_deref() {
        Some("rtl") => "rtl".into(),
        _ => metadata::direction(text).into(),
    };
    crate::find_figures(reading, text, segments.title, facts, &lead);
    let end = flat.end;
    reading.map = through(flat.map, decoded);
    reading.text = Some(flat.text);
    end
}

/// What the page states of itself in its head.
fn page_facts(reading: &mut Reading, flat: &Flat, place: &dyn Fn(Span) -> Span) {
    let meta = |names: &[&str], rule: &str| {
        names.iter().find_map(|name| {
            let (_, value, span) =
                flat.meta.iter().find(|(key, value, _)| key == name && !value.trim().is_empty())?;
            Some(stated(value.trim(), rule, Some(place(*span))))
        })
    };
    let parsed = |(text, span): &(String, Span)| Some((serde_json::from_str(text).ok()?, *span));
    let blocks: Vec<(Value, Span)> = flat.json_ld.iter().filter_map(parsed).collect();
    let json = |key: &str, rule: &str| {
        let found = |(value, span): &(Value, Span)| {
            Some(stated(json_find(value, key, 0)?, rule, Some(place(*span))))
        };
        blocks.iter().find_map(found)
    };
    let text = |span: Option<Span>, rule: &str| {
        let span = span?;
        let words = flat.text.get(span.start as usize..span.end as usize)?;
        Some(stated(words, rule, Some(place(to_item(&flat.map, span)))))
    };
    reading.title = meta(&["og:title", "twitter:title"], "title.meta")
        .or_else(|| text(flat.h1, "title.h1"))
        .or_else(|| text(flat.title, "title.element"));
    reading.byline = json("author", "byline.json-ld")
        .or_else(|| meta(&["author", "article:author", "dc.creator", "byl"], "byline.meta"))
        .filter(|byline| !byline.value.contains("://"));
    reading.outlet = meta(&["og:site_name", "application-name"], "outlet.meta")
        .or_else(|| json("publisher", "outlet.json-ld"));
    let times = [
        "article:published_time",
        "og:published_time",
        "datepublished",
        "date",
        "pubdate",
        "publish-date",
        "parsely-pub-date",
        "sailthru.date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
    ];
    let time = || {
        let (value, span) = flat.times.first()?;
        Some(stated(value.as_str(), "published.time-element", Some(place(*span))))
    };
    reading.published = meta(&times, "published.meta")
        .and_then(day)
        .or_else(|| json("datePublished", "published.json-ld").and_then(day))
        .or_else(|| time().and_then(day));
    reading.modified =
        meta(&["article:modified_time", "og:updated_time", "datemodified"], "modified.meta")
            .and_then(day)
            .or_else(|| json("dateModified", "modified.json-ld").and_then(day));
}

/// The same with its value as an ISO 8601 day, if it begins with one.
fn day(found: Stated) -> Option<Stated> {
    let day: jiff::civil::Date = found.value.get(..10)?.parse().ok()?;
    Some(Stated { value: day.to_string(), ..found })
}

/// The first text under `key` in JSON-LD: itself, or the `name` in it.
fn json_find(value: &Value, key: &str, depth: usize) -> Option<String> {
    if depth > JSON_DEPTH_LIMIT {
        return None;
    }
    match value {
        Value::Array(values) => {
            values.iter().take(64).find_map(|value| json_find(value, key, depth + 1))
        }
        Value::Object(fields) => fields
            .get(key)
            .and_then(|value| json_text(value, depth + 1))
            .or_else(|| fields.get("@graph").and_then(|graph| json_find(graph, key, depth + 1))),
        _ => None,
    }
}

fn json_text(value: &Value, depth: usize) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().into()),
        Value::Object(fields) if depth <= JSON_DEPTH_LIMIT => {
            json_text(fields.get("name")?, depth + 1)
        }
        Value::Array(values) if depth <= JSON_DEPTH_LIMIT => json_text(values.first()?, depth + 1),
        _ => None,
    }
}

fn named_language(flat: &Flat, place: &dyn Fn(Span) -> Span) -> Option<Stated> {
    let (value, span) = flat.lang.as_ref()?;
    let code = value.split(['-', '_']).next()?.to_lowercase();
    let plain = (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    plain.then(|| stated(code, "language.attribute", Some(place(*span))))
}

/// Which of the text is the report, as spans of the flat text.
fn main(reading: &mut Reading, source: &str, flat: &Flat) -> Vec<Span> {
    let mut all = vec![Span::new(0, flat.text.trim_end().len() as u64)];
    all.retain(|span| !span.is_empty());
    let mut whole = |code: &str, message: &str| {
        let message = format!("{message}: all of the page's text is taken for the report");
        reading.problems.push(problem(code, &message, None));
        all.clone()
    };
    if source.len() > TREE_LIMIT_BYTES || flat.depth > DEPTH_LIMIT || flat.nodes > NODES_LIMIT {
        let message = format!(
            "the page has {} bytes, up to {} levels and up to {} nodes",
            source.len(),
            flat.depth,
            flat.nodes
        );
        return whole(codes::EXTRACTOR_SKIPPED, &message);
    }
    let extracted = catch_unwind(AssertUnwindSafe(|| {
        let mut page = dom_smoothie::Readability::new(source, None, None).ok()?;
        page.parse().ok().map(|article| article.text_content.to_string())
    }));
    match extracted {
        Ok(Some(words)) => {
            let (spans, found) = find_again(&flat.text, &words);
            if found < FOUND_ENOUGH {
                let message = "the main text could not be found again in the page";
                return whole(codes::MAIN_NOT_FOUND, message);
            }
            if found < FOUND_ALL {
                let message = format!(
                    "{} % of the main text could not be found again in the page: figures may be \
                     missing, look at the page itself",
                    ((1.0 - found) * 100.0).round()
                );
                reading.problems.push(problem(codes::MAIN_INCOMPLETE, &message, None));
            }
            spans
        }
        // A page without a report in it (a list, a stub) is no failure.
        Ok(None) => all.clone(),
        Err(_) => whole(codes::EXTRACTOR_FAILED, "the search for the main text broke down"),
    }
}

/// Finds `words`, which came from `text` with gaps, in it again: the spans, and which part of
/// `words` was found. Blanks do not count. Goes forward only, from anchor to anchor, in near-linear
/// time.
fn find_again(text: &str, words: &str) -> (Vec<Span>, f64) {
    let letters = |text: &str| -> Vec<(u32, char)> {
        text.char_indices()
            .filter(|(_, c)| !c.is_whitespace())
            .map(|(at, c)| (at as u32, c))
            .collect()
    };
    let (text_letters, word_letters) = (letters(text), letters(words));
    let anchors = anchors(text, &text_letters);
    let mut spans: Vec<Span> = Vec::new();
    let (mut i, mut j, mut found) = (0, 0, 0usize);
    while let Some((place, c)) = word_letters.get(i) {
        // At the beginning of a word more than its first letter must agree, or a gap begins here.
        let before = words.get(..*place as usize);
        let begins = i == 0 || before.is_some_and(|before| before.ends_with(char::is_whitespace));
        let wanted = key(&word_letters, i).filter(|_| begins);
        let elsewhere = wanted.filter(|wanted| key(&text_letters, j) != Some(*wanted));
        if let Some(next) = elsewhere.and_then(|wanted| next_anchor(&anchors, wanted, j)) {
            j = next;
        }
        match text_letters.get(j) {
            Some((at, d)) if c == d => {
                add(&mut spans, text, u64::from(*at), c.len_utf8() as u64);
                (j, found) = (j + 1, found + 1);
            }
            _ => {
                // Beyond `j`, so that a made-up collision cannot keep this loop in one place.
                let beyond = |key| next_anchor(&anchors, key, j + 1);
                let next = key(&word_letters, i).and_then(beyond);
                if let Some(next) = next {
                    j = next;
                    continue;
                }
            }
        }
        i += 1;
    }
    let share =
        if word_letters.is_empty() { 0.0 } else { found as f64 / word_letters.len() as f64 };
    (spans, share)
}

/// The beginnings of words in `text` by the letters that follow: key and index into `letters`,
/// sorted.
fn anchors(text: &str, letters: &[(u32, char)]) -> Vec<(u64, u32)> {
    let begins = |index: usize, at: u32| {
        index == 0
            || text.get(..at as usize).is_some_and(|before| before.ends_with(char::is_whitespace))
    };
    let mut anchors: Vec<(u64, u32)> = letters
        .iter()
        .enumerate()
        .filter(|(index, (at, _))| begins(*index, *at))
        .filter_map(|(index, _)| Some((key(letters, index)?, index as u32)))
        .collect();
    anchors.sort_unstable();
    anchors
}

/// A number for the letters at an index (FNV-1a); none where too few are left.
fn key(letters: &[(u32, char)], at: usize) -> Option<u64> {
    let letters = letters.get(at..at + ANCHOR_CHARS)?;
    Some(letters.iter().fold(0xcbf2_9ce4_8422_2325, |hash, (_, c)| {
        (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
    }))
}

fn next_anchor(anchors: &[(u64, u32)], key: u64, from: usize) -> Option<usize> {
    let at = anchors.partition_point(|anchor| *anchor < (key, from as u32));
    anchors.get(at).filter(|(found, _)| *found == key).map(|(_, index)| *index as usize)
}

/// Adds a letter to the last span if only blanks lie between, else begins one.
fn add(spans: &mut Vec<Span>, text: &str, at: u64, length: u64) {
    if let Some(last) = spans.last_mut() {
        let between = text.get(last.end as usize..at as usize);
        if between.is_some_and(|between| between.trim().is_empty()) {
            last.end = at + length;
            return;
        }
    }
    spans.push(Span::new(at, at + length));
}

/// The headline and the main text as one text, with the way back.
struct Segments {
    text: String,
    title: Option<(usize, usize)>,
    /// Start in `text`, start in the flat text, length.
    parts: Vec<(u64, u64, u64)>,
}

impl Segments {
    fn of(flat: &Flat, main: &[Span]) -> Self {
        let mut segments = Self { text: String::new(), title: None, parts: Vec::new() };
        let title = flat.h1.or(flat.title);
        if let Some(title) = title.filter(|title| !main.iter().any(|span| span.meets(*title))) {
            segments.push(flat, title);
            segments.title = Some((0, title.len() as usize));
        }
        main.iter().for_each(|span| segments.push(flat, *span));
        segments
    }

    fn push(&mut self, flat: &Flat, span: Span) {
        let Some(words) = flat.text.get(span.start as usize..span.end as usize) else { return };
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.parts.push((self.text.len() as u64, span.start, span.len()));
        self.text.push_str(words);
    }

    fn in_flat(&self, span: Span) -> Option<Span> {
        let at = |offset: u64| {
            let part = self.parts.partition_point(|(start, _, _)| *start <= offset);
            self.parts.get(part.checked_sub(1)?).copied()
        };
        let (start, flat_start, _) = at(span.start)?;
        let (last, flat_last, length) = at(span.end.saturating_sub(1))?;
        let end = flat_last + (span.end - last).min(length);
        Some(Span::new(flat_start + (span.start - start), end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_again_over_gaps() {
        let text = "Menu Home\nHeadline of the day\nThe first paragraph of it.\nAdvertisement\nAnd here is the second one.\nFooter";
        let words = "The first paragraph of it.  And here is the second one.";
        let (spans, share) = find_again(text, words);
        let found: Vec<&str> =
            spans.iter().map(|s| &text[s.start as usize..s.end as usize]).collect();
        assert_eq!(found, ["The first paragraph of it.", "And here is the second one."]);
        assert!((share - 1.0).abs() < 1e-9);
        assert_eq!(find_again(text, "Nothing of this stands anywhere in it").0, []);
    }

    #[test]
    fn figures_lead_to_their_bytes() {
        let page = "<html><head><meta charset=utf-8><title>Flood in Norwick</title>\
            <meta property=article:published_time content=2016-10-17T10:00:00Z></head><body><nav>\
            <a href=/>Home</a> 300 people killed yesterday in ads</nav><article><h1>Flood in Norwick</h1>\
            <p>More than <b>4</b>0&nbsp;people were killed on Monday in Norwick, the mayor said, and &eacute;lan was \
            lost. The town had seen nothing like it, he said, in all its long and quiet history.</p>\
            <p>At least <i>12</i> children were injured, according to the hospital. Roads stay closed, trains do \
            not run, and the school is a shelter for those who lost their homes by the river.</p></article>\
            </body></html>";
        let reading = crate::read(
            record::Sha256::of(page.as_bytes()),
            page.as_bytes(),
            page.len() as u64,
            &Facts::default(),
        );
        assert_eq!(reading.reader, "html/1");
        assert_eq!(reading.published.as_ref().unwrap().value, "2016-10-17");
        let found: Vec<(&str, &str)> = reading
            .figures
            .iter()
            .map(|f| (&page[f.start as usize..f.end as usize], f.text.as_str()))
            .collect();
        assert_eq!(
            found,
            [("More than <b>4</b>0", "More than 40"), ("At least <i>12", "At least 12")]
        );
    }

    #[test]
    fn pages_are_told_from_text() {
        assert!(is_html("\n<!DOCTYPE html><html><body>"));
        assert!(is_html("<!-- saved --><html>"));
        assert!(!is_html("Less < more and <p> nothing"));
        assert!(!is_html("<?xml version='1.0'?><rss>"));
    }
}
