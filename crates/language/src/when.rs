//! Dates and periods of a sentence, resolved against the report's date.
//!
//! Never may a day be guessed: what the words and the report's date do not fix stays open.

use crate::calendar::{day, full_date, month, past_mark, year};
use crate::lexicon::Role;
use crate::tokens::{Kind, Token, word, word_before};
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::ops::Range;

/// Greatest count in "the past N days" that is resolved: longer spans are not given in days.
const PERIOD_LIMIT: i64 = 1000;

/// A date or period, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// First token.
    pub first: usize,
    /// Token after it.
    pub end: usize,
    /// ISO day, or interval `start/end`; `None` where the words fix none.
    pub value: Option<String>,
    /// What it dates.
    pub kind: WhenKind,
    /// Rule that read it.
    pub rule: &'static str,
}

/// What a date expression dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenKind {
    /// One day or part of it.
    Day,
    /// A month, a year, a season, last week.
    Period,
    /// From then until the report: a running total.
    Since,
    /// "in the past three days": a running total.
    Past,
    /// The day something was said, or the report's own date line.
    Aside,
}

/// All date expressions of a sentence, in order. `report` is the report's date.
pub fn expressions(tokens: &[Token], report: Option<Date>) -> Vec<When> {
    let mut out: Vec<When> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let found = full_at(tokens, i)
            .or_else(|| month_at(tokens, i, report))
            .or_else(|| weekday_at(tokens, i, report))
            .or_else(|| relative_at(tokens, i, report))
            .or_else(|| year_at(tokens, i, report))
            .or_else(|| distance_at(tokens, i, report));
        let Some(mut when) = found else {
            i += 1;
            continue;
        };
        i = when.end.max(i + 1);
        // "until Friday" is yet to come, or has nothing to do with the count.
        let limit = matches!(word_before(tokens, when.first, 1), "until" | "till" | "next" | "by");
        if limit && when.kind == WhenKind::Day || dates_a_saying(tokens, &when) {
            when.kind = WhenKind::Aside;
        } else {
            since(tokens, &mut when, report, out.last().map_or(0, |w| w.end));
        }
        out.push(when);
    }
    // The report's own date line dates the report, not what it tells of.
    if let Some((_, line)) = date_line(tokens) {
        for when in out.iter_mut().filter(|w| line.start <= w.first && w.end <= line.end) {
            when.kind = WhenKind::Aside;
        }
    }
    out
}

/// The date line of a report: a full date with its year and no preposition before it. Returns the
/// date and its tokens, a clock time that follows included.
pub fn date_line(tokens: &[Token]) -> Option<(Date, Range<usize>)> {
    let mut i = 0;
    while i < tokens.len() {
        let Some((date, end)) = full_date(tokens, i) else {
            i += 1;
            continue;
        };
        let before = word_before(tokens, i, 1);
        let governed = matches!(
            before,
            "on" | "in"
                | "of"
                | "since"
                | "until"
                | "from"
                | "to"
                | "by"
                | "after"
                | "before"
                | "the"
                | "for"
                | "till"
                | "between"
                | "and"
                | "dated"
        ) && !(word_before(tokens, i, 2) == "posted"
            || word_before(tokens, i, 2) == "published");
        if governed {
            i = end;
            continue;
        }
        let mut after = end;
        if word(tokens, after) == "at" {
            after += 1;
        }
        if tokens.get(after).is_some_and(|t| {
            t.kind == Kind::Numeral && (t.text.contains(':') || t.text.starts_with('0'))
        }) {
            return Some((date, i..after + 1));
        }
        return Some((date, i..end));
    }
    None
}

fn full_at(tokens: &[Token], i: usize) -> Option<When> {
    let (date, end) = full_date(tokens, i)?;
    Some(When {
        first: i,
        end,
        value: Some(date.to_string()),
        kind: WhenKind::Day,
        rule: "date.full",
    })
}

