//! Figures of one event seen together: a headline's number takes date and place from the body's.
//!
//! Only when and where are shared, and only from sentences close by or from the same count told
//! twice. Never may a source be shared: who says a number is a fact about that sentence alone.

use language::lexicon::Noun;
use language::place::{self, Place};
use language::tokens::{Token, word};
use language::when::{When, WhenKind};
use record::{Figure, Hedge, Measure};

/// Sentences before a figure's own that may say when and where.
const BACK_SENTENCES: usize = 3;

/// Sentences after it that may; a headline looks further, since the body repeats it.
const AHEAD_SENTENCES: usize = 1;
const AHEAD_OF_HEADLINE_SENTENCES: usize = 4;

/// Sentences after it that may speak of "the strike" once more, and say where it was.
const AGAIN_SENTENCES: usize = 7;

/// Figures on either side among which the same count is looked for: keeps the search linear.
const TWINS_LIMIT: usize = 40;

/// From this number on, the same number of the same measure in one report is taken for one count;
/// smaller ones recur by chance.
const TELLING_NUMBER: u64 = 10;

/// A figure on its way, with what reconciling needs.
#[derive(Debug)]
pub(super) struct Draft {
    /// The figure so far.
    pub(super) figure: Figure,
    /// Number of its sentence.
    pub(super) sentence: usize,
    /// How specific its place is (0: none).
    pub(super) place_rank: u8,
    /// Whether its sentence dates it, even if only to leave the day open.
    pub(super) dated: bool,
    /// Whether it stands in a headline.
    pub(super) headline: bool,
    /// Country whose war the sentence names ("the Syrian civil war"), as it stands in the
    /// gazetteer.
    pub(super) war_of: Option<&'static str>,
}

/// What a sentence says of when and where, whether or not it has figures.
#[derive(Debug, Default)]
pub(super) struct Setting {
    /// The first day it names for an event.
    pub(super) day: Option<String>,
    /// The most specific place it names.
    pub(super) place: Option<Place>,
    /// The first country it names, or names the people of.
    pub(super) country: Option<&'static str>,
    /// Whether it speaks of an event already told ("the strike hit …", "the same town").
    pub(super) again: bool,
    /// Whether it begins another event ("Meanwhile", "In Homs").
    pub(super) turns: bool,
}

impl Setting {
    /// What the sentence `tokens` says.
    pub(super) fn of(tokens: &[Token], dates: &[When], places: &[Place]) -> Self {
        let day = dates.iter().find(|d| d.kind == WhenKind::Day).and_then(|d| d.value.clone());
        // The first of equals.
        let place = places.iter().rev().max_by_key(|p| p.rank).cloned();
        let turns = matches!(
            word(tokens, 0),
            "also" | "meanwhile" | "elsewhere" | "separately" | "earlier" | "later"
        ) || places.first().is_some_and(|p| p.first <= 2 && word(tokens, 0) == "in");
        let again = (0..tokens.len()).any(|k| {
            word(tokens, k) == "the"
                && (word(tokens, k + 1) == "same"
                    || word(tokens, k + 1).starts_with("bomber")
                    || tokens.get(k + 1).is_some_and(|t| t.noun == Some(Noun::Attack)))
        });
        let country = tokens.iter().find_map(|t| place::country(t).or(place::people(t)));
        Self { day, place, country, again, turns }
    }
}

/// Words between a number and the war it is the total of.
const WAR_REACH_TOKENS: usize = 14;

/// The date expression for a count at token `at`: the nearest, those after it preferred.
pub(super) fn date_for(dates: &[When], at: usize) -> Option<&When> {
    dates
        .iter()
        .filter(|d| d.kind != WhenKind::Aside)
        .min_by_key(|d| if d.first > at { d.first - at } else { (at - d.first) + 6 })
}

