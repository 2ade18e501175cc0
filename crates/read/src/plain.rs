//! Plain text as saved from a page: lines, and which of them are the report.
//!
//! Furniture is only marked, never dropped: figures are sought in all of the text.

use record::Span;

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

/// The lines of `text` that are not blank, in order.
pub fn lines(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut start = 0;
    let mut seen = std::collections::BTreeSet::new();
    for raw in text.split_inclusive('\n') {
        let trimmed = raw.trim_start_matches('\u{feff}').trim();
        if !trimmed.is_empty() {
            let inside = raw.find(trimmed).unwrap_or(0);
            let from = (start + inside) as u64;
            let mut furniture = furniture(trimmed);
            // The same long line again: a caption under its picture, or a teaser of the report
            // itself.
            if !seen.insert(trimmed) && furniture.is_none() {
                furniture = Some("furniture.repeated");
            }
            lines.push(Line { span: Span::new(from, from + trimmed.len() as u64), furniture });
        }
        start += raw.len();
    }
    lines
}

fn furniture(line: &str) -> Option<&'static str> {
    let lower = line.to_lowercase();
    if FURNITURE.contains(&lower.as_str()) {
        return Some("furniture.label");
    }
    if LEADS.iter().any(|lead| lower.starts_with(lead)) {
        return Some("furniture.lead");
    }
    let short = line.len() <= INVITE_LIMIT_BYTES;
    if short && INVITES.iter().any(|words| lower.starts_with(words) || lower.ends_with(words)) {
        return Some("furniture.invitation");
    }
    None
}

/// The report's own lines, runs of them joined.
pub fn main(text: &str, lines: &[Line]) -> Vec<Span> {
    let mut main: Vec<Span> = Vec::new();
    let mut apart = true;
    for line in lines {
        if line.furniture.is_some() {
            apart = true;
            continue;
        }
        match main.last_mut() {
            Some(last) if !apart => last.end = line.span.end,
            _ => main.push(line.span),
        }
        apart = false;
    }
    debug_assert!(main.iter().all(|span| span.end <= text.len() as u64));
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
        let text = "Advertisement\n\nBridge falls in Norwick\n  \nREAD MORE: Why bridges fall\nTwo people died.\n\
                    Follow the Courier on Facebook\nTwo people died.\nNobody else was hurt.\n";
        let lines = lines(text);
        let main: Vec<&str> =
            main(text, &lines).iter().map(|s| &text[s.start as usize..s.end as usize]).collect();
        assert_eq!(main, ["Bridge falls in Norwick", "Two people died.", "Nobody else was hurt."]);
        let rules: Vec<_> = lines.iter().filter_map(|line| line.furniture).collect();
        assert_eq!(
            rules,
            ["furniture.label", "furniture.lead", "furniture.invitation", "furniture.repeated"]
        );
    }
}
