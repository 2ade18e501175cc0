//! Figures of one event seen together: a headline's number takes date and place from the body's.
//!
//! Only what the report says of the same count is shared. Never may a source be shared: who says a
//! number is a fact about that sentence alone.

use super::tokens::{Token, word};
use super::when::{When, WhenKind};
use jiff::civil::Date;
use record::{Figure, Measure};

/// Sentences that one event is told over before its date and place are no longer taken for granted.
const REACH_SENTENCES: usize = 4;

/// A figure on its way, with what reconciling needs.
#[derive(Debug)]
pub(super) struct Draft {
    /// The figure so far.
    pub(super) figure: Figure,
    /// Number of its sentence.
    pub(super) sentence: usize,
    /// How specific its place is (0: none).
    pub(super) place_rank: u8,
    /// Whether its sentence dates it.
    pub(super) dated: bool,
}

/// The date expression for a count at token `at`: the nearest, those after it preferred.
pub(super) fn date_for(dates: &[When], at: usize) -> Option<&When> {
    dates
        .iter()
        .filter(|d| d.kind != WhenKind::Aside)
        .min_by_key(|d| if d.first > at { d.first - at } else { (at - d.first) + 6 })
}

/// Whether the sentence gives the total of a war: "the conflict has killed", "since the war began".
pub(super) fn is_war_total(tokens: &[Token], at: usize) -> bool {
    let war = tokens.iter().any(|t| {
        matches!(
            t.lower.as_ref(),
            "war" | "conflict" | "uprising" | "revolt" | "genocide" | "insurgency"
        )
    });
    let perfect = (at.saturating_sub(8)..(at + 12).min(tokens.len()))
        .any(|k| matches!(word(tokens, k), "has" | "have" | "had" | "since" | "so"));
    war && perfect
}

/// Shares date and place between figures of one event.
pub(super) fn reconcile(drafts: &mut [Draft], report: Option<Date>) {
    let _ = report;
    same_number(drafts);
    carry(drafts);
}

fn value(f: &Figure) -> (Option<u64>, Option<u64>) {
    match f.hedge {
        record::Hedge::MoreThan => (f.low.map(|v| v.saturating_sub(1)), None),
        _ => (f.low.or(f.high), None),
    }
}

/// The same number of the same measure is the same event, told twice.
fn same_number(drafts: &mut [Draft]) {
    let keys: Vec<_> = drafts
        .iter()
        .map(|d| (value(&d.figure).0, d.figure.measure, d.figure.cumulative))
        .collect();
    for i in 0..drafts.len() {
        let Some(key) = keys.get(i).copied() else { continue };
        let Some(_) = key.0 else { continue };
        let twins: Vec<usize> = (i.saturating_sub(40)..(i + 40).min(drafts.len()))
            .filter(|&j| j != i && keys.get(j) == Some(&key))
            .collect();
        let date = twins.iter().filter_map(|&j| drafts.get(j)).find_map(|d| d.figure.date.clone());
        let place = twins
            .iter()
            .filter_map(|&j| drafts.get(j))
            .max_by_key(|d| d.place_rank)
            .map(|d| (d.place_rank, d.figure.place.clone()));
        let Some(draft) = drafts.get_mut(i) else { continue };
        if draft.figure.date.is_none() && !draft.dated && date.is_some() {
            draft.figure.date = date;
            draft.figure.rules.push("date.same-count".to_string());
        }
        if let Some((rank, Some(text))) = place
            && rank > draft.place_rank
        {
            draft.figure.place = Some(text);
            draft.place_rank = rank;
            draft.figure.rules.push("place.same-count".to_string());
        }
    }
}

/// What one sentence leaves open stays as in the sentence before it.
fn carry(drafts: &mut [Draft]) {
    for i in 1..drafts.len() {
        let (before, rest) = drafts.split_at_mut(i);
        let (Some(last), Some(draft)) = (before.last(), rest.first_mut()) else { continue };
        if last.figure.cumulative != draft.figure.cumulative
            || draft.sentence.saturating_sub(last.sentence) > REACH_SENTENCES
            || draft.figure.measure == Measure::States
        {
            continue;
        }
        if draft.figure.date.is_none() && !draft.dated && last.figure.date.is_some() {
            draft.figure.date.clone_from(&last.figure.date);
            draft.figure.rules.push("date.carried".to_string());
        }
        if draft.figure.place.is_none() && last.figure.place.is_some() {
            draft.figure.place.clone_from(&last.figure.place);
            draft.place_rank = last.place_rank;
            draft.figure.rules.push("place.carried".to_string());
        }
    }
}
