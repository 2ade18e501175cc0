//! The questions that labelled reports must and must not give, where the labels are at hand:
//! `../shared` beside the checkout, or `CASEFILE_SHARED`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a test reads its labels")]

use compare::{Account, Question, Relation, questions};
use record::{Figure, Hedge, Measure, Sha256, Span};
use serde_json::Value;
use std::path::PathBuf;

fn shared() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let path = std::env::var_os("CASEFILE_SHARED").map_or_else(|| beside.into(), PathBuf::from);
    if path.join("gold").is_dir() {
        Some(path)
    } else {
        println!("skipped: no labelled reports in {}", path.display());
        None
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The sentence around a figure: between line ends or stops followed by a blank.
fn sentence(bytes: &[u8], start: u64, end: u64) -> (String, Span) {
    let stop = |i: usize| {
        bytes[i] == b'\n'
            || (matches!(bytes[i], b'.' | b'!' | b'?') && bytes.get(i + 1).is_none_or(|b| *b <= 32))
    };
    let (start, end) = (start as usize, end as usize);
    let from = (0..start).rev().find(|i| stop(*i)).map_or(0, |i| i + 1);
    let to = (end..bytes.len()).find(|i| stop(*i)).unwrap_or(bytes.len());
    let words = String::from_utf8_lossy(&bytes[from..to]).trim().to_owned();
    (words, Span::new(from as u64, to as u64))
}

fn account(item: u64, published: Option<String>, figure: Figure, bytes: &[u8]) -> Account {
    let (sentence, sentence_span) = sentence(bytes, figure.start, figure.end);
    Account {
        item: Sha256::of(&item.to_be_bytes()),
        exhibit: item,
        name: format!("report {item}"),
        outlet: None,
        credits: Vec::new(),
        published,
        sentence,
        sentence_span,
        title: bytes[..figure.start as usize].iter().all(|b| *b != b'\n') && figure.start < 120,
        figure,
        repeats: Vec::new(),
    }
}

/// A figure of the richer form of the three Aleppo reports, as a reader would give it.
fn aleppo_figure(f: &Value) -> Figure {
    let value = f["value"].as_f64().unwrap() as u64;
    let (low, high, hedge) = match f["bound"].as_str().unwrap() {
        "gt" => (Some(value + 1), None, Hedge::MoreThan),
        "ge" => (Some(value), None, Hedge::AtLeast),
        "approx" => (Some(value), Some(value), Hedge::About),
        _ => (Some(value), Some(value), Hedge::Exact),
    };
    let time = f["time"].as_str().unwrap_or("");
    let date =
        Some(time).filter(|t| !t.is_empty() && t.bytes().all(|b| b"0123456789-/".contains(&b)));
    Figure {
        start: f["span"]["bstart"].as_u64().unwrap(),
        end: f["span"]["bend"].as_u64().unwrap(),
        text: text(&f["span"]["text"]).unwrap(),
        low,
        high,
        hedge,
        measure: match f["measure"].as_str().unwrap() {
            // A derived difference that a reader may well take for a toll.
            "killed" | "difference" => Measure::Killed,
            "states_supporting" | "states_total" => Measure::States,
            "displaced_out_of_country" => Measure::Displaced,
            "refugees_to_admit" | "refugees_admitted" => Measure::Admitted,
            "trapped" => Measure::Besieged,
            _ => Measure::Other,
        },
        whom: text(&f["counted"]["text"]),
        source: text(&f["source_canonical"]),
        date: date.map(str::to_owned),
        place: text(&f["place"]),
        cumulative: time.starts_with("..") || (time.contains('/') && f["value"] != 68.0),
        rules: Vec::new(),
    }
}

/// All accounts of the Aleppo reports with the id of each, `published` given or withheld.
fn aleppo(shared: &std::path::Path, dated: [bool; 3]) -> Vec<(String, Account)> {
    let mut out = Vec::new();
    for n in 0..3u64 {
        let path = shared.join(format!("gold/aleppo-2016/seed_{n}.json"));
        let seed: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let file = shared.join("data/aleppo-2016").join(seed["file"].as_str().unwrap());
        let bytes = std::fs::read(file).unwrap();
        let date = &seed["meta"]["publication_date"];
        let date =
            text(&date["value"]).or_else(|| text(&date["inferred"])).or_else(|| text(&date["dct"]));
        for f in seed["figures"].as_array().unwrap() {
            let date = date.clone().filter(|_| dated[n as usize]);
            let account = account(n, date, aleppo_figure(f), &bytes);
            out.push((format!("{n}.{}", f["id"].as_str().unwrap()), account));
        }
    }
    out
}

fn holder<'a>(all: &'a [Question], account: &Account) -> &'a Question {
    let holds = |q: &&Question| {
        q.accounts.iter().any(|a| {
            a.item == account.item
                && (a.figure == account.figure || a.repeats.contains(&account.figure))
        })
    };
    let mut found = all.iter().filter(holds);
    let one = found.next().expect("every account is in a question");
    assert!(found.next().is_none(), "an account is in two questions: {account:?}");
    one
}

