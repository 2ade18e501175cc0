//! HTML as a line of text, each piece with the bytes it came from.
//!
//! A tokenizer and no tree: the visible text in the order of the source, a line to a block. Nothing
//! visible is dropped; script and style are not visible. Never recursive, so that no nesting can
//! overflow the stack.

use crate::encoding::{Decoded, MAP_LIMIT_PIECES};
use crate::references::align;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span as GumSpan, Tokenizer};
use record::Span;
use record::reading::Piece;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Elements that begin and end a line.
const BLOCKS: [&str; 58] = [
    "address",
    "article",
    "aside",
    "audio",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "select",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "video",
    "template",
    "textarea",
    "svg",
    "math",
    "object",
    "noframes",
];

/// Elements whose text is not shown. The tokenizer takes all up to their end tag for text, so that
/// none of them can be left open and hide the rest of a page.
const HIDDEN: [&str; 6] = ["script", "style", "noscript", "iframe", "noembed", "noframes"];

/// Elements that have no end tag.
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements that a tree builder opens again in every later block until their own end tag comes
/// (HTML, "active formatting elements"). `a` is not among them: a second one closes the first.
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Copies of formatting elements without attributes that are opened again: three of each (HTML,
/// "Noah's Ark clause").
const PLAIN_FORMATTING: usize = 3 * FORMATTING.len();

/// Elements with attributes that mean something here, and those attributes.
const TELLING: [&str; 5] = ["meta", "time", "html", "body", "script"];
const ATTRIBUTES: [&str; 8] =
    ["property", "name", "itemprop", "content", "datetime", "lang", "dir", "type"];

/// Most values kept of one kind of metadata, so that a hostile page cannot fill the memory with
/// them.
const META_LIMIT: usize = 256;

/// Most bytes of one such value, and of all JSON-LD together.
const META_LIMIT_BYTES: usize = 256 * 1024;

/// Most elements open at once that are followed: far beyond any page, and a few MB of memory.
const OPEN_LIMIT: usize = 65_536;

/// Elements looked back over for the one that an end tag closes, so that hostile nesting costs no
/// more than its length.
const LOOK_BACK: usize = 64;

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
    /// Deepest nesting of elements in the tree of the page, at most.
    pub depth: usize,
    /// Nodes of that tree, at most.
    pub nodes: usize,
    /// Where in the source the reading ended: its end, unless the map was full.
    pub end: usize,
}

