//! What a plain text says of itself: title, author, credits, day, language.

use crate::plain::{Line, words};
use crate::stated;
use jiff::civil::Date;
use record::{Span, Stated};

/// Lines at the head of a text where its title, author and day are looked for.
pub const HEAD_LINES: usize = 8;

/// Most credits of one item.
const CREDITS_LIMIT: usize = 64;

/// Longest headline.
const TITLE_LIMIT_BYTES: usize = 200;

/// Longest line that is nothing but a date line or byline.
const LINE_LIMIT_BYTES: usize = 120;

/// Agencies whose name in a credit says that the report, or part of it, is theirs.
const AGENCIES: [&str; 12] = [
    "Reuters",
    "AFP",
    "Agence France-Presse",
    "Associated Press",
    "The Canadian Press",
    "Xinhua",
    "TASS",
    "SANA",
    "dpa",
    "Anadolu",
    "Getty Images",
    "EPA",
];

/// Time zones of North America: there a date in figures has its month first.
const AMERICAN_ZONES: [&str; 10] =
    ["EDT", "EST", "CDT", "CST", "MDT", "MST", "PDT", "PST", "ET", "PT"];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// ISO 639-3 codes of the languages that the library knows, with those of ISO 639-1.
const LANGUAGES: &str = include_str!("languages.txt");

/// A day that a text states for itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Day {
    /// One day.
    Stated(Stated),
    /// A date that can be read in two ways.
    Ambiguous(Span),
    /// None.
    None,
}

/// The headline: the first line that reads like one, near the head.
pub fn title(text: &str, lines: &[Line]) -> Option<Stated> {
    let looks = |line: &&Line| {
        let words = words(text, line);
        let length = words.len();
        let sentence = words.ends_with(['.', '!', ',', ';', '\u{201d}']) || words.contains(". ");
        line.furniture.is_none()
            && (12..=TITLE_LIMIT_BYTES).contains(&length)
            && words.split_whitespace().count() >= 3
            && !sentence
            && date_in(words).is_none()
            && !words.contains('/')
    };
    let line = lines.iter().take(HEAD_LINES).find(looks)?;
    Some(stated(words(text, line), "title.first-headline", Some(line.span)))
}

/// The author: a line "By NAME" near the head.
pub fn byline(text: &str, lines: &[Line]) -> Option<Stated> {
    lines.iter().take(HEAD_LINES).find_map(|line| {
        let whole = words(text, line);
        let name = whole.strip_prefix("By ").or_else(|| whole.strip_prefix("BY "))?.trim();
        let named = name.chars().next().is_some_and(char::is_uppercase);
        let start = line.span.end - name.len() as u64;
        (named && whole.len() <= LINE_LIMIT_BYTES && !name.ends_with('.'))
            .then(|| stated(name, "byline.by", Some(Span::new(start, line.span.end))))
    })
}

/// Credits of agencies: "With files from …", a line that ends in "/AGENCY", "(AGENCY)" or
/// "—AGENCY".
pub fn credits(text: &str, lines: impl Iterator<Item = Line>) -> Vec<Stated> {
    let mut found: Vec<Stated> = Vec::new();
    for line in lines {
        if found.len() >= CREDITS_LIMIT {
            break;
        }
        let words = words(text, &line);
        let lower = match words.len() <= LINE_LIMIT_BYTES {
            true => words.to_lowercase(),
            false => String::new(),
        };
        let with_files = ["with files from ", "with reporting by ", "additional reporting by "]
            .iter()
            .find_map(|lead| lower.starts_with(lead).then(|| words.get(lead.len()..)).flatten());
        if let Some(name) = with_files {
            let span = Span::new(line.span.end - name.len() as u64, line.span.end);
            found.push(stated(name.trim_end_matches('.'), "credit.with-files", Some(span)));
            continue;
        }
        for agency in AGENCIES {
            let Some(before) = words.trim_end_matches(['.', ')']).strip_suffix(agency) else {
                continue;
            };
            if before.ends_with(['/', '(', '\u{2014}', '\u{2013}']) || before.ends_with("- ") {
                let start = line.span.start + before.len() as u64;
                let span = Span::new(start, start + agency.len() as u64);
                found.push(stated(agency, "credit.agency-at-end", Some(span)));
                break;
            }
        }
    }
    found.dedup_by(|a, b| a.value == b.value);
    found
}

