//! HTML as a line of text, each piece with the bytes it came from.
//!
//! A tokenizer and no tree: the visible text in the order of the source, a line to a block. Nothing
//! visible is dropped; script and style are not visible. Never recursive, so that no nesting can
//! overflow the stack.

use crate::encoding::Decoded;
use html5gum::emitters::default::{DefaultEmitter, Token};
use html5gum::{Span as GumSpan, Tokenizer};
use record::Span;
use record::reading::Piece;
use std::collections::BTreeMap;

/// Elements that begin and end a line.
const BLOCKS: &str = " address article aside blockquote body br caption center dd details \
    dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html \
    legend li main menu nav ol option p pre section select summary table tbody td tfoot th thead \
    title tr ul video audio ";

/// Elements whose text is not shown.
const HIDDEN: &str =
    " script style noscript template iframe noembed noframes object svg math textarea ";

/// Elements that have no end tag.
const VOID: &str = " area base br col embed hr img input link meta source track wbr ";

/// Most values kept of one kind of metadata, so that a hostile page cannot fill the memory with
/// them.
const META_LIMIT: usize = 256;

/// Most bytes of one such value.
const META_LIMIT_BYTES: usize = 256 * 1024;

/// Most elements open at once that are followed: far beyond any page, and a few MB of memory.
const OPEN_LIMIT: usize = 65_536;

/// A page, flattened.
#[derive(Debug, Default)]
pub struct Flat {
    /// The text.
    pub text: String,
    /// Its pieces, leading to the decoded source.
    pub map: Vec<Piece>,
    /// `meta` elements: name or property in lower case, content, place in the source.
    pub meta: Vec<(String, String, Span)>,
    /// JSON-LD blocks.
    pub json_ld: Vec<(String, Span)>,
    /// The `title` element's text: place in `text`.
    pub title: Option<Span>,
    /// The first `h1` with text: place in `text`.
    pub h1: Option<Span>,
    /// `datetime` of the `time` elements.
    pub times: Vec<(String, Span)>,
    /// Language that the root element names.
    pub lang: Option<(String, Span)>,
    /// Direction that the root element or body names.
    pub dir: Option<String>,
    /// Deepest nesting of elements.
    pub depth: usize,
}