/// Whether the sentence gives the total of a war: "the conflict has killed", "since the war began".
pub(super) fn is_war_total(tokens: &[Token], at: usize) -> bool {
    let is_war = |k: usize| {
        let lower = word(tokens, k);
        let bare = lower.strip_suffix("'s").unwrap_or(lower);
        matches!(bare, "war" | "conflict" | "uprising" | "revolt" | "genocide" | "insurgency")
    };
    let any = |from: usize, to: usize, words: &[&str]| {
        (from..to.min(tokens.len())).any(|k| words.contains(&word(tokens, k)))
    };
    // "the war has killed", "the conflict, which has so far claimed"
    let from = at.saturating_sub(WAR_REACH_TOKENS);
    let before = (from..at).rev().find(|&k| is_war(k));
    if before.is_some_and(|k| any(k, at, &["has", "have", "had", "so"])) {
        return true;
    }
    // "have been killed in the war", "since the conflict began"
    let after = (at..at + WAR_REACH_TOKENS).find(|&k| is_war(k));
    after.is_some_and(|k| any(at, k, &["have", "has", "had"]) && any(at, k, &["in", "since", "of"]))
}

/// The country whose war the sentence names: "the Syrian civil war", "Syria's conflict".
pub(super) fn war_of(tokens: &[Token]) -> Option<&'static str> {
    let at = (0..tokens.len()).find(|&k| {
        matches!(word(tokens, k), "war" | "conflict" | "uprising" | "revolt" | "crisis")
    })?;
    tokens
        .get(at.saturating_sub(3)..at)?
        .iter()
        .find_map(|t| place::country(t).or(place::people(t)))
}

/// Shares date and place between figures of one event.
pub(super) fn reconcile(drafts: &mut [Draft], settings: &[Setting]) {
    same_count(drafts);
    for draft in drafts.iter_mut() {
        from_context(draft, settings);
    }
    same_count(drafts);
    carry(drafts, settings);
    others(drafts);
}

/// "Ten civilians were killed and 16 others injured": the others are civilians too.
fn others(drafts: &mut [Draft]) {
    for i in 1..drafts.len() {
        let (before, rest) = drafts.split_at_mut(i);
        let (Some(last), Some(draft)) = (before.last(), rest.first_mut()) else { continue };
        let again = |rule: &String| rule == "hedge.another";
        let open = match draft.figure.whom.as_deref() {
            Some(whom) => matches!(whom, "others" | "other"),
            None => draft.figure.rules.iter().any(again),
        };
        let same = draft.sentence == last.sentence;
        if open && same && last.figure.whom.as_deref().is_some_and(|w| w != "others") {
            draft.figure.whom.clone_from(&last.figure.whom);
            draft.figure.rules.push("whom.others".to_string());
        }
    }
}

/// The value that two tellings of one count share: "more than 100" and "100".
fn told(f: &Figure) -> Option<u64> {
    match f.hedge {
        Hedge::MoreThan => f.low.map(|v| v.saturating_sub(1)),
        Hedge::FewerThan => f.high.map(|v| v.saturating_add(1)),
        _ => f.low.or(f.high),
    }
}

