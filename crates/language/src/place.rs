//! Where: the most specific place that a sentence names.
//!
//! A place is a name after "in", "at", "near" and their like, or one with a word for a place beside
//! it ("the village of X", "X neighbourhood"). Never may a person or an armed group stand as a
//! place.

use crate::gazetteer::{CITIES, COUNTRIES, LAST, NEVER, PEOPLES};
use crate::lexicon::{Noun, Role};
use crate::names::{is_name_part, run_end, text_of};
use crate::tokens::{Gap, Token, word, word_before};
use crate::who::Attribution;

/// A place named in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// First token.
    pub first: usize,
    /// Token after it.
    pub end: usize,
    /// In the report's words, without article.
    pub text: String,
    /// How specific: 1 a country, 2 a province, 3 a city, 4 a town or village, 5 a part of one.
    pub rank: u8,
    /// Rule that found it.
    pub rule: &'static str,
}

/// The places of a sentence, in order.
pub fn places(source: &str, tokens: &[Token], sources: &[Attribution]) -> Vec<Place> {
    let mut out: Vec<Place> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let found = typed_of(tokens, i).or_else(|| named(tokens, i));
        let Some((first, end, rank, rule)) = found else {
            i += 1;
            continue;
        };
        let end = containing(tokens, end, rank);
        // "a source at … Police Command", "Turkey's state-run agency" say who, not where.
        if sources.iter().any(|a| a.at.contains(&first)) {
            i = end.max(i + 1);
            continue;
        }
        if let Some(text) = text_of(source, tokens, first, end) {
            let text = unpossessed(tokens, first, end, &text).to_string();
            out.push(Place { first, end, text, rank, rule });
        }
        i = end.max(i + 1);
    }
    out
}

/// The best place for a count at token `at`: specific before general, near before far.
pub fn nearest(places: &[Place], at: usize) -> Option<&Place> {
    places.iter().max_by_key(|p| {
        let distance = if p.first > at { p.first - at } else { (at - p.first) + 4 };
        let distance = i64::try_from(distance).unwrap_or(i64::MAX / 2);
        (i64::from(p.rank) * 7 - distance, std::cmp::Reverse(p.first))
    })
}

/// Rank of a word for a kind of place.
fn kind_rank(word: &str) -> Option<u8> {
    Some(match word {
        "neighborhood" | "neighbourhood" | "neighborhoods" | "neighbourhoods" | "district"
        | "districts" | "quarter" | "suburb" | "suburbs" | "camp" | "street" | "square"
        | "area" | "checkpoint" | "crossing" | "airport" | "airbase" | "base" | "hospital"
        | "mosque" | "school" | "market" | "road" | "highway" | "square's" | "prison"
        | "university" => 5,
        "village" | "villages" | "town" | "towns" | "hamlet" => 4,
        "city" | "cities" => 3,
        "province" | "provinces" | "governorate" | "region" | "countryside" | "valley"
        | "state" | "island" | "mountains" | "outskirts" => 2,
        _ => return None,
    })
}

/// "the village of X", "towns of X and Y", "city of X".
fn typed_of(tokens: &[Token], i: usize) -> Option<(usize, usize, u8, &'static str)> {
    let rank = kind_rank(word(tokens, i))?;
    if word(tokens, i + 1) != "of" {
        return None;
    }
    let first = i + 2 + usize::from(word(tokens, i + 2) == "the");
    let mut end = place_end(tokens, first);
    if word(tokens, i + 2).ends_with('s') && known(tokens, first, first + 1) == Some(1) {
        // "an area of Syrias second city": the country owns the place, and is not its name.
        return None;
    }
    if end == first {
        // "the outskirts of the capital"
        let town = matches!(word(tokens, first), "capital" | "city" | "town" | "village");
        return (town && first == i + 3).then_some((i, first + 1, 3, "place.kind-of"));
    }
    if word(tokens, end) == "and" && word(tokens, i).ends_with('s') {
        let second = place_end(tokens, end + 1);
        if second > end + 1 {
            end = second;
        }
    }
    Some((i, end, rank, "place.kind-of"))
}

