//! Where one sentence ends and the next begins.
//!
//! Never may a sentence be longer than [`SENTENCE_LIMIT_TOKENS`]: every later pass looks over a
//! whole sentence from each of its figures, and must stay linear in the length of the text.

use crate::tokens::{Gap, Kind, Token, word};
use std::ops::Range;

/// Most tokens in a sentence. News sentences have under 80; twice that and a margin.
pub const SENTENCE_LIMIT_TOKENS: usize = 200;

/// A line shorter than this that is followed by a capital is a headline or a caption, not a wrapped
/// line: text wrapped by hand is 60 to 80 characters wide.
const SHORT_LINE_BYTES: usize = 52;

const ABBREVIATIONS: &[&str] = &[
    "adm", "apr", "aug", "brig", "capt", "cmdr", "co", "col", "corp", "dec", "dept", "dr", "feb",
    "fri", "gen", "gov", "inc", "jan", "jul", "jun", "lt", "lt-gen", "ltd", "maj", "mar", "mon",
    "mr", "mrs", "ms", "mt", "no", "nov", "oct", "pres", "prof", "rep", "sat", "sen", "sep",
    "sept", "sgt", "sr", "st", "sun", "thu", "thurs", "tue", "u.k", "u.n", "u.s", "vs", "wed",
];

/// The sentences of `tokens`, in order, without gaps between them.
pub fn split(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for i in 0..tokens.len() {
        let length = i + 1 - start;
        if length >= SENTENCE_LIMIT_TOKENS || ends_after(tokens, start, i) {
            out.push(start..i + 1);
            start = i + 1;
        }
    }
    if start < tokens.len() {
        out.push(start..tokens.len());
    }
    out
}

fn ends_after(tokens: &[Token], start: usize, i: usize) -> bool {
    let (Some(token), Some(next)) = (tokens.get(i), tokens.get(i + 1)) else { return true };
    match next.gap {
        Gap::Paragraph => return true,
        Gap::Line => {
            let line = token.end.saturating_sub(tokens.get(start).map_or(0, |t| t.start));
            if line < SHORT_LINE_BYTES && next.capital() {
                return true;
            }
        }
        // "on Friday.Get short URL", "TV.-REUTERS": a full stop may have lost its blank.
        Gap::None if token.is_mark('.') && next.capital() => {
            return word(tokens, i.wrapping_sub(1)).chars().count() > 2;
        }
        Gap::None => return false,
        Gap::Space => {}
    }
    if !closes(tokens, i) {
        return false;
    }
    next.kind == Kind::Numeral || next.capital() || opens(next)
}

/// Whether the token at `i` is a full stop, or closing marks after one.
fn closes(tokens: &[Token], i: usize) -> bool {
    let mut j = i;
    loop {
        let Some(token) = tokens.get(j) else { return false };
        if token.is_mark('?') || token.is_mark('!') || token.is_mark('\u{61F}') {
            return true;
        }
        if token.is_mark('.') {
            return !abbreviation_before(tokens, j);
        }
        let closing = ['"', '\'', ')', ']', '\u{201D}', '\u{2019}', '\u{BB}'];
        if !closing.iter().any(|&c| token.is_mark(c)) || token.gap != Gap::None || j == 0 {
            return false;
        }
        j -= 1;
    }
}

fn abbreviation_before(tokens: &[Token], stop: usize) -> bool {
    let Some(before) = stop.checked_sub(1).and_then(|j| tokens.get(j)) else { return false };
    if before.kind != Kind::Word {
        return false;
    }
    // An initial, as in "J. Smith"; a single small letter is more likely a list's end.
    let initial = before.capital() && before.text.chars().count() == 1;
    initial || ABBREVIATIONS.binary_search(&before.lower.as_ref()).is_ok()
}

fn opens(token: &Token) -> bool {
    ['"', '\'', '(', '[', '\u{201C}', '\u{2018}', '\u{AB}', '-', '\u{2013}', '\u{2014}']
        .iter()
        .any(|&c| token.is_mark(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    fn check(text: &str, expect: &[&str]) {
        let tokens = tokenize(text);
        let got: Vec<_> = split(&tokens)
            .into_iter()
            .map(|r| &text[tokens[r.start].start..tokens[r.end - 1].end])
            .collect();
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn stops_that_end_and_stops_that_do_not() {
        check("Two died. Three fled.", &["Two died.", "Three fled."]);
        check("Gen. Haddad spoke on Sept. 3 of it.", &["Gen. Haddad spoke on Sept. 3 of it."]);
        check("A U.S. strike hit. It burned.", &["A U.S. strike hit.", "It burned."]);
        check("He said \"Two died.\" They left.", &["He said \"Two died.\"", "They left."]);
        check("Ten dead in raid\n\nTen died.", &["Ten dead in raid", "Ten died."]);
        check("Ten dead in raid\nTen died.", &["Ten dead in raid", "Ten died."]);
    }

    #[test]
    fn abbreviations_are_sorted() {
        assert!(ABBREVIATIONS.is_sorted());
    }

    #[test]
    fn a_text_without_stops_is_cut() {
        let text = "word ".repeat(1000);
        let tokens = tokenize(&text);
        assert_eq!(split(&tokens).len(), 5);
    }
}
