//! Named forgeries, each caught by name: given only the bundle and the key of the log that is
//! trusted, the verifier must say what was done and where.
//!
//! The forger is strong. He makes every list and every unsigned digest anew, owns keys of his own,
//! has other bundles of this case and of another to take from, and sometimes the actor's key. He
//! lacks the key of the log.

#![allow(
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use custody::cosignature::{Algorithm, Secret};
use custody::note::Signer;
use custody::{Checkpoint, sshsig};
use invented::{Case, copy, faults, remake_lists};
use record::{Digests, Event, Grade};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use verifier::layout;

const ITEM: &str = "data/items/000001-mill-road.txt";
const OTHER: &str = "data/items/000003-empty.txt";
const READING: &str = "data/readings/000001.json";
const LEAF: &str = "log/leaves/00000001.leaf";
const GENESIS: &str = "log/leaves/00000000.leaf";
const PROOF: &str = "log/proofs/00000001.tlog-proof";
const STRANGE_LEAF: &str = "log/leaves/00000099.leaf";
const STRANGE_PROOF: &str = "log/proofs/00000099.tlog-proof";
const LINE_1: &str = "exhibits.jsonl, line 1";
const LINE_2: &str = "exhibits.jsonl, line 2";

/// The forger's own key, with which he signs as an actor.
const FORGER: [u8; 32] = [8; 32];

/// A bundle to forge, and what the forger has.
struct Scene<'a> {
    root: &'a Path,
    /// An earlier bundle of the same case.
    older: &'a Path,
    /// A bundle of another case.
    foreign: &'a Path,
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

    fn take(&self, from: &Path, path: &str) {
        fs::copy(from.join(path), self.root.join(path)).unwrap();
    }

    fn swap(&self, one: &str, two: &str) {
        let (first, second) = (self.read(one), self.read(two));
        self.write(one, second);
        self.write(two, first);
    }

    fn link(&self, path: &str, to: impl AsRef<Path>) {
        self.remove(path);
        symlink(to, self.root.join(path)).unwrap();
    }

    /// The lines of a file, changed.
    fn lines(&self, path: &str, change: impl FnOnce(&mut Vec<String>)) {
        let mut lines: Vec<String> = self.read(path).lines().map(str::to_owned).collect();
        change(&mut lines);
        self.write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>());
    }

    /// A record changed, under its old signature.
    fn edit_leaf(&self, path: &str, from: &str, to: &str) {
        let leaf = self.read(path);
        let (record, signature) = leaf.split_once('\n').unwrap();
        assert!(record.contains(from), "{path} has no {from}");
        self.write(path, format!("{}\n{signature}", record.replace(from, to)));
    }

    /// A record changed and signed by the forger in his own name.
    fn sign_leaf(&self, path: &str, from: &str, to: &str) {
        let leaf = self.read(path);
        let (record, _) = leaf.split_once('\n').unwrap();
        assert!(record.contains(from), "{path} has no {from}");
        let own = sshsig::fingerprint(&sshsig::public_key(&FORGER));
        let his = sshsig::fingerprint(&sshsig::public_key(&self.case.actor));
        let record = record.replace(from, to).replace(&his, &own);
        self.write(path, custody::leaf::sign_leaf(&FORGER, record.as_bytes()));
    }

    /// A checkpoint of the log's name, signed by the forger.
    fn checkpoint(&self, size: u64, root: [u8; 32]) -> String {
        let signer = Signer::new(self.case.signer.name(), &FORGER).unwrap();
        Checkpoint { origin: signer.name().into(), size, root }.sign(&signer)
    }

    /// Every list made anew, and signed by the forger.
    fn relist(&self) {
        remake_lists(self.root, Some(&FORGER));
    }

    /// The same with the case's own key: what the thief of one could do.
    fn reseal(&self) {
        remake_lists(self.root, Some(&self.case.actor));
    }
}

/// Name of the forgery, the code of the finding that names it, where, and how it is done.
type Row = (&'static str, &'static str, &'static str, fn(&Scene<'_>));

/// Whether the forger has seen to it that every list and digest fits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Fit,
    AsTheyCome,
}

fn check(rows: &[Row], lists: Lists) {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let older = case.export(&folder.path().join("older"), &[1, 2, 3]);
    let good = case.export(&folder.path().join("good"), &[1, 2, 3]);
    let foreign = Case::foreign().export(&folder.path().join("foreign"), &[1, 2, 3]);
    let key = case.signer.vkey();
    for bundle in [&older, &good] {
        assert_eq!(invented::verify(bundle, Some(&key)).findings, [], "as exported");
    }
    let mut missed = Vec::new();
    for (number, (what, code, place, forge)) in rows.iter().enumerate() {
        let root = folder.path().join(number.to_string());
        copy(&good, &root);
        forge(&Scene { root: &root, older: &older, foreign: &foreign, case: &case });
        let report = invented::verify(&root, Some(&key));
        let names = |finding: &record::Finding| {
            finding.grade == Grade::Fault && finding.code == *code && finding.place == *place
        };
        let fits = !report.findings.iter().any(|finding| {
            ["bundle-digest", "bundle-file-missing", "bundle-file-unlisted"]
                .contains(&finding.code.as_str())
        });
        if !report.findings.iter().any(names) || (lists == Lists::Fit && !fits) {
            missed.push(format!("{what}: not {code} at {place}: {:#?}", faults(&report)));
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), rows.len(), missed.join("\n"));
}

#[test]
fn what_is_taken_away_or_added_without_care_is_named() {
    check(CARELESS, Lists::AsTheyCome);
}

#[test]
fn what_is_forged_with_all_lists_made_anew_is_named() {
    check(CAREFUL, Lists::Fit);
}

