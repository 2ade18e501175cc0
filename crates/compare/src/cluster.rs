//! Which accounts answer one question.
//!
//! Accounts are put into a bucket by what must be equal (measure, table, kind, place) and, within
//! it, compared to the account that opened a cluster and to no other: membership never passes from
//! neighbour to neighbour, so that no undated figure can glue two days together.

use crate::account::Normal;
use crate::group::Group;
use crate::period::Period;
use crate::place::Place;
use crate::question::Because;
use crate::rules;
use crate::value::named;
use record::{Hedge, Measure, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Days by which two reports may date one event differently: before and after midnight.
const EVENT_SLACK_DAYS: i64 = 1;

/// Days within which reports of an undated event are held to tell of the same one.
const REPORT_SLACK_DAYS: i64 = 3;

/// Days within which totals of a long period count as taken at one time.
const TOTAL_SLACK_DAYS: i64 = 31;

/// From this length on a period is long: a quarter of a year (92 days at most).
const LONG_DAYS: i64 = 92;

/// From this length on a period is held to be that of the conflict.
const CONFLICT_DAYS: i64 = 365;

/// Days within which two counts of states are held to be of one moment.
const STATES_SLACK_DAYS: i64 = 7;

/// A number this many times another one, of an event on another or no day, tells of another event.
const EVENT_FACTOR: u64 = 2;

/// A total this many times another one covers more than the other.
const TOTAL_FACTOR: u64 = 10;

/// Measures of harm: where they lie is what the case is about. States and arrivals lie elsewhere.
const HARM: [Measure; 9] = [
    Measure::Killed,
    Measure::Injured,
    Measure::KilledOrInjured,
    Measure::Missing,
    Measure::Detained,
    Measure::Abducted,
    Measure::Displaced,
    Measure::Besieged,
    Measure::Destroyed,
];

/// Most values of one item searched for sums, since the search is cubic: 24³ is 13,824 sums.
const SUM_LIMIT_VALUES: usize = 24;

/// Accounts that answer one question.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The account that opened it first, then the rest as they came.
    pub(crate) members: Vec<Normal>,
    /// Whether some member rests on a rule that is no more than probable.
    pub(crate) probable: bool,
    /// Whether it takes no further accounts.
    closed: bool,
}

/// What must be equal.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    measure: Measure,
    group: Group,
    /// Whether dead are counted besides those of another number.
    further: bool,
    /// `None` for states, which are neither the toll of an event nor a total.
    cumulative: Option<bool>,
    place: Place,
    /// For a place without a name: only within one item.
    item: Option<Sha256>,
}

/// How an account fits a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Sure(&'static str),
    Probable(&'static str),
    No,
}

/// Puts every account into exactly one cluster.
pub(crate) fn clusters(accounts: Vec<Normal>) -> Vec<Cluster> {
    let mut buckets = BTreeMap::<Bucket, Vec<Normal>>::new();
    for account in settle_places(accounts) {
        buckets.entry(bucket(&account)).or_default().push(account);
    }
    buckets.into_values().flat_map(cluster_bucket).collect()
}

/// The country that figures of harm in more items name than any other; `None` where two are level.
fn country_of_the_case(accounts: &[Normal]) -> Option<Place> {
    let mut items = BTreeMap::<&Place, BTreeSet<Sha256>>::new();
    for account in accounts {
        if HARM.contains(&account.account.figure.measure)
            && matches!(account.place, Place::Country(_))
        {
            items.entry(&account.place).or_default().insert(account.account.item);
        }
    }
    let most = items.values().map(BTreeSet::len).max()?;
    let mut at_most = items.iter().filter(|(_, items)| items.len() == most);
    let (place, _) = at_most.next()?;
    at_most.next().is_none().then(|| (*place).clone())
}

