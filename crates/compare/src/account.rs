//! One figure with what is known about the item it stands in, and its normal form.
//!
//! The normal form decides where an account belongs; it must never replace the words on a screen.

use crate::group::Group;
use crate::period::{Period, day_number};
use crate::place::Place;
use crate::question::Because;
use crate::value::Interval;
use record::{Figure, Sha256, Span};
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
    pub(crate) interval: Interval,
    /// Who speaks: the source in lower case, `None` for the outlet's own words.
    pub(crate) voice: Option<String>,
    /// Why it was put where it is, beyond what is so for every member of its question.
    pub(crate) because: Vec<Because>,
}

impl Normal {
    pub(crate) fn of(account: Account) -> Self {
        let figure = &account.figure;
        Self {
            group: Group::of(figure.measure, figure.whom.as_deref()),
            place: Place::of(figure.place.as_deref()),
            period: figure.date.as_deref().and_then(Period::parse),
            report: account.published.as_deref().and_then(day_number),
            interval: Interval::of(figure),
            voice: figure.source.as_deref().map(voice),
            because: Vec::new(),
            account,
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

    pub(crate) fn same_item(&self, other: &Self) -> bool {
        self.account.item == other.account.item
    }

    pub(crate) fn same_sentence(&self, other: &Self) -> bool {
        self.same_item(other) && self.account.sentence_span.meets(other.account.sentence_span)
    }
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
