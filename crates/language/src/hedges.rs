//! Hedges: the words before and after a number that open its bounds.
//!
//! A hedge covers only the number it touches (labelling guide, "Hedge reach"): never may it spread
//! over "and".

use crate::numbers::{Number, Shape};
use crate::tokens::{Gap, Token, word};
use record::Hedge;

/// A number with its hedges: what the guide calls the quantity.
#[derive(Debug, Clone)]
pub struct Quantity {
    /// First token, hedge included.
    pub first: usize,
    /// First token of the number itself.
    pub core: usize,
    /// Token after it.
    pub end: usize,
    /// Least value.
    pub low: Option<u64>,
    /// Greatest value.
    pub high: Option<u64>,
    /// How it is hedged.
    pub hedge: Hedge,
    /// How it is spelt.
    pub shape: Shape,
    /// Rules of number and hedge.
    pub rules: Vec<&'static str>,
}

/// Words before a number, their hedge and rule. Of two that fit, the longer is taken.
const BEFORE: &[(&str, Hedge, &str)] = &[
    ("at least", Hedge::AtLeast, "hedge.at-least"),
    ("at the least", Hedge::AtLeast, "hedge.at-least"),
    ("no fewer than", Hedge::AtLeast, "hedge.at-least"),
    ("no less than", Hedge::AtLeast, "hedge.at-least"),
    ("not less than", Hedge::AtLeast, "hedge.at-least"),
    ("a minimum of", Hedge::AtLeast, "hedge.at-least"),
    ("more than", Hedge::MoreThan, "hedge.more-than"),
    ("over", Hedge::MoreThan, "hedge.more-than"),
    ("well over", Hedge::MoreThan, "hedge.more-than"),
    ("just over", Hedge::MoreThan, "hedge.more-than"),
    ("upwards of", Hedge::MoreThan, "hedge.more-than"),
    ("upward of", Hedge::MoreThan, "hedge.more-than"),
    ("in excess of", Hedge::MoreThan, "hedge.more-than"),
    ("above", Hedge::MoreThan, "hedge.more-than"),
    ("exceeding", Hedge::MoreThan, "hedge.more-than"),
    ("up to", Hedge::UpTo, "hedge.up-to"),
    ("as many as", Hedge::UpTo, "hedge.up-to"),
    ("as high as", Hedge::UpTo, "hedge.up-to"),
    ("at most", Hedge::UpTo, "hedge.up-to"),
    ("a maximum of", Hedge::UpTo, "hedge.up-to"),
    ("no more than", Hedge::UpTo, "hedge.up-to"),
    ("not more than", Hedge::UpTo, "hedge.up-to"),
    ("fewer than", Hedge::FewerThan, "hedge.fewer-than"),
    ("less than", Hedge::FewerThan, "hedge.fewer-than"),
    ("under", Hedge::FewerThan, "hedge.fewer-than"),
    ("just under", Hedge::FewerThan, "hedge.fewer-than"),
    ("about", Hedge::About, "hedge.about"),
    ("around", Hedge::About, "hedge.about"),
    ("approximately", Hedge::About, "hedge.about"),
    ("roughly", Hedge::About, "hedge.about"),
    ("some", Hedge::About, "hedge.about"),
    ("an estimated", Hedge::About, "hedge.about"),
    ("the estimated", Hedge::About, "hedge.about"),
    ("estimated", Hedge::About, "hedge.about"),
    ("circa", Hedge::About, "hedge.about"),
    ("nearly", Hedge::Nearly, "hedge.nearly"),
    ("almost", Hedge::Nearly, "hedge.nearly"),
    ("close to", Hedge::Nearly, "hedge.nearly"),
    ("another", Hedge::Exact, "hedge.another"),
    ("a further", Hedge::Exact, "hedge.another"),
    ("further", Hedge::Exact, "hedge.another"),
    ("an additional", Hedge::Exact, "hedge.another"),
    ("a total of", Hedge::Exact, "hedge.total-of"),
];

/// Hedges that may stand one before the other ("at least another 20").
const STACK_LIMIT: usize = 3;

/// Takes in the hedges around `number`, which begins at token `core`.
pub fn hedged(tokens: &[Token], core: usize, number: &Number) -> Quantity {
    let mut first = core;
    let mut rules = vec![number.rule];
    let mut hedge = None;
    for _ in 0..STACK_LIMIT {
        let Some((begin, found, rule)) = before(tokens, first) else { break };
        first = begin;
        if found != Hedge::Exact {
            hedge = Some(found);
        }
        rules.push(rule);
    }
    let mut end = number.end;
    if let Some((after, found, rule)) = after(tokens, end) {
        end = after;
        hedge = found.or(hedge);
        rules.push(rule);
    }
    let hedge = match number.shape {
        Shape::Vague | Shape::Many => Hedge::Vague,
        Shape::Range => Hedge::Between,
        Shape::Plain | Shape::Single => hedge.unwrap_or(Hedge::Exact),
    };
    let (low, high) = bounds(number, hedge);
    Quantity { first, core, end, low, high, hedge, shape: number.shape, rules }
}

fn bounds(number: &Number, hedge: Hedge) -> (Option<u64>, Option<u64>) {
    match hedge {
        Hedge::AtLeast => (number.low, None),
        Hedge::MoreThan => (number.low.map(|v| v.saturating_add(1)), None),
        Hedge::UpTo => (None, number.high),
        Hedge::FewerThan => (None, number.high.map(|v| v.saturating_sub(1))),
        Hedge::Exact | Hedge::About | Hedge::Nearly | Hedge::Between | Hedge::Vague => {
            (number.low, number.high)
        }
    }
}

fn before(tokens: &[Token], first: usize) -> Option<(usize, Hedge, &'static str)> {
    let mut best: Option<(usize, Hedge, &'static str)> = None;
    let last = word(tokens, first.checked_sub(1)?);
    for &(words, hedge, rule) in BEFORE {
        if !words.ends_with(last) || last.is_empty() {
            continue;
        }
        let count = words.split(' ').count();
        let Some(begin) = first.checked_sub(count) else { continue };
        let stands = words.split(' ').enumerate().all(|(k, w)| word(tokens, begin + k) == w)
            && (begin + 1..=first).all(|k| tokens.get(k).is_some_and(|t| t.gap < Gap::Paragraph));
        if stands && best.is_none_or(|(b, ..)| begin < b) {
            best = Some((begin, hedge, rule));
        }
    }
    best
}

/// "20 or more", "20 at least", "20 more".
fn after(tokens: &[Token], end: usize) -> Option<(usize, Option<Hedge>, &'static str)> {
    match (word(tokens, end), word(tokens, end + 1)) {
        ("or", "more") => Some((end + 2, Some(Hedge::AtLeast), "hedge.at-least")),
        ("at", "least") if tokens.get(end + 2).is_none_or(|t| t.text.is_empty()) => {
            Some((end + 2, Some(Hedge::AtLeast), "hedge.at-least"))
        }
        ("+", _) => Some((end + 1, Some(Hedge::AtLeast), "hedge.at-least")),
        ("or", "so") => Some((end + 2, Some(Hedge::About), "hedge.about")),
        ("more", next) if next != "than" => Some((end + 1, None, "hedge.another")),
        _ => None,
    }
}