/// A total of a conflict without a place is taken for one of the conflict the case is about; but
/// where one voice gives two such totals, one of them tells of another conflict, and both stay
/// without.
fn settle_places(mut accounts: Vec<Normal>) -> Vec<Normal> {
    let Some(country) = country_of_the_case(&accounts) else { return accounts };
    let mut items = BTreeMap::<Sha256, Vec<usize>>::new();
    for (at, account) in accounts.iter().enumerate() {
        let measure = account.account.figure.measure;
        let wanting = account.place == Place::Unsaid && measure != Measure::States;
        if account.total && wanting && account.is_great() {
            items.entry(account.account.item).or_default().push(at);
        }
    }
    let name = country.words().unwrap_or("");
    let words = format!("no place is said; most reports of the case are about {name}");
    let settled = Because { rule: rules::CASE_COUNTRY.to_owned(), words };
    for wanting in items.into_values() {
        let rivals: Vec<Normal> =
            wanting.iter().filter_map(|at| accounts.get(*at)).cloned().collect();
        for at in wanting {
            let Some(account) = accounts.get_mut(at) else { continue };
            if rivals.iter().any(|rival| rules_out(rival, account)) {
                account.because.push(Because::of(rules::AMBIGUOUS));
            } else {
                account.place = country.clone();
                account.because.push(settled.clone());
            }
        }
    }
    accounts
}

/// Whether one voice gives both numbers, in two sentences, for what is said to be one thing.
fn rules_out(rival: &Normal, account: &Normal) -> bool {
    rival.account.figure.measure == account.account.figure.measure
        && rival.group.table() == account.group.table()
        && rival.further == account.further
        && kept_apart(rival, account) == Some(rules::ONE_VOICE)
}

fn bucket(account: &Normal) -> Bucket {
    let measure = account.account.figure.measure;
    let states = measure == Measure::States;
    let alone = match account.place {
        Place::Unnamed(_) | Place::Unsaid => !states,
        // A country is no place of an event: there are several a day.
        Place::Country(_) => !states && !account.total,
        Place::Named(_) => false,
    };
    Bucket {
        measure,
        group: account.group.table(),
        further: account.further,
        cumulative: (!states).then_some(account.total),
        place: if states { Place::Unsaid } else { account.place.clone() },
        item: alone.then_some(account.account.item),
    }
}

fn cluster_bucket(mut accounts: Vec<Normal>) -> Vec<Cluster> {
    accounts.sort_by(|a, b| precedence(a).cmp(&precedence(b)));
    let mut out = Vec::<Cluster>::new();
    for account in accounts {
        place_in(&mut out, account);
    }
    out.into_iter().flat_map(take_out_parts).collect()
}

/// The fuller accounts come first, so that a bare one never opens the cluster that a full one then
/// has to fit; among equals, the order of display.
fn precedence(account: &Normal) -> impl Ord + use<'_> {
    let undated = (account.period.is_none(), account.report.is_none());
    let bare = usize::MAX - account.fullness();
    let settled = account.place_was_settled();
    (undated, settled, bare, account.period, account.account.title, account.account.rank())
}

/// Puts `account` into the one cluster it fits; into a new one where it fits none or several.
fn place_in(out: &mut Vec<Cluster>, mut account: Normal) {
    let mut apart = None;
    let mut fits = Vec::<(usize, Fit)>::new();
    for (at, cluster) in out.iter().enumerate().filter(|(_, c)| !c.closed) {
        let fit = cluster.members.first().map_or(Fit::No, |seed| fit(seed, &account));
        if fit == Fit::No {
            continue;
        }
        match cluster.members.iter().find_map(|m| kept_apart(m, &account)) {
            Some(reason) => apart = Some(reason),
            None => fits.push((at, fit)),
        }
    }
    let sure: Vec<_> = fits.iter().filter(|(_, f)| matches!(f, Fit::Sure(_))).copied().collect();
    let choice = if sure.is_empty() { &fits } else { &sure };
    // Two sure fits can only differ by a day of slack: the earlier cluster takes it.
    let one = choice.len() == 1 || !sure.is_empty();
    let chosen = choice.first().copied().filter(|_| one);
    let (rule, probable) = match chosen.map(|(_, fit)| fit) {
        Some(Fit::Sure(rule)) => (Some(rule), false),
        Some(Fit::Probable(rule)) => (Some(rule), true),
        _ => (None, false),
    };
    if let Some(rule) = rule {
        account.because.push(Because::of(rule));
    }
    match chosen.and_then(|(at, _)| out.get_mut(at)) {
        Some(cluster) => {
            cluster.probable |= probable;
            cluster.members.push(account);
        }
        None => {
            // What was kept apart from its like, or fits several, must not draw others to it.
            let closed = apart.is_some() || !fits.is_empty();
            let reason = apart.or((!fits.is_empty()).then_some(rules::AMBIGUOUS));
            if let Some(rule) = reason {
                account.because.push(Because::of(rule));
            }
            out.push(Cluster { members: vec![account], probable: false, closed });
        }
    }
}

