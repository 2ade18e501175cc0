//! The same case gives the same bundle, but for what the export itself changes
//! (docs/format/bundle.md lists it).

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use invented::Case;
use std::fs;
use std::path::Path;
use verifier::zipped;

/// Paths whose bytes differ; both have the same files.
fn differing(one: &Path, two: &Path) -> Vec<String> {
    let files = zipped::files(one).unwrap();
    assert_eq!(files, zipped::files(two).unwrap());
    let differs =
        |path: &String| fs::read(one.join(path)).unwrap() != fs::read(two.join(path)).unwrap();
    files.into_iter().filter(differs).collect()
}

#[test]
fn the_same_case_at_the_same_time_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let one = Case::new(7).export(&folder.path().join("one"), &[1, 2, 3]);
    let two = Case::new(7).export(&folder.path().join("two"), &[1, 2, 3]);
    assert_eq!(differing(&one, &two), [""; 0]);
}

#[test]
fn a_second_export_differs_where_the_first_is_on_record_and_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let one = case.export(&folder.path().join("one"), &[1, 2, 3]);
    let two = case.export(&folder.path().join("two"), &[1, 2, 3]);
    let grown = [
        "custody.html",
        "export.consistency",
        "export.leaf",
        "export.tlog-proof",
        "log/checkpoint",
        "log/proofs/00000000.tlog-proof",
        "log/proofs/00000001.tlog-proof",
        "log/proofs/00000002.tlog-proof",
        "log/proofs/00000003.tlog-proof",
        "log/proofs/00000004.tlog-proof",
        "log/proofs/00000005.tlog-proof",
        "log/proofs/00000006.tlog-proof",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha256.txt.sig",
    ];
    assert_eq!(differing(&one, &two), grown);
    case.time = "2031-04-06T00:00:00Z".into();
    let three = case.export(&folder.path().join("three"), &[1, 2, 3]);
    let mut dated = ["README.txt", "bag-info.txt", "index.html", "ro-crate-metadata.json"].to_vec();
    dated.extend(grown);
    dated.sort_unstable();
    assert_eq!(differing(&one, &three), dated);
}