/// "April 4", "4 April", "March 2011", "in March", "summer of 2013".
fn month_at(tokens: &[Token], i: usize, report: Option<Date>) -> Option<When> {
    let dated = |end: usize, value: Option<String>, kind: WhenKind, rule: &'static str| {
        Some(When { first: i, end, value, kind, rule })
    };
    if let Some(months) = season(word(tokens, i)) {
        let of = usize::from(word(tokens, i + 1) == "of");
        let y = year(tokens, i + 1 + of)?;
        let value = Date::new(y, months, 1).ok().and_then(|first| {
            let last = first.checked_add(2.months()).ok()?.last_of_month();
            Some(interval(first, last))
        });
        return dated(i + 2 + of, value, WhenKind::Period, "date.season");
    }
    if let Some(d) = day(tokens, i) {
        let of = i + 1 + usize::from(word(tokens, i + 1) == "of");
        if let Some(m) = month(tokens, of) {
            let value = report.and_then(|r| latest(r, m, d)).map(|d| d.to_string());
            return dated(of + 1, value, WhenKind::Day, "date.day-of-month");
        }
    }
    let m = month(tokens, i)?;
    let next = past_mark(tokens, i + 1);
    if let Some(y) = year(tokens, next) {
        return dated(next + 1, whole_month(y, m), WhenKind::Period, "date.month");
    }
    if let Some(d) = day(tokens, next).filter(|_| next == i + 1 || word(tokens, i + 1) == ".") {
        let value = report.and_then(|r| latest(r, m, d)).map(|d| d.to_string());
        return dated(next + 1, value, WhenKind::Day, "date.day-of-month");
    }
    let led = matches!(
        word_before(tokens, i, 1),
        "in" | "since"
            | "of"
            | "last"
            | "until"
            | "from"
            | "by"
            | "during"
            | "late"
            | "early"
            | "mid"
    );
    if !led {
        return None;
    }
    let value = report.and_then(|r| {
        let y = if m <= r.month() { r.year() } else { r.year() - 1 };
        whole_month(y, m)
    });
    dated(i + 1, value, WhenKind::Period, "date.month")
}

fn season(word: &str) -> Option<i8> {
    Some(match word {
        "spring" => 3,
        "summer" => 6,
        "autumn" | "fall" => 9,
        "winter" => 12,
        _ => return None,
    })
}

fn whole_month(y: i16, m: i8) -> Option<String> {
    let first = Date::new(y, m, 1).ok()?;
    Some(interval(first, first.last_of_month()))
}

fn interval(first: Date, last: Date) -> String {
    format!("{first}/{last}")
}

/// The last such day of the year that is not after the report.
fn latest(report: Date, m: i8, d: i8) -> Option<Date> {
    let this = Date::new(report.year(), m, d).ok()?;
    if this <= report { Some(this) } else { Date::new(report.year() - 1, m, d).ok() }
}

/// "on Friday", "last Tuesday", "Fridays attack": the last such day, the report's own included.
fn weekday_at(tokens: &[Token], i: usize, report: Option<Date>) -> Option<When> {
    let token = tokens.get(i).filter(|t| t.capital())?;
    let Role::Weekday(wanted) = token.role else { return None };
    let value = report.and_then(|r| {
        let today = r.weekday().to_monday_one_offset();
        let mut back = i64::from((today - wanted).rem_euclid(7));
        if word_before(tokens, i, 1) == "next" {
            return None;
        }
        if word_before(tokens, i, 1) == "last" && back == 0 {
            back = 7;
        }
        r.checked_sub(back.days()).ok().map(|d| d.to_string())
    });
    let rule = "date.weekday-before-report";
    Some(When { first: i, end: i + 1, value, kind: WhenKind::Day, rule })
}