/// Why two accounts of one item cannot answer one question, if so.
fn kept_apart(member: &Normal, account: &Normal) -> Option<&'static str> {
    let (a, b) = (member.interval, account.interval);
    if !member.same_item(account) || (a.low, a.high) == (b.low, b.high) {
        return None;
    }
    if member.same_sentence(account) {
        return Some(rules::ONE_SENTENCE);
    }
    (member.voice == account.voice && !a.meets(b)).then_some(rules::ONE_VOICE)
}

fn fit(seed: &Normal, account: &Normal) -> Fit {
    if account.account.figure.measure == Measure::States {
        fit_states(seed, account)
    } else if account.total {
        fit_total(seed, account)
    } else {
        fit_event(seed, account)
    }
}

fn fit_event(seed: &Normal, account: &Normal) -> Fit {
    let alike = of_one_order(seed, account, EVENT_FACTOR);
    match (seed.period, account.period, account.report) {
        (Some(a), Some(b), _) if near(a, b, EVENT_SLACK_DAYS) => {
            // One report that names two days means two days.
            if a == b || (apart_days(a, b) == 0 && !seed.same_item(account)) {
                if alike { Fit::Sure(rules::SAME_DAY) } else { Fit::Probable(rules::SAME_DAY) }
            } else {
                probable_if(alike && !seed.same_item(account), rules::NEXT_DAY)
            }
        }
        (Some(a), None, Some(report)) => {
            let near = a.last <= report && report - a.last <= REPORT_SLACK_DAYS;
            probable_if(near && alike, rules::NEAR_REPORT)
        }
        (None, None, Some(b)) => {
            let near = seed.report.is_some_and(|a| (a - b).abs() <= REPORT_SLACK_DAYS);
            probable_if(near && (alike || seed.same_item(account)), rules::NEAR_REPORT)
        }
        // Without any day, only what the same item says can be about the same event.
        (_, None, None) => probable_if(seed.same_item(account), rules::SAME_ITEM),
        (Some(_) | None, Some(_), _) => Fit::No,
    }
}

/// Totals: of one order, taken at one time, over one period. A total without a period is one of the
/// conflict as of its report's day.
fn fit_total(seed: &Normal, account: &Normal) -> Fit {
    if !of_one_order(seed, account, TOTAL_FACTOR) {
        return Fit::No;
    }
    let (one, two) = (seed.length_days(), account.length_days());
    match (seed.period, account.period) {
        (Some(x), Some(y)) if one < CONFLICT_DAYS || two < CONFLICT_DAYS => {
            let long = one >= LONG_DAYS && two >= LONG_DAYS;
            let slack = if long { TOTAL_SLACK_DAYS } else { EVENT_SLACK_DAYS };
            sure_if(near(x, y, slack), rules::SAME_PERIOD)
        }
        (Some(x), Some(y)) if (x.first - y.first).abs() > CONFLICT_DAYS => Fit::No,
        // Only a total of the conflict has no need to say since when.
        (Some(_), None) if one < CONFLICT_DAYS => Fit::No,
        (_, None) if !account.is_great() => Fit::No,
        _ => match (seed.as_of(), account.as_of()) {
            (Some(a), Some(b)) => sure_if((a - b).abs() <= TOTAL_SLACK_DAYS, rules::SAME_TOTAL),
            _ => Fit::Probable(rules::UNDATED_TOTAL),
        },
    }
}

/// Whether the numbers named lie within `factor` of each other; so they do where one names none,
/// and where vague words allow the other number.
fn of_one_order(seed: &Normal, account: &Normal, factor: u64) -> bool {
    let (a, b) = (&seed.account.figure, &account.account.figure);
    let vague = a.hedge == Hedge::Vague || b.hedge == Hedge::Vague;
    if vague && factor == EVENT_FACTOR && seed.interval.meets(account.interval) {
        return true;
    }
    match (named(a), named(b)) {
        (Some(a), Some(b)) => a.max(b) <= a.min(b).saturating_mul(factor),
        _ => true,
    }
}

