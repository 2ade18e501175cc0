//! Whether a claimed time is one that a typed field of another form can hold.

/// Whether a text is a moment that `xsd:dateTime` can hold (XML Schema 1.1 part 2, section
/// 3.3.7): RFC 3339 in UTC, a day that there is, no leap second. A record's time is a claim, and
/// may name a day that there never was; then it is told in words only.
pub(crate) fn is_moment(text: &str) -> bool {
    let Some((day, clock)) = text.strip_suffix('Z').and_then(|text| text.split_once('T')) else {
        return false;
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = |text: &str, by: char, lengths: [usize; 3]| -> Option<[u32; 3]> {
        let mut parts = text.split(by);
        let mut numbers = [0; 3];
        for (number, length) in numbers.iter_mut().zip(lengths) {
            let part = parts.next().filter(|part| part.len() == length && digits(part))?;
            *number = part.parse().ok()?;
        }
        parts.next().is_none().then_some(numbers)
    };
    let (Some([year, month, date]), Some([hour, minute, second])) =
        (parts(day, '-', [4, 2, 2]), parts(whole, ':', [2, 2, 2]))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    let there = year >= 1 && (1..=12).contains(&month) && (1..=days).contains(&date);
    there && hour < 24 && minute < 60 && second < 60 && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::is_moment;

    #[test]
    fn days_that_never_were_are_no_moments() {
        for (text, expect) in [
            ("2031-04-05T06:07:08Z", true),
            ("2024-02-29T23:59:59.123Z", true),
            ("2023-02-29T00:00:00Z", false),
            ("2031-13-05T06:07:08Z", false),
            ("0000-01-01T00:00:00Z", false),
            ("2031-04-05T24:07:08Z", false),
            ("2031-04-05T06:07:60Z", false),
            ("2031-04-05T06:07:08.Z", false),
            ("2031-04-05T06:07:08", false),
            ("2031-04-5T06:07:08Z", false),
            ("+031-04-05T06:07:08Z", false),
        ] {
            assert_eq!(is_moment(text), expect, "{text}");
        }
    }
}
