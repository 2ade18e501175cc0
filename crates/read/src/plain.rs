//! Plain text as saved from a page: lines, and which of them are the report.
//!
//! Furniture is only marked, never dropped: figures are sought in all of the text.

use record::Span;
use std::collections::BTreeSet;

/// What may stand around a line's words: white space, and a byte order mark.
const BLANK: fn(char) -> bool = |c| c.is_whitespace() || c == '\u{feff}';

/// A line that is not blank, as a byte range of the text without its line end and outer blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub span: Span,
    /// The rule by which it is furniture, if it is.
    pub furniture: Option<&'static str>,
}

/// Beginnings of lines that lead to other pages.
const LEADS: [&str; 9] = [
    "read more:",
    "read also:",
    "read:",
    "related:",
    "see also:",
    "watch:",
    "more:",
    "also on ",
    "click to ",
];

/// Whole lines of a page's furniture.
const FURNITURE: [&str; 19] = [
    "advertisement",
    "advertisements",
    "adchoices",
    "sponsored content",
    "story continues below advertisement",
    "article continues below",
    "continue reading the main story",
    "skip to main content",
    "skip to content",
    "share this article",
    "share",
    "print",
    "email",
    "comments",
    "trending",
    "most read",
    "most popular",
    "menu",
    "sign up",
];

/// Longest line that [`INVITES`] may begin or end.
const INVITE_LIMIT_BYTES: usize = 140;

/// Words that ask the reader for something.
const INVITES: [&str; 8] = [
    "follow ",
    "subscribe",
    "sign up for",
    "breaking news from",
    "sent to your email",
    "photo gallery",
    "see gallery",
    "like us on",
];

/// Shortest line that, standing there again, is a caption under its picture or a teaser. A short
/// one may be a table's cell, or a reply: "No."
const REPEATED_BYTES: usize = 24;

/// Lines that are remembered, to know them again: far more than a book has, in 4 MB.
const REMEMBERED_LIMIT: usize = 1 << 17;

/// Most spans of a main text; furniture beyond is not told apart. No report has a hundredth of it.
const SPANS_LIMIT: usize = 100_000;

/// The lines of `text` that are not blank, in order.
pub fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut start = 0;
    let mut seen = BTreeSet::new();
    text.split_inclusive('\n').filter_map(move |raw| {
        let trimmed = raw.trim_start_matches(BLANK).trim_end_matches(BLANK);
        let inside = raw.len() - raw.trim_start_matches(BLANK).len();
        let from = (start + inside) as u64;
        start += raw.len();
        if trimmed.is_empty() {
            return None;
        }
        let mut furniture = furniture(trimmed);
        let remembered = trimmed.len() >= REPEATED_BYTES && seen.len() < REMEMBERED_LIMIT;
        if remembered && !seen.insert(trimmed) && furniture.is_none() {
            furniture = Some("furniture.repeated");
        }
        Some(Line { span: Span::new(from, from + trimmed.len() as u64), furniture })
    })
}

fn furniture(line: &str) -> Option<&'static str> {
    let leads =
        |lead: &&str| line.get(..lead.len()).is_some_and(|start| start.eq_ignore_ascii_case(lead));
    if LEADS.iter().any(leads) {
        return Some("furniture.lead");
    }
    if line.len() > INVITE_LIMIT_BYTES {
        return None;
    }
    let lower = line.to_lowercase();
    if FURNITURE.contains(&lower.as_str()) {
        return Some("furniture.label");
    }
    INVITES
        .iter()
        .any(|words| lower.starts_with(words) || lower.ends_with(words))
        .then_some("furniture.invitation")
}

/// The report's own lines, runs of them joined.
pub fn main(lines: impl Iterator<Item = Line>) -> Vec<Span> {
    let mut main: Vec<Span> = Vec::new();
    let mut apart = true;
    for line in lines {
        let full = main.len() >= SPANS_LIMIT;
        if line.furniture.is_some() && !full {
            apart = true;
            continue;
        }
        match main.last_mut() {
            Some(last) if !apart || full => last.end = line.span.end,
            _ => main.push(line.span),
        }
        apart = false;
    }
    main
}

/// The words of a line.
pub fn words<'a>(text: &'a str, line: &Line) -> &'a str {
    let range = line.span.start as usize..line.span.end as usize;
    text.get(range).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn furniture_is_told_from_the_report() {
        let text = "Advertisement\n\nBridge falls in Norwick\n  \nREAD MORE: Why bridges fall\nTwo people died there on Monday.\n\
                    Follow the Courier on Facebook\nTwo people died there on Monday.\nNo.\nNo.\n";
        let main: Vec<&str> =
            main(lines(text)).iter().map(|s| &text[s.start as usize..s.end as usize]).collect();
        assert_eq!(
            main,
            ["Bridge falls in Norwick", "Two people died there on Monday.", "No.\nNo."]
        );
        let rules: Vec<_> = lines(text).filter_map(|line| line.furniture).collect();
        assert_eq!(
            rules,
            ["furniture.label", "furniture.lead", "furniture.invitation", "furniture.repeated"]
        );
    }
}