/// "X neighbourhood", or a name after a preposition of place, or a name the lexicon knows.
fn named(tokens: &[Token], i: usize) -> Option<(usize, usize, u8, &'static str)> {
    // "Syrias Idlib": the country, then what lies in it.
    let owned = |k: usize| {
        is_name_part(tokens, k)
            && known(tokens, k, k + 1) == Some(1)
            && word(tokens, k).ends_with('s')
            && is_name_part(tokens, k + 1)
    };
    let inner = i > 0 && is_name_part(tokens, i - 1);
    if !is_name_part(tokens, i) || inner && !owned(i - 1) || owned(i) {
        return None;
    }
    let end = place_end(tokens, i);
    if end == i {
        return None;
    }
    if let Some(rank) = kind_rank(word(tokens, end - 1)).filter(|_| end > i + 1) {
        return Some((i, end, rank, "place.kind-after"));
    }
    if let Some(found) = kind_after(tokens, i, end) {
        return Some(found);
    }
    if let Some(rank) = apposed(tokens, end) {
        return Some((i, end, rank, "place.apposed"));
    }
    if let Some(rank) = known(tokens, i, end) {
        // "northeast of Damascus" only says where another place lies.
        let beside = word_before(tokens, i, 1) == "of" && is_direction(word_before(tokens, i, 2));
        let rank = if beside { rank.min(2) } else { rank };
        return Some((i, end, rank, "place.known"));
    }
    // "Aleppo Rises to", "Deir Ezzor Aleppo": a name everybody knows, then something else.
    let prefix = (i + 1..end).rev().find_map(|k| known(tokens, i, k).map(|rank| (k, rank)));
    if let Some((k, rank)) = prefix {
        return Some((i, k, rank, "place.known"));
    }
    let before = before_adjectives(tokens, i);
    let led = matches!(
        before,
        "in" | "at"
            | "near"
            | "outside"
            | "around"
            | "inside"
            | "across"
            | "struck"
            | "hit"
            | "shelled"
            | "bombed"
            | "pounded"
    );
    (led && !tokens.get(end).is_some_and(|t| t.role == Role::Saying))
        .then_some((i, end, 4, "place.in"))
}

/// A kind after the name, perhaps with one adjective between ("al-X residential area").
fn kind_after(tokens: &[Token], i: usize, end: usize) -> Option<(usize, usize, u8, &'static str)> {
    for skip in 0..2 {
        let at = end + skip;
        let adjective = |t: &Token| t.role == Role::None && t.noun.is_none() && !t.capital();
        let plain = skip == 0 || tokens.get(end).is_some_and(adjective);
        let Some(rank) = kind_rank(word(tokens, at)).filter(|_| plain) else { continue };
        if tokens.get(at).is_none_or(|t| t.gap > Gap::Line) {
            return None;
        }
        // "a Homs school", "a Syria market": which one, the report does not say.
        let area = is_area(word(tokens, at));
        let known = known(tokens, i, end);
        return Some(match known {
            Some(1) => (i, end, 1, "place.known"),
            Some(known) if !area => (i, end, known, "place.known"),
            _ => (i, at + 1, rank, "place.kind-after"),
        });
    }
    None
}

fn is_direction(word: &str) -> bool {
    ["north", "south", "east", "west"].iter().any(|d| word.starts_with(d))
}

/// Whether a kind of place is an area rather than one site in it.
fn is_area(word: &str) -> bool {
    !matches!(
        word,
        "hospital"
            | "mosque"
            | "school"
            | "market"
            | "prison"
            | "university"
            | "checkpoint"
            | "street"
            | "road"
            | "square"
            | "base"
            | "airbase"
            | "airport"
            | "crossing"
    )
}

/// "X, a town near …", "X a village held by …".
fn apposed(tokens: &[Token], end: usize) -> Option<u8> {
    let at = end + usize::from(word(tokens, end) == ",");
    if !matches!(word(tokens, at), "a" | "an" | "the") {
        return None;
    }
    (at + 1..at + 4)
        .take_while(|&k| tokens.get(k).is_some_and(|t| t.role == Role::None && t.trigger.is_none()))
        .find_map(|k| kind_rank(word(tokens, k)))
}

