//! A small case, harmed in every way that a disk harms files: each bit flipped, each block zeroed,
//! each file cut at each length, each pair of files exchanged. None of it goes unseen.
//!
//! Here a part of it is tried; all of it by `CASEFILE_EVERY=1 cargo test --release -p
//! casefile-check --test exhaustive` (half a minute).

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod fresh;

use archive::Writer;
use fresh::new_case;
use record::{Event, Grade};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One harm of so many is tried: a prime, so that all bits of a byte come up.
const EVERY: usize = 101;

/// Bytes of a block of a disk that are zeroed together, from any multiple of it on.
const BLOCK_BYTES: usize = 64;

/// What is evidence, or proves it. Not: the words in `VERSION`, secret keys, `lock`.
const HELD: [&str; 3] = ["objects", "log", "private/openings"];

/// A case of three commits, so that there are tiles that others have grown out of.
fn small_case(folder: &Path) -> PathBuf {
    let root = new_case(folder);
    let mut writer = Writer::open(&root, None, "test").unwrap();
    for name in ["a", "b", "c"] {
        let mut batch = writer.begin().unwrap();
        let item = batch.take_in(&mut format!("item {name}").as_bytes()).unwrap();
        let (commitment, opening) = batch.withhold("collector", "A. Person").unwrap();
        let withheld = BTreeMap::from([("collector".into(), commitment)]);
        let record =
            Event::Capture(record::Capture { withheld, ..record::Capture::of(item, name) });
        batch.record(record, vec![opening]);
        batch.commit(&mut writer).unwrap();
    }
    drop(writer);
    root
}

fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for held in HELD {
        for path in archive::log::list_files(&root.join(held)).unwrap() {
            let path = root.join(held).join(path);
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files
}

fn is_faulted(root: &Path) -> bool {
    match check::check(root, None, &|_, _| {}) {
        Ok(report) => report.findings.iter().any(|finding| finding.grade == Grade::Fault),
        Err(_) => true,
    }
}

/// Every way in which a file can be harmed by itself.
fn harms(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut harms = Vec::new();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        harms.push((format!("bit {bit} flipped"), flipped));
    }
    for block in 0..bytes.len().div_ceil(BLOCK_BYTES) {
        let mut zeroed = bytes.to_vec();
        let end = (block * BLOCK_BYTES + BLOCK_BYTES).min(bytes.len());
        zeroed[block * BLOCK_BYTES..end].fill(0);
        harms.push((format!("block {block} zeroed"), zeroed));
    }
    harms.extend((0..bytes.len()).map(|at| (format!("cut at {at}"), bytes[..at].to_vec())));
    harms
}

fn put(path: &Path, bytes: &[u8]) {
    // What is kept is read-only.
    let _ = fs::remove_file(path);
    fs::write(path, bytes).unwrap();
}

#[test]
fn no_harm_goes_unseen() {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let root = small_case(folder.path());
    let whole = files(&root);
    assert!(!is_faulted(&root) && whole.len() >= 15, "{} files", whole.len());
    let every = std::env::var("CASEFILE_EVERY").ok().and_then(|every| every.parse().ok());
    let every: usize = every.unwrap_or(EVERY);
    let mut tried = 0;
    for (path, bytes) in &whole {
        for (what, harmed) in harms(bytes).into_iter().step_by(every) {
            // The end of the last line says nothing: the opening before it is whole.
            if is_of_openings(path) && bytes.strip_suffix(b"\n") == Some(&harmed[..]) {
                continue;
            }
            put(path, &harmed);
            assert!(is_faulted(&root), "{}: {what}", path.display());
            tried += 1;
        }
        fs::remove_file(path).unwrap();
        assert!(is_faulted(&root) || is_grown_over(path, &root), "{} gone", path.display());
        put(path, bytes);
    }
    for (at, (one, ones)) in whole.iter().enumerate() {
        for (other, others) in whole.iter().skip(at + 1).filter(|(_, others)| others != ones) {
            // An opening names its leaf itself: in whichever file it stands, it is the same.
            if is_of_openings(one) && is_of_openings(other) {
                continue;
            }
            put(one, others);
            put(other, ones);
            assert!(is_faulted(&root), "{} and {} exchanged", one.display(), other.display());
            put(one, ones);
            put(other, others);
            tried += 1;
        }
    }
    assert!(!is_faulted(&root), "it is put back");
    println!("{tried} harms, each found");
}

fn is_of_openings(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "jsonl")
}

/// Whether another file holds all that this one did: a partial tile of an earlier size.
fn is_grown_over(path: &Path, root: &Path) -> bool {
    let size = check::check(root, None, &|_, _| {}).unwrap().leaves;
    let is_partial = path.parent().unwrap().to_string_lossy().ends_with(".p");
    is_partial && !path.ends_with(size.to_string())
}