/// "today", "yesterday", "this week", "the past 24 hours", "in two days".
fn relative_at(tokens: &[Token], i: usize, report: Option<Date>) -> Option<When> {
    let ago = |days: i64| report.and_then(|r| r.checked_sub(days.days()).ok());
    let made = |end: usize, value: Option<String>, kind: WhenKind, rule: &'static str| {
        Some(When { first: i, end, value, kind, rule })
    };
    let day = |days: i64| ago(days).map(|d| d.to_string());
    let next = word(tokens, i + 1);
    match word(tokens, i) {
        "today" | "todays" | "today's" | "tonight" => {
            made(i + 1, day(0), WhenKind::Day, "date.today")
        }
        "yesterday" | "yesterdays" | "yesterday's" => {
            made(i + 1, day(1), WhenKind::Day, "date.yesterday")
        }
        "this" if matches!(next, "morning" | "afternoon" | "evening") => {
            made(i + 2, day(0), WhenKind::Day, "date.today")
        }
        "a" if next == "day" && word(tokens, i + 2) == "after" => {
            made(i + 2, day(1), WhenKind::Day, "date.day-before")
        }
        "a" if next == "day" && matches!(word(tokens, i + 2), "earlier" | "before") => {
            made(i + 3, None, WhenKind::Day, "date.distance")
        }
        "previous" if next == "day" => made(i + 2, None, WhenKind::Day, "date.day-before"),
        "this" | "last" | "previous" if is_calendar(next) => {
            let value = report.and_then(|r| calendar(r, next, word(tokens, i) == "this"));
            made(i + 2, value, WhenKind::Period, "date.calendar-period")
        }
        "past" | "last" | "previous" => {
            let (count, unit) = period(tokens, i + 1)?;
            let value = report.and_then(|r| {
                let first = back(r, count, word(tokens, unit))?;
                Some(interval(first, r))
            });
            // Hours are a day's work; days and more are a running total.
            let hours = word(tokens, unit).starts_with("hour");
            let kind = if hours { WhenKind::Period } else { WhenKind::Past };
            made(unit + 1, value, kind, "date.past-period")
        }
        _ => None,
    }
}

/// "three days ago", "eight months later": the first is counted back, the second stays open.
fn distance_at(tokens: &[Token], i: usize, report: Option<Date>) -> Option<When> {
    let (count, unit) = period(tokens, i).filter(|&(_, unit)| unit > i)?;
    let value = match word(tokens, unit + 1) {
        "ago" => report.and_then(|r| back(r, count, word(tokens, unit))).map(|d| d.to_string()),
        "later" | "earlier" => None,
        _ => return None,
    };
    let exact = matches!(word(tokens, unit), "day" | "days");
    let value = value.filter(|_| exact);
    Some(When { first: i, end: unit + 2, value, kind: WhenKind::Day, rule: "date.distance" })
}

fn is_calendar(word: &str) -> bool {
    matches!(word, "week" | "weekend" | "month" | "year")
}

fn calendar(report: Date, unit: &str, this: bool) -> Option<String> {
    let since_monday = i64::from(report.weekday().to_monday_zero_offset());
    let monday = report.checked_sub(since_monday.days()).ok()?;
    let (first, last) = match (unit, this) {
        ("week", true) => (monday, report),
        ("week", false) => (monday.checked_sub(7.days()).ok()?, monday.checked_sub(1.day()).ok()?),
        ("weekend", true) => {
            (monday.checked_add(5.days()).ok()?, monday.checked_add(6.days()).ok()?)
        }
        ("weekend", false) => {
            (monday.checked_sub(2.days()).ok()?, monday.checked_sub(1.day()).ok()?)
        }
        ("month", true) => (report.first_of_month(), report),
        ("month", false) => {
            let last = report.first_of_month().checked_sub(1.day()).ok()?;
            (last.first_of_month(), last)
        }
        ("year", true) => (report.first_of_year(), report),
        _ => {
            let last = report.first_of_year().checked_sub(1.day()).ok()?;
            (last.first_of_year(), last)
        }
    };
    Some(interval(first, last))
}