/// The day of publication: a date near the head, on a line that is nothing else or says so. The
/// date of a caption is in a sentence, and is passed over.
pub fn published(text: &str, lines: &[Line]) -> Day {
    for line in lines.iter().take(HEAD_LINES) {
        let words = words(text, line);
        let Some(found) = date_in(words) else { continue };
        let start = line.span.start + found.start as u64;
        let span = Span::new(start, start + found.length as u64);
        let before = words.get(..found.start).unwrap_or_default().to_lowercase();
        let leads =
            ["", "published", "posted on", "date of publication", "updated", "last updated"];
        let lead = before.trim_matches(|c: char| !c.is_alphanumeric());
        if !leads.contains(&lead) && !is_weekday(lead) {
            continue;
        }
        return match found.date {
            Some(date) => Day::Stated(stated(date.to_string(), found.rule, Some(span))),
            None => Day::Ambiguous(span),
        };
    }
    Day::None
}

/// A date found in a line.
struct Found {
    /// `None` where it can be read in two ways.
    date: Option<Date>,
    start: usize,
    length: usize,
    rule: &'static str,
}

fn date_in(line: &str) -> Option<Found> {
    let words: Vec<(usize, &str)> = line
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - line.as_ptr() as usize, word))
        .take(12)
        .collect();
    words.iter().enumerate().find_map(|(at, (start, word))| {
        let rest: Vec<&str> = words[at..].iter().map(|(_, word)| *word).collect();
        if let Some((date, rule)) = numeric(word, &rest) {
            return Some(Found { date, start: *start, length: word.len(), rule });
        }
        let (day, month, year) = match rest.as_slice() {
            [day, month, year, ..] if month_of(month).is_some() => (*day, *month, *year),
            [month, day, year, ..] => (*day, *month, *year),
            _ => return None,
        };
        let day: i8 = day.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse().ok()?;
        let digits: String = year.chars().take_while(char::is_ascii_digit).collect();
        let date = Date::new(year_of(&digits)?, month_of(month)?, day).ok()?;
        let end = words.get(at + 2)?.0 + digits.len();
        Some(Found {
            date: Some(date),
            start: *start,
            length: end - start,
            rule: "published.date-line",
        })
    })
}

fn numeric(word: &str, rest: &[&str]) -> Option<(Option<Date>, &'static str)> {
    let digits: String =
        word.chars().take_while(|c| c.is_ascii_digit() || "/.-".contains(*c)).collect();
    let parts: Vec<&str> = digits.split(['/', '.', '-']).filter(|part| !part.is_empty()).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if a.len() == 4 {
        let date = Date::new(year_of(a)?, b.parse().ok()?, c.get(..2)?.parse().ok()?).ok()?;
        return Some((Some(date), "published.iso-date"));
    }
    let year = year_of(c)?;
    let (a, b): (i8, i8) = (a.parse().ok()?, b.parse().ok()?);
    let american = rest.iter().skip(1).take(4).any(|word| AMERICAN_ZONES.contains(word));
    let month_first = Date::new(year, a, b).ok();
    let day_first = Date::new(year, b, a).ok();
    match (month_first, day_first) {
        (Some(date), _) if american => Some((Some(date), "published.month-first-american-zone")),
        (Some(date), None) => Some((Some(date), "published.only-month-first-possible")),
        (None, Some(date)) => Some((Some(date), "published.only-day-first-possible")),
        // With points, or dashes, the day comes first wherever such dates are written.
        (Some(_), Some(date)) if !digits.contains('/') => Some((Some(date), "published.day-first")),
        (Some(one), Some(other)) if one == other => Some((Some(one), "published.day-first")),
        (Some(_), Some(_)) => Some((None, "")),
        (None, None) => None,
    }
}