/// The same number of the same measure is the same event, told twice.
fn same_count(drafts: &mut [Draft]) {
    for i in 0..drafts.len() {
        let near = i.saturating_sub(TWINS_LIMIT)..(i + TWINS_LIMIT).min(drafts.len());
        let Some(draft) = drafts.get(i) else { continue };
        let twins: Vec<&Draft> = near
            .filter(|&j| j != i)
            .filter_map(|j| drafts.get(j))
            .filter(|other| is_twin(draft, other))
            .collect();
        let date = twins.iter().find_map(|d| d.figure.date.clone());
        let place = twins.iter().rev().max_by_key(|d| d.place_rank);
        let place = place.map(|d| (d.place_rank, d.figure.place.clone()));
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

fn is_twin(a: &Draft, b: &Draft) -> bool {
    let (f, g) = (&a.figure, &b.figure);
    let same = f.measure == g.measure && f.cumulative == g.cumulative && told(f) == told(g);
    let telling = a.headline || b.headline || told(f).is_some_and(|v| v >= TELLING_NUMBER);
    let days = match (&f.date, &g.date) {
        (Some(x), Some(y)) => x == y,
        _ => true,
    };
    let apart = a.place_rank >= 4 && b.place_rank >= 4 && f.place != g.place;
    same && told(f).is_some() && telling && days && !apart
}

/// When and where from the sentences around, nearest first; a sentence that turns to another event
/// cuts what is before it off.
fn from_context(draft: &mut Draft, settings: &[Setting]) {
    if draft.figure.cumulative || draft.figure.measure == Measure::States {
        return;
    }
    for (at, whole) in around(draft, settings) {
        let Some(setting) = settings.get(at) else { continue };
        if draft.figure.date.is_none()
            && !draft.dated
            && whole
            && let Some(day) = &setting.day
        {
            draft.figure.date = Some(day.clone());
            draft.figure.rules.push("date.carried".to_string());
        }
        if let Some(place) = &setting.place
            && (whole || setting.again)
            && draft.figure.measure != Measure::Admitted
            && refines(place, draft, setting.again && at > draft.sentence)
        {
            draft.figure.place = Some(place.text.clone());
            draft.place_rank = place.rank;
            draft.figure.rules.push("place.carried".to_string());
        }
    }
}

/// The sentences that may tell of the same event, in the order they are asked; `true` where all
/// they say counts, `false` where only a second telling does.
fn around(draft: &Draft, settings: &[Setting]) -> Vec<(usize, bool)> {
    let own = draft.sentence;
    let mut order: Vec<(usize, bool)> = Vec::new();
    let mut open = !draft.headline;
    for back in 0..BACK_SENTENCES {
        // "the same town" looks past a turn.
        open &= settings.get(own.saturating_sub(back)).is_some_and(|s| !s.turns || s.again);
        if let Some(at) = own.checked_sub(back + 1).filter(|_| open) {
            order.push((at, true));
        }
    }
    let ahead = if draft.headline { AHEAD_OF_HEADLINE_SENTENCES } else { AHEAD_SENTENCES };
    for at in own + 1..=own + AGAIN_SENTENCES {
        if settings.get(at).is_none_or(|s| s.turns && !draft.headline) {
            break;
        }
        order.push((at, at <= own + ahead));
    }
    order
}

/// Whether a place from nearby says more than the figure's own: there is none, or only a country,
/// or one that the other names as its container, or it is told of "the" event once more.
fn refines(place: &Place, draft: &Draft, again: bool) -> bool {
    let more = place.rank > draft.place_rank;
    match (&draft.figure.place, draft.place_rank) {
        (None, _) => true,
        (Some(_), 0 | 1) => place.rank >= 3,
        (Some(_), 2 | 3) if again => more && place.rank >= 4,
        (Some(own), _) => more && place.text.contains(own.as_str()),
    }
}

/// What one sentence leaves open stays as in the figure before it.
fn carry(drafts: &mut [Draft], settings: &[Setting]) {
    for i in 1..drafts.len() {
        let (before, rest) = drafts.split_at_mut(i);
        let (Some(last), Some(draft)) = (before.last(), rest.first_mut()) else { continue };
        let far = draft.sentence.saturating_sub(last.sentence) > BACK_SENTENCES;
        let turned =
            draft.sentence > last.sentence && settings.get(draft.sentence).is_some_and(|s| s.turns);
        if last.figure.cumulative != draft.figure.cumulative
            || far
            || turned
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

/// A war's total without a place is of the country whose war it is, or else of the one named last,
/// or else of the one the report names most.
pub(super) fn war_country(
    drafts: &mut [Draft],
    settings: &[Setting],
    country: Option<&'static str>,
) {
    let open = |d: &&mut Draft| d.figure.cumulative && d.figure.place.is_none();
    for draft in drafts.iter_mut().filter(open) {
        let near = (0..=BACK_SENTENCES)
            .filter_map(|back| settings.get(draft.sentence.checked_sub(back)?))
            .find_map(|s| s.country);
        let own = settings.get(draft.sentence).and_then(|s| s.country);
        // A war of which the report speaks throughout is that of its country; a number that is
        // only great belongs to what was told just before.
        let great = draft.figure.rules.iter().any(|r| r == "cumulative.scale");
        let told = if great { near.or(country) } else { own.or(country) };
        let Some(country) = draft.war_of.or(told) else { continue };
        // Countries are kept in lower case; their names are capitalised word by word.
        let words = country.split(' ').map(|w| {
            let mut letters = w.chars();
            letters.next().map_or(String::new(), |c| c.to_uppercase().chain(letters).collect())
        });
        draft.figure.place = Some(words.collect::<Vec<String>>().join(" "));
        draft.place_rank = 1;
        draft.figure.rules.push("place.war-country".to_string());
    }
}
