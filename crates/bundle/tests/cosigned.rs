//! Cosigned checkpoints in a bundle: what holds, and what is forged about them, each caught by
//! name. The forger of the first table has the bundle alone; that of the second is the keeper of
//! the case, who holds its every key and lacks the cosigners' and the verifier's policy.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use custody::cosignature::{Algorithm, Secret};
use custody::note::Signer;
use custody::policy::{self, Policy};
use invented::{Case, copy, faults, remake_lists};
use record::{CosignedBy, Event, Grade};
use std::fs;
use std::path::{Path, PathBuf};
use verifier::{Report, Trusted, layout};

/// Seconds since 1970 at which the cosigners of these tests sign: 2031-04-06 and later.
const MORNING: u64 = 1_933_200_000;
const DAY: u64 = 86_400;

fn secret(name: &str, algorithm: Algorithm, seed: u8) -> Secret {
    Secret::new(name, algorithm, &[seed; 32]).unwrap()
}

/// An archive that signs with Ed25519.
fn archive() -> Secret {
    secret("archive.example/north", Algorithm::Ed25519, 21)
}

/// A university that signs with ML-DSA-44.
fn university() -> Secret {
    secret("university.example/law", Algorithm::MlDsa44, 22)
}

/// Leaves 0 to 6: three exhibits. 7 and 9 name the cosigners; 8 records the archive's signature
/// over 8 leaves, 10 the university's over 10.
fn case() -> Case {
    let mut case = Case::new(7);
    case.cosigned(&archive(), MORNING);
    case.cosigned(&university(), MORNING + DAY);
    case
}

const ARCHIVES: &str = "log/cosigned/00000008.checkpoint";
const ARCHIVES_PROOF: &str = "log/cosigned/00000008.consistency";
const UNIVERSITYS: &str = "log/cosigned/00000010.checkpoint";
const UNIVERSITYS_PROOF: &str = "log/cosigned/00000010.consistency";

/// A policy about the log with the key `vkey` that asks for `threshold` of `cosigners`.
fn policy(vkey: &str, cosigners: &[Secret], threshold: &str) -> Policy {
    let mut text = format!("log {vkey}\n");
    let mut names = String::new();
    for (number, one) in cosigners.iter().enumerate() {
        text += &format!("witness w{number} {}\n", one.cosigner().vkey());
        names += &format!(" w{number}");
    }
    text += &format!("group all {threshold}{names}\nquorum all\n");
    Policy::parse(text.as_bytes()).unwrap()
}

fn under(root: &Path, policy: &Policy) -> Report {
    let trusted = Trusted { policy: Some(policy), ..Trusted::default() };
    verifier::verify_trusting(root, trusted).unwrap()
}

#[test]
fn who_saw_what_when_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = case();
    case.take_in("late.txt", "Two people were killed.\n", "Two people");
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3, 4]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["bundle-cosigned-short", "bundle-cosigned-unchecked"]);
    let told: Vec<_> = report
        .seen
        .iter()
        .map(|seen| (seen.name(), seen.size, seen.time.as_str(), seen.exhibits.as_slice()))
        .collect();
    let expect: [(&str, u64, &str, &[u64]); 2] = [
        ("archive.example/north", 8, "2031-04-06T00:00:00Z", &[1, 2, 3]),
        ("university.example/law", 10, "2031-04-07T00:00:00Z", &[1, 2, 3]),
    ];
    assert_eq!(told, expect);
    let page = fs::read_to_string(root.join(layout::PAGE)).unwrap();
    let words = "archive.example/north (An archive) at 2031-04-06T00:00:00Z, among the first 8";
    assert_eq!(page.matches(words).count(), 3, "of exhibits 1 to 3, and not of the fourth");
    let readme = fs::read_to_string(root.join(layout::README)).unwrap();
    assert!(readme.contains("the first 10 records, at 2031-04-07T00:00:00Z, by university"));
}

/// A cosigner who signs again sees the earlier exhibits once: the earliest time is the one that
/// counts.
#[test]
fn the_earliest_time_of_each_exhibit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    case.cosigned(&archive(), MORNING);
    case.take_in("late.txt", "Two people were killed.\n", "Two people");
    case.cosigned_again(7, &archive(), MORNING + DAY);
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3, 4]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    let told: Vec<_> = report.seen.iter().map(|seen| seen.exhibits.as_slice()).collect();
    assert_eq!(told, [&[1, 2, 3][..], &[4]]);
    assert_eq!(faults(&report), [""; 0]);
}

