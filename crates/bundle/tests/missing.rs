//! What was taken away, added or made anew is found, each by its code: a table of forgeries.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use bundle::{layout, zipped};
use invented::{Case, copy, faults, remake_lists};
use std::fs;
use std::path::Path;

const ITEM: &str = "data/items/000001-mill-road.txt";
const OTHER: &str = "data/items/000003-empty.txt";

/// A bundle to change, its case, and another bundle of it.
struct Scene<'a> {
    root: &'a Path,
    other: &'a Path,
    case: &'a Case,
}

impl Scene<'_> {
    fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.root.join(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, text.replace(from, to));
    }

    fn take(&self, path: &str) {
        fs::copy(self.other.join(path), self.root.join(path)).unwrap();
    }

    fn swap(&self, one: &str, two: &str) {
        let (first, second) = (self.read(one), self.read(two));
        self.write(one, second);
        self.write(two, first);
    }

    /// All lists and their signature anew, with the case's own key: what the thief of one could do.
    fn reseal(&self) {
        remake_lists(self.root, Some(&self.case.actor));
    }
}

/// What is done to the bundle, and the codes of all faults that must come of it.
type Row = (&'static str, fn(&Scene<'_>), &'static [&'static str]);

fn check(rows: &[Row]) {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let good = case.export(&folder.path().join("good"), &[1, 2, 3]);
    let other = case.export(&folder.path().join("other"), &[1, 2]);
    let key = case.signer.vkey();
    for bundle in [&good, &other] {
        let report = invented::verify(bundle, Some(&key));
        assert_eq!(report.findings, [], "as exported");
    }
    for (number, (what, change, expect)) in rows.iter().enumerate() {
        let root = folder.path().join(number.to_string());
        copy(&good, &root);
        change(&Scene { root: &root, other: &other, case: &case });
        let report = invented::verify(&root, Some(&key));
        assert_eq!(faults(&report), *expect, "{what}: {:#?}", report.findings);
    }
}

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
            finding.code == bundle::codes::BUNDLE_FILE_MISSING && finding.place == path
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
            finding.code == bundle::codes::BUNDLE_FILE_MISSING && finding.place == path
        };
        assert!(report.findings.iter().any(missed), "{path}: {:#?}", report.findings);
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn what_is_added_changed_or_taken_away_is_found() {
    check(ADDED_CHANGED_TAKEN_AWAY);
}