/// The preposition before a name, past "the", "northern" and their like.
fn before_adjectives<'a>(tokens: &'a [Token], i: usize) -> &'a str {
    for k in 1..=4 {
        let word = word_before(tokens, i, k);
        let adjective = word == "the"
            || word.ends_with("ern")
            || word.ends_with("-held")
            || word.ends_with("-controlled")
            || matches!(
                word,
                "rural" | "central" | "besieged" | "north" | "south" | "east" | "west"
            );
        if !adjective {
            return word;
        }
    }
    ""
}

/// The token after a run of names that can be a place.
fn place_end(tokens: &[Token], i: usize) -> usize {
    let run = run_end(tokens, i, false);
    // "… in Syria Monitor": a headline's source ends the place.
    let end = (i + 1..run).find(|&k| LAST.contains(word(tokens, k))).unwrap_or(run);
    let never = tokens.get(i..end).unwrap_or_default().iter().any(|t| {
        is_never_place(&t.lower)
            || t.text.len() >= 3
                && t.text.bytes().all(|b| b.is_ascii_uppercase())
                && !is_known(&t.lower)
            || ["-led", "-backed", "-based", "-held", "-run", "-linked"]
                .iter()
                .any(|e| t.lower.ends_with(e))
            || matches!(t.noun, Some(Noun::People | Noun::Person | Noun::Victims(_) | Noun::State))
    });
    if never { i } else { end }
}

/// Extends a place by the larger one that contains it: "X neighbourhood in Aleppo", "X, Idlib".
fn containing(tokens: &[Token], end: usize, rank: u8) -> usize {
    if rank < 3 {
        return end;
    }
    let mut at = end;
    if !matches!(word(tokens, at), "in" | "of" | "near" | ",") {
        return end;
    }
    at += 1;
    while matches!(
        word(tokens, at),
        "the" | "northern" | "southern" | "eastern" | "western" | "central" | "rural"
    ) {
        at += 1;
    }
    let run = place_end(tokens, at);
    if run == at {
        return end;
    }
    let larger = known(tokens, at, run).or_else(|| kind_rank(word(tokens, run)));
    if larger.is_some_and(|r| r < rank) {
        run + usize::from(kind_rank(word(tokens, run)).is_some())
    } else {
        end
    }
}

/// The name without its possessive ending, lost apostrophe or not ("Syrias conflict").
fn unpossessed<'t>(tokens: &[Token], first: usize, end: usize, text: &'t str) -> &'t str {
    if let Some(bare) = text.strip_suffix("'s").or_else(|| text.strip_suffix("\u{2019}s")) {
        return bare;
    }
    match text.strip_suffix('s') {
        Some(bare) if known(tokens, first, end).is_some() && !is_known(&text.to_lowercase()) => {
            bare
        }
        _ => text,
    }
}

/// The country that a token names, if one, without its possessive ending.
pub fn country(token: &Token) -> Option<&'static str> {
    if !token.capital() {
        return None;
    }
    let lower = token.lower.strip_suffix("'s").unwrap_or(&token.lower);
    let found = COUNTRIES.get(lower).or_else(|| COUNTRIES.get(lower.strip_suffix('s')?));
    found.copied()
}

/// The country of a people, if the token names one ("Syrian").
pub fn people(token: &Token) -> Option<&'static str> {
    PEOPLES.get(token.lower.as_ref()).copied()
}

fn is_known(lower: &str) -> bool {
    COUNTRIES.contains(lower) || CITIES.contains(lower)
}

/// Words that make a run of names a person, a group or a people, not a place.
fn is_never_place(lower: &str) -> bool {
    let bare = lower.strip_suffix("'s").unwrap_or(lower);
    NEVER.contains(bare)
}

/// Rank of a name everybody knows; a lost apostrophe ("Syrias") is allowed for.
fn known(tokens: &[Token], first: usize, end: usize) -> Option<u8> {
    let mut name = String::new();
    for token in tokens.get(first..end)? {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(&token.lower);
    }
    let bare = name.strip_suffix("'s").unwrap_or(&name);
    let rank = |n: &str| {
        if COUNTRIES.contains(n) {
            Some(1)
        } else if CITIES.contains(n) {
            Some(3)
        } else {
            None
        }
    };
    rank(bare).or_else(|| bare.strip_suffix('s').and_then(rank))
}
