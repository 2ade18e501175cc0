//! Every quantity of a sentence with the noun phrase it counts.
//!
//! What cannot be a count (a date, an age, a length of time, money, a resolution's number) is
//! thrown out here, before any verb is looked at.

use language::gazetteer::LABELS;
use language::hedges::{self, Quantity};
use language::lexicon::{self, Noun, Role};
use language::numbers::{self, Number, Shape};
use language::tokens::{Gap, Kind, Token, word, word_before};
use language::when::When;
use language::who::Attribution;
use record::Measure;
use std::ops::Range;

/// Most words of a noun phrase: "pro-government Shiite Iraqi militia fighters" and a margin.
const PHRASE_LIMIT_TOKENS: usize = 10;

/// A quantity, its noun, and later what befell those it counts.
#[derive(Debug, Clone)]
pub(super) struct Count {
    /// The quantity.
    pub(super) quantity: Quantity,
    /// First token of the noun phrase, after "of" and articles.
    pub(super) noun_first: usize,
    /// Token after the noun phrase.
    pub(super) noun_end: usize,
    /// What its head is, if known.
    pub(super) noun: Option<Noun>,
    /// Whether a phrase stands there at all.
    pub(super) named: bool,
    /// What is counted, once known.
    pub(super) measure: Option<Measure>,
    /// Rule that gave the measure.
    pub(super) rule: &'static str,
    /// A victim word inside the phrase ("wounded civilians") or its head.
    pub(super) adjective: Option<Measure>,
}

/// All counts of a sentence, in order, none overlapping.
pub(super) fn find(tokens: &[Token], dates: &[When], sources: &[Attribution]) -> Vec<Count> {
    let mut barred: Vec<Range<usize>> = dates.iter().map(|d| d.first..d.end).collect();
    // "kills 12 monitoring group says": whoever says it is not counted.
    barred.extend(sources.iter().map(|s| s.at.clone()));
    let mut out: Vec<Count> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if let Some(date) = dates.iter().find(|d| d.first <= i && i < d.end) {
            i = date.end;
            continue;
        }
        if let Some(number) = numbers::number_at(tokens, i) {
            let end = number.end.max(i + 1);
            if dates.iter().any(|d| d.first < end && i < d.end) {
                // "between 10 and 15 April" is a date, not a range.
                i += 1;
                continue;
            }
            let floor = out.last().map_or(0, |c| c.quantity.end);
            let quantity = hedges::hedged(tokens, i, &number);
            let speaks = sources.iter().any(|s| s.at.start == quantity.end)
                && quantity.first.checked_sub(1).and_then(|k| tokens.get(k)).is_some_and(|t| {
                    // "… four civilians two residents said": those two are the source.
                    t.noun.is_some() && t.trigger.is_none()
                });
            if quantity.first >= floor && !speaks && is_count(tokens, &quantity) {
                let found = count(tokens, quantity, &barred);
                // A whole's number inside the phrase ("18 of the 31") is not counted again.
                i = found.noun_first.max(end);
                out.push(found);
                continue;
            }
            i = end.max(out.last().map_or(0, |c| c.quantity.end));
            continue;
        }
        if let Some(single) = single_at(tokens, i, &barred) {
            i = single.quantity.end;
            out.push(single);
            continue;
        }
        i += 1;
    }
    out
}

/// "a child", "his son", "the driver": one person, if a victim.
fn single_at(tokens: &[Token], i: usize, barred: &[Range<usize>]) -> Option<Count> {
    const STARTERS: &[&str] = &["a", "an", "the", "his", "her", "their", "its", "my", "our"];
    if !STARTERS.contains(&word(tokens, i)) {
        return None;
    }
    let (low, high) = (Some(1), Some(1));
    let rule = "number.single-victim";
    let number = Number { low, high, end: i + 1, shape: Shape::Single, rule };
    let quantity = Quantity {
        first: i,
        core: i,
        end: i + 1,
        low,
        high,
        hedge: record::Hedge::Exact,
        shape: number.shape,
        rules: vec![rule],
    };
    let mut found = count(tokens, quantity, barred);
    list_of_singles(tokens, &mut found);
    if found.noun == Some(Noun::Person) && !is_office(tokens, &found) { Some(found) } else { None }
}

/// "A man, woman and child": nouns in a row under one article count one each.
fn list_of_singles(tokens: &[Token], found: &mut Count) {
    let kin = |i: usize| matches!(word(tokens, i), "man" | "woman" | "child" | "boy" | "girl");
    if word(tokens, found.quantity.first) == "the" || !kin(found.noun_first) {
        return;
    }
    let (mut each, mut at) = (1, found.noun_first + 1);
    // "a girl child" is one; only "and" makes a list.
    let mut listed = false;
    loop {
        let link = at + usize::from(matches!(word(tokens, at), "," | "and"));
        listed |= word(tokens, at) == "and";
        if !kin(link) {
            break;
        }
        each += 1;
        at = link + 1;
    }
    if each > 1 && listed {
        found.quantity.low = Some(each);
        found.quantity.high = Some(each);
        found.quantity.rules.push("number.list-of-singles");
        found.noun_end = at;
    }
}