fn year_of(digits: &str) -> Option<i16> {
    let year: i16 = digits.parse().ok()?;
    (digits.len() == 4 && (1900..2100).contains(&year)).then_some(year)
}

fn month_of(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.').to_lowercase();
    let at = MONTHS.iter().position(|month| {
        *month == word
            || word.len() >= 3 && month.starts_with(&word)
            || word == "sept" && *month == "september"
    })?;
    i8::try_from(at + 1).ok()
}

fn is_weekday(word: &str) -> bool {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(|day| word.starts_with(day))
        && word.len() <= 9
}

/// The language, where the text is long enough to tell.
pub fn language(text: &str) -> Option<Stated> {
    let mut end = text.len().min(4096);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let info = whatlang::detect(text.get(..end)?)?;
    let long = info.lang().code();
    let code = LANGUAGES.lines().find_map(|line| line.strip_prefix(long)).map_or(long, str::trim);
    info.is_reliable().then(|| stated(code, "language.trigrams", None))
}

/// `rtl` where most letters are of a script written from right to left.
pub fn direction(text: &str) -> &'static str {
    let mut rtl = 0usize;
    let mut letters = 0usize;
    for c in text.chars().take(4096).filter(|c| c.is_alphabetic()) {
        letters += 1;
        rtl += usize::from(
            matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'),
        );
    }
    if rtl * 2 > letters { "rtl" } else { "ltr" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plain::lines;

    fn head(text: &str) -> Vec<Line> {
        lines(text).take(HEAD_LINES).collect()
    }

    fn day(text: &str) -> String {
        match published(text, &head(text)) {
            Day::Stated(stated) => format!("{} {}", stated.value, stated.rule),
            Day::Ambiguous(_) => "ambiguous".into(),
            Day::None => "none".into(),
        }
    }

    #[test]
    fn days() {
        for (text, expect) in [
            (
                "10/07/2016 06:17 EDT | Updated 10/08/2016",
                "2016-10-07 published.month-first-american-zone",
            ),
            ("10/17/2016 06:17", "2016-10-17 published.only-month-first-possible"),
            ("17/10/2016", "2016-10-17 published.only-day-first-possible"),
            ("10/07/2016", "ambiguous"),
            ("28.04.2017Get short URL", "2017-04-28 published.only-day-first-possible"),
            ("2016-10-07T10:00", "2016-10-07 published.iso-date"),
            (
                "A headline here\nPublished July 4 2015 Someone said",
                "2015-07-04 published.date-line",
            ),
            ("A headline here\nFri 07 Apr 2017 at 0914", "2017-04-07 published.date-line"),
            ("The minister speaks in the House on Wednesday, Sept. 28, 2016.", "none"),
            ("Nothing in it", "none"),
        ] {
            assert_eq!(day(text), expect, "{text}");
        }
    }

    #[test]
    fn credits_of_agencies() {
        let text = "Jo Lens/The Canadian Press\nA day passed.\nWith files from Reuters\n(AFP)\nThe AFP said so\n";
        let found: Vec<String> = credits(text, lines(text)).into_iter().map(|c| c.value).collect();
        assert_eq!(found, ["The Canadian Press", "Reuters", "AFP"]);
    }

    #[test]
    fn every_language_has_its_two_letters() {
        for language in whatlang::Lang::all() {
            let line = LANGUAGES.lines().find(|line| line.starts_with(language.code()));
            assert_eq!(line.map(str::len), Some("eng en".len()), "{language:?}");
        }
    }

    #[test]
    fn titles() {
        let text = "Advertisement\n\nMinister flies to Norwick to press for talks\n\nSome words. More words.";
        assert_eq!(
            title(text, &head(text)).unwrap().value,
            "Minister flies to Norwick to press for talks"
        );
        assert_eq!(
            title("One sentence. And more of it.", &head("One sentence. And more of it.")),
            None
        );
    }
}
