//! Ctrl-C in the middle of a capture: what was acknowledged stays, and `--resume` takes in the rest,
//! each file once.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod program;

use program::check;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// More than the program can have told of before the signal: nobody reads what it writes after its
/// first lines (8 KiB), and a pipe holds 64 KiB, at some 150 bytes a line under 500 of them. Then it
/// waits.
const FILES: usize = 1_000;

#[test]
fn an_interrupted_capture_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::create_dir(dir.join("in")).unwrap();
    for number in 0..FILES {
        fs::write(dir.join(format!("in/{number:05}.txt")), format!("Report {number}")).unwrap();
    }
    check(dir, &["init", "case", "--unprotected"], 0, &[]);
    let mut capture = Command::new(env!("CARGO_BIN_EXE_casefile"))
        .args(["-C", "case", "capture", "in", "--commit-every", "7", "--json"])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(capture.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    kill_process(Pid::from_child(&capture), Signal::INT).unwrap();
    let acknowledged: Vec<String> =
        std::iter::once(first).chain(lines.map(|line| line.unwrap())).collect();
    assert!(!capture.wait().unwrap().success());
    assert!(acknowledged.len() < FILES, "it had come to its end before the signal");

    let held = captured(dir);
    for line in &acknowledged {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(held.contains(line["name"].as_str().unwrap()), "lost: {line}");
    }
    check(dir, &["verify", "case"], 0, &["HOLDS"]);
    let (known, left) = (held.len(), FILES - held.len());
    let said = format!("{left} item(s) kept");
    check(dir, &["-C", "case", "capture", "in", "--resume"], 0, &[&said, &known.to_string()]);
    assert_eq!(captured(dir).len(), FILES);
    check(dir, &["verify", "case"], 0, &["HOLDS"]);
}

/// The names in the log's captures; none may be there twice.
fn captured(dir: &Path) -> BTreeSet<String> {
    let log = check(dir, &["-C", "case", "log", "--json"], 0, &[]);
    let mut names = BTreeSet::new();
    for line in log.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = record["name"]["text"].as_str();
        let Some(name) = name else { continue };
        assert!(names.insert(name.to_string()), "{name} is there twice");
    }
    names
}
