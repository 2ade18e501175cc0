//! A question with all accounts that answer it, how they stand to each other, and why they are
//! together.
//!
//! The order of everything here hangs on the accounts alone, never on the order they came in.

use crate::account::{Account, Normal};
use crate::cluster::{Cluster, clusters};
use crate::convention::{Convention, conventions};
use crate::fold::fold;
use crate::group::Group;
use crate::rules;
use crate::value::{named, relation_of_all};
use record::{Measure, Sha256, canonical};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most accounts of a question for which every pair gets a verdict: 64 give 2,016 pairs. The
/// relation of the whole question is worked out over all accounts whatever their number.
pub const VERDICT_LIMIT_ACCOUNTS: usize = 64;

/// A question and its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is counted.
    pub measure: Measure,
    /// Class of the counted group, in words; civilians stand under people.
    pub group: String,
    /// Normal form of the place.
    pub place: Option<String>,
    /// When: ISO 8601 day or `start/end` (`start/..` where no end is known), the least period that
    /// holds those of all accounts.
    pub period: Option<String>,
    /// Whether totals over a period are compared, rather than tolls of one event.
    pub cumulative: bool,
    /// Whether some account was put here by a rule that is no more than probable.
    pub probable: bool,
    /// How the accounts stand to each other as a whole.
    pub relation: Relation,
    /// Whether the accounts count differently drawn groups (rule `definition-differs`).
    pub definition_differs: bool,
    /// The accounts, by day of publication, exhibit and place in the item.
    pub accounts: Vec<Account>,
    /// Verdicts on pairs of the first [`VERDICT_LIMIT_ACCOUNTS`] accounts.
    pub verdicts: Vec<Verdict>,
    /// Least and greatest number named; `None` where no account names one.
    pub range: Option<Range>,
    /// What the coding conventions would record.
    pub conventions: Vec<Convention>,
    /// The rules that put the accounts together, or kept this one apart.
    pub because: Vec<Because>,
}

/// How accounts stand to each other, as intervals of the numbers their words allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Some two allow no common number.
    Conflict,
    /// All share numbers pair by pair, and some two without one holding the other.
    Overlap,
    /// Of every two, what one allows holds what the other allows.
    Nest,
    /// All allow the same numbers.
    Agree,
    /// Fewer than two set any bound ("many").
    Vague,
    /// There is only one account.
    Single,
}

/// How two accounts stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Index of one account in [`Question::accounts`].
    pub a: usize,
    /// Index of the other, greater than `a`.
    pub b: usize,
    /// How their numbers stand to each other.
    pub relation: Relation,
    /// Whether they count differently drawn groups, so that numbers alone do not settle it.
    pub definition_differs: bool,
    /// Whether a round number's tolerance entered (rule `rounding-unit`).
    pub rounded: bool,
}

/// The least and the greatest number that accounts name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Least.
    pub least: Bound,
    /// Greatest.
    pub greatest: Bound,
    /// Whether some account's words allow more than the greatest number named.
    pub open_above: bool,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// The number named: 70 for "more than 70".
    pub value: u64,
    /// The words that set it.
    pub words: String,
    /// Index of the account in [`Question::accounts`].
    pub account: usize,
}

/// A rule that decided, and what it means here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Because {
    /// Name of the rule ([`crate::rules()`]).
    pub rule: String,
    /// What it says.
    pub words: String,
}

/// Puts accounts together that answer the same question.
///
/// Every figure given is in exactly one question, as an account or among the `repeats` of one.
/// Questions with more items come first, conflicts before the rest, then by measure, place and
/// period.
pub fn questions(accounts: Vec<Account>) -> Vec<Question> {
    let mut accounts: Vec<Account> = accounts.into_iter().flat_map(unfold).collect();
    // One order of everything, whatever the input's; all later sorting keeps it among equals.
    accounts.sort_by(|a, b| {
        a.rank().cmp(&b.rank()).then_with(|| canonical::to_bytes(a).cmp(&canonical::to_bytes(b)))
    });
    let normal: Vec<Normal> = accounts.into_iter().map(Normal::of).collect();
    let mut out: Vec<Question> = clusters(fold(normal)).into_iter().map(question).collect();
    out.sort_by_cached_key(|q| {
        let items: BTreeSet<Sha256> = q.accounts.iter().map(|a| a.item).collect();
        let first = q.accounts.first().map(|a| (a.exhibit, a.item, a.figure.start, a.figure.end));
        (
            usize::MAX - items.len(),
            q.relation,
            q.measure,
            q.place.clone(),
            q.period.clone(),
            q.group.clone(),
            (first, q.accounts.first().map(|a| a.figure.text.clone())),
        )
    });
    out
}

