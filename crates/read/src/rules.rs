//! Every named rule of reading, with what it does and an example.

use crate::figures;

/// A named rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as readings give it.
    pub name: &'static str,
    /// What it does.
    pub explains: &'static str,
    /// An example.
    pub example: &'static str,
}

const METADATA: [(&str, &str, &str); 33] = [
    ("encoding.valid-utf-8", "The bytes are valid UTF-8.", "any text of today's programs"),
    ("encoding.byte-order-mark", "A byte order mark names the encoding.", "FF FE: UTF-16LE"),
    (
        "encoding.mostly-utf-8",
        "Most characters of several bytes are whole UTF-8; the others are damaged.",
        "a UTF-8 text with a torn character",
    ),
    (
        "encoding.guessed",
        "The encoding is guessed from the frequency of byte pairs.",
        "windows-1256",
    ),
    ("furniture.label", "A line that is a known label of a page.", "Advertisement"),
    ("furniture.lead", "A line that leads to another page.", "READ MORE: Bridge reopens"),
    ("furniture.invitation", "A short line that asks the reader for something.", "Follow us"),
    (
        "furniture.repeated",
        "A line that stood before, word for word.",
        "a caption under its picture",
    ),
    (
        "title.first-headline",
        "The first line near the head that reads like a headline: three words or more, no \
      full stop, no date.",
        "Bridge falls in Norwick",
    ),
    (
        "byline.by",
        "A line near the head that begins with \u{201c}By\u{201d} and a name.",
        "By Jo Lens",
    ),
    ("credit.with-files", "A line that names whose material was used.", "With files from Reuters"),
    (
        "credit.agency-at-end",
        "A line that ends in an agency's name after a slash, bracket or dash.",
        "Jo Lens/AFP",
    ),
    (
        "published.date-line",
        "A date in words on a line near the head, alone or after \u{201c}Published\u{201d}.",
        "Published July 4 2015",
    ),
    ("published.iso-date", "A date with the year first.", "2016-10-07"),
    (
        "published.month-first-american-zone",
        "Month first, since a time zone of North America follows.",
        "10/07/2016 06:17 EDT",
    ),
    (
        "published.only-month-first-possible",
        "Month first: the second number is no month.",
        "10/17/2016",
    ),
    (
        "published.only-day-first-possible",
        "Day first: the second number is no month otherwise.",
        "17/10/2016",
    ),
    ("published.day-first", "Day first, as dates with points or dashes are written.", "07.10.2016"),
    (
        "encoding.named",
        "The page names its encoding in a meta element or XML declaration.",
        "<meta charset=windows-1256>",
    ),
    ("title.meta", "The headline that the page states for sharing.", "og:title"),
    ("title.h1", "The first heading of the first level.", "<h1>Bridge falls</h1>"),
    ("title.element", "The title element.", "<title>Bridge falls</title>"),
    ("byline.json-ld", "The author that the page's JSON-LD names.", "\"author\":{\"name\":…}"),
    ("byline.meta", "The author that a meta element names.", "<meta name=author …>"),
    ("outlet.meta", "The site's name that a meta element states.", "og:site_name"),
    (
        "outlet.json-ld",
        "The publisher that the page's JSON-LD names.",
        "\"publisher\":{\"name\":…}",
    ),
    ("published.meta", "The day that a meta element states.", "article:published_time"),
    ("published.json-ld", "The day that the page's JSON-LD states.", "\"datePublished\":…"),
    (
        "published.time-element",
        "The first time element's machine-readable day.",
        "<time datetime=…>",
    ),
    (
        "modified.meta",
        "The day of the last change that a meta element states.",
        "article:modified_time",
    ),
    ("modified.json-ld", "The day of the last change in the page's JSON-LD.", "\"dateModified\":…"),
    ("language.attribute", "The language that the root element names.", "<html lang=ar>"),
    ("language.trigrams", "The language whose letter triples fit best, where that is clear.", "en"),
];

/// Every named rule of reading, by name.
pub fn rules() -> Vec<Rule> {
    let metadata = METADATA.map(|(name, explains, example)| Rule { name, explains, example });
    let mut rules = metadata.to_vec();
    rules.extend(figures::rules());
    rules.sort_by_key(|rule| rule.name);
    rules
}