/// "the Observatory's head X said": a title before a name is no victim unless a verb says so; a
/// definite phrase with a plural inside ("the people's leader") stays.
fn is_office(tokens: &[Token], count: &Count) -> bool {
    tokens.get(count.noun_end).is_some_and(|t| t.role == Role::Saying)
}

/// Attaches its noun phrase to a quantity.
fn count(tokens: &[Token], quantity: Quantity, barred: &[Range<usize>]) -> Count {
    let mut at = quantity.end;
    if word(tokens, at) == "of" {
        at += 1;
    }
    let of = at > quantity.end;
    while of && tokens.get(at).is_some_and(|t| t.role == Role::Determiner) && at < quantity.end + 3
    {
        at += 1;
    }
    // "18 of the 31 lorries": the whole's number is passed over, and counts nothing itself.
    if at > quantity.end
        && let Some(whole) = numbers::number_at(tokens, at).filter(|n| n.shape == Shape::Plain)
    {
        at = whole.end;
    }
    // "six of them women": what follows is the part.
    if at == quantity.end + 1 && matches!(word(tokens, at), "them" | "whom") {
        at += 1;
    }
    let noun_first = at;
    let mut noun = None;
    let mut noun_end = at;
    let mut adjective = None;
    while let Some(token) = tokens.get(at) {
        let taken = barred.iter().any(|r| r.contains(&at));
        if taken || at >= noun_first + PHRASE_LIMIT_TOKENS || ends_phrase(tokens, at, noun_first) {
            break;
        }
        if noun.is_some() && !extends(tokens, at, noun) {
            break;
        }
        // "wounded civilians", "besieged people": the participle is part of the phrase.
        if let (None, Some(trigger)) = (noun, token.trigger) {
            adjective = Some(trigger.measure);
        }
        if let Some(known) = token.noun {
            noun = Some(known);
        }
        at += 1;
        noun_end = at;
    }
    let named = noun_end > noun_first;
    Count { quantity, noun_first, noun_end, noun, named, measure: None, rule: "", adjective }
}

/// Whether the token at `at` cannot belong to the noun phrase that began at `first`.
fn ends_phrase(tokens: &[Token], at: usize, first: usize) -> bool {
    let Some(token) = tokens.get(at) else { return true };
    if token.kind != Kind::Word || token.gap > Gap::Line {
        return !(token.is_mark('"') && at == first);
    }
    if token.gap == Gap::Paragraph && at > first {
        return true;
    }
    let number = !matches!(token.lower.as_ref(), "a" | "an" | "one")
        && numbers::number_at(tokens, at).is_some();
    let linked = match token.role {
        Role::None => false,
        // "193 member states"
        Role::Saying => token.noun != Some(Noun::State),
        Role::Month(_) | Role::Weekday(_) => token.capital(),
        // "20 more", "12 mostly young men"
        Role::Adverb => token.noun.is_none() && at > first,
        _ => true,
    };
    number || linked || verb(tokens, at, first)
}

/// Whether the trigger word at `at` is a verb here, and not an adjective of the counted noun.
fn verb(tokens: &[Token], at: usize, first: usize) -> bool {
    let Some(token) = tokens.get(at) else { return true };
    let Some(trigger) = token.trigger else { return false };
    // "63 enemy targets": a noun, unless a noun came before it ("10 fighters targets").
    let bare = at > first && tokens.get(at - 1).is_some_and(|t| t.noun.is_none());
    if token.noun.is_some() && trigger.form == lexicon::Form::Present && bare {
        return false;
    }
    if token.noun.is_some() && trigger.form != lexicon::Form::Present {
        // "wounded", "dead": nouns of their own after a number; verbs after a noun.
        return at > first;
    }
    if trigger.form == lexicon::Form::Past && at == first {
        let next = tokens.get(at + 1);
        return !next
            .is_some_and(|t| matches!(t.noun, Some(Noun::People | Noun::Person | Noun::Object)));
    }
    true
}

/// Whether a word after a known noun still belongs to the phrase: another noun does ("police
/// officers", "rocket launchers"), an unknown small word does not ("people gathered").
fn extends(tokens: &[Token], at: usize, noun: Option<Noun>) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    let plural = matches!(noun, Some(Noun::People | Noun::State | Noun::Unit));
    match token.noun {
        Some(Noun::Unit) => false,
        // "civilians activist group … said": a plural is not the adjective of a singular.
        Some(Noun::Person | Noun::Thing) if noun == Some(Noun::People) => false,
        Some(_) => {
            // "20 people dead", "three people injuries"
            !(plural && token.trigger.is_some())
        }
        None => {
            // "three rocket propelled grenades": look one word ahead for the head.
            let ahead = tokens.get(at + 1);
            !plural
                && token.trigger.is_none()
                && token.role == Role::None
                && ahead.is_some_and(|t| {
                    t.noun.is_some() && t.noun != Some(Noun::Unit) && t.gap < Gap::Line
                })
        }
    }
}