#[test]
fn the_verifiers_policy_counts_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = case();
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3]);
    let key = case.signer.vkey();
    let stranger = secret("stranger.example/x", Algorithm::Ed25519, 30);
    // The archive's name, with a key of somebody else's.
    let namesake = secret("archive.example/north", Algorithm::Ed25519, 31);
    // A type of key with which logs sign and no cosigner does.
    let plain = Signer::new("archive.example/north", &[21; 32]).unwrap().vkey();
    let plain = format!("log {key}\nwitness a {plain}\nquorum a\n");
    let rows: [(&str, Policy, &[&str]); 10] = [
        ("both", policy(&key, &[archive(), university()], "all"), &[]),
        ("one of two", policy(&key, &[archive(), stranger], "any"), &[]),
        ("nobody", Policy::parse(policy::of_log(&key).as_bytes()).unwrap(), &[]),
        (
            "a stranger",
            policy(&key, &[secret("s", Algorithm::MlDsa44, 30)], "1"),
            &["bundle-quorum"],
        ),
        ("a namesake", policy(&key, &[namesake], "1"), &["bundle-quorum"]),
        (
            "one too few",
            policy(&key, &[archive(), secret("s", Algorithm::Ed25519, 30)], "all"),
            &["bundle-quorum"],
        ),
        (
            "the same seed with the other algorithm",
            policy(&key, &[secret("archive.example/north", Algorithm::MlDsa44, 21)], "1"),
            &["bundle-quorum"],
        ),
        (
            "a key that cosigns nothing",
            Policy::parse(plain.as_bytes()).unwrap(),
            &["bundle-quorum"],
        ),
        (
            "another log",
            policy(&Case::foreign().signer.vkey(), &[archive()], "1"),
            &["bundle-key-untrusted"],
        ),
        (
            "another log, among others",
            Policy::parse(
                format!(
                    "log {}\nlog {key}\nquorum none\n",
                    Signer::new("casefile/other", &[1; 32]).unwrap().vkey()
                )
                .as_bytes(),
            )
            .unwrap(),
            &[],
        ),
    ];
    for (what, policy, expect) in rows {
        let report = under(&root, &policy);
        assert_eq!(faults(&report), expect, "{what}: {:#?}", report.findings);
    }
}

/// Cosigners who saw different sizes: together they saw the smaller one.
#[test]
fn a_quorum_saw_what_all_of_it_saw() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    case.cosigned(&archive(), MORNING);
    case.take_in("late.txt", "Two people were killed.\n", "Two people");
    case.cosigned(&university(), MORNING + DAY);
    let key = case.signer.vkey();
    let early = case.export(&folder.path().join("early"), &[1, 2, 3]);
    let late = case.export(&folder.path().join("late"), &[1, 2, 3, 4]);
    let both = policy(&key, &[archive(), university()], "all");
    assert_eq!(faults(&under(&early, &both)), [""; 0]);
    let report = under(&late, &both);
    assert_eq!(faults(&report), ["bundle-quorum-short"]);
    assert_eq!(report.findings[0].place, "log/leaves/00000009.leaf");
    let any = policy(&key, &[archive(), university()], "any");
    assert_eq!(faults(&under(&late, &any)), [""; 0]);
}

/// What the forger finds, and what he does to it.
struct Scene<'a> {
    root: &'a Path,
    foreign: &'a Path,
}

impl Scene<'_> {
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.at(path), text).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.at(path)).unwrap();
    }

    fn swap(&self, one: &str, two: &str) {
        let (first, second) = (self.read(one), self.read(two));
        self.write(one, second);
        self.write(two, first);
    }

    /// The lines of a checkpoint's signatures, changed.
    fn signatures(&self, path: &str, change: impl FnOnce(&mut Vec<String>)) {
        let note = self.read(path);
        let (text, lines) = note.split_once("\n\n").unwrap();
        let mut lines: Vec<String> = lines.lines().map(|line| format!("{line}\n")).collect();
        change(&mut lines);
        self.write(path, format!("{text}\n\n{}", lines.concat()));
    }
}

/// Place of the cosigner's line in a note, behind two of the log's.
const COSIGNER: usize = 2;

type Row = (&'static str, &'static str, &'static str, fn(&Scene<'_>));

