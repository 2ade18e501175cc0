//! What answers the same question, in invented reports: places, numbers and people are made up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use compare::{Account, Question, Relation, questions, rules};
use proptest::prelude::*;
use record::{Figure, Hedge, Measure, Sha256, Span};
use std::collections::BTreeSet;

/// Bytes between two sentences of these tests.
const SENTENCE_BYTES: u64 = 100;

/// An account from `item; sentence; published; number; whom; source; date; place`, an empty field
/// being none. The number is written as in a report; `Σ` before it makes it a total, `#` puts it in
/// the headline.
fn account(line: &str) -> Account {
    let f: Vec<&str> = line.split(';').map(str::trim).collect();
    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let item: u64 = f[0].parse().unwrap();
    let sentence: u64 = f[1].parse().unwrap();
    let total = f[3].starts_with('Σ');
    let title = f[3].starts_with('#');
    let text = f[3].trim_start_matches(['Σ', '#']);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let n: Option<u64> = digits.parse().ok();
    let (low, high, hedge) = match text.split(' ').next().unwrap() {
        "more" if text.contains("than") => (n.map(|n| n + 1), None, Hedge::MoreThan),
        "at" => (n, None, Hedge::AtLeast),
        "up" => (None, n, Hedge::UpTo),
        "about" => (n, n, Hedge::About),
        "nearly" => (n, n, Hedge::Nearly),
        "dozens" => (Some(24), None, Hedge::Vague),
        "many" => (None, None, Hedge::Vague),
        _ => (n, n, Hedge::Exact),
    };
    let measure = match f[4] {
        "nations" | "other countries" | "member states" => Measure::States,
        "wounded" => Measure::Injured,
        _ => Measure::Killed,
    };
    // Each number has its own place in its sentence, by its first figure.
    let start = sentence * SENTENCE_BYTES + n.unwrap_or(0) % 50;
    Account {
        item: Sha256::of(&item.to_be_bytes()),
        exhibit: item,
        name: format!("report {item}"),
        outlet: None,
        credits: Vec::new(),
        published: some(f[2]),
        sentence: String::new(),
        sentence_span: Span::new(sentence * SENTENCE_BYTES, (sentence + 1) * SENTENCE_BYTES),
        title,
        figure: Figure {
            start,
            end: start + 1,
            text: text.to_owned(),
            low,
            high,
            hedge,
            measure,
            whom: some(f[4]),
            source: some(f[5]),
            date: some(f[6]),
            place: some(f[7]),
            cumulative: total,
            rules: Vec::new(),
        },
        repeats: Vec::new(),
    }
}

fn ask(lines: &[&str]) -> Vec<Question> {
    questions(lines.iter().map(|line| account(line)).collect())
}

/// The numbers of each question, in order, as `item:text`, several mentions joined by `=`.
fn groups(all: &[Question]) -> Vec<String> {
    let one = |a: &Account| {
        let texts: Vec<&str> =
            std::iter::once(&a.figure).chain(&a.repeats).map(|f| f.text.as_str()).collect();
        format!("{}:{}", a.exhibit, texts.join("="))
    };
    let mut out: Vec<String> =
        all.iter().map(|q| q.accounts.iter().map(one).collect::<Vec<_>>().join(" | ")).collect();
    out.sort();
    out
}

fn check(lines: &[&str], expect: &[&str]) {
    assert_eq!(groups(&ask(lines)), expect, "{lines:#?}");
}

const NINE: &str = "1; 1; 2031-05-05; at least 9; people;; 2031-05-04; Arda";

