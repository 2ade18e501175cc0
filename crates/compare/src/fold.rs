//! Several mentions of one number in one item are one account.
//!
//! A headline and its story, or a number told twice, must not look like two voices that agree.

use crate::account::Normal;
use crate::place::Place;
use crate::question::Because;
use crate::rules::REPEATED;
use crate::value::named;
use record::{Hedge, Sha256};
use std::collections::BTreeMap;

/// Folds the mentions of each item. The fullest mention stands for the account; a barer one joins
/// it where nothing it says differs. Where it could join accounts of different places or days, it
/// stays alone.
pub(crate) fn fold(accounts: Vec<Normal>) -> Vec<Normal> {
    let mut items = BTreeMap::<Sha256, Vec<Normal>>::new();
    for account in accounts {
        items.entry(account.account.item).or_default().push(account);
    }
    items.into_values().flat_map(fold_item).collect()
}

fn fold_item(mut mentions: Vec<Normal>) -> Vec<Normal> {
    mentions.sort_by_cached_key(|m| {
        let figure = &m.account.figure;
        let bare = usize::MAX - m.fullness();
        (m.account.title, bare, figure.start, figure.end, figure.text.clone())
    });
    let mut out = Vec::<Normal>::new();
    for mention in mentions {
        let hosts: Vec<usize> = (0..out.len())
            .filter(|i| out.get(*i).is_some_and(|o| is_told_by(&mention, o)))
            .collect();
        let first = hosts.first().and_then(|i| out.get(*i));
        let one_place = first.is_some_and(|first| {
            hosts.iter().filter_map(|i| out.get(*i)).all(|o| {
                o.place == first.place && o.period == first.period && o.group == first.group
            })
        });
        match hosts.first().and_then(|i| out.get_mut(*i)).filter(|_| one_place) {
            Some(host) => join(host, mention),
            None => out.push(mention),
        }
    }
    for account in &mut out {
        account
            .account
            .repeats
            .sort_by(|a, b| (a.start, a.end, &a.text).cmp(&(b.start, b.end, &b.text)));
    }
    out
}

fn join(host: &mut Normal, mention: Normal) {
    let other = &mention.account.figure;
    let figure = &host.account.figure;
    if (other.low, other.high) != (figure.low, figure.high) {
        let words = format!("\u{201c}{}\u{201d} is told for it as well", other.text);
        host.because.push(Because { rule: REPEATED.to_owned(), words });
    }
    host.account.repeats.push(mention.account.figure);
    host.account.repeats.extend(mention.account.repeats);
}

/// Whether `mention` says nothing that `host` does not: same measure and kind, the same number, and
/// no differing field.
fn is_told_by(mention: &Normal, host: &Normal) -> bool {
    let (a, b) = (&mention.account.figure, &host.account.figure);
    a.measure == b.measure
        && mention.total == host.total
        && same_number(mention, host)
        && (a.whom.is_none() || b.whom.is_none() || mention.group.table() == host.group.table())
        && (mention.place == Place::Unsaid
            || host.place == Place::Unsaid
            || mention.place == host.place)
        && (mention.period.is_none() || host.period.is_none() || mention.period == host.period)
        && one_voice(mention, host)
}

/// Whether both give the same number: the same bounds; or the same numeral, one of the two bare of
/// its hedge, as in a headline or where one voice repeats itself.
fn same_number(mention: &Normal, host: &Normal) -> bool {
    let (a, b) = (&mention.account.figure, &host.account.figure);
    let bounded = a.low.is_some() || a.high.is_some();
    if (a.low, a.high) == (b.low, b.high) && (bounded || a.text == b.text) {
        return true;
    }
    let numeral = named(a).is_some() && named(a) == named(b);
    let headline = mention.account.title || host.account.title;
    let bare = a.hedge == Hedge::Exact || b.hedge == Hedge::Exact;
    numeral && (headline || (bare && mention.voice == host.voice))
}

/// Whether one of them names no source, or the words for it are among those of the other ("media",
/// "media reports").
fn one_voice(mention: &Normal, host: &Normal) -> bool {
    let (Some(a), Some(b)) = (&mention.voice, &host.voice) else { return true };
    let within = |a: &str, b: &str| a.split(' ').all(|w| b.split(' ').any(|v| v == w));
    within(a, b) || within(b, a)
}