fn fit_states(seed: &Normal, account: &Normal) -> Fit {
    let overlap = match (seed.period, account.period) {
        (Some(a), Some(b)) => apart_days(a, b) <= STATES_SLACK_DAYS,
        _ => false,
    };
    let reports = match (seed.report, account.report) {
        (Some(a), Some(b)) => (a - b).abs() <= STATES_SLACK_DAYS,
        _ => false,
    };
    let undated = account.period.is_none() && account.report.is_none();
    if overlap || reports {
        Fit::Sure(rules::STATES)
    } else {
        probable_if(undated, rules::STATES_UNDATED)
    }
}

/// Members that are parts of another number of their own item leave the cluster, each for itself:
/// where 3 and 7 are given beside 10, they are no answers to the question that 10 answers.
fn take_out_parts(cluster: Cluster) -> Vec<Cluster> {
    let mut items = BTreeMap::<Sha256, BTreeSet<u64>>::new();
    for member in &cluster.members {
        if member.interval.low == member.interval.high {
            items.entry(member.account.item).or_default().insert(member.interval.low);
        }
    }
    let parts: BTreeMap<Sha256, BTreeSet<u64>> =
        items.into_iter().map(|(item, values)| (item, parts(&values))).collect();
    let is_part = |m: &Normal| {
        m.interval.low == m.interval.high
            && parts.get(&m.account.item).is_some_and(|p| p.contains(&m.interval.low))
    };
    let (out, kept): (Vec<_>, Vec<_>) = cluster.members.into_iter().partition(is_part);
    let single = |mut part: Normal| {
        part.because.push(Because::of(rules::PARTS));
        Cluster { members: vec![part], probable: false, closed: true }
    };
    let mut all: Vec<Cluster> = out.into_iter().map(single).collect();
    if !kept.is_empty() {
        all.insert(0, Cluster { members: kept, ..cluster });
    }
    all
}

/// The values of which two or three add up to another.
fn parts(values: &BTreeSet<u64>) -> BTreeSet<u64> {
    let mut parts = BTreeSet::new();
    if values.len() > SUM_LIMIT_VALUES {
        return parts;
    }
    let list: Vec<u64> = values.iter().copied().filter(|v| *v > 0).collect();
    for (i, a) in list.iter().enumerate() {
        for (j, b) in list.iter().enumerate().skip(i + 1) {
            let Some(two) = a.checked_add(*b) else { continue };
            if values.contains(&two) {
                parts.extend([*a, *b]);
            }
            for c in list.iter().skip(j + 1) {
                if two.checked_add(*c).is_some_and(|sum| values.contains(&sum)) {
                    parts.extend([*a, *b, *c]);
                }
            }
        }
    }
    parts
}

impl Normal {
    /// The day as of which a total holds: the end of its period, or else its report's day.
    fn as_of(&self) -> Option<i64> {
        match (self.period, self.report) {
            (Some(_), _) if self.open => None,
            (Some(period), _) => Some(period.last),
            (None, report) => report,
        }
    }

    /// Length of its period; of an open one, that of a conflict.
    fn length_days(&self) -> i64 {
        if self.open { CONFLICT_DAYS } else { self.period.map_or(0, Period::days) }
    }
}

/// Whether both ends lie within `slack` days of each other.
fn near(a: Period, b: Period, slack: i64) -> bool {
    (a.first - b.first).abs() <= slack && (a.last - b.last).abs() <= slack
}

/// Days between two periods; 0 where they meet.
fn apart_days(a: Period, b: Period) -> i64 {
    (a.first - b.last).max(b.first - a.last).max(0)
}

fn sure_if(so: bool, rule: &'static str) -> Fit {
    if so { Fit::Sure(rule) } else { Fit::No }
}

fn probable_if(so: bool, rule: &'static str) -> Fit {
    if so { Fit::Probable(rule) } else { Fit::No }
}
