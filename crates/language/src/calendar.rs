//! Days, months and years as reports write them: "Friday 2 May 2014", "28.04.2017".
//!
//! Never may a day that no calendar has be read.

use crate::lexicon::Role;
use crate::tokens::{Gap, Kind, Token, word};
use jiff::civil::Date;

/// "Friday 2 May 2014", "Sept. 28, 2016", "2016-06-01", "28.04.2017".
pub fn full_date(tokens: &[Token], i: usize) -> Option<(Date, usize)> {
    let mut at = i;
    if matches!(tokens.get(at)?.role, Role::Weekday(_)) {
        at = past_mark(tokens, at + 1);
    }
    if let Some(d) = day(tokens, at) {
        let of = at + 1 + usize::from(word(tokens, at + 1) == "of");
        if let Some(m) = month(tokens, of) {
            let y = past_mark(tokens, of + 1);
            return Some((Date::new(year(tokens, y)?, m, d).ok()?, y + 1));
        }
    }
    if let Some(m) = month(tokens, at) {
        let d = past_mark(tokens, at + 1);
        let y = past_mark(tokens, d + 1);
        return Some((Date::new(year(tokens, y)?, m, day(tokens, d)?).ok()?, y + 1));
    }
    numeric_date(tokens, at)
}

/// Day first where the year stands last, as everywhere but in the United States.
pub fn numeric_date(tokens: &[Token], i: usize) -> Option<(Date, usize)> {
    let token = tokens.get(i)?;
    let dotted: Vec<&str> = token.text.split('.').collect();
    if let [d, m, y] = dotted.as_slice() {
        let y = y.get(..4)?;
        let date = Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?).ok()?;
        return (date.year() >= 1900).then_some((date, i + 1));
    }
    let separated = ['-', '/'].iter().any(|&c| {
        tokens.get(i + 1).is_some_and(|t| t.is_mark(c) && t.gap == Gap::None)
            && tokens.get(i + 3).is_some_and(|t| t.is_mark(c) && t.gap == Gap::None)
    });
    if !separated {
        return None;
    }
    let (a, b, c) =
        (numeral(tokens, i, 4)?, numeral(tokens, i + 2, 2)?, numeral(tokens, i + 4, 4)?);
    let small = |n: i16| i8::try_from(n).ok();
    let date = if a >= 1900 {
        Date::new(a, small(b)?, small(c)?).ok()?
    } else if c >= 1900 {
        let day_first = Date::new(c, small(b)?, small(a)?);
        day_first.or_else(|_| Date::new(c, small(a).unwrap_or(0), small(b).unwrap_or(0))).ok()?
    } else {
        return None;
    };
    Some((date, i + 5))
}

/// A number in figures of at most `digits` digits.
pub fn numeral(tokens: &[Token], i: usize, digits: usize) -> Option<i16> {
    let token = tokens.get(i).filter(|t| t.kind == Kind::Numeral)?;
    let fits = token.text.len() <= digits && token.text.bytes().all(|b| b.is_ascii_digit());
    if fits { token.text.parse().ok() } else { None }
}

/// A day of the month, in figures or as "3rd".
pub fn day(tokens: &[Token], i: usize) -> Option<i8> {
    if let Some(n) = numeral(tokens, i, 2) {
        return i8::try_from(n).ok().filter(|d| (1..=31).contains(d));
    }
    let lower = word(tokens, i);
    let digits = lower
        .strip_suffix("st")
        .or_else(|| lower.strip_suffix("nd"))
        .or_else(|| lower.strip_suffix("rd"))
        .or_else(|| lower.strip_suffix("th"))?;
    digits.parse().ok().filter(|d| (1..=31).contains(d))
}

/// A year of this age, in four figures.
pub fn year(tokens: &[Token], i: usize) -> Option<i16> {
    numeral(tokens, i, 4).filter(|y| (1900..=2099).contains(y))
}

/// A month's name: capital, so that "may" and "march" stay verbs.
pub fn month(tokens: &[Token], i: usize) -> Option<i8> {
    let token = tokens.get(i).filter(|t| t.capital())?;
    match token.role {
        Role::Month(n) => Some(n),
        _ => None,
    }
}

/// Past an abbreviation's full stop or a comma.
pub fn past_mark(tokens: &[Token], i: usize) -> usize {
    let mark = tokens.get(i).is_some_and(|t| t.is_mark('.') || t.is_mark(','));
    i + usize::from(mark)
}