/// The count and unit of "24 hours", "two days", "week" at `i`: count, and the unit's token.
fn period(tokens: &[Token], i: usize) -> Option<(i64, usize)> {
    let unit = |i: usize| {
        let stem = word(tokens, i).trim_end_matches('s');
        matches!(stem, "hour" | "day" | "week" | "month" | "year")
    };
    if unit(i) {
        return Some((1, i));
    }
    if word(tokens, i) == "few" || word(tokens, i) == "several" {
        return None;
    }
    let number = super::numbers::number_at(tokens, i)?;
    let count = i64::try_from(number.low?).ok().filter(|&n| n <= PERIOD_LIMIT)?;
    unit(number.end).then_some((count, number.end))
}

fn back(report: Date, count: i64, unit: &str) -> Option<Date> {
    let span = match unit.trim_end_matches('s') {
        "hour" => ((count + 23) / 24).days(),
        "day" => count.days(),
        "week" => (count * 7).days(),
        "month" => count.months(),
        _ => count.years(),
    };
    report.checked_sub(span).ok()
}

/// "in 2013", "since 2011", "of 2012".
fn year_at(tokens: &[Token], i: usize, report: Option<Date>) -> Option<When> {
    let y = year(tokens, i).filter(|_| tokens.get(i).is_some_and(|t| t.text.len() == 4))?;
    let led = matches!(
        word_before(tokens, i, 1),
        "in" | "since" | "of" | "by" | "until" | "from" | "during" | "late" | "early" | "mid"
    ) || word_before(tokens, i, 1) == "-";
    let counted = tokens.get(i + 1).is_some_and(|t| t.noun.is_some());
    if !led || counted && word_before(tokens, i, 1) != "in" {
        return None;
    }
    let _ = report;
    let value = Some(format!("{y}-01-01/{y}-12-31"));
    Some(When { first: i, end: i + 1, value, kind: WhenKind::Period, rule: "date.year" })
}

/// "said on Monday", "announced Friday", "in a statement on Tuesday": that day is of the words.
fn dates_a_saying(tokens: &[Token], when: &When) -> bool {
    let mut at = when.first;
    for _ in 0..7 {
        let Some(before) = at.checked_sub(1) else { return false };
        let Some(token) = tokens.get(before) else { return false };
        match token.role {
            Role::Saying => return true,
            Role::Preposition | Role::Determiner | Role::Adverb => {}
            _ if matches!(token.lower.as_ref(), "statement" | "reporters" | "interview") => {}
            _ if token.capital() && at < when.first && told_before(tokens, before) => {}
            _ => break,
        }
        at = before;
    }
    // "Reuters on Saturday reported that"
    let after = tokens.get(when.end);
    after.is_some_and(|t| t.role == Role::Saying)
        && (at < when.first || tokens.get(at.wrapping_sub(1)).is_some_and(Token::capital))
}

/// "told Reuters on Friday": names between the verb and the date.
fn told_before(tokens: &[Token], at: usize) -> bool {
    (1..=4).any(|k| matches!(word_before(tokens, at, k), "told" | "tells"))
}

/// "since", "since the war broke out in": makes a running total of what follows.
fn since(tokens: &[Token], when: &mut When, report: Option<Date>, floor: usize) {
    if !matches!(when.kind, WhenKind::Day | WhenKind::Period) {
        return;
    }
    let from = when.first.saturating_sub(14).max(floor);
    let since = (from..when.first).rev().any(|k| word(tokens, k) == "since");
    // "an offensive that began last weekend" runs on.
    let began = (1..=3).any(|k| {
        matches!(
            word_before(tokens, when.first, k),
            "began" | "begun" | "started" | "erupted" | "beginning"
        )
    });
    if !(since || began && when.kind == WhenKind::Period) {
        return;
    }
    when.kind = WhenKind::Since;
    when.rule = "date.since";
    let start = when.value.as_deref().map(|v| v.split('/').next().unwrap_or(v).to_string());
    when.value = match (start, report) {
        (Some(start), Some(report)) => Some(format!("{start}/{report}")),
        (start, _) => start,
    };
}