#[test]
fn same_day_place_group_and_measure_are_one_question() {
    let together = |other: &str| {
        let all = ask(&[NINE, other]);
        assert_eq!(all.len(), 1, "{other}");
        assert!(!all[0].probable, "{other}");
    };
    together("2; 1; 2031-05-06; 12; civilians; the mayor; 2031-05-04; town of Arda near Belan");
    together("2; 1; 2031-05-06; 12;;; 2031-05-04; al-Arda");
    together("2; 1; 2031-05-06; 12; Ardans;; 2031-05-04/2031-05-05; Arda");
    let apart = |other: &str| assert_eq!(ask(&[NINE, other]).len(), 2, "{other}");
    apart("2; 1; 2031-05-06; 12; people;; 2031-05-04; Belan");
    apart("2; 1; 2031-05-06; 12; people;; 2031-05-04; Arda province");
    apart("2; 1; 2031-05-06; 12; people;; 2031-05-07; Arda");
    apart("2; 1; 2031-05-06; 12; children;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; 12; fighters;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; 12; wounded;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; Σ12; people;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; 12; people;; 2031-05-04;");
    apart("2; 1; 2031-05-06; 12; people;; 2031-05-04; two other places");
    // Further dead are no other answer.
    apart("2; 1; 2031-05-06; 12 more; people;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; another 12; people;; 2031-05-04; Arda");
    apart("2; 1; 2031-05-06; 12; other people;; 2031-05-04; Arda");
    together("2; 1; 2031-05-06; more than 12; people;; 2031-05-04; Arda");
    // The same day, but numbers far apart: probably.
    let far = ask(&[NINE, "2; 1; 2031-05-06; 40; people;; 2031-05-04; Arda"]);
    assert!(far.len() == 1 && far[0].probable);
    // A country is too wide for an event.
    let day = |item: u64| format!("{item}; 1; 2031-05-06; 12; people;; 2031-05-04; Kenya");
    assert_eq!(ask(&[&day(1), &day(2)]).len(), 2);
}

#[test]
fn doubtful_days_are_marked_or_left() {
    let probable = |other: &str, expect: bool| {
        let all = ask(&[NINE, other]);
        assert_eq!(all.len() == 1 && all[0].probable, expect, "{other}");
    };
    probable("2; 1; 2031-05-06; 12; people;; 2031-05-05; Arda", true);
    probable("1; 2; 2031-05-05; 12; people; mayor; 2031-05-05; Arda", false);
    probable("2; 1; 2031-05-07; 12; people;;; Arda", true);
    probable("2; 1; 2031-05-07; 40; people;;; Arda", false);
    probable("2; 1; 2031-05-06; 40; people;; 2031-05-05; Arda", false);
    probable("2; 1; 2031-05-07; dozens; people;;; Arda", true);
    probable("2; 1; 2031-05-08; 12; people;;; Arda", false);
    probable("2; 1; 2031-05-03; 12; people;;; Arda", false);
    probable("2; 1;; 12; people;;; Arda", false);
}

#[test]
fn nothing_glues_two_days_together() {
    let lines = [
        NINE,
        "2; 1; 2031-05-07; 4; people;; 2031-05-06; Arda",
        "3; 1; 2031-05-07; 5; people;;; Arda",
        "4; 1; 2031-05-07; 6; people;;; Arda",
    ];
    check(&lines, &["1:at least 9", "2:4", "3:5", "4:6"]);
    let all = ask(&lines);
    let alone = all.iter().filter(|q| q.because.iter().any(|b| b.rule == "ambiguous")).count();
    assert_eq!(alone, 2);
    // A chain of days, each next to the one before: never more than two days in one question.
    let days = (1..9).map(|d| format!("{d}; 1; 2031-05-20; {d}; people;; 2031-05-0{d}; Arda"));
    let all = questions(days.map(|line| account(&line)).collect());
    for q in &all {
        let dates: BTreeSet<_> = q.accounts.iter().map(|a| a.figure.date.clone()).collect();
        assert!(dates.len() <= 2, "{dates:?}");
    }
}