/// Who has made a log of his own holds every key that counts in it: his bundle is whole in itself,
/// and only the key that was told by another way tells it from the true one.
#[test]
fn a_log_made_anew_is_told_by_the_trusted_key() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = Case::new(7).signer.vkey();
    // A record changed, and everything above it hashed and signed again under his own keys.
    let forged = Case::forked(8).export(&folder.path().join("forged"), &[1, 2, 3]);
    let report = invented::verify(&forged, None);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["bundle-key-unchecked"]);
    let report = invented::verify(&forged, Some(&trusted));
    assert_eq!(faults(&report), ["bundle-key-untrusted"]);
    // The same, with the trusted key in place of his own.
    fs::write(forged.join(layout::VKEY), format!("{trusted}\n")).unwrap();
    fs::write(forged.join(layout::POLICY), custody::policy::of_log(&trusted)).unwrap();
    remake_lists(&forged, Some(&FORGER));
    let report = invented::verify(&forged, Some(&trusted));
    let found = |code: &str, place: &str| {
        report.findings.iter().any(|finding| finding.code == code && finding.place == place)
    };
    assert!(found("bundle-proof-unsigned", layout::CHECKPOINT), "{:#?}", report.findings);
    assert!(found("bundle-leaf-genesis", "log/leaves/00000000.leaf"), "{:#?}", report.findings);
}

/// Who breaks Ed25519 makes a log of one key under the true one. He is caught by whoever was told
/// of the second key, whole or by its digest; the first alone still names the log.
#[test]
fn a_log_made_anew_without_its_second_key_is_told_by_that_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = Case::new(7).signer.verifier();
    let whole = Case::new(7).export(&folder.path().join("whole"), &[1, 2, 3]);
    let forged = Case::with_one_key(7).export(&folder.path().join("forged"), &[1, 2, 3]);
    let untrusted = ["bundle-key-untrusted"].as_slice();
    for (told, expect) in [(key.vkey(), &[][..]), (key.told(), untrusted)] {
        assert_eq!(faults(&invented::verify(&whole, Some(&told))), [""; 0]);
        assert_eq!(faults(&invented::verify(&forged, Some(&told))), expect, "{told:.100}");
    }
    assert_eq!(faults(&verifier::verify(&whole, Some(&key.lines())).unwrap()), [""; 0]);
    assert_eq!(faults(&verifier::verify(&forged, Some(&key.lines())).unwrap()), untrusted);
    let other = Case::new(8).signer.verifier().told();
    let told = format!("{},{}", key.vkey(), other.split_once(',').unwrap().1);
    assert_eq!(faults(&invented::verify(&whole, Some(&told))), untrusted);
}

/// Who holds all keys can let a record claim any time, but not give it another place: that its time
/// goes backwards is a notice, since a clock that was set right does the same.
#[test]
fn a_time_that_goes_backwards_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    case.time = "2031-03-01T00:00:00Z".into();
    case.take_in("late.txt", "Two people were killed.\n", "Two people");
    let root = case.export(&folder.path().join("bundle"), &[1, 4]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    assert_eq!(faults(&report), [""; 0]);
    let told =
        report.findings.iter().map(|finding| (finding.code.as_str(), finding.place.as_str()));
    let expect = ["log/leaves/00000007.leaf", "log/leaves/00000008.leaf"];
    assert!(
        told.eq(expect.map(|place| ("bundle-time-backwards", place))),
        "{:#?}",
        report.findings
    );
}

/// By a holder of all keys: the record of the export names the list of its items by three facts.
#[test]
fn an_export_that_misstates_the_list_of_its_items_is_refused() {
    let changes: [fn(&mut Digests); 3] = [
        |list| list.size += 1,
        |list| list.blake2b512 = Digests::of(b"[]").blake2b512,
        |list| list.sha256 = Digests::of(b"[]").sha256,
    ];
    for change in changes {
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::new(7);
        let unsealed = case.unsealed(&folder.path().join("bundle"), &[1, 2]);
        let Event::Export(mut export) = unsealed.event else { unreachable!("it is an export") };
        change(&mut export.list);
        let recorded = case.record(&Event::Export(export), 7);
        let root = unsealed.writer.seal(&unsealed.signature, &recorded).unwrap();
        let report = invented::verify(&root, Some(&case.signer.vkey()));
        assert_eq!(faults(&report), ["bundle-export-items"]);
    }
}