/// Flattens decoded HTML.
pub fn flatten(source: &str) -> Flat {
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    let mut state = State::default();
    for token in Tokenizer::new_with_emitter(source, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name).into_owned();
                let attributes = tag.attributes.iter().map(|(name, value)| {
                    let value = String::from_utf8_lossy(value).into_owned();
                    (String::from_utf8_lossy(name).into_owned(), value)
                });
                state.open(&name, &attributes.collect(), span_of(tag.span), tag.self_closing);
            }
            Token::EndTag(tag) => state.close(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => {
                let span = span_of(text.span);
                state.text(source, &String::from_utf8_lossy(&text), span);
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    state.flat
}

fn span_of(span: GumSpan<usize>) -> Span {
    Span::new(span.start as u64, span.end as u64)
}

#[derive(Default)]
struct State {
    flat: Flat,
    open: Vec<String>,
    hidden: usize,
    json_ld: bool,
    /// Where the title or heading that is open began, in the text.
    heading: Option<(&'static str, usize)>,
}

impl State {
    fn open(
        &mut self,
        name: &str,
        attributes: &BTreeMap<String, String>,
        place: Span,
        closed: bool,
    ) {
        if is_in(BLOCKS, name) {
            self.line_end();
        }
        self.metadata(name, attributes, place);
        if closed || is_in(VOID, name) {
            return;
        }
        self.hidden += usize::from(is_in(HIDDEN, name));
        self.json_ld = name == "script"
            && attributes
                .get("type")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("application/ld+json"));
        if self.heading.is_none() && self.hidden == 0 {
            self.heading = match name {
                "title" if self.flat.title.is_none() => Some(("title", self.flat.text.len())),
                "h1" if self.flat.h1.is_none() => Some(("h1", self.flat.text.len())),
                _ => None,
            };
        }
        if self.open.len() < OPEN_LIMIT {
            self.open.push(name.into());
        }
        self.flat.depth = self.flat.depth.max(self.open.len());
    }

    fn close(&mut self, name: &str) {
        if is_in(BLOCKS, name) {
            self.line_end();
        }
        if let Some((heading, start)) = self.heading
            && heading == name
        {
            self.heading = None;
            let words = self.flat.text.get(start..).unwrap_or_default();
            let inside = words.len() - words.trim_start().len();
            let span = Span::new((start + inside) as u64, (start + words.trim_end().len()) as u64);
            if !span.is_empty() {
                let kept =
                    if heading == "title" { &mut self.flat.title } else { &mut self.flat.h1 };
                kept.get_or_insert(span);
            }
        }
        // An end tag closes the nearest element of its name and all in it that was left open; the
        // look back is bounded, so that hostile nesting costs no more than its length.
        let near = self.open.iter().rev().take(64).position(|open| open == name);
        let Some(near) = near else { return };
        for _ in 0..=near {
            if let Some(closed) = self.open.pop() {
                self.hidden -= usize::from(is_in(HIDDEN, &closed) && self.hidden > 0);
            }
        }
    }

    fn metadata(&mut self, name: &str, attributes: &BTreeMap<String, String>, place: Span) {
        let get = |key: &str| attributes.get(key).filter(|value| value.len() <= META_LIMIT_BYTES);
        match name {
            "meta" if self.flat.meta.len() < META_LIMIT => {
                let key = get("property").or_else(|| get("name")).or_else(|| get("itemprop"));
                if let (Some(key), Some(content)) = (key, get("content")) {
                    self.flat.meta.push((key.to_lowercase(), content.clone(), place));
                }
            }
            "time" if self.flat.times.len() < META_LIMIT => {
                if let Some(time) = get("datetime") {
                    self.flat.times.push((time.clone(), place));
                }
            }
            "html" | "body" => {
                if self.flat.lang.is_none() {
                    self.flat.lang = get("lang").map(|lang| (lang.clone(), place));
                }
                if self.flat.dir.is_none() {
                    self.flat.dir = get("dir").map(|dir| dir.to_lowercase());
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, source: &str, value: &str, place: Span) {
        if self.json_ld {
            if self.flat.json_ld.len() < META_LIMIT && value.len() <= META_LIMIT_BYTES {
                self.flat.json_ld.push((value.into(), place));
            }
            return;
        }
        if self.hidden > 0 {
            return;
        }
        let raw = source.get(place.start as usize..place.end as usize).unwrap_or_default();
        if raw == value {
            self.push(value, place);
            return;
        }
        align(raw, value, &mut |from, to, words| {
            let place = Span::new(place.start + from as u64, place.start + to as u64);
            self.push(words, place);
        });
    }

    /// Adds text; runs of white space become one blank, standing for all of them.
    fn push(&mut self, words: &str, place: Span) {
        let verbatim = place.len() == words.len() as u64;
        let mut at = 0;
        while at < words.len() {
            let rest = &words[at..];
            let blank = rest.len() - rest.trim_start_matches(char::is_whitespace).len();
            let length = if blank > 0 {
                blank
            } else {
                rest.find(char::is_whitespace).unwrap_or(rest.len())
            };
            let item = if verbatim {
                Span::new(place.start + at as u64, place.start + (at + length) as u64)
            } else {
                place
            };
            if blank == 0 {
                self.piece(&rest[..length], item);
            } else if !self.flat.text.ends_with([' ', '\n']) && !self.flat.text.is_empty() {
                self.piece(" ", item);
            }
            at += length;
        }
    }

    fn piece(&mut self, words: &str, item: Span) {
        let start = self.flat.text.len() as u64;
        self.flat.text.push_str(words);
        let text = Span::new(start, start + words.len() as u64);
        let verbatim = item.len() == text.len();
        match self.flat.map.last_mut() {
            Some(last)
                if verbatim
                    && last.item.len() == last.text.len()
                    && last.item.end == item.start
                    && last.text.end == text.start =>
            {
                last.item.end = item.end;
                last.text.end = text.end;
            }
            _ => self.flat.map.push(Piece { item, text }),
        }
    }

    /// Ends the line, if there is one. The line end stands for no bytes of the source.
    fn line_end(&mut self) {
        if self.flat.text.ends_with(' ') {
            self.flat.text.pop();
            if let Some(last) = self.flat.map.last_mut() {
                if last.text.len() == 1 {
                    self.flat.map.pop();
                } else if last.item.len() == last.text.len() {
                    last.text.end -= 1;
                    last.item.end -= 1;
                }
            }
        }
        if !self.flat.text.is_empty() && !self.flat.text.ends_with('\n') {
            self.flat.text.push('\n');
        }
    }
}

fn is_in(list: &str, name: &str) -> bool {
    list.split(' ').any(|one| !one.is_empty() && one == name)
}

/// Walks source text beside what it decodes to, and calls `piece` with each stretch that is the
/// same in both, and each reference (`&amp;`) with what it stands for.
fn align(raw: &str, value: &str, piece: &mut dyn FnMut(usize, usize, &str)) {
    let (mut at, mut done) = (0, 0);
    while at < raw.len() && done < value.len() {
        let (left, right) = (&raw[at..], &value[done..]);
        let same = left
            .bytes()
            .zip(right.bytes())
            .take_while(|(a, b)| a == b && *a != b'&' && *a != b'\r')
            .count();
        let mut same = same;
        while !left.is_char_boundary(same) || !right.is_char_boundary(same) {
            same -= 1;
        }
        if same > 0 {
            piece(at, at + same, &right[..same]);
            (at, done) = (at + same, done + same);
            continue;
        }
        let (length, words) = reference(left);
        if right.starts_with(words.as_str()) && !words.is_empty() {
            piece(at, at + length, &right[..words.len()]);
            done += words.len();
        }
        at += length;
    }
    if done < value.len() {
        piece(at.min(raw.len()), raw.len(), &value[done..]);
    }
}

/// The reference, line end or odd character that `raw` begins with: its length and what it stands
/// for.
fn reference(raw: &str) -> (usize, String) {
    if raw.starts_with("\r\n") {
        return (2, "\n".into());
    }
    let first = raw.chars().next().map_or(1, char::len_utf8);
    if !raw.starts_with('&') {
        return (first, if raw.starts_with('\r') { "\n".into() } else { String::new() });
    }
    // The longest name of a reference has 31 letters.
    let name =
        raw[1..].bytes().take(33).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    let mut length = 1 + name;
    length += usize::from(raw.as_bytes().get(length) == Some(&b';'));
    let decode = |text: &str| -> String {
        Tokenizer::new(text)
            .filter_map(|token| match token {
                Ok(Token::String(words)) => Some(String::from_utf8_lossy(&words).into_owned()),
                _ => None,
            })
            .collect()
    };
    let words = decode(&raw[..length]);
    if words == raw[..length] { (1, "&".into()) } else { shortened(&raw[..length], &words) }
}

/// Where only the name's beginning is a reference ("&ampx"), the letters after it are not part of
/// it.
fn shortened(raw: &str, words: &str) -> (usize, String) {
    let same = raw.bytes().rev().zip(words.bytes().rev()).take_while(|(a, b)| a == b).count();
    let same = if raw.ends_with(';') { 0 } else { same };
    let kept = words.len() - same;
    (raw.len() - same, words.get(..kept).unwrap_or_default().to_string())
}

/// Leads the pieces of a page through those of its encoding, back to the item's bytes.
pub fn through(map: Vec<Piece>, decoded: &Decoded) -> Vec<Piece> {
    if decoded.map.is_empty() {
        return map;
    }
    map.into_iter()
        .map(|piece| Piece { item: decoded.place_of(piece.item), text: piece.text })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(html: &str, expect: &str) {
        let flat = flatten(html);
        assert_eq!(flat.text.trim_end(), expect, "{html}");
        for piece in &flat.map {
            let words = &flat.text[piece.text.start as usize..piece.text.end as usize];
            let raw = &html[piece.item.start as usize..piece.item.end as usize];
            if piece.item.len() == piece.text.len() && !words.contains(' ') {
                assert_eq!(raw, words, "{html}");
            }
        }
    }

    #[test]
    fn visible_text_in_lines() {
        check("<p>One <b>two</b></p><p>three</p>", "One two\nthree");
        check("<p>more than <b>2</b>0 dead</p>", "more than 20 dead");
        check("a &amp; b &#233;t&eacute; &nbsp; &lt;x&gt;", "a & b été <x>");
        check("x&ampy &notaname; & &c", "x&y \u{ac}aname; & &c");
        check(
            "<script>var a='<p>no</p>';</script><style>p{}</style>yes<noscript>no</noscript>",
            "yes",
        );
        check("a\r\n\r\n  b<br>c<!-- no -->d", "a b\ncd");
        check("<div><div>deep</div></div>after", "deep\nafter");
        check("<title>T &amp; t</title><h1>Head</h1>", "T & t\nHead");
        check("تقرير <b>من</b> المدينة", "تقرير من المدينة");
    }

    #[test]
    fn metadata_is_kept_apart() {
        let flat = flatten(
            "<html lang=en dir=RTL><meta property='og:title' content='A &amp; B'><title>T</title>\
             <script type='application/ld+json'>{\"a\":1}</script><time datetime=2016-10-17>x</time>",
        );
        assert_eq!(flat.meta[0].0, "og:title");
        assert_eq!(flat.meta[0].1, "A & B");
        assert_eq!(flat.json_ld[0].0, "{\"a\":1}");
        assert_eq!(flat.times[0].0, "2016-10-17");
        assert_eq!(flat.lang.unwrap().0, "en");
        assert_eq!(flat.dir.as_deref(), Some("rtl"));
        assert_eq!(flat.title, Some(Span::new(0, 1)));
    }

    proptest! {
        #[test]
        fn any_text_may_come(html in "(<[a-z]{0,6}[ >/]|</[a-z]{0,6}>|&[a-z#0-9]{0,6};?|\\PC{0,4}|[\r\n ])*") {
            let flat = flatten(&html);
            let (mut item, mut text) = (0, 0);
            for piece in &flat.map {
                prop_assert!(piece.item.start >= item && piece.item.end <= html.len() as u64);
                prop_assert!(piece.text.start >= text && piece.text.end <= flat.text.len() as u64);
                (item, text) = (piece.item.start, piece.text.end);
            }
        }
    }
}
