//! Who a headline names as its source: "…: monitor", "Ministry: …", "… state media".
//!
//! Never may a noun that the headline's sentence governs ("in clashes with army") stand as one.

use crate::gazetteer::LAST;
use crate::lexicon::Role;
use crate::names::{is_name_part, text_of};
use crate::tokens::{Token, word, word_before};
use crate::who::{Attribution, Reach, Speakers, describe, is_head};

/// "…: monitor", "… state media", "Ministry: …" in a headline.
pub fn headline_source(tokens: &[Token], speakers: &Speakers) -> Option<Attribution> {
    headline_lead(tokens, speakers).or_else(|| headline_end(tokens, speakers))
}

/// "Ministry: 20 killed …".
fn headline_lead(tokens: &[Token], speakers: &Speakers) -> Option<Attribution> {
    let colon = (1..tokens.len().min(8)).find(|&k| word(tokens, k) == ":")?;
    let name = (0..colon)
        .all(|k| is_name_part(tokens, k) || is_head(tokens, k) || word(tokens, k) == "of")
        .then(|| describe(tokens, 0, colon, speakers))??;
    Some(Attribution {
        cue: colon,
        reach: Reach::After,
        at: 0..colon,
        name,
        rule: "source.headline",
    })
}

/// "… killed: monitor", "… state media - Region - World".
fn headline_end(tokens: &[Token], speakers: &Speakers) -> Option<Attribution> {
    let mut end = tokens.len();
    while end > 0
        && (tokens.get(end - 1).is_some_and(|t| t.is_mark('.'))
            || matches!(word(tokens, end - 1), "afp" | "ap" | "dpa" | "reuters"))
    {
        end -= 1;
    }
    // "… state media - Region - World": the furniture after a dash.
    if let Some(dash) = (end.saturating_sub(9)..end).find(|&k| word(tokens, k) == "-")
        && LAST.contains(word_before(tokens, dash, 1))
    {
        end = dash;
    }
    let last = end.checked_sub(1)?;
    if !LAST.contains(word(tokens, last)) {
        return None;
    }
    let mut first = last;
    while first > 0 && end - first < 4 && QUALIFIERS.contains(&word_before(tokens, first, 1)) {
        first -= 1;
    }
    let before = tokens.get(first.checked_sub(1)?)?;
    let marked = before.is_mark(':') || before.is_mark('-');
    let alone = UNMARKED.contains(&word(tokens, last)) || first < last;
    let governed = matches!(before.role, Role::Preposition | Role::Determiner | Role::Conjunction)
        || before.trigger.is_some();
    if governed || !marked && !alone {
        return None;
    }
    let name = text_of(speakers.source, tokens, first, end)?;
    Some(Attribution {
        cue: end,
        reach: Reach::Before,
        at: first..end,
        name,
        rule: "source.headline",
    })
}

/// Words before such a noun that belong to it.
const QUALIFIERS: &[&str] = &["state", "war", "rights", "local", "military", "news"];

/// Nouns that say who speaks even where no mark stands before them.
const UNMARKED: &[&str] = &[
    "monitor",
    "monitors",
    "ngo",
    "ngos",
    "activists",
    "observatory",
    "sohr",
    "watchdog",
    "media",
    "medics",
    "sources",
    "reports",
    "rescuers",
    "witnesses",
    "officials",
    "source",
];