/// What is stripped, added or exchanged, and left as it comes.
const CARELESS: &[Row] = &[
    // Stripped of what proves it.
    ("the signature stripped", "bundle-file-missing", layout::SIGNATURE, |s| {
        s.remove(layout::SIGNATURE);
    }),
    ("the signature emptied", "bundle-signature", layout::SIGNATURE, |s| {
        s.write(layout::SIGNATURE, "");
    }),
    ("the signature of a record stripped", "bundle-leaf-signature", LEAF, |s| {
        s.lines(LEAF, |lines| lines.truncate(1));
    }),
    ("the signature of the checkpoint stripped", "bundle-proof", layout::CHECKPOINT, |s| {
        let text = s.read(layout::CHECKPOINT);
        s.write(layout::CHECKPOINT, format!("{}\n", text.split_once("\n\n").unwrap().0));
    }),
    ("a digest stripped", "bundle-file-unlisted", ITEM, |s| {
        s.lines(layout::MANIFEST, |lines| lines.retain(|line| !line.ends_with(ITEM)));
    }),
    ("a digest of the other family stripped", "bundle-digest-disagree", ITEM, |s| {
        s.lines(layout::B2SUMS, |lines| lines.retain(|line| !line.ends_with(ITEM)));
    }),
    ("the manifest stripped", "bundle-file-missing", layout::MANIFEST, |s| {
        s.remove(layout::MANIFEST);
    }),
    ("the manifest of the other family stripped", "bundle-file-missing", layout::B2SUMS, |s| {
        s.remove(layout::B2SUMS);
    }),
    ("the tag manifest stripped", "bundle-file-missing", layout::TAGMANIFEST, |s| {
        s.remove(layout::TAGMANIFEST);
    }),
    ("a record stripped", "bundle-file-missing", LEAF, |s| s.remove(LEAF)),
    ("the proof of a record stripped", "bundle-file-missing", PROOF, |s| s.remove(PROOF)),
    ("the proof of the export stripped", "bundle-file-missing", layout::EXPORT_PROOF, |s| {
        s.remove(layout::EXPORT_PROOF);
    }),
    ("the record of the export stripped", "bundle-file-missing", layout::EXPORT_LEAF, |s| {
        s.remove(layout::EXPORT_LEAF);
    }),
    ("the consistency stripped", "bundle-file-missing", layout::EXPORT_CONSISTENCY, |s| {
        s.remove(layout::EXPORT_CONSISTENCY);
    }),
    ("the checkpoint stripped", "bundle-file-missing", layout::CHECKPOINT, |s| {
        s.remove(layout::CHECKPOINT);
    }),
    ("the policy stripped", "bundle-file-missing", layout::POLICY, |s| s.remove(layout::POLICY)),
    ("the key of the log stripped", "bundle-file-missing", layout::VKEY, |s| {
        s.remove(layout::VKEY);
    }),
    ("the openings stripped", "bundle-export-openings", layout::OPENINGS, |s| {
        s.remove(layout::OPENINGS);
    }),
    // Added.
    ("a payload file added", "bundle-file-unlisted", "data/items/000009-new.txt", |s| {
        s.write("data/items/000009-new.txt", "new");
    }),
    ("a tag file added", "bundle-file-unlisted", "log/note.txt", |s| {
        s.write("log/note.txt", "new");
    }),
    ("a hidden file added", "bundle-file-unlisted", "data/items/.DS_Store", |s| {
        s.write("data/items/.DS_Store", "new");
    }),
    ("an empty folder added", "bundle-file-unlisted", "data/more", |s| {
        fs::create_dir(s.root.join("data/more")).unwrap();
    }),
    ("a name that is no text added", "bundle-file-name", "data/items/\u{fffd}.txt", |s| {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"data/items/\xff.txt");
        fs::write(s.root.join(name), "new").unwrap();
    }),
    // Links and devices.
    ("a link to the same bytes", "bundle-file-kind", ITEM, |s| {
        s.link(ITEM, s.older.join(ITEM));
    }),
    ("a link to a file without end", "bundle-file-kind", ITEM, |s| s.link(ITEM, "/dev/zero")),
    ("a link to itself", "bundle-file-kind", ITEM, |s| s.link(ITEM, s.root.join(ITEM))),
    ("a link in place of a seal", "bundle-file-kind", layout::EXPORT_LEAF, |s| {
        s.link(layout::EXPORT_LEAF, s.older.join(layout::EXPORT_LEAF));
    }),
    ("a pipe", "bundle-file-kind", ITEM, |s| {
        s.remove(ITEM);
        let made = Command::new("mkfifo").arg(s.root.join(ITEM)).status();
        assert!(made.unwrap().success());
    }),
    ("a pipe in place of a list", "bundle-file-kind", layout::MANIFEST, |s| {
        s.remove(layout::MANIFEST);
        let made = Command::new("mkfifo").arg(s.root.join(layout::MANIFEST)).status();
        assert!(made.unwrap().success());
    }),
    ("a folder replaced by a link", "bundle-file-kind", "log/leaves", |s| {
        fs::remove_dir_all(s.root.join("log/leaves")).unwrap();
        symlink(s.older.join("log/leaves"), s.root.join("log/leaves")).unwrap();
    }),
    ("a folder in place of a file", "bundle-file-missing", ITEM, |s| {
        s.remove(ITEM);
        fs::create_dir(s.root.join(ITEM)).unwrap();
    }),
    // Exchanged.
    ("items exchanged", "bundle-digest", ITEM, |s| s.swap(ITEM, OTHER)),
    ("a changed item under a new digest", "bundle-digest-disagree", ITEM, |s| {
        let old = record::Sha256::of(s.read(ITEM).as_bytes()).to_string();
        s.replace(ITEM, "six", "two");
        let new = record::Sha256::of(s.read(ITEM).as_bytes()).to_string();
        s.replace(layout::MANIFEST, &old, &new);
    }),
    ("a record cut short", "bundle-leaf-signature", LEAF, |s| {
        let leaf = s.read(LEAF);
        s.write(LEAF, &leaf[..leaf.len() - 80]);
    }),
    ("all seals of an older bundle", "bundle-export-state", layout::EXPORT_LEAF, |s| {
        layout::SEALS.iter().for_each(|path| s.take(s.older, path));
    }),
    ("the export of an older bundle", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        for path in [layout::EXPORT_LEAF, layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
            s.take(s.older, path);
        }
    }),
    ("the export of another case", "bundle-leaf-log", layout::EXPORT_LEAF, |s| {
        for path in [layout::EXPORT_LEAF, layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
            s.take(s.foreign, path);
        }
    }),
    ("all seals of another case", "bundle-signature-stranger", layout::SIGNATURE, |s| {
        layout::SEALS.iter().for_each(|path| s.take(s.foreign, path));
    }),
    ("a capture for the export", "bundle-export", layout::EXPORT_LEAF, |s| {
        s.write(layout::EXPORT_LEAF, s.read(LEAF));
        s.write(layout::EXPORT_PROOF, s.read(PROOF));
    }),
    ("the consistency of an older export", "bundle-fork", layout::EXPORT_CONSISTENCY, |s| {
        s.take(s.older, layout::EXPORT_CONSISTENCY);
    }),
    ("a line like a cosigner's", "bundle-proof-stranger", layout::EXPORT_PROOF, |s| {
        for path in [layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
            s.write(path, s.read(path) + "\u{2014} cosigner.example AQIDBAUG\n");
        }
    }),
    // Lists that lead astray.
    ("a path out of the bundle", "bundle-form-path", layout::MANIFEST, |s| {
        s.replace(layout::MANIFEST, ITEM, "../../etc/passwd");
    }),
    ("an absolute path", "bundle-form-path", layout::MANIFEST, |s| {
        s.replace(layout::MANIFEST, ITEM, "/etc/passwd");
    }),
    ("a path of another system", "bundle-form-path", layout::TAGMANIFEST, |s| {
        s.replace(layout::TAGMANIFEST, "log/vkey", "log\\vkey");
    }),
    ("a path that Unicode spells twice", "bundle-form-path", layout::MANIFEST, |s| {
        s.replace(layout::MANIFEST, ITEM, "data/items/cafe\u{301}.txt");
    }),
    ("a payload file in the tag manifest", "bundle-form-path", layout::TAGMANIFEST, |s| {
        let digest = record::Sha256::of(b"x");
        s.lines(layout::TAGMANIFEST, |lines| {
            lines.push(format!("{digest}  {ITEM}"));
            lines.sort_by_key(|line| line[66..].to_owned());
        });
    }),
    ("a path listed twice", "bundle-form-twice", layout::MANIFEST, |s| {
        s.lines(layout::MANIFEST, |lines| lines.insert(0, lines[0].clone()));
    }),
    ("lists that disagree", "bundle-digest-disagree", ITEM, |s| {
        let text = s.read(layout::B2SUMS);
        let digit = if text.starts_with('0') { "1" } else { "0" };
        s.write(layout::B2SUMS, format!("{digit}{}", &text[1..]));
    }),
    (
        "digests of MD5's length under SHA-256's name",
        "bundle-digest-family",
        layout::MANIFEST,
        |s| {
            s.lines(layout::MANIFEST, |lines| {
                lines.iter_mut().for_each(|line| *line = line[32..].into());
            });
        },
    ),
    ("names that Unicode makes one", "bundle-form-path", layout::MANIFEST, |s| {
        s.write("data/items/000009-caf\u{e9}.txt", "one");
        s.write("data/items/000009-cafe\u{301}.txt", "another");
        s.relist();
    }),
    (
        "names that Unicode makes one: each is told",
        "bundle-file-name",
        "data/items/000009-caf\u{e9}.txt",
        |s| {
            s.write("data/items/000009-caf\u{e9}.txt", "one");
            s.write("data/items/000009-cafe\u{301}.txt", "another");
            s.relist();
        },
    ),
];

