//! `casefile demo`: the same verbs that a person would use, one after the other, each shown.

use crate::args::Args;
use crate::verbs::{Failure, run_to};
use clap::Parser as _;
use std::io::Write;
use std::path::Path;
use tasks::Error;
use tasks::demo::{REPORTS, write_reports};

/// Makes a small case in `dir` and shows every step; for a script one line of JSON for each.
pub(crate) fn run(dir: &Path, json: bool, out: &mut dyn Write) -> Result<bool, Failure> {
    if dir.exists() {
        return Err(Error::asked(
            format!("{} exists already", dir.display()),
            "Remove it, or name another folder: casefile demo DIR",
        )
        .into());
    }
    let bundle = dir.join("bundle").to_string_lossy().into_owned();
    let mut well = true;
    for (why, step) in steps(dir, &bundle)? {
        well &= if json { told(why, step, out)? } else { shown(why, step, out)? };
    }
    if !json {
        writeln!(
            out,
            "\nOpen {bundle}/index.html in a browser: it needs no network and runs no script."
        )?;
    }
    Ok(well)
}

/// A step in words, and what it says.
fn shown(why: &str, step: Vec<String>, out: &mut dyn Write) -> Result<bool, Failure> {
    if !why.is_empty() {
        writeln!(out, "\n# {why}")?;
    }
    let quoted: Vec<_> = step.iter().map(|word| quoted(word)).collect();
    writeln!(out, "$ casefile {}", quoted.join(" "))?;
    run_to(args(step)?, out)
}

/// A step as one line of JSON: why, the arguments, and every result that it writes with `--json`.
fn told(why: &str, mut step: Vec<String>, out: &mut dyn Write) -> Result<bool, Failure> {
    step.push("--json".into());
    let mut said = Vec::new();
    let well = run_to(args(step.clone())?, &mut said)?;
    let results: Result<Vec<serde_json::Value>, _> =
        serde_json::Deserializer::from_slice(&said).into_iter().collect();
    let line = serde_json::json!({ "why": why, "arguments": step, "results": results? });
    writeln!(out, "{line}")?;
    Ok(well)
}

fn args(step: Vec<String>) -> Result<Args, Error> {
    Args::try_parse_from(std::iter::once("casefile".to_string()).chain(step))
        .map_err(|error| Error::asked(error.to_string(), "This is a defect of casefile."))
}

/// The steps: why each is done, and its arguments.
fn steps(dir: &Path, bundle: &str) -> Result<Vec<(&'static str, Vec<String>)>, Error> {
    let paths = write_reports(&dir.join("saved"))?;
    let case = dir.join("case").to_string_lossy().into_owned();
    let mut steps: Vec<(&'static str, Vec<String>)> = vec![(
        "Make a case. (A real one asks for a passphrase for its keys.)",
        words(&[
            "init",
            &case,
            "--unprotected",
            "--name",
            "Aleppo, autumn 2016",
            "--actor",
            "demo",
        ]),
    )];
    for (number, (report, path)) in REPORTS.iter().zip(&paths).enumerate() {
        let path = path.to_string_lossy();
        let why = if number == 0 { "Take reports in, each with where it came from." } else { "" };
        let facts = ["--source", report.source, "--address", report.address];
        let more = ["--obtained", report.obtained, "--collector", "Demo Collector"];
        steps.push((why, words(&[&["-C", &case, "capture", &path], &facts[..], &more].concat())));
    }
    steps.push(("Read them.", words(&["-C", &case, "read"])));
    steps.push(("Who says how many?", words(&["-C", &case, "figures"])));
    steps.push(("One report, with every figure marked.", words(&["-C", &case, "show", "2"])));
    steps.push(("Everything that was done is on record.", words(&["-C", &case, "log"])));
    steps.push(("Hand it over.", words(&["-C", &case, "export", bundle])));
    steps.push(("Check the bundle, as a stranger would.", words(&["verify", bundle])));
    steps.push(("Check the case.", words(&["-C", &case, "verify"])));
    Ok(steps)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
    if word.chars().all(plain) { word.to_string() } else { format!("'{word}'") }
}
