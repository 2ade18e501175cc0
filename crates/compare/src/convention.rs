//! What the coding rules of two event data sets would record for a question.
//!
//! They stand beside the accounts and never in their place. Where a rule asks for a judgement that
//! words cannot carry (which source is reliable, whether a zone is at war), no number is given.
//!
//! Sources: UCDP Georeferenced Event Dataset codebook, variables `best`, `low` and `high` (best,
//! lowest reliable and highest reliable estimate of deaths); UCDP, "Definitions, sources and
//! methods for Uppsala Conflict Data Program Battle-Death estimates" (where no source is more
//! reliable, the lower figure is best; our reading, from memory of the text); ACLED, "FAQs: ACLED
//! fatality methodology", "How does ACLED code fatalities?" (most conservative estimate where
//! reports differ or are vague; tens 10, dozens 12, hundreds 100; no data on injuries).

use crate::account::Normal;
use record::{Figure, Hedge, Measure};
use serde::{Deserialize, Serialize};

/// What one convention would record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// `ucdp.low`, `ucdp.best`, `ucdp.high` or `acled.conservative`.
    pub name: String,
    /// The number, or `None` where the convention gives none.
    pub value: Option<u64>,
    /// Index of the account that sets it, in the question's accounts.
    pub account: Option<usize>,
    /// How it came about, or why there is none.
    pub why: String,
}

const NAMES: [&str; 4] = ["ucdp.low", "ucdp.best", "ucdp.high", "acled.conservative"];

/// Plural scale words and what ACLED records for them (its FAQ lists the first three "and so on";
/// thousands follow from that).
const ACLED_WORDS: [(&str, u64); 4] =
    [("tens", 10), ("dozens", 12), ("hundreds", 100), ("thousands", 1000)];

/// All four, in the order low, best, high, conservative.
pub(crate) fn conventions(members: &[Normal]) -> Vec<Convention> {
    let killed = members.iter().all(|m| m.account.figure.measure == Measure::Killed);
    if !killed {
        let why = "Both data sets record deaths only.";
        return NAMES.iter().map(|name| none(name, why)).collect();
    }
    let mut out = ucdp(members);
    out.push(acled(members));
    if members.iter().any(|m| m.total) {
        for convention in &mut out {
            convention.why.push_str(
                " The rule is one for single events; it is applied here to totals for comparison.",
            );
        }
    }
    out
}

fn ucdp(members: &[Normal]) -> Vec<Convention> {
    let numbers = |high: bool| -> Vec<(u64, usize)> {
        let one = |(at, m): (usize, &Normal)| stated(&m.account.figure, high).map(|n| (n, at));
        members.iter().enumerate().filter_map(one).collect()
    };
    let lows = numbers(false);
    let highs = numbers(true);
    let [low_name, best_name, high_name, _] = NAMES;
    let none_why = "No account gives a number that bounds the deaths from this side.";
    let least = lows.iter().min().copied();
    let greatest = highs.iter().max_by_key(|(n, at)| (*n, usize::MAX - *at)).copied();
    let one_number = lows.iter().all(|(n, _)| Some(*n) == least.map(|l| l.0));
    let best_why = if one_number {
        "The only number given."
    } else {
        "Which source is more reliable is for a person to say; where that is unclear the lower \
         number is taken."
    };
    vec![
        some_or(low_name, least, "The lowest number given.", none_why, members),
        some_or(best_name, least, best_why, none_why, members),
        some_or(high_name, greatest, "The highest number given.", none_why, members),
    ]
}

/// The number a coder would take from an account as its low or high estimate: the least number
/// that the words allow, or the greatest where they set one. "Up to 50" says nothing of the low
/// one. Vague words are left to a coder.
fn stated(figure: &Figure, high: bool) -> Option<u64> {
    match figure.hedge {
        Hedge::Vague => None,
        _ if high => figure.high.or(figure.low),
        _ => figure.low,
    }
}

fn acled(members: &[Normal]) -> Convention {
    let one = |(at, m): (usize, &Normal)| conservative(&m.account.figure).map(|n| (n, at));
    let least = members.iter().enumerate().filter_map(one).min();
    let [.., name] = NAMES;
    some_or(
        name,
        least,
        "The most conservative of the numbers given.",
        "No account gives a number or a word that the rule turns into one; the rule for unknown \
         numbers asks for a judgement on the zone.",
        members,
    )
}

/// The lowest number an account stands for; "dozens" is 12.
fn conservative(figure: &Figure) -> Option<u64> {
    if figure.hedge != Hedge::Vague {
        return figure.low;
    }
    let text = figure.text.to_lowercase();
    let word = |word: &str| ACLED_WORDS.iter().find(|(w, _)| *w == word).map(|(_, n)| *n);
    text.split(|c: char| !c.is_alphanumeric()).find_map(word)
}

fn some_or(
    name: &str,
    number: Option<(u64, usize)>,
    why: &str,
    otherwise: &str,
    members: &[Normal],
) -> Convention {
    let Some((value, at)) = number else { return none(name, otherwise) };
    let whom = members.get(at).and_then(|m| m.account.figure.whom.as_deref());
    let of = whom.map_or_else(String::new, |whom| format!(" It counts {whom}."));
    Convention {
        name: name.to_owned(),
        value: Some(value),
        account: Some(at),
        why: format!("{why}{of}"),
    }
}

fn none(name: &str, why: &str) -> Convention {
    Convention { name: name.to_owned(), value: None, account: None, why: why.to_owned() }
}