/// An account without its repeats, and each of these as an account: input may come folded.
fn unfold(mut account: Account) -> Vec<Account> {
    let repeats = std::mem::take(&mut account.repeats);
    let again: Vec<Account> =
        repeats.into_iter().map(|figure| Account { figure, ..account.clone() }).collect();
    std::iter::once(account).chain(again).collect()
}

fn question(cluster: Cluster) -> Question {
    let Cluster { mut members, probable, .. } = cluster;
    members.sort_by(|a, b| a.account.rank().cmp(&b.account.rank()));
    let intervals: Vec<_> = members.iter().map(|m| m.interval).collect();
    let definitions: BTreeSet<_> = members.iter().map(definition).collect();
    let several = members.len() > 1;
    let verdicts = verdicts(&members);
    let because = because(&members, definitions.len() > 1);
    let range = range(&members);
    let period = period(&members);
    // A place that no account names is no place to show.
    let said = members.iter().find(|m| !m.place_was_settled());
    let conventions = conventions(&members);
    let first = members.first();
    Question {
        measure: first.map_or(Measure::Other, |m| m.account.figure.measure),
        group: first.map(|m| m.group.table().words()).unwrap_or_default(),
        place: said.and_then(|m| m.place.words()).map(str::to_owned),
        period,
        cumulative: members.iter().any(|m| m.total),
        probable: several && (probable || members.iter().any(Normal::place_was_settled)),
        relation: relation_of_all(&intervals),
        definition_differs: definitions.len() > 1,
        verdicts,
        range,
        conventions,
        because,
        accounts: members.into_iter().map(|m| m.account).collect(),
    }
}

/// The least period that holds those of all members; `first/..` where every one is open.
fn period(members: &[Normal]) -> Option<String> {
    let all = members.iter().filter_map(|m| m.period).reduce(|a, b| a.with(b))?;
    let mut dated = members.iter().filter(|m| m.period.is_some());
    let open = dated.all(|m| m.open).then(|| format!("{}/..", all.first_words()));
    Some(open.unwrap_or_else(|| all.words()))
}

/// How the group is drawn: its class, and whether the speaker leaves itself out ("other").
fn definition(member: &Normal) -> (Group, bool) {
    let whom = member.account.figure.whom.as_deref().unwrap_or("");
    let others = member.account.figure.measure == Measure::States
        && whom.split_whitespace().any(|word| word.eq_ignore_ascii_case("other"));
    (member.group.clone(), others)
}

fn verdicts(members: &[Normal]) -> Vec<Verdict> {
    let mut out = Vec::new();
    for (a, one) in members.iter().enumerate().take(VERDICT_LIMIT_ACCOUNTS) {
        for (b, two) in members.iter().enumerate().take(VERDICT_LIMIT_ACCOUNTS).skip(a + 1) {
            out.push(Verdict {
                a,
                b,
                relation: one.interval.relation(two.interval),
                definition_differs: definition(one) != definition(two),
                rounded: one.interval.rounded || two.interval.rounded,
            });
        }
    }
    out
}

/// The rules that hold for all members, then those of each, every one once.
fn because(members: &[Normal], definition_differs: bool) -> Vec<Because> {
    let mut out = Vec::new();
    let mut add = |because: Because| {
        if !out.contains(&because) {
            out.push(because);
        }
    };
    if members.len() > 1 {
        for rule in [rules::MEASURE, rules::GROUP, rules::PLACE, rules::KIND] {
            let states = members.iter().any(|m| m.account.figure.measure == Measure::States);
            if !states || rule != rules::PLACE {
                add(Because::of(rule));
            }
        }
    }
    // An account that others have left is no longer held by the rule that joined them.
    let holds = |b: &&Because| members.len() > 1 || !rules::JOINING.contains(&b.rule.as_str());
    let own = members.iter().flat_map(|m| m.because.iter().filter(holds).cloned());
    own.for_each(&mut add);
    if members.iter().any(|m| m.further) {
        add(Because::of(rules::FURTHER));
    }
    if members.iter().any(|m| m.interval.rounded) {
        add(Because::of(rules::ROUNDING));
    }
    if definition_differs {
        add(Because::of(rules::DEFINITION));
    }
    out
}

fn range(members: &[Normal]) -> Option<Range> {
    let bound = |(account, m): (usize, &Normal)| {
        let figure = &m.account.figure;
        named(figure).map(|value| Bound { value, words: figure.text.clone(), account })
    };
    let bounds = || members.iter().enumerate().filter_map(bound);
    let least = bounds().min_by_key(|b| (b.value, b.account))?;
    let greatest = bounds().max_by_key(|b| (b.value, usize::MAX - b.account))?;
    let open_above = members.iter().any(|m| m.interval.high > greatest.value);
    Some(Range { least, greatest, open_above })
}