const ADDED_CHANGED_TAKEN_AWAY: &[Row] = &[
    (
        "a payload file added",
        |scene| scene.write("data/items/000009-new.txt", "new"),
        &["bundle-file-unlisted"],
    ),
    ("a tag file added", |scene| scene.write("log/note.txt", "new"), &["bundle-file-unlisted"]),
    (
        "a file with a name that is no text added",
        |scene| {
            use std::os::unix::ffi::OsStrExt as _;
            let name = std::ffi::OsStr::from_bytes(b"data/items/\xff.txt");
            fs::write(scene.root.join(name), "new").unwrap();
        },
        &["bundle-file-unlisted"],
    ),
    (
        "a file in place of a folder's name that must be safe",
        |scene| scene.write("data/items/a b.txt", "new"),
        &["bundle-file-unlisted"],
    ),
    (
        "an item and its lines removed",
        |scene| {
            scene.remove(ITEM);
            for list in [layout::MANIFEST, layout::B2SUMS] {
                let text = scene.read(list);
                let rest = text.lines().filter(|line| !line.ends_with(ITEM));
                scene.write(list, rest.map(|line| format!("{line}\n")).collect::<String>());
            }
        },
        &["bundle-digest", "bundle-exhibit", "bundle-form"],
    ),
    (
        "an item replaced by a link to the same bytes",
        |scene| {
            scene.remove(ITEM);
            std::os::unix::fs::symlink(scene.other.join(ITEM), scene.root.join(ITEM)).unwrap();
        },
        &["bundle-file-kind"],
    ),
    (
        "a folder replaced by a link",
        |scene| {
            fs::remove_dir_all(scene.root.join("log/leaves")).unwrap();
            let to = scene.root.join("log/leaves");
            std::os::unix::fs::symlink(scene.other.join("log/leaves"), to).unwrap();
        },
        &[
            "bundle-exhibit",
            "bundle-file-kind",
            "bundle-file-missing",
            "bundle-file-unlisted",
            "bundle-leaf",
            "bundle-opening",
            "bundle-proof",
            "bundle-reading",
            "bundle-signature",
        ],
    ),
    (
        "a record and its proof removed",
        |scene| {
            scene.remove("log/leaves/00000003.leaf");
            scene.remove("log/proofs/00000003.tlog-proof");
        },
        &["bundle-exhibit", "bundle-file-missing"],
    ),
    (
        "a record without its proof",
        |scene| scene.remove("log/proofs/00000003.tlog-proof"),
        &["bundle-exhibit", "bundle-file-missing", "bundle-proof"],
    ),
    (
        "the signature of a record stripped",
        |scene| {
            let path = "log/leaves/00000003.leaf";
            let text = scene.read(path);
            scene.write(path, text.split_inclusive('\n').next().unwrap());
        },
        &["bundle-digest", "bundle-exhibit", "bundle-proof"],
    ),
    (
        "the signature of the checkpoint stripped",
        |scene| {
            let text = scene.read(layout::CHECKPOINT);
            let (text, _) = text.split_once("\n\n").unwrap();
            scene.write(layout::CHECKPOINT, format!("{text}\n"));
        },
        &["bundle-digest", "bundle-proof"],
    ),
    (
        "the signature over the lists emptied",
        |scene| scene.write(layout::SIGNATURE, ""),
        &["bundle-export", "bundle-signature"],
    ),
    (
        "items exchanged",
        |scene| scene.swap(ITEM, OTHER),
        &["bundle-digest", "bundle-exhibit", "bundle-reading"],
    ),
    (
        "a digest of the other family changed",
        |scene| {
            let text = scene.read(layout::B2SUMS);
            let digit = if text.starts_with('0') { "1" } else { "0" };
            scene.write(layout::B2SUMS, format!("{digit}{}", &text[1..]));
        },
        &["bundle-digest"],
    ),
    (
        "the record of the export of another bundle",
        |scene| {
            scene.take(layout::EXPORT_LEAF);
            scene.take(layout::EXPORT_PROOF);
            scene.take(layout::EXPORT_CONSISTENCY);
        },
        &["bundle-export", "bundle-fork"],
    ),
    (
        "the lists and the seals of another bundle",
        |scene| layout::SEALS.iter().for_each(|path| scene.take(path)),
        &["bundle-digest", "bundle-export", "bundle-file-unlisted", "bundle-fork"],
    ),
    (
        "a capture in place of the record of the export",
        |scene| {
            let leaf = scene.read("log/leaves/00000001.leaf");
            scene.write(layout::EXPORT_LEAF, leaf);
            let proof = scene.read("log/proofs/00000001.tlog-proof");
            scene.write(layout::EXPORT_PROOF, proof);
        },
        &["bundle-export"],
    ),
];

#[test]
fn what_is_made_anew_is_found() {
    check(MADE_ANEW);
}