/// With every list made anew under the case's own key, as the thief of it could.
const FORGERIES: &[Row] = &[
    ("a cosignature stripped", "bundle-cosignature", ARCHIVES, |s| {
        s.signatures(ARCHIVES, |lines| lines.truncate(COSIGNER));
    }),
    ("a cosignature by ML-DSA-44 stripped", "bundle-cosignature", UNIVERSITYS, |s| {
        s.signatures(UNIVERSITYS, |lines| lines.truncate(COSIGNER));
    }),
    ("the log's signature stripped", "bundle-cosigned", ARCHIVES, |s| {
        s.signatures(ARCHIVES, |lines| drop(lines.remove(0)));
    }),
    ("the log's second signature stripped", "bundle-cosigned", ARCHIVES, |s| {
        s.signatures(ARCHIVES, |lines| drop(lines.remove(1)));
    }),
    ("a cosignature altered", "bundle-cosignature", ARCHIVES, |s| {
        s.signatures(ARCHIVES, |lines| {
            let at = lines[COSIGNER].len() - 20;
            let other = if &lines[COSIGNER][at..=at] == "A" { "B" } else { "A" };
            lines[COSIGNER].replace_range(at..=at, other);
        });
    }),
    ("a cosignature by ML-DSA-44 altered", "bundle-cosignature", UNIVERSITYS, |s| {
        s.signatures(UNIVERSITYS, |lines| {
            let other = if &lines[COSIGNER][900..901] == "A" { "B" } else { "A" };
            lines[COSIGNER].replace_range(900..901, other);
        });
    }),
    ("a cosignature of a forger under the cosigner's name", "bundle-cosignature", ARCHIVES, |s| {
        let forger = secret("archive.example/north", Algorithm::Ed25519, 66);
        let line = Case::new(7).cosign(&forger, MORNING).lines().last().unwrap().to_owned();
        s.signatures(ARCHIVES, |lines| lines[COSIGNER] = format!("{line}\n"));
    }),
    ("a stranger's cosignature added", "bundle-cosigned", ARCHIVES, |s| {
        let line = Case::new(7).cosign(&secret("x", Algorithm::Ed25519, 66), MORNING);
        let line = line.lines().last().unwrap().to_owned();
        s.signatures(ARCHIVES, |lines| lines.push(format!("{line}\n")));
    }),
    ("a cosignature back-dated", "bundle-cosignature", ARCHIVES, |s| {
        s.signatures(ARCHIVES, |lines| {
            let (before, blob) = lines[COSIGNER].trim_end().rsplit_once(' ').unwrap();
            let mut blob = data_encoding::BASE64.decode(blob.as_bytes()).unwrap();
            blob[4..12].copy_from_slice(&(MORNING - DAY).to_be_bytes());
            lines[COSIGNER] = format!("{before} {}\n", data_encoding::BASE64.encode(&blob));
        });
    }),
    ("a cosignature moved to another checkpoint", "bundle-cosignature", ARCHIVES, |s| {
        let line = s.read(UNIVERSITYS).lines().last().unwrap().to_owned();
        s.signatures(ARCHIVES, |lines| lines[COSIGNER] = format!("{line}\n"));
    }),
    ("cosigned checkpoints exchanged", "bundle-cosigned", ARCHIVES, |s| {
        s.swap(ARCHIVES, UNIVERSITYS);
    }),
    ("proofs exchanged", "bundle-cosigned-fork", ARCHIVES_PROOF, |s| {
        s.swap(ARCHIVES_PROOF, UNIVERSITYS_PROOF);
    }),
    ("a cosigned checkpoint of another log", "bundle-cosigned", ARCHIVES, |s| {
        fs::copy(s.foreign.join(ARCHIVES), s.at(ARCHIVES)).unwrap();
    }),
    ("a cosigned checkpoint taken away", "bundle-cosigned", ARCHIVES, |s| s.remove(ARCHIVES)),
    ("its proof taken away", "bundle-cosigned", ARCHIVES_PROOF, |s| s.remove(ARCHIVES_PROOF)),
    ("the policy taken away", "bundle-policy", layout::COSIGNED_POLICY, |s| {
        s.remove(layout::COSIGNED_POLICY);
    }),
    ("the policy weakened", "bundle-policy", layout::COSIGNED_POLICY, |s| {
        let text = s.read(layout::COSIGNED_POLICY).replace("quorum cosigners", "quorum none");
        s.write(layout::COSIGNED_POLICY, text);
    }),
    ("a stranger put into the policy", "bundle-policy", layout::COSIGNED_POLICY, |s| {
        let text = s.read(layout::COSIGNED_POLICY);
        let own = archive().cosigner().vkey();
        let other = secret("archive.example/north", Algorithm::Ed25519, 66).cosigner().vkey();
        s.write(layout::COSIGNED_POLICY, text.replace(&own, &other));
    }),
    (
        "what cosigned it taken away, record and all",
        "bundle-cosigned",
        "log/leaves/00000007.leaf",
        |s| {
            for path in [ARCHIVES, ARCHIVES_PROOF, &layout::leaf(8), &layout::proof(8)] {
                s.remove(path);
            }
        },
    ),
    ("who cosigned it taken away", "bundle-cosignature-stranger", ARCHIVES, |s| {
        s.remove(&layout::leaf(7));
        s.remove(&layout::proof(7));
    }),
    (
        "a checkpoint that no record names",
        "bundle-cosigned",
        "log/cosigned/00000099.checkpoint",
        |s| {
            s.write("log/cosigned/00000099.checkpoint", s.read(ARCHIVES));
        },
    ),
    ("all of it taken away", "bundle-export-list", layout::EXPORT_LEAF, |s| {
        for leaf in [8, 10] {
            s.remove(&layout::cosigned(leaf));
            s.remove(&layout::cosigned_consistency(leaf));
        }
        for leaf in 7..=10 {
            s.remove(&layout::leaf(leaf));
            s.remove(&layout::proof(leaf));
        }
        s.remove(layout::COSIGNED_POLICY);
    }),
];