/// Flattens decoded HTML.
pub fn flatten(source: &str) -> Flat {
    let mut state = State { source, ..State::default() };
    state.flat.end = source.len();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: GumSpan<usize>| {
        state.see(&event, Span::new(span.start as u64, span.end as u64));
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(source, emitter).finish();
    state.flat
}

#[derive(Default)]
struct State<'a> {
    source: &'a str,
    flat: Flat,
    open: Vec<String>,
    /// Formatting elements with attributes that no end tag of theirs has closed.
    formatting: usize,
    hidden: Option<&'static str>,
    json_ld: bool,
    json_ld_bytes: usize,
    /// Where the title or heading that is open began, in the text.
    heading: Option<(&'static str, usize)>,
    tag: Tag,
}

/// A start tag on its way.
#[derive(Default)]
struct Tag {
    name: String,
    start: u64,
    has_attributes: bool,
    /// The attribute whose value comes next, if it means something here.
    attribute: Option<&'static str>,
    attributes: BTreeMap<&'static str, String>,
}

impl State<'_> {
    fn see(&mut self, event: &CallbackEvent<'_>, place: Span) {
        if self.flat.end < self.source.len() {
            return;
        }
        match *event {
            CallbackEvent::OpenStartTag { name } => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.tag = Tag { name, start: place.start, ..Tag::default() };
            }
            CallbackEvent::AttributeName { name } => {
                let telling = TELLING.contains(&self.tag.name.as_str());
                self.tag.has_attributes = true;
                self.tag.attribute =
                    ATTRIBUTES.into_iter().find(|one| telling && one.as_bytes() == name);
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(name) = self.tag.attribute.filter(|_| value.len() <= META_LIMIT_BYTES) {
                    let value = || String::from_utf8_lossy(value).into_owned();
                    self.tag.attributes.entry(name).or_insert_with(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                let tag = std::mem::take(&mut self.tag);
                let place = Span::new(tag.start, place.end);
                self.open(&tag, place, self_closing);
            }
            CallbackEvent::EndTag { name } => self.close(&String::from_utf8_lossy(name)),
            CallbackEvent::String { value } => self.text(&String::from_utf8_lossy(value), place),
            CallbackEvent::Comment { .. } => self.flat.nodes += 1,
            CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        if self.flat.map.len() >= MAP_LIMIT_PIECES {
            self.flat.end = self.flat.map.last().map_or(0, |piece| piece.item.end as usize);
        }
    }

    fn open(&mut self, tag: &Tag, place: Span, self_closing: bool) {
        let name = tag.name.as_str();
        let block = BLOCKS.contains(&name);
        if block {
            self.line_end();
        }
        while self.open.last().is_some_and(|open| is_closed_by(open, name, block)) {
            self.open.pop();
        }
        // Each block opens the formatting elements again.
        self.flat.nodes += 2 + self.formatting;
        self.metadata(tag, place);
        if let Some(hidden) = HIDDEN.into_iter().find(|hidden| *hidden == name) {
            self.hidden = Some(hidden);
            let kind = tag.attributes.get("type").map(String::as_str).unwrap_or_default();
            self.json_ld =
                name == "script" && kind.trim().eq_ignore_ascii_case("application/ld+json");
            return;
        }
        if self_closing || VOID.contains(&name) {
            return;
        }
        if self.heading.is_none() {
            self.heading = match name {
                "title" if self.flat.title.is_none() => Some(("title", self.flat.text.len())),
                "h1" if self.flat.h1.is_none() => Some(("h1", self.flat.text.len())),
                _ => None,
            };
        }
        self.formatting += usize::from(tag.has_attributes && FORMATTING.contains(&name));
        if self.open.len() < OPEN_LIMIT {
            self.open.push(name.into());
        }
        let depth = self.open.len() + self.formatting + PLAIN_FORMATTING;
        self.flat.depth = self.flat.depth.max(depth);
    }

    fn close(&mut self, name: &str) {
        if self.hidden.is_some_and(|hidden| hidden == name) {
            (self.hidden, self.json_ld) = (None, false);
            return;
        }
        if BLOCKS.contains(&name) {
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
        if FORMATTING.contains(&name) {
            self.formatting = self.formatting.saturating_sub(1);
        }
        // An end tag closes the nearest element of its name and all in it that was left open.
        let near = self.open.iter().rev().take(LOOK_BACK).position(|open| open == name);
        let left = near.map_or(self.open.len(), |near| self.open.len() - near - 1);
        self.open.truncate(left);
    }

    fn metadata(&mut self, tag: &Tag, place: Span) {
        let get = |key: &str| tag.attributes.get(key);
        match tag.name.as_str() {
            "meta" if self.flat.meta.len() < META_LIMIT => {
                let key = get("property").or_else(|| get("name")).or_else(|| get("itemprop"));
                if let (Some(key), Some(content)) = (key, get("content")) {
                    self.flat.meta.push((key.to_lowercase(), content.clone(), place));
                }
            }
            // A picture's day is not the report's.
            "time" if self.flat.times.len() < META_LIMIT && !self.is_in("figcaption") => {
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

    fn is_in(&self, name: &str) -> bool {
        self.open.iter().rev().take(LOOK_BACK).any(|open| open == name)
    }

    fn text(&mut self, value: &str, place: Span) {
        if self.json_ld {
            let bytes = self.json_ld_bytes + value.len();
            if self.flat.json_ld.len() < META_LIMIT && bytes <= META_LIMIT_BYTES {
                self.flat.json_ld.push((value.into(), place));
                self.json_ld_bytes = bytes;
            }
            return;
        }
        if self.hidden.is_some() {
            return;
        }
        let raw = self.source.get(place.start as usize..place.end as usize).unwrap_or_default();
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
        while at < words.len() && self.flat.map.len() < MAP_LIMIT_PIECES {
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
        let piece = Piece { item, text };
        match self.flat.map.last_mut() {
            Some(last)
                if piece.is_verbatim()
                    && last.is_verbatim()
                    && last.item.end == item.start
                    && last.text.end == text.start =>
            {
                last.item.end = item.end;
                last.text.end = text.end;
            }
            _ => self.flat.map.push(piece),
        }
    }

    /// Ends the line, if there is one. The line end stands for no bytes of the source.
    fn line_end(&mut self) {
        if self.flat.text.ends_with(' ') {
            self.flat.text.pop();
            if let Some(last) = self.flat.map.last_mut() {
                if last.text.len() == 1 {
                    self.flat.map.pop();
                } else if last.is_verbatim() {
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

/// Whether the start tag `name` ends the innermost element `open`, whose end tag may be left out
/// (HTML, "optional tags").
fn is_closed_by(open: &str, name: &str, block: bool) -> bool {
    match open {
        "p" => block && name != "br",
        "li" => name == "li",
        "dt" | "dd" => name == "dt" || name == "dd",
        "td" | "th" => ["td", "th", "tr", "tbody", "tfoot"].contains(&name),
        "tr" => ["tr", "tbody", "tfoot"].contains(&name),
        "option" => name == "option" || name == "optgroup",
        _ => false,
    }
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
    fn nothing_shown_is_lost() {
        check("<script type=application/ld+json>{}</script>here<p>and here", "here\nand here");
        check("<script src=x />var a</script>shown", "shown");
        check("<svg><path d=1><path d=2><text>12 dead</text></svg> after", "12 dead\nafter");
        check("<noscript><p>no</noscript>shown<template>kept</template>", "shown\nkept");
        let open = "<path d=m>".repeat(LOOK_BACK + 1);
        check(&format!("<svg>{open}</svg>after"), "after");
        check("<object><div>never closed", "never closed");
        check("<iframe><p>no</iframe>shown", "shown");
    }

    #[test]
    fn depth_is_that_of_the_tree() {
        let depth = |html: &str| flatten(html).depth - PLAIN_FORMATTING;
        assert_eq!(depth(&"<p>a<br>b".repeat(1000)), 1);
        assert_eq!(depth(&format!("<table>{}", "<tr><td>a<th>b".repeat(1000))), 3);
        assert_eq!(depth(&format!("<ul>{}</ul>", "<li>a".repeat(1000))), 2);
        assert_eq!(depth(&"<div>".repeat(1000)), 1000);
        // Left open in closed blocks, they nest all the same.
        let fonts: String = (0..1000).map(|i| format!("<div><font a={i}></div>")).collect();
        assert!(depth(&fonts) >= 1000);
        assert!(flatten(&fonts).nodes > 400_000);
    }

    #[test]
    fn a_full_map_ends_the_text() {
        let html = "<b>a</b>1".repeat(MAP_LIMIT_PIECES);
        let flat = flatten(&html);
        assert_eq!(flat.map.len(), MAP_LIMIT_PIECES);
        assert!(flat.end < html.len() && html[..flat.end].ends_with(['a', '1']));
    }

    #[test]
    fn metadata_is_kept_apart() {
        let flat = flatten(
            "<html lang=en dir=RTL><meta property='og:title' content='A &amp; B'><title>T</title>\
             <script type='application/ld+json'>{\"a\":1}</script><figure><figcaption>\
             <time datetime=2015-01-01>x</time></figcaption></figure><time datetime=2016-10-17>x</time>",
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