/// Whether a number can be a count at all (labelling guide: what not to label).
fn is_count(tokens: &[Token], q: &Quantity) -> bool {
    const MONEY: [char; 5] = ['$', '€', '£', '¥', '#'];
    const GLUED_BEFORE: [char; 6] = ['/', '_', '@', '.', '+', '='];
    const GLUED_AFTER: [char; 5] = ['/', '$', '€', '°', '='];
    let is_any = |t: &Token, marks: &[char]| marks.iter().any(|&c| t.is_mark(c));
    if let Some(before) = q.core.checked_sub(1).and_then(|i| tokens.get(i)) {
        let glued = tokens.get(q.core).is_some_and(|t| t.gap == Gap::None);
        if is_any(before, &MONEY) || glued && is_any(before, &GLUED_BEFORE) {
            return false;
        }
    }
    if tokens
        .get(q.end)
        .is_some_and(|t| t.is_mark('%') || t.gap == Gap::None && is_any(t, &GLUED_AFTER))
    {
        return false;
    }
    !(labelled_number(word_before(tokens, q.core, 1))
        || measured(tokens, q)
        || is_idiom(tokens, q)
        || is_apposed_age(tokens, q)
        || is_bare_year(tokens, q))
}

/// Words that make the number after them a name: "resolution 2254", "MiG 29", "aged 12".
fn labelled_number(before: &str) -> bool {
    LABELS.contains(before)
}

/// Words that may stand between a number and its unit: "three consecutive days", "20 US dollars".
const BEFORE_UNIT: &str = "consecutive long more full straight square nautical whole of other \
    additional us solid successive short american";

/// "three days", "some 20 long years", "12 per cent".
fn measured(tokens: &[Token], q: &Quantity) -> bool {
    for at in q.end..q.end + 3 {
        let Some(token) = tokens.get(at).filter(|t| t.gap < Gap::Paragraph) else { return false };
        if token.noun == Some(Noun::Unit) {
            return true;
        }
        if !BEFORE_UNIT.split(' ').any(|w| w == token.lower) {
            return false;
        }
    }
    false
}

/// "A. Person, 42, of Norwick" and "A. Person (42)": an age.
fn is_apposed_age(tokens: &[Token], q: &Quantity) -> bool {
    let mark = |i: usize, open: char| tokens.get(i).is_some_and(|t| t.is_mark(open));
    let named = q.core.checked_sub(2).and_then(|i| tokens.get(i)).is_some_and(Token::capital);
    let around = |open, close| mark(q.core.wrapping_sub(1), open) && mark(q.end, close);
    let plain = q.end == q.core + 1 && q.first == q.core && q.low.is_some_and(|v| v <= AGE_LIMIT);
    plain && named && (around(',', ',') || around('(', ')'))
}

/// Greatest age a report gives.
const AGE_LIMIT: u64 = 120;

/// "one of", "only 300,000 deaths away".
fn is_idiom(tokens: &[Token], q: &Quantity) -> bool {
    let next = word(tokens, q.end);
    let first = word(tokens, q.core);
    let before = word_before(tokens, q.core, 1);
    if q.end == q.core + 1 && first == "one" {
        const AFTER: &[&str] = &["of", "another", "side", "day", "hand", "thing", "that", "who"];
        const BEFORE: &[&str] = &["no", "any", "every", "the", "this", "that", "each", "which"];
        if AFTER.contains(&next) || BEFORE.contains(&before) {
            return true;
        }
    }
    // "only 300,000 deaths away": what is still missing has not happened.
    (1..5).any(|k| word(tokens, q.end + k) == "away" || word(tokens, q.end + k) == "short")
        && matches!(before, "only" | "just" | "still")
        || matches!(next, "away" | "fold")
}

/// A bare number from 1900 to 2099 is a year unless people or things follow it at once.
fn is_bare_year(tokens: &[Token], q: &Quantity) -> bool {
    let Some(token) = tokens.get(q.core) else { return true };
    let bare = q.end == q.core + 1
        && q.first == q.core
        && token.kind == Kind::Numeral
        && token.text.len() == 4
        && (token.text.starts_with("19") || token.text.starts_with("20"))
        && token.text.bytes().all(|b| b.is_ascii_digit());
    let dating = matches!(
        word_before(tokens, q.core, 1),
        "in" | "since" | "of" | "until" | "by" | "from" | "during" | "late" | "early" | "mid"
    );
    let counted = (0..2).any(|k| {
        tokens.get(q.end + k).is_some_and(|t| {
            // "the 2013 attack" has a year; "2000 attacks" has none.
            t.lower.ends_with('s') && matches!(t.noun, Some(Noun::Attack | Noun::Object))
                || matches!(t.noun, Some(Noun::People | Noun::Victims(_)))
        })
    });
    let counted = counted && word_before(tokens, q.core, 1) != "the";
    bare && (!counted || dating && word_before(tokens, q.core, 1) != "of")
}