#[test]
fn one_item_does_not_argue_with_itself() {
    // Parts and sums of one sentence.
    check(
        &[
            "1; 1; 2031-05-05; 80000; people;; 2031-05-04; Arda",
            "1; 1; 2031-05-05; 50000; people;; 2031-05-04; Arda",
        ],
        &["1:50000", "1:80000"],
    );
    // One voice, two numbers.
    check(&[NINE, "1; 2; 2031-05-05; 5; people;; 2031-05-04; Arda"], &["1:5", "1:at least 9"]);
    // What was kept apart does not draw others to it.
    check(
        &[
            NINE,
            "1; 2; 2031-05-05; 5; people;; 2031-05-04; Arda",
            "2; 1; 2031-05-06; 6; people;;; Arda",
        ],
        &["1:5", "1:at least 9 | 2:6"],
    );
    // One voice drops its hedge.
    check(&[NINE, "1; 3; 2031-05-05; 9; people;; 2031-05-04; Arda"], &["1:at least 9=9"]);
    // A bare number that two events of its item share belongs to neither.
    check(
        &[
            "1; 1; 2031-05-05; 9; people;; 2031-05-04; Arda",
            "1; 2; 2031-05-05; 9; people;; 2031-05-04; Belan",
            "1; 3; 2031-05-05; 9; people;;;",
        ],
        &["1:9", "1:9", "1:9"],
    );
    // Two voices.
    check(
        &[NINE, "1; 2; 2031-05-05; 5; people; the mayor; 2031-05-04; Arda"],
        &["1:at least 9 | 1:5"],
    );
    // Parts of a sum, by two voices.
    check(
        &[
            "1; 1; 2031-05-05; 10; people;; 2031-05-04; Arda",
            "1; 2; 2031-05-05; 3; people; police; 2031-05-04; Arda",
            "1; 3; 2031-05-05; 7; people; province; 2031-05-04; Arda",
        ],
        &["1:10", "1:3", "1:7"],
    );
    // A headline and a repetition are one account; another source is another.
    check(
        &["1; 0; 2031-05-05; #9;;;;", NINE, "1; 4; 2031-05-05; at least 9;;;; Arda"],
        &["1:at least 9=9=at least 9"],
    );
    check(
        &[
            "1; 1; 2031-05-05; 9; people; police; 2031-05-04; Arda",
            "1; 2; 2031-05-05; 9; people; a doctor; 2031-05-04; Arda",
        ],
        &["1:9 | 1:9"],
    );
}

#[test]
fn totals() {
    let war = "1; 1; 2031-05-03; Σmore than 40000; people;; 2028/2031-05-03; Kenya";
    let together = |other: &str, probable: bool| {
        let all = ask(&[war, other]);
        assert_eq!(all.len(), 1, "{other}");
        assert_eq!(all[0].probable, probable, "{other}");
    };
    together("2; 1; 2031-05-06; Σabout 50000; civilians;;; Kenya", false);
    together("2; 1; 2031-05-06; Σabout 50000; civilians;;;", true);
    together("2; 1; 2031-05-06; Σ41000; people;; 2028-03-01/2031-05-06; Kenya", false);
    together("2; 1;; Σabout 50000; civilians;;; Kenya", true);
    let apart = |other: &str| assert_eq!(ask(&[war, other]).len(), 2, "{other}");
    apart("2; 1; 2031-09-06; Σabout 50000; people;;; Kenya");
    apart("2; 1; 2031-05-06; Σabout 50000; people;; 1999; Kenya");
    apart("2; 1; 2031-05-06; Σabout 50000; people;;; Peru");
    // A great toll without a day is a total, a lesser or dated one is not.
    together("2; 1; 2031-05-06; about 50000; people;;; Kenya", false);
    apart("2; 1; 2031-05-06; 9999; people;;; Kenya");
    apart("2; 1; 2031-05-06; about 50000; people;; 2031-05-02; Kenya");
    apart("2; 1; 2031-05-06; Σ50000; people;; 2031-04-01/2031-05-03; Kenya");
    apart("2; 1; 2031-05-06; Σ50000; people;; 2001/2031-05-03; Kenya");
    // A number of another order counts a part of it.
    apart("2; 1; 2031-05-06; Σ900; people;;; Kenya");
    apart("2; 1; 2031-05-06; Σ900000; people;;; Kenya");
    apart("2; 1; 2031-05-06; Σ900000; people;; 2028/2031-05-06; Kenya");
    apart("2; 1; 2031-05-06; Σmore than 900; people;;; Kenya");
    // "Since 2028" in a report of unknown day.
    let since = "3; 1;; Σmore than 30000; people;; 2028-01-01; Kenya";
    let all = ask(&[since, "2; 1; 2031-05-06; about 50000; civilians;;;"]);
    assert_eq!((all.len(), all[0].probable, all[0].definition_differs), (1, true, true));
    // Two totals without a place by one voice: which is the case's?
    let another = "2; 2; 2031-05-06; Σ90000; people;;;";
    let all = ask(&[war, "2; 1; 2031-05-06; Σ50000; people;;;", another]);
    assert_eq!(groups(&all), ["1:more than 40000", "2:50000", "2:90000"]);
    // The country of the case is the one that harm is done in, and there must be only one.
    let arrivals = ["4; 1;; 61; nations;;; Peru", "5; 1;; 61; nations;;; Peru"];
    let unplaced = "2; 1; 2031-05-06; Σ50000; people;;;";
    let place = |lines: &[&str]| {
        let all = ask(lines);
        all.iter().find(|q| q.accounts.iter().any(|a| a.exhibit == 2)).unwrap().place.clone()
    };
    assert_eq!(place(&[war, unplaced, arrivals[0], arrivals[1]]).as_deref(), Some("kenya"));
    assert_eq!(place(&[war, unplaced, "4; 1; 2031-05-03; 9; people;;; Peru"]), None);
}