/// What the forger makes with every list and digest fitting, in whoever's name.
const CAREFUL: &[Row] = &[
    // The log.
    ("a record deleted", "bundle-exhibit-record", LINE_1, |s| {
        s.remove(LEAF);
        s.remove(PROOF);
        s.relist();
    }),
    ("a record deleted, the exhibit's line too", "bundle-exhibit-unrecorded", LINE_1, |s| {
        s.remove(LEAF);
        s.remove(PROOF);
        s.replace(layout::EXHIBITS, "\"leaves\":[1,2]", "\"leaves\":[2]");
        s.relist();
    }),
    ("a record inserted", "bundle-proof", STRANGE_PROOF, |s| {
        s.write(STRANGE_LEAF, s.read(LEAF));
        s.write(STRANGE_PROOF, s.read(PROOF).replace("index 1\n", "index 5\n"));
        s.relist();
    }),
    ("a record of the forger's inserted", "bundle-leaf-actor", STRANGE_LEAF, |s| {
        s.write(STRANGE_LEAF, s.read(LEAF));
        s.sign_leaf(STRANGE_LEAF, "Gazette", "Herald");
        s.write(STRANGE_PROOF, s.read(PROOF).replace("index 1\n", "index 99\n"));
        s.relist();
    }),
    ("a record put in another place", "bundle-proof-place", STRANGE_PROOF, |s| {
        s.write(STRANGE_LEAF, s.read(LEAF));
        s.write(STRANGE_PROOF, s.read(PROOF));
        s.relist();
    }),
    ("a proved record that belongs to no exhibit", "bundle-exhibit-stray", LEAF, |s| {
        s.replace(layout::EXHIBITS, "\"leaves\":[1,2]", "\"leaves\":[2]");
        s.relist();
    }),
    ("records reordered", "bundle-proof", PROOF, |s| {
        s.swap(LEAF, "log/leaves/00000003.leaf");
        s.relist();
    }),
    ("records reordered, proofs with them", "bundle-proof-place", PROOF, |s| {
        s.swap(LEAF, "log/leaves/00000003.leaf");
        s.swap(PROOF, "log/proofs/00000003.tlog-proof");
        s.relist();
    }),
    ("a record named in another way", "bundle-exhibit-stray", "log/leaves/3.leaf", |s| {
        s.write("log/leaves/3.leaf", s.read("log/leaves/00000003.leaf"));
        s.relist();
    }),
    ("a record back-dated", "bundle-leaf-signature", LEAF, |s| {
        s.edit_leaf(LEAF, "2031-04-05T", "2030-04-05T");
        s.relist();
    }),
    ("a record back-dated: it is not in the log", "bundle-proof", PROOF, |s| {
        s.edit_leaf(LEAF, "2031-04-05T", "2030-04-05T");
        s.relist();
    }),
    ("a record back-dated and signed by a stranger", "bundle-leaf-actor", LEAF, |s| {
        s.sign_leaf(LEAF, "2031-04-05T", "2030-04-05T");
        s.relist();
    }),
    ("the export back-dated", "bundle-leaf-signature", layout::EXPORT_LEAF, |s| {
        s.edit_leaf(layout::EXPORT_LEAF, "2031-04-05T", "2030-04-05T");
    }),
    ("the same record signed by a stranger", "bundle-leaf-actor", LEAF, |s| {
        s.sign_leaf(LEAF, "Gazette", "Gazette");
        s.relist();
    }),
    ("a record under the signature of another", "bundle-leaf-signature", LEAF, |s| {
        let (one, other) = (s.read(LEAF), s.read("log/leaves/00000003.leaf"));
        let (record, signature) =
            (one.split_once('\n').unwrap().0, other.split_once('\n').unwrap().1);
        s.write(LEAF, format!("{record}\n{signature}"));
        s.relist();
    }),
    ("a record in another spelling", "bundle-leaf", LEAF, |s| {
        let record = s.read(LEAF).split_once('\n').unwrap().0.replacen(':', ": ", 1);
        s.write(LEAF, custody::leaf::sign_leaf(&s.case.actor, record.as_bytes()));
        s.reseal();
    }),
    ("a record of a version to come", "bundle-leaf", LEAF, |s| {
        let record = s.read(LEAF).split_once('\n').unwrap().0.replace("\"v\":1", "\"v\":2");
        s.write(LEAF, custody::leaf::sign_leaf(&s.case.actor, record.as_bytes()));
        s.reseal();
    }),
    ("a record changed by the thief of the actor's key", "bundle-proof", PROOF, |s| {
        let record = s.read(LEAF).split_once('\n').unwrap().0.replace("Gazette", "Herald");
        s.write(LEAF, custody::leaf::sign_leaf(&s.case.actor, record.as_bytes()));
        s.reseal();
    }),
    ("the log cut short, signed by the forger", "bundle-proof-unsigned", layout::CHECKPOINT, |s| {
        s.write(layout::CHECKPOINT, s.checkpoint(3, [0; 32]));
        s.relist();
    }),
    ("the checkpoint signed by another key", "bundle-proof-unsigned", layout::CHECKPOINT, |s| {
        let text = s.read(layout::CHECKPOINT);
        let signer = Signer::new(s.case.signer.name(), &FORGER).unwrap();
        s.write(
            layout::CHECKPOINT,
            signer.sign(&format!("{}\n", text.split_once("\n\n").unwrap().0)),
        );
        s.relist();
    }),
    ("the second signature stripped", "bundle-proof-second-missing", layout::CHECKPOINT, |s| {
        s.lines(layout::CHECKPOINT, |lines| drop(lines.pop()));
        s.relist();
    }),
    (
        "the second signature by another key",
        "bundle-proof-second-missing",
        layout::CHECKPOINT,
        |s| {
            let text = s.read(layout::CHECKPOINT);
            let checkpoint =
                custody::checkpoint::parse(&text[..=text.find("\n\n").unwrap()]).unwrap();
            let name = s.case.signer.name();
            let forger = Secret::new(name, Algorithm::MlDsa44, &FORGER).unwrap();
            let line = forger.cosign(&checkpoint, 0).unwrap();
            s.lines(layout::CHECKPOINT, |lines| {
                *lines.last_mut().unwrap() = line.trim_end().into();
            });
            s.relist();
        },
    ),
    ("the second signature of an old checkpoint", "bundle-proof-second", layout::CHECKPOINT, |s| {
        let older = fs::read_to_string(s.older.join(layout::CHECKPOINT)).unwrap();
        let line = older.lines().last().unwrap();
        s.lines(layout::CHECKPOINT, |lines| *lines.last_mut().unwrap() = line.into());
        s.relist();
    }),
    ("the first signature of an old checkpoint", "bundle-proof", layout::CHECKPOINT, |s| {
        let older = fs::read_to_string(s.older.join(layout::CHECKPOINT)).unwrap();
        let line = older.lines().nth(4).unwrap();
        s.lines(layout::CHECKPOINT, |lines| lines[4] = line.into());
        s.relist();
    }),
    ("the second key taken out of the bundle", "bundle-leaf-genesis", GENESIS, |s| {
        s.lines(layout::CHECKPOINT, |lines| drop(lines.pop()));
        s.lines(layout::VKEY, |lines| drop(lines.pop()));
        s.relist();
    }),
    ("another second key, and signed by it", "bundle-leaf-genesis", GENESIS, |s| {
        let text = s.read(layout::CHECKPOINT);
        let checkpoint = custody::checkpoint::parse(&text[..=text.find("\n\n").unwrap()]).unwrap();
        let forger = Secret::new(s.case.signer.name(), Algorithm::MlDsa44, &FORGER).unwrap();
        let (key, line) = (forger.cosigner().vkey(), forger.cosign(&checkpoint, 0).unwrap());
        s.lines(layout::CHECKPOINT, |lines| *lines.last_mut().unwrap() = line.trim_end().into());
        s.lines(layout::VKEY, |lines| lines[1] = key);
        s.relist();
    }),
    ("a third key of the log", "bundle-form", layout::VKEY, |s| {
        let second = s.read(layout::VKEY).lines().nth(1).unwrap().to_owned();
        s.lines(layout::VKEY, |lines| lines.push(second));
        s.relist();
    }),
    (
        "the second signature stripped from the export",
        "bundle-proof-second-missing",
        layout::EXPORT_PROOF,
        |s| {
            for path in [layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
                s.lines(path, |lines| drop(lines.pop()));
            }
        },
    ),
    (
        "the second signature of the export over an older state",
        "bundle-proof-second",
        layout::EXPORT_PROOF,
        |s| {
            let line = s.read(layout::CHECKPOINT).lines().last().unwrap().to_owned();
            for path in [layout::EXPORT_PROOF, layout::EXPORT_CONSISTENCY] {
                s.lines(path, |lines| *lines.last_mut().unwrap() = line.clone());
            }
        },
    ),
    ("the second signature in one proof of many", "bundle-proof-state", PROOF, |s| {
        let line = s.read(layout::CHECKPOINT).lines().last().unwrap().to_owned();
        s.lines(PROOF, |lines| lines.push(line));
        s.relist();
    }),
    ("the checkpoint's size changed", "bundle-proof", layout::CHECKPOINT, |s| {
        s.replace(layout::CHECKPOINT, "\n8\n", "\n6\n");
        s.relist();
    }),
    ("an old checkpoint replayed", "bundle-proof-state", PROOF, |s| {
        s.take(s.older, layout::CHECKPOINT);
        s.relist();
    }),
    (
        "an old state replayed, all proofs with it",
        "bundle-export-state",
        layout::EXPORT_LEAF,
        |s| {
            s.take(s.older, layout::CHECKPOINT);
            for index in 0..7 {
                s.take(s.older, &layout::proof(index));
            }
            s.relist();
        },
    ),
    ("an old state replayed: not of this export", "bundle-fork", layout::EXPORT_CONSISTENCY, |s| {
        s.take(s.older, layout::CHECKPOINT);
        for index in 0..7 {
            s.take(s.older, &layout::proof(index));
        }
        s.relist();
    }),
    ("a proof of another bundle of this case", "bundle-proof-state", PROOF, |s| {
        s.take(s.older, PROOF);
        s.relist();
    }),
    ("records of another case mixed in", "bundle-leaf-log", LEAF, |s| {
        s.take(s.foreign, LEAF);
        s.take(s.foreign, PROOF);
        s.relist();
    }),
    ("the opening record of another case", "bundle-leaf-log", "log/leaves/00000000.leaf", |s| {
        s.take(s.foreign, "log/leaves/00000000.leaf");
        s.take(s.foreign, "log/proofs/00000000.tlog-proof");
        s.relist();
    }),
    ("a capture for the opening record", "bundle-leaf-genesis", "log/leaves/00000000.leaf", |s| {
        s.write("log/leaves/00000000.leaf", s.read(LEAF));
        s.relist();
    }),
    ("an opening record of the forger's", "bundle-leaf-genesis", "log/leaves/00000000.leaf", |s| {
        let log_key = Signer::new(s.case.signer.name(), &FORGER).unwrap().vkey();
        s.sign_leaf("log/leaves/00000000.leaf", &s.case.signer.vkey(), &log_key);
        s.relist();
    }),
    // The seals.
    ("the page changed", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        s.replace(layout::PAGE, "Mill Road", "Hill Road");
        remake_lists(s.root, None);
    }),
    ("the page changed: its list's signature", "bundle-signature", layout::SIGNATURE, |s| {
        s.replace(layout::PAGE, "Mill Road", "Hill Road");
        remake_lists(s.root, None);
    }),
    (
        "the page changed and signed by a stranger",
        "bundle-signature-stranger",
        layout::SIGNATURE,
        |s| {
            s.replace(layout::PAGE, "Mill Road", "Hill Road");
            s.relist();
        },
    ),
    (
        "the page changed and signed with the actor's key",
        "bundle-export-list",
        layout::EXPORT_LEAF,
        |s| {
            s.replace(layout::PAGE, "Mill Road", "Hill Road");
            s.reseal();
        },
    ),
    ("README.txt changed", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        let own = Signer::new("casefile/mill-road-0123", &FORGER).unwrap().vkey();
        s.replace(layout::README, &s.case.signer.vkey(), &own);
        s.reseal();
    }),
    ("the verifier inside changed", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        s.write(layout::VERIFIER[0], "print('HOLDS')\n");
        s.reseal();
    }),
    ("a part of the verifier inside changed", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        s.write(layout::VERIFIER[3], "def verify(*_): pass\n");
        s.reseal();
    }),
    ("the list signed for another purpose", "bundle-signature", layout::SIGNATURE, |s| {
        let text = s.read(layout::TAGMANIFEST);
        let namespace = custody::leaf::NAMESPACE;
        s.write(layout::SIGNATURE, sshsig::sign(&s.case.actor, namespace, text.as_bytes()));
    }),
    ("the same list signed by another", "bundle-signature-stranger", layout::SIGNATURE, |s| {
        let text = s.read(layout::TAGMANIFEST);
        s.write(layout::SIGNATURE, sshsig::sign(&FORGER, layout::NAMESPACE, text.as_bytes()));
    }),
    ("an export of the forger's", "bundle-leaf-actor", layout::EXPORT_LEAF, |s| {
        let old = record::Sha256::of(s.read(layout::TAGMANIFEST).as_bytes()).to_string();
        s.replace(layout::PAGE, "Mill Road", "Hill Road");
        s.relist();
        let new = record::Sha256::of(s.read(layout::TAGMANIFEST).as_bytes()).to_string();
        s.sign_leaf(layout::EXPORT_LEAF, &old, &new);
    }),
    ("an export of the thief's", "bundle-proof", layout::EXPORT_PROOF, |s| {
        let old = record::Sha256::of(s.read(layout::TAGMANIFEST).as_bytes()).to_string();
        s.replace(layout::PAGE, "Mill Road", "Hill Road");
        s.reseal();
        let new = record::Sha256::of(s.read(layout::TAGMANIFEST).as_bytes()).to_string();
        let leaf = s.read(layout::EXPORT_LEAF);
        let record = leaf.split_once('\n').unwrap().0.replace(&old, &new);
        s.write(layout::EXPORT_LEAF, custody::leaf::sign_leaf(&s.case.actor, record.as_bytes()));
    }),
    ("another key in allowed_signers", "bundle-form-signers", layout::ALLOWED_SIGNERS, |s| {
        let spaces = [custody::leaf::NAMESPACE, layout::NAMESPACE];
        let line = sshsig::allowed_signer("actor", &spaces, &sshsig::public_key(&FORGER));
        s.write(layout::ALLOWED_SIGNERS, line);
        s.relist();
    }),
    ("another key of the log", "bundle-key-untrusted", layout::VKEY, |s| {
        let own = Signer::new(s.case.signer.name(), &FORGER).unwrap().vkey();
        s.write(layout::VKEY, format!("{own}\n"));
        s.write(layout::POLICY, custody::policy::of_log(&own));
        s.relist();
    }),
    ("a policy about another log", "bundle-policy", layout::POLICY, |s| {
        let other = Signer::new("casefile/other", &FORGER).unwrap();
        s.write(layout::POLICY, custody::policy::of_log(&other.vkey()));
        s.relist();
    }),
    ("a policy that trusts the forger's log too", "bundle-policy", layout::POLICY, |s| {
        let other = Signer::new("casefile/other", &FORGER).unwrap();
        s.write(layout::POLICY, format!("log {}\n{}", other.vkey(), s.read(layout::POLICY)));
        s.relist();
    }),
    ("a policy that names a cosigner who has not signed", "bundle-policy", layout::POLICY, |s| {
        let other = Signer::new("cosigner.example", &FORGER).unwrap();
        let asked = format!("witness one {}\nquorum one\n", other.vkey());
        s.replace(layout::POLICY, "quorum none\n", &asked);
        s.relist();
    }),
    ("no policy in the policy", "bundle-policy", layout::POLICY, |s| {
        s.write(layout::POLICY, "trust me\n");
        s.relist();
    }),
    // The exhibits.
    ("exhibits swapped", "bundle-exhibit-bytes", LINE_1, |s| {
        s.swap(ITEM, OTHER);
        s.relist();
    }),
    ("an exhibit cut short", "bundle-exhibit-bytes", LINE_1, |s| {
        s.lines(ITEM, |lines| lines.truncate(1));
        s.relist();
    }),
    ("an exhibit changed, its line too", "bundle-exhibit-record", LINE_1, |s| {
        let old = Digests::of(s.read(ITEM).as_bytes());
        s.replace(ITEM, "At least six", "At least two");
        let new = Digests::of(s.read(ITEM).as_bytes());
        s.replace(layout::EXHIBITS, &old.sha256.to_string(), &new.sha256.to_string());
        s.replace(layout::EXHIBITS, &old.blake2b512.to_string(), &new.blake2b512.to_string());
        s.relist();
    }),
    ("an exhibit inserted", "bundle-exhibit-unrecorded", "exhibits.jsonl, line 4", |s| {
        let path = layout::item(4, "planted.txt");
        s.write(&path, "Nobody was killed.\n");
        let line = verifier::exhibits::ExhibitLine {
            number: 4,
            path,
            reading: None,
            item: Digests::of(b"Nobody was killed.\n"),
            name: "planted.txt".into(),
            leaves: vec![],
        };
        s.lines(layout::EXHIBITS, |lines| lines.push(canonical(&line)));
        s.relist();
    }),
    (
        "an exhibit inserted under another's record",
        "bundle-exhibit-record",
        "exhibits.jsonl, line 4",
        |s| {
            let path = layout::item(4, "mill-road.txt");
            s.write(&path, "Nobody was killed.\n");
            let line = verifier::exhibits::ExhibitLine {
                number: 4,
                path,
                reading: None,
                item: Digests::of(b"Nobody was killed.\n"),
                name: "mill-road.txt".into(),
                leaves: vec![1],
            };
            s.lines(layout::EXHIBITS, |lines| lines.push(canonical(&line)));
            s.relist();
        },
    ),
    (
        "a file that no exhibit accounts for",
        "bundle-exhibit-stray",
        "data/items/000009-new.txt",
        |s| {
            s.write("data/items/000009-new.txt", "new");
            s.relist();
        },
    ),
    ("an exhibit left out, its files with it", "bundle-export-items", layout::EXPORT_LEAF, |s| {
        s.lines(layout::EXHIBITS, |lines| drop(lines.remove(0)));
        s.remove(ITEM);
        s.remove(READING);
        for index in [1, 2] {
            s.remove(&layout::leaf(index));
            s.remove(&layout::proof(index));
        }
        s.relist();
    }),
    ("an exhibit listed twice", "bundle-exhibit-twice", LINE_2, |s| {
        s.lines(layout::EXHIBITS, |lines| lines.insert(0, lines[0].clone()));
        s.relist();
    }),
    (
        "an exhibit listed again under a new number",
        "bundle-exhibit-twice",
        "exhibits.jsonl, line 4",
        |s| {
            let line = s.read(layout::EXHIBITS).lines().next().unwrap().to_owned();
            let again = line.replace("000001", "000004").replace("\"number\":1", "\"number\":4");
            s.write("data/items/000004-mill-road.txt", s.read(ITEM));
            s.write("data/readings/000004.json", s.read(READING));
            s.lines(layout::EXHIBITS, |lines| lines.push(again));
            s.relist();
        },
    ),
    ("exhibits reordered", "bundle-exhibit-order", LINE_2, |s| {
        s.lines(layout::EXHIBITS, |lines| lines.swap(0, 1));
        s.relist();
    }),
    ("an exhibit renamed", "bundle-exhibit-unrecorded", LINE_1, |s| {
        s.replace(layout::EXHIBITS, "mill-road.txt", "hill-road.txt");
        let to = ITEM.replace("mill", "hill");
        fs::rename(s.root.join(ITEM), s.root.join(to)).unwrap();
        s.relist();
    }),
    ("an exhibit's line that names another file", "bundle-exhibit", LINE_1, |s| {
        s.replace(layout::EXHIBITS, "\"number\":1", "\"number\":2");
        s.relist();
    }),
    ("an exhibit's line in another spelling", "bundle-form", LINE_1, |s| {
        s.replace(layout::EXHIBITS, "\"number\":1", "\"number\": 1");
        s.relist();
    }),
    ("the list of exhibits without its last line's end", "bundle-form", layout::EXHIBITS, |s| {
        s.write(layout::EXHIBITS, s.read(layout::EXHIBITS).trim_end());
        s.relist();
    }),
    ("a figure moved", "bundle-reading-unrecorded", READING, |s| {
        s.replace(READING, "\"text\":\"six", "\"text\":\"two");
        s.relist();
    }),
    ("the reading of another item", "bundle-reading-unrecorded", READING, |s| {
        s.write(READING, s.read("data/readings/000003.json"));
        s.relist();
    }),
    ("a reading left out", "bundle-exhibit-reading", LINE_1, |s| {
        s.replace(layout::EXHIBITS, &format!("\"{READING}\""), "null");
        s.remove(READING);
        s.relist();
    }),
    // Openings.
    ("the opening of another value", "bundle-opening", "openings.jsonl, line 1", |s| {
        s.replace(layout::OPENINGS, "A. Person", "B. Person");
        s.relist();
    }),
    ("an opening of another record's field", "bundle-opening", "openings.jsonl, line 1", |s| {
        s.replace(layout::OPENINGS, "\"leaf\":1", "\"leaf\":2");
        s.relist();
    }),
    ("an opening in another spelling", "bundle-opening", "openings.jsonl, line 1", |s| {
        s.replace(layout::OPENINGS, "\"leaf\":1", "\"leaf\": 1");
        s.relist();
    }),
    ("an opening with more in it", "bundle-opening", "openings.jsonl, line 1", |s| {
        s.replace(layout::OPENINGS, "\"leaf\":1", "\"leaf\":1,\"note\":\"paid\"");
        s.relist();
    }),
    ("the openings left out although disclosed", "bundle-export-openings", layout::OPENINGS, |s| {
        s.remove(layout::OPENINGS);
        s.relist();
    }),
    ("an opening left out, the file kept", "bundle-export-openings", layout::OPENINGS, |s| {
        s.write(layout::OPENINGS, "");
        s.relist();
    }),
    // The bag.
    ("another version of BagIt", "bundle-form", layout::BAGIT, |s| {
        s.replace(layout::BAGIT, "1.0", "0.97");
        s.relist();
    }),
    ("another encoding of the tags", "bundle-form", layout::BAGIT, |s| {
        s.replace(layout::BAGIT, "UTF-8", "UTF-16");
        s.relist();
    }),
    ("bag-info of another case", "bundle-form-info", layout::BAG_INFO, |s| {
        s.replace(layout::BAG_INFO, "the case Mill Road", "the case Hill Road");
        s.relist();
    }),
    ("bag-info of another log", "bundle-form-info", layout::BAG_INFO, |s| {
        s.replace(layout::BAG_INFO, "casefile/mill-road-0123", "casefile/harbour-4567");
        s.relist();
    }),
    ("bag-info with a field more", "bundle-form-info", layout::BAG_INFO, |s| {
        s.write(layout::BAG_INFO, s.read(layout::BAG_INFO) + "Source-Organization: The Court\n");
        remake_tags(s);
    }),
    ("bag-info with another size", "bundle-form-info", layout::BAG_INFO, |s| {
        s.replace(layout::BAG_INFO, "Payload-Oxum: ", "Payload-Oxum: 1");
        remake_tags(s);
    }),
    ("a list of files to fetch", "bundle-file-foreign", "fetch.txt", |s| {
        s.write("fetch.txt", format!("https://forger.example/a - {ITEM}\n"));
        s.relist();
    }),
    ("a file that no bundle has, listed", "bundle-file-foreign", "log/note.txt", |s| {
        s.write("log/note.txt", "read me first\n");
        s.relist();
    }),
    // Names.
    ("a name that differs in case alone", "bundle-file-collision", ITEM, |s| {
        s.write("data/items/000001-MILL-ROAD.txt", "another");
        s.relist();
    }),
    (
        "a name that differs in a dot at its end",
        "bundle-file-collision",
        "data/items/000001-mill-road.txt.",
        |s| {
            s.write("data/items/000001-mill-road.txt.", "another");
            s.relist();
        },
    ),
];

fn canonical(line: &verifier::exhibits::ExhibitLine) -> String {
    String::from_utf8(record::canonical::to_bytes(line)).unwrap()
}

/// The tag manifest alone made anew, so that what bag-info says stays.
fn remake_tags(scene: &Scene<'_>) {
    let kept = scene.read(layout::BAG_INFO);
    scene.relist();
    let made = record::Sha256::of(scene.read(layout::BAG_INFO).as_bytes()).to_string();
    scene.write(layout::BAG_INFO, &kept);
    let digest = record::Sha256::of(kept.as_bytes()).to_string();
    scene.replace(layout::TAGMANIFEST, &made, &digest);
    let text = scene.read(layout::TAGMANIFEST);
    scene.write(layout::SIGNATURE, sshsig::sign(&FORGER, layout::NAMESPACE, text.as_bytes()));
}
