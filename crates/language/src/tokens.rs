//! Words, numerals and marks of a text, with their byte offsets and what the lexicon knows of them.
//!
//! Never may a token's offsets fall inside a character, nor a token be empty: every span of a
//! figure is made of token offsets.

use crate::lexicon::{self, Noun, Role, Trigger};
use std::borrow::Cow;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Letters, perhaps with hyphens, apostrophes and digits inside: `al-Bab`, `20-year-old`.
    Word,
    /// Digits with separators inside: `400,000`, `3.73`, `17:27`.
    Numeral,
    /// One character of anything else.
    Mark,
}

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing.
    None,
    /// Blanks.
    Space,
    /// One line end.
    Line,
    /// An empty line: a new paragraph.
    Paragraph,
}

/// One token.
#[derive(Debug, Clone)]
pub struct Token<'t> {
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// Its characters.
    pub text: &'t str,
    /// In lower case, with a straight apostrophe.
    pub lower: Cow<'t, str>,
    /// What it is made of.
    pub kind: Kind,
    /// What stands before it.
    pub gap: Gap,
    /// What it counts as, if it is a known noun.
    pub noun: Option<Noun>,
    /// What it does to people or things, if it is a known verb form.
    pub trigger: Option<Trigger>,
    /// Its part in the sentence, if it is a known function word.
    pub role: Role,
}

impl Token<'_> {
    /// Whether it begins with a capital letter.
    pub fn capital(&self) -> bool {
        self.kind == Kind::Word && self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether it is exactly this mark.
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark && self.text.starts_with(mark)
    }
}

/// The lower-case word at `i`, or the empty string outside the sentence.
pub fn word<'a>(tokens: &'a [Token], i: usize) -> &'a str {
    tokens.get(i).map_or("", |t| &t.lower)
}

/// The lower-case word `k` places before `i`, or the empty string.
pub fn word_before<'a>(tokens: &'a [Token], i: usize, k: usize) -> &'a str {
    i.checked_sub(k).map_or("", |j| word(tokens, j))
}

/// Whether the words `phrase` (lower case, one blank between) stand at `i`; returns how many.
pub fn phrase_at(tokens: &[Token], i: usize, phrase: &str) -> Option<usize> {
    let mut n = 0;
    for part in phrase.split(' ') {
        if word(tokens, i + n) != part {
            return None;
        }
        n += 1;
    }
    Some(n)
}

/// Splits `text` into tokens.
pub fn tokenize(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut gap = Gap::Paragraph;
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            gap = widen(gap, c);
            continue;
        }
        let (kind, end) =
            if c.is_alphanumeric() { run(text, start) } else { (Kind::Mark, start + c.len_utf8()) };
        while rest.peek().is_some_and(|&(i, _)| i < end) {
            rest.next();
        }
        if let Some(token) = token(text, start, end, kind, gap) {
            tokens.push(token);
        }
        gap = Gap::None;
    }
    tokens
}

fn token(text: &str, start: usize, end: usize, kind: Kind, gap: Gap) -> Option<Token<'_>> {
    let text = text.get(start..end)?;
    let plain = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    let lower = if plain {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'"))
    };
    let (noun, trigger, role) =
        if kind == Kind::Word { lexicon::look_up(&lower) } else { (None, None, Role::None) };
    // "IS", "US" in capitals are names.
    let name = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let small = text.starts_with(char::is_lowercase);
    let role = match role {
        Role::Preposition => role,
        _ if name || text == "WHO" => Role::None,
        // "may" and "march" in small letters are verbs.
        Role::Month(_) | Role::Weekday(_) if small => {
            if lower == "may" {
                Role::Auxiliary
            } else {
                Role::None
            }
        }
        _ => role,
    };
    Some(Token { start, end, text, lower, kind, gap, noun, trigger, role })
}

fn widen(gap: Gap, c: char) -> Gap {
    match (gap, c) {
        (Gap::None | Gap::Space, '\n' | '\u{2028}') => Gap::Line,
        (Gap::Line, '\n') | (_, '\u{2029}') => Gap::Paragraph,
        (Gap::None, _) => Gap::Space,
        (gap, _) => gap,
    }
}

/// The end of the word or numeral that begins at `start`. Inner hyphens and apostrophes belong to a
/// word; inner points, commas and colons to a numeral, where a digit follows; `U.S.` is one word.
fn run(text: &str, start: usize) -> (Kind, usize) {
    let tail = text.get(start..).unwrap_or("");
    let mut end = start;
    let mut letters = false;
    let mut chars = tail.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        if c.is_alphanumeric() {
            // "16in", "12km" are words; so is a numeral's letter suffix.
            letters |= !c.is_numeric();
            end = start + i + c.len_utf8();
            continue;
        }
        let next = chars.peek().map(|&(_, n)| n);
        let joins = match (c, next) {
            (_, None) => false,
            ('-' | '\'' | '\u{2019}' | '\u{2011}', Some(n)) if letters => n.is_alphanumeric(),
            ('-' | '\u{2011}', Some(n)) => n.is_alphabetic(),
            ('.' | ',' | ':' | '\u{66B}' | '\u{66C}', Some(n)) if !letters => n.is_numeric(),
            ('.', Some(n)) => n.is_uppercase() && end - start <= 6 && initials(tail.get(..i)),
            // Combining marks (Arabic vowels, accents) stay with their letter.
            (c, _) => is_combining(c),
        };
        if !joins {
            break;
        }
        if is_combining(c) {
            end = start + i + c.len_utf8();
        }
    }
    // The last point of "U.S." belongs to it, but may end the sentence too: it is left out.
    (if letters { Kind::Word } else { Kind::Numeral }, end)
}

fn initials(so_far: Option<&str>) -> bool {
    so_far.is_some_and(|s| s.split('.').all(|p| p.chars().count() == 1))
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{610}'..='\u{61A}' | '\u{64B}'..='\u{65F}' | '\u{670}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let got: Vec<_> = tokenize(text).iter().map(|t| t.text.to_string()).collect();
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn words_numerals_and_marks() {
        check("At least 400,000 died.", &["At", "least", "400,000", "died", "."]);
        check("3.73 million, 1,5.", &["3.73", "million", ",", "1,5", "."]);
        check("a 20-year-old, 30-40", &["a", "20-year-old", ",", "30", "-", "40"]);
        check("the U.S. army", &["the", "U.S", ".", "army"]);
        check("Syria\u{2019}s al-Bab", &["Syria\u{2019}s", "al-Bab"]);
        check("12km at 17:27", &["12km", "at", "17:27"]);
        check("\u{664}\u{665} قتيلا", &["\u{664}\u{665}", "قتيلا"]);
    }

    #[test]
    fn gaps_tell_lines_from_paragraphs() {
        let gaps: Vec<_> = tokenize("a b\nc\n\nd").iter().map(|t| t.gap).collect();
        assert_eq!(gaps, [Gap::Paragraph, Gap::Space, Gap::Line, Gap::Paragraph]);
    }
}