#[test]
fn states() {
    let nations = "1; 1; 2031-05-03; 61; nations;;;";
    let together = |other: &str, probable: bool| {
        let all = ask(&[nations, other]);
        assert_eq!(all.len(), 1, "{other}");
        assert_eq!(all[0].probable, probable, "{other}");
    };
    together("2; 1; 2031-05-06; more than 60; other countries;;;", false);
    together("2; 1;; more than 60; other countries;;;", true);
    let apart = |other: &str| assert_eq!(ask(&[nations, other]).len(), 2, "{other}");
    apart("2; 1; 2031-06-06; more than 60; other countries;;;");
    apart("1; 2; 2031-05-03; 193; member states;;;");
    apart("1; 2; 2031-05-03; 93; nations;;;");
}

#[test]
fn relation_range_and_conventions() {
    let check = |numbers: &[&str], relation, range: (u64, u64, bool), codes: [Option<u64>; 4]| {
        let lines: Vec<String> = (1..)
            .zip(numbers)
            .map(|(i, n)| format!("{i}; 1; 2031-05-05; {n}; people;; 2031-05-04; Arda"))
            .collect();
        let all = questions(lines.iter().map(|l| account(l)).collect());
        assert_eq!(all.len(), 1, "{numbers:?}");
        assert_eq!(all[0].relation, relation, "{numbers:?}");
        let r = all[0].range.as_ref().unwrap();
        assert_eq!((r.least.value, r.greatest.value, r.open_above), range, "{numbers:?}");
        let values: Vec<_> = all[0].conventions.iter().map(|c| c.value).collect();
        assert_eq!(values, codes, "{numbers:?}");
    };
    let some = |low, best, high, acled| [Some(low), Some(best), Some(high), Some(acled)];
    check(&["72", "more than 70"], Relation::Nest, (70, 72, true), some(71, 71, 72, 71));
    check(&["68", "more than 70"], Relation::Conflict, (68, 70, true), some(68, 68, 71, 68));
    check(&["9", "9"], Relation::Agree, (9, 9, false), some(9, 9, 9, 9));
    check(&["about 40", "42"], Relation::Nest, (40, 42, true), some(40, 40, 42, 40));
    check(&["nearly 40", "42"], Relation::Conflict, (40, 42, false), some(40, 40, 42, 40));
    check(&["up to 50", "at least 20"], Relation::Overlap, (20, 50, true), some(20, 20, 50, 20));
    check(&["dozens", "30"], Relation::Nest, (24, 30, true), some(30, 30, 30, 12));
    check(&["many", "30"], Relation::Vague, (30, 30, true), some(30, 30, 30, 30));
    check(&["dozens"], Relation::Single, (24, 24, true), [None, None, None, Some(12)]);
    let wounded = ask(&["1; 1;; 9; wounded;; 2031-05-04; Arda"]);
    assert!(wounded[0].conventions.iter().all(|c| c.value.is_none() && !c.why.is_empty()));
}

/// The worked example of docs/method/comparing.md.
#[test]
fn worked_example() {
    let all = ask(&[
        "1; 0; 2031-05-05; #9;;;;",
        "1; 1; 2031-05-05; at least 9; people;; 2031-05-04; Arda",
        "2; 1; 2031-05-06; 12; civilians; the mayor; 2031-05-04; town of Arda near Belan",
        "2; 2; 2031-05-06; 3 more; civilians;; 2031-05-04; Arda",
        "3; 1; 2031-05-06; dozens;;;; Arda",
        "4; 1; 2031-05-06; 30; fighters;; 2031-05-04; Arda",
    ]);
    assert_eq!(groups(&all), ["1:at least 9=9 | 2:12 | 3:dozens", "2:3 more", "4:30"]);
    let q = &all[0];
    assert!(
        q.probable && q.definition_differs && q.because.iter().any(|b| b.rule == "near-report")
    );
    let of = |a, b| q.verdicts.iter().find(|v| (v.a, v.b) == (a, b)).unwrap().relation;
    assert_eq!((of(0, 1), of(1, 2)), (Relation::Nest, Relation::Conflict));
    assert_eq!(q.relation, Relation::Conflict);
    let range = q.range.as_ref().unwrap();
    assert_eq!((range.least.value, range.greatest.value, range.open_above), (9, 24, true));
    let values: Vec<_> = q.conventions.iter().map(|c| c.value).collect();
    assert_eq!(values, [Some(9), Some(9), Some(12), Some(9)]);
}

