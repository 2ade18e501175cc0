//! Names in a text: runs of capitalised words, their fullest form, and what they cannot be.
//!
//! Nothing here knows a person; a name is what is spelt like one.

use crate::lexicon::{Noun, Role};
use crate::tokens::{Gap, Kind, Token, word};

/// Most distinct names kept of a report for finding the fullest form of a short one. A report of
/// 1,000 words has about 60; the limit keeps the search linear in the text.
const NAMES_LIMIT: usize = 400;

/// Most words of a name.
const NAME_LIMIT_TOKENS: usize = 9;

/// Whether a token is spelt like a part of a name: a capital, or an Arabic article before one.
pub fn is_name_part(tokens: &[Token], i: usize) -> bool {
    let Some(token) = tokens.get(i) else { return false };
    if token.kind != Kind::Word || matches!(token.role, Role::Month(_) | Role::Weekday(_)) {
        return false;
    }
    // "Regime Airstrikes Kill" is a headline, not a name.
    let plain = token.trigger.is_none() && !matches!(token.noun, Some(Noun::Unit | Noun::Attack));
    if token.capital() {
        let known = token.role == Role::None || token.text.len() == 2 && token.text != "In";
        return plain && known;
    }
    if let Some((article, rest)) = token.text.split_once('-') {
        return is_article(article) && rest.chars().next().is_some_and(char::is_uppercase);
    }
    false
}

fn is_article(text: &str) -> bool {
    matches!(
        text,
        "al" | "el"
            | "ad"
            | "ar"
            | "as"
            | "ash"
            | "at"
            | "an"
            | "az"
            | "ez"
            | "ed"
            | "es"
            | "esh"
            | "et"
            | "er"
            | "en"
            | "abu"
            | "bin"
            | "ibn"
            | "umm"
    )
}

/// The token after the run of name parts at `i`; `i` itself where none begins. "for" and "of"
/// belong to a run where a capital follows and `linked` allows it ("Observatory for Human
/// Rights").
pub fn run_end(tokens: &[Token], i: usize, linked: bool) -> usize {
    let mut at = i;
    while at < i + NAME_LIMIT_TOKENS {
        if at > i && tokens.get(at).is_some_and(|t| t.gap > Gap::Space) {
            break;
        }
        if is_name_part(tokens, at) {
            at += 1;
            // A possessive ends the name it stands on.
            if tokens.get(at - 1).is_some_and(|t| t.lower.ends_with("'s")) {
                break;
            }
            continue;
        }
        let link = linked
            && at > i
            && matches!(word(tokens, at), "for" | "of")
            && is_name_part(tokens, at + 1)
            && tokens.get(at + 1).is_none_or(|t| t.gap <= Gap::Space);
        if !link {
            break;
        }
        at += 1;
    }
    at
}

/// The text of tokens `first..end`, as the report has it, line ends as blanks.
pub fn text_of(source: &str, tokens: &[Token], first: usize, end: usize) -> Option<String> {
    let start = tokens.get(first)?.start;
    let stop = tokens.get(end.checked_sub(1)?)?.end;
    let text = source.get(start..stop)?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The names of a report that have two words or more, first come first, each once.
pub fn long_names(source: &str, tokens: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut i = 0;
    while i < tokens.len() && out.len() < NAMES_LIMIT {
        let end = run_end(tokens, i, true);
        if end > i + 1
            && let Some(name) = text_of(source, tokens, i, end)
            && !out.contains(&name)
        {
            out.push(name);
        }
        i = end.max(i + 1);
    }
    out
}

/// The fullest form of `name` among `names`: one that has all its words, in order and at its end or
/// start, or whose capitals it spells ("SOHR").
pub fn fullest<'n>(name: &'n str, names: &'n [String]) -> &'n str {
    let bare = name.strip_suffix("'s").or_else(|| name.strip_suffix("\u{2019}s")).unwrap_or(name);
    let parts: Vec<&str> = bare.split(' ').collect();
    let acronym = parts.len() == 1 && bare.len() >= 3 && bare.chars().all(char::is_uppercase);
    let fuller = names.iter().find(|full| {
        let words: Vec<&str> = full.split(' ').collect();
        if words.len() <= parts.len() || words.len() > 7 {
            return false;
        }
        if acronym {
            let initials: String = words
                .iter()
                .filter(|w| w.chars().next().is_some_and(char::is_uppercase))
                .filter_map(|w| w.chars().next())
                .collect();
            return initials == bare;
        }
        let person = parts.len() <= 2 && words.ends_with(&parts);
        let body = parts.len() == 1
            && words.len() >= 3
            && words.contains(&bare)
            && words.iter().any(|w| matches!(*w, "for" | "of"));
        person || body
    });
    fuller.map_or(bare, String::as_str)
}