#[test]
fn aleppo_clusters() {
    let Some(shared) = shared() else { return };
    let cross: Value =
        serde_json::from_slice(&std::fs::read(shared.join("gold/aleppo-2016/cross.json")).unwrap())
            .unwrap();
    for dated in [[true; 3], [true, false, false], [false; 3]] {
        let accounts = aleppo(&shared, dated);
        let all = questions(accounts.iter().map(|(_, a)| a.clone()).collect());
        let of = |id: &Value| {
            let (_, account) = accounts.iter().find(|(i, _)| id == i).unwrap();
            holder(&all, account)
        };
        for cluster in cross["figure_clusters"].as_array().unwrap() {
            let members = cluster["members"].as_array().unwrap();
            let question = of(&members[0]);
            for member in members {
                assert!(std::ptr::eq(of(member), question), "{dated:?} {cluster}");
            }
            assert_eq!(question.accounts.len(), members.len(), "{dated:?} {cluster} {question:#?}");
        }
        for pair in cross["must_not_merge"].as_array().unwrap() {
            assert!(!std::ptr::eq(of(&pair[0]), of(&pair[1])), "{dated:?} {pair}");
        }
        let killed = of(&"0.f5".into());
        assert_eq!((killed.relation, killed.definition_differs), (Relation::Nest, true));
        let states = of(&"0.f7".into());
        assert_eq!((states.relation, states.definition_differs), (Relation::Conflict, true));
        if dated == [true; 3] {
            println!("{}", table(&all));
        }
    }
}

/// A reader that finds neither place nor day must not make the totals of two wars one question.
#[test]
fn aleppo_without_places() {
    let Some(shared) = shared() else { return };
    let mut accounts = aleppo(&shared, [true; 3]);
    for (_, account) in &mut accounts {
        if account.exhibit == 0 {
            account.figure.place = None;
            account.figure.date = None;
        }
    }
    let all = questions(accounts.iter().map(|(_, a)| a.clone()).collect());
    let of = |id: &str| holder(&all, &accounts.iter().find(|(i, _)| id == i).unwrap().1);
    for other in ["0.f5", "0.f6", "2.f2"] {
        assert!(!std::ptr::eq(of("0.f1"), of(other)), "{other} {:#?}", of("0.f1"));
    }
}

/// The labelled single reports: no assertion on numbers that change with every better rule, but the
/// table is printed to be looked at, and nothing may be lost.
#[test]
fn labelled_reports() {
    let Some(shared) = shared() else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(shared.join("gold/fakes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    let mut accounts = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        let report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let bytes = std::fs::read(path.with_extension("txt")).unwrap();
        for f in report["figures"].as_array().unwrap() {
            let mut f = f.clone();
            f["rules"] = Value::Array(Vec::new());
            let figure: Figure = serde_json::from_value(f).unwrap();
            accounts.push(account(n as u64, text(&report["report_date"]), figure, &bytes));
        }
    }
    let all = questions(accounts.clone());
    for account in &accounts {
        holder(&all, account);
    }
    let many = all.iter().filter(|q| q.accounts.len() > 1).count();
    println!("{} figures, {} questions, {many} with several accounts", accounts.len(), all.len());
    println!("{}", table(&all));
    assert!(many > 0 && many < all.len());
}

fn table(all: &[Question]) -> String {
    let mut out = String::new();
    for q in all {
        out.push_str(&format!(
            "{:?} {} at {:?} in {:?}{}{} -> {:?}{}\n",
            q.measure,
            q.group,
            q.place,
            q.period,
            if q.cumulative { " total" } else { "" },
            if q.probable { " probable" } else { "" },
            q.relation,
            if q.definition_differs { " (definition differs)" } else { "" },
        ));
        for a in &q.accounts {
            let f = &a.figure;
            out.push_str(&format!(
                "    [{}] {:?} {:?} by {:?} published {:?} (+{})\n",
                a.exhibit,
                f.text,
                f.whom,
                f.source,
                a.published,
                a.repeats.len()
            ));
        }
        let rules: Vec<&str> = q.because.iter().map(|b| b.rule.as_str()).collect();
        out.push_str(&format!("    {}\n", rules.join(" ")));
    }
    out
}
