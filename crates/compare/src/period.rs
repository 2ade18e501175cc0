//! When it happened, as a run of days.
//!
//! Takes the date forms of a figure (day, month, year, interval). What does not parse is no date:
//! it must never be guessed.

use jiff::civil::Date;

/// Days from `first` to `last`, both included, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Most characters of a date form: two days and a slash.
const DATE_LIMIT_CHARS: usize = 21;

impl Period {
    /// Reads `YYYY-MM-DD`, `YYYY-MM`, `YYYY`, or two of them with a slash between.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > DATE_LIMIT_CHARS {
            return None;
        }
        let (from, to) = text.split_once('/').unwrap_or((text, text));
        let (first, last) = (bounds(from)?.0, bounds(to)?.1);
        (first <= last).then_some(Self { first, last })
    }

    /// How many days.
    pub(crate) fn days(self) -> i64 {
        self.last - self.first + 1
    }

    /// The period in words: one ISO day, or two with a slash.
    pub(crate) fn words(self) -> String {
        if self.first == self.last {
            day_words(self.first)
        } else {
            format!("{}/{}", day_words(self.first), day_words(self.last))
        }
    }

    /// Its first day.
    pub(crate) fn first_words(self) -> String {
        day_words(self.first)
    }

    /// The least period that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// The day number of an ISO day, which may be followed by a time of day.
pub(crate) fn day_number(text: &str) -> Option<i64> {
    let date: Date = text.get(..10)?.parse().ok()?;
    Some(date.duration_since(Date::ZERO).as_hours() / 24 - epoch())
}

/// First and last day of a day, month or year.
fn bounds(text: &str) -> Option<(i64, i64)> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    match text.len() {
        10 => day_number(text).map(|day| (day, day)),
        7 => {
            let first: Date = format!("{text}-01").parse().ok()?;
            Some((day_number(&first.to_string())?, day_number(&first.last_of_month().to_string())?))
        }
        4 => Some((day_number(&format!("{text}-01-01"))?, day_number(&format!("{text}-12-31"))?)),
        _ => None,
    }
}

/// Days from the year 0 to 1970, so that day numbers are those of Unix time.
fn epoch() -> i64 {
    Date::constant(1970, 1, 1).duration_since(Date::ZERO).as_hours() / 24
}

fn day_words(day: i64) -> String {
    let hours = jiff::SignedDuration::from_hours((day + epoch()) * 24);
    Date::ZERO.checked_add(hours).map_or_else(|_| String::new(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_forms() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(Period::parse(text).map(Period::words).as_deref(), expect, "{text}");
        };
        check("1970-01-01", Some("1970-01-01"));
        check("2031-02", Some("2031-02-01/2031-02-28"));
        check("2031", Some("2031-01-01/2031-12-31"));
        check("2031/2032-03-04", Some("2031-01-01/2032-03-04"));
        check("2031-03-04/2031-03-01", None);
        check("2031-02-30", None);
        check("spring", None);
        check("", None);
        check("/", None);
        check("-999", None);
        assert_eq!(day_number("1970-01-02T03:04:05Z"), Some(1));
        assert_eq!(day_number("1969-12-31"), Some(-1));
        assert_eq!(day_number("197é-01-02"), None);
    }
}
