//! Documents about custody that say something else than the records, in bundles sealed with the
//! case's own keys: nothing but making them anew shows it.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its case has failed")]

mod invented;

use invented::{Case, faults, remake_lists};
use record::{Event, Sha256};
use std::fs;
use std::path::Path;
use verifier::layout;

/// Seals a bundle after `change` of its folder, as a holder of all keys can.
fn sealed_after(folder: &Path, change: impl Fn(&Path)) -> verifier::Report {
    let mut case = Case::new(7);
    let unsealed = case.unsealed(&folder.join("bundle"), &[1, 2]);
    let root = folder.join("bundle.partial/bundle");
    change(&root);
    remake_lists(&root, Some(&case.actor));
    let Event::Export(mut export) = unsealed.event else { unreachable!("it is an export") };
    let signature = fs::read_to_string(root.join(layout::SIGNATURE)).unwrap();
    fs::remove_file(root.join(layout::SIGNATURE)).unwrap();
    export.tagmanifest = Sha256::of(&fs::read(root.join(layout::TAGMANIFEST)).unwrap());
    export.signature = Sha256::of(signature.as_bytes());
    let old_size = export.tree_size;
    let recorded = case.record(&Event::Export(export), old_size);
    let place = unsealed.writer.seal(&signature, &recorded).unwrap();
    verifier::verify(&place, Some(&case.signer.vkey())).unwrap()
}

#[test]
fn a_document_that_says_what_no_record_does_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let honest = sealed_after(&folder.path().join("honest"), |_| {});
    assert_eq!(faults(&honest), [""; 0]);
    for path in layout::DOCUMENTS {
        // Another digit, a byte more, a byte fewer, at places all over the document.
        for tenth in 0..10 {
            let place = folder.path().join(format!("{path}-{tenth}"));
            let report = sealed_after(&place, |root| {
                let mut bytes = fs::read(root.join(path)).unwrap();
                let at = bytes.len() * tenth / 10;
                match tenth % 3 {
                    0 => bytes[at] ^= 1,
                    1 => bytes.insert(at, b' '),
                    _ => {
                        bytes.remove(at);
                    }
                }
                fs::write(root.join(path), bytes).unwrap();
            });
            assert_eq!(faults(&report), ["bundle-custody"], "{path}, {tenth}");
            assert!(report.findings.iter().any(|finding| finding.place == path));
        }
        for (what, more) in [("longer", "\n"), ("empty", "")] {
            let report = sealed_after(&folder.path().join(format!("{path}-{what}")), |root| {
                let mut text = fs::read_to_string(root.join(path)).unwrap();
                text.truncate(if more.is_empty() { 0 } else { text.len() });
                fs::write(root.join(path), text + more).unwrap();
            });
            assert_eq!(faults(&report), ["bundle-custody"], "{path}, {what}");
        }
        let report = sealed_after(&folder.path().join(format!("{path}-gone")), |root| {
            fs::remove_file(root.join(path)).unwrap();
        });
        assert_eq!(faults(&report), ["bundle-file-missing"], "{path}");
    }
}
