//! What numbers the words of a figure allow, and how two of them stand to each other.
//!
//! An interval says what the words allow, never what is likely: no middle is taken from it.

use crate::question::Relation;
use record::{Figure, Hedge};

/// The numbers that a figure's words allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval {
    /// Least number; 0 where the words set none.
    pub(crate) low: u64,
    /// Greatest number; [`u64::MAX`] where the words set none.
    pub(crate) high: u64,
    /// Whether the words set any bound at all ("many" does not).
    pub(crate) bounded: bool,
    /// Whether the tolerance of round numbers widened it.
    pub(crate) rounded: bool,
}

impl Interval {
    /// The interval of a figure. For "about" and "nearly" the number is as exact as its rounding
    /// unit, the greatest power of ten that divides it: "about 34,000" is anything that rounds to
    /// 34,000 in thousands, and "nearly 34,000" lies in the lower half of that.
    pub(crate) fn of(figure: &Figure) -> Self {
        let low = figure.low.unwrap_or(0);
        let high = figure.high.unwrap_or(u64::MAX).max(low);
        let bounded = figure.low.is_some() || figure.high.is_some();
        let plain = Self { low, high, bounded, rounded: false };
        if low != high || unit(low) == 1 {
            return plain;
        }
        let half = unit(low) / 2;
        let from = low.saturating_sub(half);
        match figure.hedge {
            Hedge::About => {
                Self { low: from, high: low.saturating_add(half - 1), rounded: true, ..plain }
            }
            Hedge::Nearly => Self { low: from, high: low, rounded: true, ..plain },
            _ => plain,
        }
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// How two intervals stand to each other.
    pub(crate) fn relation(self, other: Self) -> Relation {
        if !self.bounded || !other.bounded {
            Relation::Vague
        } else if self.low == other.low && self.high == other.high {
            Relation::Agree
        } else if self.contains(other) || other.contains(self) {
            Relation::Nest
        } else if self.meets(other) {
            Relation::Overlap
        } else {
            Relation::Conflict
        }
    }
}

/// How all intervals stand to each other, without looking at every pair. Some two of them are
/// disjoint just when the greatest low lies above the least high; every two of them nest just when,
/// in the order of their lows (and of falling highs), the highs never rise.
pub(crate) fn relation_of_all(intervals: &[Interval]) -> Relation {
    let mut bounded: Vec<Interval> = intervals.iter().copied().filter(|i| i.bounded).collect();
    if intervals.len() < 2 {
        return Relation::Single;
    }
    if bounded.len() < 2 {
        return Relation::Vague;
    }
    bounded.sort_by_key(|i| (i.low, std::cmp::Reverse(i.high)));
    let ends = |f: fn(&Interval) -> u64| bounded.iter().map(f);
    let greatest_low = ends(|i| i.low).max();
    let least_high = ends(|i| i.high).min();
    let pairs = || bounded.iter().zip(bounded.iter().skip(1));
    if greatest_low > least_high {
        Relation::Conflict
    } else if pairs().all(|(a, b)| a.low == b.low && a.high == b.high) {
        Relation::Agree
    } else if pairs().all(|(a, b)| b.high <= a.high) {
        Relation::Nest
    } else {
        Relation::Overlap
    }
}

/// The number that the words name: 70 for "more than 70", which allows 71 and up. `None` where they
/// name none.
pub(crate) fn named(figure: &Figure) -> Option<u64> {
    match figure.hedge {
        Hedge::MoreThan => figure.low.map(|n| n.saturating_sub(1)),
        Hedge::FewerThan => figure.high.map(|n| n.saturating_add(1)),
        Hedge::UpTo => figure.high,
        _ => figure.low.or(figure.high),
    }
}

/// The greatest power of ten that divides `number`; 1 for 0.
fn unit(number: u64) -> u64 {
    let powers = std::iter::successors(Some(1u64), |power| power.checked_mul(10));
    powers.take_while(|power| number > 0 && number.is_multiple_of(*power)).last().unwrap_or(1)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use record::Measure;

    pub(crate) fn figure(hedge: Hedge, low: Option<u64>, high: Option<u64>) -> Figure {
        Figure {
            start: 0,
            end: 0,
            text: String::new(),
            low,
            high,
            hedge,
            measure: Measure::Killed,
            whom: None,
            source: None,
            date: None,
            place: None,
            cumulative: false,
            rules: Vec::new(),
        }
    }

    fn interval(hedge: Hedge, low: Option<u64>, high: Option<u64>) -> Interval {
        Interval::of(&figure(hedge, low, high))
    }

    #[test]
    fn tolerance_is_half_the_unit_of_the_numeral() {
        let check = |hedge, n: u64, expect: (u64, u64)| {
            let got = interval(hedge, Some(n), Some(n));
            assert_eq!((got.low, got.high), expect, "{hedge:?} {n}");
        };
        check(Hedge::About, 500_000, (450_000, 549_999));
        check(Hedge::About, 34_000, (33_500, 34_499));
        check(Hedge::About, 20, (15, 24));
        check(Hedge::About, 23, (23, 23));
        check(Hedge::About, 0, (0, 0));
        check(Hedge::Nearly, 40, (35, 40));
        check(Hedge::Exact, 500_000, (500_000, 500_000));
        check(Hedge::About, u64::MAX, (u64::MAX, u64::MAX));
    }

    #[test]
    fn relations() {
        let exact = |n| interval(Hedge::Exact, Some(n), Some(n));
        let more_than = |n: u64| interval(Hedge::MoreThan, Some(n + 1), None);
        let check = |a: Interval, b: Interval, expect: Relation| {
            assert_eq!(a.relation(b), expect, "{a:?} {b:?}");
            assert_eq!(relation_of_all(&[a, b]), expect, "{a:?} {b:?}");
        };
        check(exact(72), more_than(70), Relation::Nest);
        check(exact(68), more_than(70), Relation::Conflict);
        check(exact(70), more_than(70), Relation::Conflict);
        check(exact(5), exact(5), Relation::Agree);
        check(more_than(5), more_than(9), Relation::Nest);
        check(interval(Hedge::UpTo, None, Some(9)), more_than(5), Relation::Overlap);
        check(interval(Hedge::Vague, None, None), exact(5), Relation::Vague);
        assert_eq!(relation_of_all(&[exact(1)]), Relation::Single);
        assert_eq!(relation_of_all(&[more_than(1), exact(3), exact(4)]), Relation::Conflict);
    }

    fn any_interval() -> impl Strategy<Value = Interval> {
        (0u64..9, 0u64..9, any::<bool>()).prop_map(|(a, b, bounded)| Interval {
            low: a.min(b),
            high: a.max(b),
            bounded,
            rounded: false,
        })
    }

    proptest! {
        #[test]
        fn the_relation_of_all_is_that_of_the_pairs(
            all in proptest::collection::vec(any_interval(), 0..6)
        ) {
            let bounded: Vec<_> = all.iter().filter(|i| i.bounded).collect();
            let pairs: Vec<Relation> = bounded
                .iter()
                .enumerate()
                .flat_map(|(i, a)| bounded.iter().skip(i + 1).map(|b| a.relation(**b)))
                .collect();
            let expect = if all.len() < 2 {
                Relation::Single
            } else if pairs.is_empty() {
                Relation::Vague
            } else if pairs.contains(&Relation::Conflict) {
                Relation::Conflict
            } else if pairs.iter().all(|r| *r == Relation::Agree) {
                Relation::Agree
            } else if pairs.contains(&Relation::Overlap) {
                Relation::Overlap
            } else {
                Relation::Nest
            };
            prop_assert_eq!(relation_of_all(&all), expect);
        }
    }
}