const MADE_ANEW: &[Row] = &[
    (
        "the page changed, the list made anew, not signed",
        |scene| {
            scene.replace(layout::PAGE, "Mill Road", "Hill Road");
            remake_lists(scene.root, None);
        },
        &["bundle-export", "bundle-signature"],
    ),
    (
        "the same, signed with another key",
        |scene| {
            scene.replace(layout::PAGE, "Mill Road", "Hill Road");
            remake_lists(scene.root, Some(&[8; 32]));
        },
        &["bundle-export", "bundle-signature"],
    ),
    (
        "the same, signed with the case's own key, but not on record",
        |scene| {
            scene.replace(layout::PAGE, "Mill Road", "Hill Road");
            scene.reseal();
        },
        &["bundle-export"],
    ),
    (
        "the same list signed again for another purpose",
        |scene| {
            let text = scene.read(layout::TAGMANIFEST);
            let key = &scene.case.actor;
            let signature = custody::sshsig::sign(key, custody::leaf::NAMESPACE, text.as_bytes());
            scene.write(layout::SIGNATURE, signature);
        },
        &["bundle-export", "bundle-signature"],
    ),
    (
        "exhibits exchanged, all lists made anew and signed",
        |scene| {
            scene.swap(ITEM, OTHER);
            scene.reseal();
        },
        &["bundle-exhibit", "bundle-export", "bundle-reading"],
    ),
    (
        "an exhibit renamed",
        |scene| {
            scene.replace(layout::EXHIBITS, "\"name\":\"mill-road.txt\"", "\"name\":\"b.txt\"");
            scene.reseal();
        },
        &["bundle-exhibit", "bundle-export"],
    ),
    (
        "an exhibit left out, its files with it",
        |scene| {
            let text = scene.read(layout::EXHIBITS);
            let (_, rest) = text.split_once('\n').unwrap();
            scene.write(layout::EXHIBITS, rest);
            scene.remove(ITEM);
            scene.remove("data/readings/000001.json");
            for index in [1, 2] {
                scene.remove(&layout::leaf(index));
                scene.remove(&layout::proof(index));
            }
            scene.reseal();
        },
        &["bundle-export", "bundle-opening"],
    ),
    (
        "an exhibit that shares another's records",
        |scene| {
            let text = scene.read(layout::EXHIBITS);
            let first = text.lines().next().unwrap();
            scene.write(layout::EXHIBITS, format!("{text}{first}\n"));
            scene.reseal();
        },
        &["bundle-exhibit", "bundle-export"],
    ),
    (
        "a figure moved in a reading",
        |scene| {
            scene.replace("data/readings/000001.json", "\"text\":\"six", "\"text\":\"two");
            scene.reseal();
        },
        &["bundle-export", "bundle-reading"],
    ),
    (
        "a reading left out",
        |scene| {
            let text = scene.read(layout::EXHIBITS);
            let path = "\"data/readings/000001.json\"";
            scene.write(layout::EXHIBITS, text.replace(path, "null"));
            scene.remove("data/readings/000001.json");
            scene.reseal();
        },
        &["bundle-exhibit", "bundle-export"],
    ),
    (
        "the opening of another value",
        |scene| {
            scene.replace(layout::OPENINGS, "A. Person", "B. Person");
            scene.reseal();
        },
        &["bundle-export", "bundle-opening"],
    ),
    (
        "the openings left out although disclosed",
        |scene| {
            scene.remove(layout::OPENINGS);
            scene.reseal();
        },
        &["bundle-export"],
    ),
    (
        "another key in allowed_signers",
        |scene| {
            let other = custody::sshsig::public_key(&[8; 32]);
            let spaces = [custody::leaf::NAMESPACE, layout::NAMESPACE];
            let line = custody::sshsig::allowed_signer("actor", &spaces, &other);
            scene.write(layout::ALLOWED_SIGNERS, line);
            scene.reseal();
        },
        &["bundle-export", "bundle-form"],
    ),
    (
        "a policy about another log",
        |scene| {
            let other = custody::note::Signer::new("casefile/other", &[8; 32]).unwrap();
            scene.write(layout::POLICY, custody::policy::of_log(&other.vkey()));
            scene.reseal();
        },
        &["bundle-export", "bundle-policy"],
    ),
    (
        "a policy that asks for a cosigner who has not signed",
        |scene| {
            let other = custody::note::Signer::new("cosigner.example", &[8; 32]).unwrap();
            let asked = format!("witness one {}\nquorum one\n", other.vkey());
            scene.replace(layout::POLICY, "quorum none\n", &asked);
            scene.reseal();
        },
        &["bundle-export", "bundle-policy"],
    ),
    (
        "a signature line that looks like a cosigner's",
        |scene| {
            let line = "\u{2014} cosigner.example AQIDBAUG\n";
            for path in [layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
                scene.write(path, scene.read(path) + line);
            }
        },
        &["bundle-proof-stranger"],
    ),
    (
        "a later checkpoint of the same log",
        |scene| {
            scene.take(layout::CHECKPOINT);
            scene.reseal();
        },
        &["bundle-export", "bundle-fork", "bundle-proof"],
    ),
];

/// A forger with keys of his own makes a bundle that is whole in itself: only the key that was told
/// by another way tells it from the true one.
#[test]
fn a_bundle_under_other_keys_is_told_by_the_trusted_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let forged = Case::new(8).export(&folder.path().join("forged"), &[1, 2, 3]);
    let report = invented::verify(&forged, None);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["bundle-key-unchecked"]);
    let report = invented::verify(&forged, Some(&Case::new(7).signer.vkey()));
    assert_eq!(faults(&report), ["bundle-key-untrusted"]);
}
