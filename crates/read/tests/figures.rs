//! The figure grammar held to its rules: every rule's own example, tables of sentences, and what
//! must hold of any text at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::civil::{Date, date};
use proptest::prelude::*;
use read::figures::{Context, find, rules};
use record::{Figure, Hedge, Measure};

/// A Friday.
const REPORT: Date = date(2016, 8, 19);

fn read(text: &str) -> Vec<Figure> {
    find(text, &Context { report_date: Some(REPORT), ..Context::default() })
}

#[test]
fn every_rule_gives_what_its_example_shows() {
    let missing: Vec<_> = rules()
        .into_iter()
        .filter(|rule| {
            let figures = read(rule.example);
            !figures.iter().any(|f| f.rules.iter().any(|name| name == rule.name))
        })
        .map(|rule| {
            let got: Vec<_> = read(rule.example).into_iter().map(|f| f.rules).collect();
            (rule.name, rule.example, got)
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Checks the figures of a sentence as `text low..high measure`, one string each; `_` is no bound.
fn check(sentence: &str, expect: &[&str]) {
    let bound = |b: Option<u64>| b.map_or_else(|| "_".to_string(), |v| v.to_string());
    let got: Vec<String> = read(sentence)
        .iter()
        .map(|f| {
            let measure = serde_json::to_value(f.measure).unwrap();
            let measure = measure.as_str().unwrap().to_string();
            format!("{} {}..{} {measure}", f.text, bound(f.low), bound(f.high))
        })
        .collect();
    assert_eq!(got, expect, "{sentence}");
}

#[test]
fn who_is_hurt_by_the_verb_around() {
    check("Ten villagers were killed on Monday.", &["Ten 10..10 killed"]);
    check("Shells killed ten villagers.", &["ten 10..10 killed"]);
    check("A raid killed 12 and wounded 30.", &["12 12..12 killed", "30 30..30 injured"]);
    check("Raid kills 12 civilians injures 30", &["12 12..12 killed", "30 30..30 injured"]);
    check("The blast left 12 dead and 30 injured.", &["12 12..12 killed", "30 30..30 injured"]);
    check("15 deaths were reported.", &["15 15..15 killed"]);
    check("Twenty gunmen killed five guards.", &["five 5..5 killed"]);
    check("45 fighters killed in clashes", &["45 45..45 killed"]);
    check("Soldiers were seen shooting 82 people dead.", &["82 82..82 killed"]);
    check("Six people killed and injured", &["Six 6..6 killed_or_injured"]);
    check("It claimed the lives of 33 people.", &["33 33..33 killed"]);
    check("The attack wounded another 40.", &["another 40 40..40 injured"]);
    check("The war has forced 3.73 million to flee.", &["3.73 million 3730000..3730000 displaced"]);
    check("some 20 others suffered from suffocation", &["some 20 20..20 affected"]);
    check("They took about 90 farmers hostage.", &["about 90 90..90 abducted"]);
    check("Nine people are missing under the rubble.", &["Nine 9..9 missing"]);
    check(
        "an estimated 4,000 people trapped in the town",
        &["an estimated 4,000 4000..4000 besieged"],
    );
    check("Canada has admitted about 34,000 refugees.", &["about 34,000 34000..34000 admitted"]);
}

#[test]
fn parts_lists_and_lost_commas() {
    check(
        "18 people, including 11 children, were killed.",
        &["18 18..18 killed", "11 11..11 killed"],
    );
    check(
        "Three children were among at least 19 civilians killed in a raid.",
        &["Three 3..3 killed", "at least 19 19.._ killed"],
    );
    check(
        "killing six women five children and three officers",
        &["six 6..6 killed", "five 5..5 killed", "three 3..3 killed"],
    );
    check(
        "Seven were killed, among them a child and two women, and nine others were injured.",
        &["Seven 7..7 killed", "a 1..1 killed", "two 2..2 killed", "nine 9..9 injured"],
    );
    check("34 people were killed six of them women.", &["34 34..34 killed", "six 6..6 killed"]);
    check(
        "They destroyed a tank two rocket launchers and three cannons.",
        &["two 2..2 destroyed", "three 3..3 destroyed"],
    );
    check("18 of the 31 lorries were destroyed.", &["18 18..18 destroyed"]);
}

#[test]
fn singular_victims_and_only_victims() {
    check("The raid killed a child.", &["a 1..1 killed"]);
    check("Gunmen killed his son.", &["his 1..1 killed"]);
    check("A man, woman and child died.", &["A 3..3 killed"]);
    check("A suicide bomber killed two guards.", &["two 2..2 killed"]);
    check("The minister met a child.", &[]);
    check("The army destroyed a tank.", &[]);
}

#[test]
fn tolls_attacks_and_states() {
    check("The death toll rose to 61.", &["61 61..61 killed"]);
    check("Death toll from market blast at least 112", &["at least 112 112.._ killed"]);
    check("The jets flew 39 sorties.", &["39 39..39 attacks"]);
    check(
        "They destroyed 40 car bombs, 11 tunnels and 20 bunkers.",
        &["40 40..40 destroyed", "11 11..11 destroyed", "20 20..20 destroyed"],
    );
    check("Rebels fired hundreds of rockets.", &["hundreds 200.._ attacks"]);
    check("Suicide bombers blew up two cars.", &["two 2..2 attacks"]);
    check("68 nations joined the request.", &["68 68..68 states"]);
    check("It was supported by more than 70 other countries.", &["more than 70 71.._ states"]);
    check("Offices opened in 30 countries.", &[]);
}

#[test]
fn what_is_no_figure() {
    for sentence in [
        "It began on 3 June 2015.",
        "The siege lasted 12 months.",
        "He was killed at age 32.",
        "Ana Borel, 42, of Norwick, died.",
        "A 20-year-old student spoke.",
        "The town lies 14 km north, some 30 miles off.",
        "They paid $400 million and 30 per cent more.",
        "Resolution 2254 was passed at 17:27, with Article 21.",
        "Syria is only 300,000 deaths away from it.",
        "Jets such as the MiG 29 and T-72 tanks",
        "One of the raids hit at 0914.",
        "The army took 103 villages.",
        "The rate rose to 2.5.",
        "It scored 3/4 of 9007199254740993 dead.",
    ] {
        check(sentence, &[]);
    }
}

#[test]
fn hedges_and_bounds() {
    let hedged = |words: &str| {
        let figures = read(&format!("{words} people were killed."));
        figures.first().map(|f| (f.hedge, f.low, f.high))
    };
    for (words, hedge, low, high) in [
        ("Twenty", Hedge::Exact, Some(20), Some(20)),
        ("At least 20", Hedge::AtLeast, Some(20), None),
        ("No fewer than 20", Hedge::AtLeast, Some(20), None),
        ("More than 400,000", Hedge::MoreThan, Some(400_001), None),
        ("Over 20", Hedge::MoreThan, Some(21), None),
        ("Up to 50", Hedge::UpTo, None, Some(50)),
        ("As many as 50", Hedge::UpTo, None, Some(50)),
        ("Fewer than 10", Hedge::FewerThan, None, Some(9)),
        ("About 30", Hedge::About, Some(30), Some(30)),
        ("Close to 500000", Hedge::Nearly, Some(500_000), Some(500_000)),
        ("Between 10 and 15", Hedge::Between, Some(10), Some(15)),
        ("A dozen", Hedge::Exact, Some(12), Some(12)),
        ("Dozens of", Hedge::Vague, Some(24), None),
        ("Scores of", Hedge::Vague, Some(40), None),
        ("Several hundred", Hedge::Vague, Some(300), None),
        ("A number of", Hedge::Vague, None, None),
        ("20 more", Hedge::Exact, Some(20), Some(20)),
        ("\u{664}\u{665}", Hedge::Exact, Some(45), Some(45)),
    ] {
        assert_eq!(hedged(words), Some((hedge, low, high)), "{words}");
    }
}

/// Checks source, date and place of the first figure.
fn told(text: &str, source: Option<&str>, date: Option<&str>, place: Option<&str>) {
    let figures = read(text);
    let first = figures.first().unwrap_or_else(|| panic!("no figure in {text}"));
    let got = (first.source.as_deref(), first.date.as_deref(), first.place.as_deref());
    assert_eq!(got, (source, date, place), "{text}");
}

#[test]
fn sources() {
    let cases = [
        ("Six died, according to the Nadir Relief Council.", Some("Nadir Relief Council")),
        ("The Nadir Relief Council said six died.", Some("Nadir Relief Council")),
        ("Six died, the Nadir Relief Council said on Sunday.", Some("Nadir Relief Council")),
        ("Six died, said the ministry.", Some("ministry")),
        ("Six died, state media reported, citing a military source.", Some("military source")),
        ("Raid kills six: monitor", Some("monitor")),
        (
            "A source at the Tarmin Police Command said six died.",
            Some("source at the Tarmin Police Command"),
        ),
        ("Six died.", None),
    ];
    for (text, source) in cases {
        let figures = read(text);
        assert_eq!(figures.first().and_then(|f| f.source.as_deref()), source, "{text}");
    }
    // The fullest name in the report, for the short one.
    let figures = read("The Council said six died. The Nadir Council for Relief was founded here.");
    assert_eq!(figures[0].source.as_deref(), Some("Nadir Council for Relief"));
}

#[test]
fn dates() {
    told("Six died on Monday.", None, Some("2016-08-15"), None);
    told("Six died, he said on Monday.", None, None, None);
    told("Six died today.", None, Some("2016-08-19"), None);
    told("Six died on April 4.", None, Some("2016-04-04"), None);
    told("Six died on December 4.", None, Some("2015-12-04"), None);
    told("60,000 people have been killed since 2011.", None, Some("2011-01-01/2016-08-19"), None);
    told("Six died in March 2012.", None, Some("2012-03-01/2012-03-31"), None);
    told("Six died this week.", None, Some("2016-08-15/2016-08-19"), None);
    told("Six died two days ago.", None, Some("2016-08-17"), None);
    // The report's own date line gives the date that "on Monday" is resolved against.
    let text = "Posted on August 12 2016 Six people died on Monday.";
    let undated = find(text, &Context::default());
    assert_eq!(undated[0].date.as_deref(), Some("2016-08-08"));
}

#[test]
fn places() {
    told("Six died in the village of Tarmin.", None, None, Some("village of Tarmin"));
    told(
        "Six died in the Tarmin neighbourhood in Aleppo.",
        None,
        None,
        Some("Tarmin neighbourhood in Aleppo"),
    );
    told("Six died in Syrias Homs on a road.", None, None, Some("Homs"));
    told(
        "Nine dead in Syria\n\nNine people died in the village of Tarmin.",
        None,
        None,
        Some("village of Tarmin"),
    );
    told(
        "A source at Tarmin Police Command said six died.",
        Some("source at Tarmin Police Command"),
        None,
        None,
    );
}

#[test]
fn totals_are_told_from_tolls() {
    for (text, total) in [
        ("The conflict has killed more than 60,000 people.", true),
        ("More than 900 people have been killed since March.", true),
        ("90 people were killed in the past three weeks.", true),
        ("12 people were killed in the past 24 hours.", false),
        ("12 people were killed on Monday.", false),
    ] {
        assert_eq!(read(text)[0].cumulative, total, "{text}");
    }
    assert_eq!(read("12 nations met since March.")[0].measure, Measure::States);
}

/// Text made of the words the grammar cares for, in any order, and of anything else.
fn any_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "12",
        "400,000",
        "3.73",
        "million",
        "at",
        "least",
        "two",
        "hundred",
        "and",
        "dozens",
        "of",
        "killed",
        "wounded",
        "people",
        "a",
        "child",
        "were",
        "was",
        ".",
        ",",
        "\n",
        "\n\n",
        "Syria",
        "Aleppo",
        "said",
        "according",
        "to",
        "the",
        "Council",
        "on",
        "Friday",
        "March",
        "2011",
        "since",
        "in",
        "village",
        "including",
        "among",
        "them",
        "between",
        "-",
        "\u{2019}",
        "\"",
        "more",
        "than",
        "one",
        "his",
        "son",
        "toll",
        "left",
        "dead",
        "as",
        "many",
        "past",
        "days",
        "9007199254740991",
        "99999999999999999999",
        "\u{664}",
        "\u{301}",
        "ß",
        "İ",
        "\u{10FFFF}",
    ]);
    let sentences = prop::collection::vec(words, 0..60).prop_map(|w| w.join(" "));
    prop_oneof![sentences, any::<String>(), "\\PC{0,200}"]
}

proptest! {
    #[test]
    fn any_text_gives_sorted_figures_whose_words_are_there(text in any_text()) {
        let names: Vec<_> = rules().into_iter().map(|r| r.name).collect();
        for report_date in [None, Some(REPORT)] {
            let context = Context { report_date, ..Context::default() };
            let figures = find(&text, &context);
            let mut end = 0;
            for f in &figures {
                prop_assert!(f.start >= end && f.end > f.start);
                end = f.end;
                let bytes = f.span().of(text.as_bytes());
                prop_assert_eq!(bytes, Some(f.text.as_bytes()));
                prop_assert!(f.low.unwrap_or(0) <= f.high.unwrap_or(u64::MAX));
                prop_assert!(f.low.max(f.high).unwrap_or(0) < 1 << 53);
                for rule in &f.rules {
                    prop_assert!(names.contains(&rule.as_str()), "{} is not listed", rule);
                }
            }
            prop_assert_eq!(figures, find(&text, &context));
        }
    }
}