#[test]
fn what_is_forged_about_cosignatures_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = case();
    let good = case.export(&folder.path().join("good"), &[1, 2, 3]);
    let mut foreign = Case::foreign();
    foreign.cosigned(&archive(), MORNING);
    let foreign = foreign.export(&folder.path().join("foreign"), &[1, 2, 3]);
    let key = case.signer.vkey();
    assert_eq!(faults(&invented::verify(&good, Some(&key))), [""; 0], "as exported");
    let asked = policy(&key, &[archive(), university()], "all");
    assert_eq!(under(&good, &asked).findings, [], "as exported");
    let mut missed = Vec::new();
    for (number, (what, code, place, forge)) in FORGERIES.iter().enumerate() {
        let root = folder.path().join(number.to_string());
        copy(&good, &root);
        forge(&Scene { root: &root, foreign: &foreign });
        remake_lists(&root, Some(&case.actor));
        let report = invented::verify(&root, Some(&key));
        let names = |finding: &record::Finding| {
            finding.grade == Grade::Fault && finding.code == *code && finding.place == *place
        };
        if !report.findings.iter().any(names) {
            missed.push(format!("{what}: not {code} at {place}: {:#?}", report.findings));
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), FORGERIES.len(), missed.join("\n"));
    // Whoever takes all of it away is found out by who asks for it, even with every seal made anew.
    let mut bare = Case::new(7);
    let bare = bare.export(&folder.path().join("bare"), &[1, 2, 3]);
    assert_eq!(faults(&under(&bare, &asked)), ["bundle-quorum"]);
}

