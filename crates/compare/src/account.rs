//! One figure with what is known about the item it stands in, and its normal form.
//!
//! The normal form decides where an account belongs; it must never replace the words on a screen.

use crate::group::Group;
use crate::period::{Period, day_number};
use crate::place::Place;
use crate::question::Because;
use crate::rules;
use crate::value::{Interval, named};
use record::{Figure, Measure, Sha256, Span};
use serde::{Deserialize, Serialize};

/// What one item says in one place: a figure and the facts of its capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The item.
    pub item: Sha256,
    /// Its exhibit number, a small number for people.
    pub exhibit: u64,
    /// Its name for people.
    pub name: String,
    /// The outlet, as given at capture or as the item names it.
    pub outlet: Option<String>,
    /// Agency credits of the item, since a shared one means that accounts may not be independent.
    pub credits: Vec<String>,
    /// When the item was published, ISO 8601 day.
    pub published: Option<String>,
    /// The figure.
    pub figure: Figure,
    /// The sentence around it, for display.
    pub sentence: String,
    /// Where that sentence stands in the item: figures in one sentence are never two answers.
    pub sentence_span: Span,
    /// Whether it stands in the headline.
    pub title: bool,
    /// Further mentions of the same value in the same item, in order of place. Empty on input.
    pub repeats: Vec<Figure>,
}

impl Account {
    /// The order in which accounts are shown: by day of publication (undated last), exhibit, place.
    pub(crate) fn rank(&self) -> (bool, &str, u64, Sha256, u64, u64) {
        let published = self.published.as_deref();
        (
            published.is_none(),
            published.unwrap_or(""),
            self.exhibit,
            self.item,
            self.figure.start,
            self.figure.end,
        )
    }
}

/// An account with the normal forms of its fields.
#[derive(Debug, Clone)]
pub(crate) struct Normal {
    pub(crate) account: Account,
    pub(crate) group: Group,
    pub(crate) place: Place,
    /// When it happened, as days.
    pub(crate) period: Option<Period>,
    /// Day number of publication.
    pub(crate) report: Option<i64>,
    /// Whether the last day of the period is open ("since 2029", in an item without a date).
    pub(crate) open: bool,
    /// Whether it is a total over a period rather than the toll of one event.
    pub(crate) total: bool,
    /// Whether it counts further dead, besides those of another number ("three more").
    pub(crate) further: bool,
    pub(crate) interval: Interval,
    /// Who speaks: the source in lower case, `None` for the outlet's own words.
    pub(crate) voice: Option<String>,
    /// Why it was put where it is, beyond what is so for every member of its question.
    pub(crate) because: Vec<Because>,
}

/// From this number on, a toll without a day is held to be a total of a conflict: no single event
/// that press reports tell of without a day kills so many.
const GREAT_TOLL: u64 = 10_000;

impl Normal {
    pub(crate) fn of(account: Account) -> Self {
        let figure = &account.figure;
        let mut normal = Self {
            group: Group::of(figure.measure, figure.whom.as_deref()),
            place: Place::of(figure.place.as_deref()),
            period: figure.date.as_deref().and_then(Period::parse),
            report: account.published.as_deref().and_then(day_number),
            open: false,
            total: figure.cumulative,
            further: is_further(figure),
            interval: Interval::of(figure),
            voice: figure.source.as_deref().map(voice),
            because: Vec::new(),
            account,
        };
        normal.take_great_toll_for_total();
        normal.close_period();
        normal
    }

    fn take_great_toll_for_total(&mut self) {
        let figure = &self.account.figure;
        let toll =
            matches!(figure.measure, Measure::Killed | Measure::Injured | Measure::KilledOrInjured);
        let wide = matches!(self.place, Place::Unsaid | Place::Country(_));
        if toll && self.is_great() && wide && self.period.is_none() && !self.total {
            self.total = true;
            self.because.push(Because::of(rules::GREAT_TOLL));
        }
    }

    /// A total dated by one day is one since that day, as of the report.
    fn close_period(&mut self) {
        let Some(period) = self.period.filter(|p| self.total && p.first == p.last) else { return };
        match self.report.filter(|report| *report >= period.first) {
            Some(last) => self.period = Some(Period { last, ..period }),
            None => self.open = true,
        }
    }

    /// How many of the fields that tell questions apart the report fills; the fuller ones are
    /// placed first, so that a bare figure never decides where a full one goes.
    pub(crate) fn fullness(&self) -> usize {
        let figure = &self.account.figure;
        usize::from(self.period.is_some()) * 2
            + usize::from(figure.place.is_some()) * 2
            + usize::from(figure.whom.is_some())
            + usize::from(figure.source.is_some())
    }

    /// Whether the number is one that only a conflict as a whole has.
    pub(crate) fn is_great(&self) -> bool {
        named(&self.account.figure).is_some_and(|n| n >= GREAT_TOLL)
    }

    /// Whether its place is that of the case, since it names none.
    pub(crate) fn place_was_settled(&self) -> bool {
        self.because.iter().any(|b| b.rule == rules::CASE_COUNTRY)
    }

    pub(crate) fn same_item(&self, other: &Self) -> bool {
        self.account.item == other.account.item
    }

    pub(crate) fn same_sentence(&self, other: &Self) -> bool {
        self.same_item(other) && self.account.sentence_span.meets(other.account.sentence_span)
    }
}

/// Whether the words add to another number of dead. (The wounded are "another 40" beside the dead.)
fn is_further(figure: &Figure) -> bool {
    let lower = |text: &str| text.to_lowercase();
    let text = lower(&figure.text);
    let whom = lower(figure.whom.as_deref().unwrap_or(""));
    let mut words = text.split_whitespace().peekable();
    let mut adds = false;
    while let Some(word) = words.next() {
        adds |= matches!(word, "another" | "further" | "additional");
        adds |= word == "more" && words.peek() != Some(&"than");
    }
    adds |= whom.split_whitespace().any(|word| word == "other" || word == "others");
    adds && figure.measure == Measure::Killed
}

/// A source's name as compared: lower case, without article and punctuation.
fn voice(words: &str) -> String {
    let words: Vec<String> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .filter(|w| w != "the" && w != "a" && w != "an")
        .collect();
    words.join(" ")
}
