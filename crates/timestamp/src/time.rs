//! The time that an authority states (RFC 3161, section 2.4.2), to the fraction it gives.

use crate::codes;
use crate::fault::Fault;
use der::DateTime;
use std::fmt;
use std::time::Duration;

/// Most digits of a fraction of a second: nobody measures finer than nanoseconds.
const FRACTION_LIMIT_DIGITS: usize = 9;

/// A time as stated in a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GenTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: u64,
    /// Nanoseconds beyond them.
    pub nanos: u32,
}

impl GenTime {
    /// Reads a GeneralizedTime: `YYYYMMDDhhmmss[.f…]Z`, the fraction without a zero at its end.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, Fault> {
        Self::read(content).ok_or_else(|| {
            let text = String::from_utf8_lossy(content);
            Fault::new(codes::TIME_FORM, format!("{text:?} is no time in the form of RFC 3161"))
        })
    }

    fn read(content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        if whole.len() != 14 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize, to: usize| whole.get(from..to)?.parse::<u8>().ok();
        let year = whole.get(0..4)?.parse().ok()?;
        let (month, day, hour) = (part(4, 6)?, part(6, 8)?, part(8, 10)?);
        let time = DateTime::new(year, month, day, hour, part(10, 12)?, part(12, 14)?).ok()?;
        let nanos = match fraction {
            None => 0,
            Some(digits)
                if !digits.is_empty()
                    && digits.len() <= FRACTION_LIMIT_DIGITS
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
                    && !digits.ends_with('0') =>
            {
                format!("{digits:0<9}").parse().ok()?
            }
            Some(_) => return None,
        };
        Some(Self { seconds: time.unix_duration().as_secs(), nanos })
    }
}

impl fmt::Display for GenTime {
    /// RFC 3339, UTC, with as many digits of a second as were stated.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = date_time(self.seconds);
        if self.nanos == 0 {
            return out.write_str(&text);
        }
        let fraction = format!("{:09}", self.nanos);
        write!(out, "{}.{}Z", text.trim_end_matches('Z'), fraction.trim_end_matches('0'))
    }
}

/// Seconds since 1970 as RFC 3339, UTC. A time beyond the year 9999 has no such form.
pub fn date_time(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| "after the year 9999".into(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expect) in [
            ("20260103121530Z", Some("2026-01-03T12:15:30Z")),
            ("20260103121530.5Z", Some("2026-01-03T12:15:30.5Z")),
            ("20260103121530.123456789Z", Some("2026-01-03T12:15:30.123456789Z")),
            ("20260103121530.50Z", None),
            ("20260103121530.Z", None),
            ("20260103121530.1234567891Z", None),
            ("20260103121530", None),
            ("20260103121530+0100", None),
            ("202601031215Z", None),
            ("20261303121530Z", None),
            ("20260229121530Z", None),
            ("19690103121530Z", None),
            ("+0260103121530Z", None),
            ("20260103121530,5Z", None),
            ("\u{661}0260103121530Z", None),
            ("", None),
        ] {
            let found = GenTime::parse(text.as_bytes()).ok().map(|time| time.to_string());
            assert_eq!(found.as_deref(), expect, "{text}");
        }
    }
}
