//! Whatever file is taken away, its place is named.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use invented::{Case, copy, remake_lists};
use std::fs;
use verifier::{layout, zipped};

#[test]
fn every_required_file_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let good = Case::new(7).export(&folder.path().join("good"), &[1, 2, 3]);
    for path in layout::REQUIRED {
        let root = folder.path().join("changed");
        copy(&good, &root);
        fs::remove_file(root.join(path)).unwrap();
        let report = invented::verify(&root, None);
        let missed = |finding: &record::Finding| {
            finding.code == verifier::codes::BUNDLE_FILE_MISSING && finding.place == path
        };
        assert!(report.findings.iter().any(missed), "{path}: {:#?}", report.findings);
        // As if there never had been one: the lists and their signature made anew.
        if !layout::SEALS.contains(&path) && ![layout::MANIFEST, layout::B2SUMS].contains(&path) {
            fs::write(root.join(layout::BAG_INFO), "Payload-Oxum: 0.0\n").unwrap();
            remake_lists(&root, Some(&[7; 32]));
            if path == layout::BAG_INFO {
                fs::remove_file(root.join(path)).unwrap();
            }
            let report = invented::verify(&root, None);
            assert!(report.findings.iter().any(missed), "{path}: {:#?}", report.findings);
        }
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn every_single_file_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let good = Case::new(7).export(&folder.path().join("good"), &[1, 2, 3]);
    for path in zipped::files(&good).unwrap() {
        let root = folder.path().join("changed");
        copy(&good, &root);
        fs::remove_file(root.join(&path)).unwrap();
        let report = invented::verify(&root, None);
        let missed = |finding: &record::Finding| {
            finding.code == verifier::codes::BUNDLE_FILE_MISSING && finding.place == path
        };
        assert!(report.findings.iter().any(missed), "{path}: {:#?}", report.findings);
        fs::remove_dir_all(root).unwrap();
    }
}