#[test]
fn many_accounts_are_sorted_in_little_time() {
    // 776 reports with 8 figures each, all of one place and measure, then all of one day as well.
    for days in [28, 1] {
        let mut accounts = Vec::new();
        for item in 0..776u64 {
            for n in 0..8u64 {
                let day = (item * 8 + n) % days + 1;
                let line = format!(
                    "{item}; {n}; 2031-05-28; {}; people; source {n}; 2031-05-{day:02}; Arda",
                    item + n
                );
                accounts.push(account(&line));
            }
        }
        let all = questions(accounts);
        assert!(all.iter().all(|q| q.verdicts.len() <= 64 * 63 / 2));
        let held: usize = all.iter().flat_map(|q| &q.accounts).map(|a| 1 + a.repeats.len()).sum();
        assert_eq!(held, 776 * 8);
    }
}

fn lines() -> impl Strategy<Value = Vec<Account>> {
    let number = prop::sample::select(vec![
        "9",
        "at least 9",
        "#9",
        "12",
        "3",
        "about 40",
        "Σ40",
        "Σmore than 40",
        "many",
        "dozens",
        "up to 12",
    ]);
    let whom = prop::sample::select(vec!["", "people", "civilians", "children", "nations"]);
    let source = prop::sample::select(vec!["", "police", "the mayor"]);
    let date = prop::sample::select(vec![
        "",
        "2031-05-04",
        "2031-05-05",
        "2031-05-06",
        "2028/2031-05-05",
        "2031",
        "nonsense",
    ]);
    let place = prop::sample::select(vec!["", "Arda", "Kenya", "Peru", "a village"]);
    let published = prop::sample::select(vec!["", "2031-05-05", "2031-05-07", "2031-07-01"]);
    let line = (0u64..5, 0u64..4, published, number, whom, source, date, place).prop_map(
        |(item, sentence, published, number, whom, source, date, place)| {
            account(&format!(
                "{item}; {sentence}; {published}; {number}; {whom}; {source}; {date}; {place}"
            ))
        },
    );
    prop::collection::vec(line, 0..24)
}

fn figures(accounts: &[Account]) -> Vec<String> {
    let one = |a: &Account| {
        let figures: Vec<_> = std::iter::once(&a.figure).chain(&a.repeats).cloned().collect();
        figures.into_iter().map(|f| format!("{} {f:?}", a.item)).collect::<Vec<_>>()
    };
    let mut out: Vec<String> = accounts.iter().flat_map(one).collect();
    out.sort();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_figure_is_in_exactly_one_question(accounts in lines()) {
        let all = questions(accounts.clone());
        let held: Vec<Account> = all.iter().flat_map(|q| q.accounts.clone()).collect();
        prop_assert_eq!(figures(&held), figures(&accounts));
    }

    #[test]
    fn the_order_of_input_does_not_matter(
        (accounts, shuffled) in lines().prop_flat_map(|a| (Just(a.clone()), Just(a).prop_shuffle()))
    ) {
        prop_assert_eq!(questions(accounts), questions(shuffled));
    }

    #[test]
    fn questions_hold_to_their_rules(accounts in lines()) {
        let names: BTreeSet<&str> = rules().iter().map(|r| r.name).collect();
        for q in questions(accounts) {
            prop_assert!(q.because.iter().all(|b| names.contains(b.rule.as_str())));
            prop_assert_eq!(q.accounts.len() == 1, q.relation == Relation::Single);
            prop_assert!(q.accounts.iter().all(|a| a.figure.measure == q.measure));
            for v in &q.verdicts {
                let (a, b) = (&q.accounts[v.a], &q.accounts[v.b]);
                prop_assert!(v.a < v.b);
                let told = |a: &Account| (a.figure.low, a.figure.high);
                let apart = a.item != b.item
                    || !a.sentence_span.meets(b.sentence_span)
                    || told(a) == told(b);
                prop_assert!(apart, "two numbers of one sentence: {a:?} {b:?}");
            }
        }
    }
}