/// Name, code, place in the bundle, and how the keeper of the log makes the record.
type Kept = (&'static str, &'static str, &'static str, fn(&mut Case));

const THE_CHECKPOINT: &str = "log/cosigned/00000008.checkpoint";

/// What the keeper records of his cosigners, with every signature, proof and list in order.
const BY_THE_KEEPER: &[Kept] = &[
    ("a cosignature made up", "bundle-cosignature", THE_CHECKPOINT, |case| {
        let named = case.name_cosigner(&archive());
        let forged = secret("archive.example/north", Algorithm::Ed25519, 66);
        let note = case.cosign(&forged, MORNING);
        case.keep(named, &archive(), note, (8, MORNING));
    }),
    ("no cosignature at all", "bundle-cosignature", THE_CHECKPOINT, |case| {
        let named = case.name_cosigner(&archive());
        let note = case.checkpoint();
        case.keep(named, &archive(), note, (8, MORNING));
    }),
    ("another time than the cosigner's", "bundle-cosignature", THE_CHECKPOINT, |case| {
        let named = case.name_cosigner(&archive());
        let note = case.cosign(&archive(), MORNING);
        case.keep(named, &archive(), note, (8, MORNING - 30 * DAY));
    }),
    ("another size than the cosigner saw", "bundle-cosigned", THE_CHECKPOINT, |case| {
        let note = case.cosign(&archive(), MORNING);
        let named = case.name_cosigner(&archive());
        case.keep(named, &archive(), note, (8, MORNING));
    }),
    (
        "a cosigner whom nobody named",
        "bundle-cosignature-stranger",
        "log/cosigned/00000007.checkpoint",
        |case| {
            let note = case.cosign(&archive(), MORNING);
            // Record 7 itself: it names nobody before it.
            case.keep(0, &archive(), note, (7, MORNING));
        },
    ),
    (
        "a cosigner named afterwards",
        "bundle-cosignature-stranger",
        "log/cosigned/00000007.checkpoint",
        |case| {
            let note = case.cosign(&archive(), MORNING);
            case.keep(8, &archive(), note, (7, MORNING));
            case.name_cosigner(&archive());
        },
    ),
    ("a log's key for a cosigner's", "bundle-cosignature-stranger", THE_CHECKPOINT, |case| {
        let key = Signer::new("archive.example/north", &[21; 32]).unwrap().vkey();
        let named = case.append(Event::Cosigner(record::Cosigner { key: key.clone(), who: None }));
        let note = case.cosign(&archive(), MORNING);
        case.keep_by(named, vec![CosignedBy { key, time: "2031-04-06T00:00:00Z".into() }], note, 8);
    }),
    ("a record that counts nobody", "bundle-cosignature", THE_CHECKPOINT, |case| {
        let named = case.name_cosigner(&archive());
        let note = case.cosign(&archive(), MORNING);
        case.keep_by(named, Vec::new(), note, 8);
    }),
    (
        "a cosignature by the other algorithm under the same name",
        "bundle-cosignature",
        THE_CHECKPOINT,
        |case| {
            let named = case.name_cosigner(&archive());
            let other = secret("archive.example/north", Algorithm::MlDsa44, 21);
            let note = case.cosign(&other, MORNING);
            case.keep(named, &archive(), note, (8, MORNING));
        },
    ),
    ("a checkpoint of another log of his", "bundle-cosigned", THE_CHECKPOINT, |case| {
        let named = case.name_cosigner(&archive());
        let mut other = Case::foreign();
        other.name_cosigner(&archive());
        let note = other.cosign(&archive(), MORNING);
        case.keep(named, &archive(), note, (8, MORNING));
    }),
    (
        "a checkpoint of a story that he told the cosigner alone",
        "bundle-cosigned-fork",
        "log/cosigned/00000008.consistency",
        |case| {
            let named = case.name_cosigner(&archive());
            let mut other = Case::forked(7);
            other.name_cosigner(&archive());
            let note = other.cosign(&archive(), MORNING);
            case.keep(named, &archive(), note, (8, MORNING));
        },
    ),
    (
        "a checkpoint of a log larger than the bundle's",
        "bundle-cosigned-fork",
        "log/cosigned/00000008.consistency",
        |case| {
            let named = case.name_cosigner(&archive());
            let mut later = Case::new(7);
            for _ in 0..20 {
                later.name_cosigner(&archive());
            }
            let note = later.cosign(&archive(), MORNING);
            case.keep(named, &archive(), note, (later.size(), MORNING));
        },
    ),
];

#[test]
fn what_the_keeper_of_the_log_makes_up_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for (number, (what, code, place, make_up)) in BY_THE_KEEPER.iter().enumerate() {
        let mut case = Case::new(7);
        make_up(&mut case);
        let root = case.export(&folder.path().join(number.to_string()), &[1, 2, 3]);
        let key = case.signer.vkey();
        let report = invented::verify(&root, Some(&key));
        let asked = under(&root, &policy(&key, &[archive()], "1"));
        let named = report.findings.iter().any(|finding| {
            finding.grade == Grade::Fault && finding.code == *code && finding.place == *place
        });
        if !named || asked.findings.iter().all(|finding| finding.grade != Grade::Fault) {
            missed.push(format!("{what}: not {code} at {place}: {:#?}", report.findings));
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {}:\n{}",
        missed.len(),
        BY_THE_KEEPER.len(),
        missed.join("\n")
    );
}

/// A cosigner's own times say in which order they signed: where they do not, one of them is wrong.
#[test]
fn a_cosignature_dated_before_an_earlier_one_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    case.cosigned(&archive(), MORNING);
    case.cosigned_again(7, &archive(), MORNING - DAY);
    // Another cosigner may sign a smaller checkpoint later, or be slower.
    case.cosigned(&university(), MORNING - 2 * DAY);
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3]);
    let report = under(&root, &policy(&case.signer.vkey(), &[archive()], "1"));
    let told: Vec<_> =
        report.findings.iter().map(|one| (one.code.as_str(), one.place.as_str())).collect();
    assert_eq!(told, [("bundle-cosignature-backwards", "log/cosigned/00000009.checkpoint")]);
    assert_eq!(report.findings[0].grade, Grade::Notice);
}
