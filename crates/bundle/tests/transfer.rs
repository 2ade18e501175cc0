//! Bundles with items that came from another archive, and receipts: forgeries, each caught by name,
//! given only the bundle or receipt and the log's key. The forger has all keys of the archive that
//! the items went to.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod invented;

use custody::checkpoint;
use invented::{Case, faults};
use record::{
    Capture, Digests, Event, Export, FromBundle, Leaf, Received, Revocation, Sha256, canonical,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use verifier::layout;

/// What the archive says and hands on of an item that came to it: item 2 of the other.
struct Made {
    received: Received,
    capture: Capture,
    excerpt: BTreeMap<String, Vec<u8>>,
    /// The other archive's whole bundle.
    whole: BTreeMap<String, Vec<u8>>,
    /// A second record that the same bundle was received.
    twice: bool,
}

/// What is done, and the code and place of the finding that names it; none where it is no forgery.
type Row = (&'static str, fn(&mut Made), Option<(&'static str, &'static str)>);

const ORIGIN: &str = "origins/00000007/";
const CAPTURE: &str = "log/leaves/00000008.leaf";

const ROWS: &[Row] = &[
    ("as it was", |_| {}, None),
    (
        "an excerpt stripped",
        |made| made.excerpt.clear(),
        Some(("bundle-origin-missing", "origins/00000007/log/vkey")),
    ),
    (
        "the other's export stripped",
        |made| drop(made.excerpt.remove(layout::EXPORT_LEAF)),
        Some(("bundle-origin-missing", "origins/00000007/export.leaf")),
    ),
    (
        "its proof of consistency stripped",
        |made| drop(made.excerpt.remove(layout::EXPORT_CONSISTENCY)),
        Some(("bundle-origin-missing", "origins/00000007/export.consistency")),
    ),
    (
        "the record of an item there stripped",
        |made| drop(made.excerpt.remove(&layout::leaf(3))),
        Some(("bundle-file-missing", "origins/00000007/log/leaves/00000003.leaf")),
    ),
    (
        "another record in its place",
        |made| drop(made.excerpt.insert(layout::leaf(3), made.whole[&layout::leaf(1)].clone())),
        Some(("bundle-proof", "origins/00000007/log/proofs/00000003.tlog-proof")),
    ),
    (
        "another item's record, with its proof",
        |made| {
            give(made, 1);
            made.capture.received.as_mut().unwrap().leaf = 1;
        },
        Some(("bundle-origin-item", CAPTURE)),
    ),
    (
        "a record that the other never made",
        |made| made.capture.received.as_mut().unwrap().leaf = 99,
        Some(("bundle-origin-item", CAPTURE)),
    ),
    (
        "another source",
        |made| made.capture.source = Some("Canal Post".into()),
        Some(("bundle-origin-item", CAPTURE)),
    ),
    (
        "a commitment dropped",
        |made| made.capture.withheld.clear(),
        Some(("bundle-origin-item", CAPTURE)),
    ),
    (
        "taken in like a file",
        |made| made.capture.method = "file".into(),
        Some(("bundle-origin-item", CAPTURE)),
    ),
    (
        "said to be first taken in here",
        |made| {
            made.capture.received = None;
            made.capture.method = "file".into();
        },
        Some(("bundle-origin-stray", "log/leaves/00000007.leaf")),
    ),
    (
        "from a bundle that nobody received",
        |made| {
            let tagmanifest = Sha256::of(b"another");
            made.capture.received = Some(FromBundle { tagmanifest, leaf: 3 });
        },
        Some(("bundle-origin-missing", CAPTURE)),
    ),
    (
        "another log's key",
        |made| made.received.log_key = Case::new(7).signer.vkey(),
        Some(("bundle-origin", "origins/00000007/export.leaf")),
    ),
    (
        "another history of that log",
        |made| made.received.root = Sha256::of(b"another"),
        Some(("bundle-origin", "origins/00000007/export.leaf")),
    ),
    (
        "an earlier state of it",
        |made| made.received.tree_size -= 1,
        Some(("bundle-origin", "origins/00000007/export.leaf")),
    ),
    (
        "another export",
        |made| made.received.export += 1,
        Some(("bundle-origin", "origins/00000007/export.leaf")),
    ),
    (
        "other items",
        |made| made.received.list = Digests::of(b"[]"),
        Some(("bundle-origin", "origins/00000007/export.leaf")),
    ),
    (
        "a record about something else slipped in",
        |made| give(made, 1),
        Some(("bundle-origin-stray", "origins/00000007/log/leaves/00000001.leaf")),
    ),
    (
        "a file slipped in",
        |made| drop(made.excerpt.insert("log/notes.txt".into(), b"x".to_vec())),
        Some(("bundle-file-foreign", "origins/00000007/log/notes.txt")),
    ),
    (
        "received twice",
        |made| made.twice = true,
        Some(("bundle-origin", "log/leaves/00000008.leaf")),
    ),
];

/// Puts a record of the other archive's bundle into the excerpt, with its proof.
fn give(made: &mut Made, index: u64) {
    for path in [layout::leaf(index), layout::proof(index)] {
        let bytes = made.whole[&path].clone();
        made.excerpt.insert(path, bytes);
    }
}

fn folder(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = verifier::zipped::files(root).unwrap();
    paths.into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

/// What `other` hands over in a bundle of its items 1 and 2, as an archive would take it.
fn handed_over(other: &mut Case) -> Made {
    let scratch = tempfile::tempdir().unwrap();
    let whole = folder(&other.export(&scratch.path().join("out"), &[1, 2]));
    let (leaf, capture) = other.capture_of(2);
    let record = whole[layout::EXPORT_LEAF].split(|byte| *byte == b'\n').next().unwrap();
    let export = match canonical::from_bytes::<Leaf>(record).unwrap().event {
        Event::Export(export) => export,
        _ => unreachable!("an export's record"),
    };
    let Export { tagmanifest, items, list, .. } = export;
    let state = checkpoint::open(other.checkpoint().as_bytes(), &other.signer.verifier()).unwrap();
    let received = Received {
        origin: other.signer.name().into(),
        log_key: other.signer.vkey(),
        tagmanifest,
        export: other.size() - 1,
        tree_size: state.size,
        root: Sha256(state.root),
        items,
        list,
        parts: Digests::of(b"parts"),
        actors: None,
    };
    let capture = Capture {
        method: layout::FROM_BUNDLE.into(),
        received: Some(FromBundle { tagmanifest, leaf }),
        ..capture
    };
    let mut made = Made { received, capture, excerpt: BTreeMap::new(), whole, twice: false };
    let fixed = [layout::VKEY, layout::CHECKPOINT];
    for path in fixed.into_iter().chain(layout::EXPORT) {
        made.excerpt.insert(path.into(), made.whole[path].clone());
    }
    [0, leaf, leaf + 1].into_iter().for_each(|index| give(&mut made, index));
    for index in &other.decided {
        if made.whole.contains_key(&layout::leaf(*index)) {
            give(&mut made, *index);
        }
    }
    made
}

/// The archive that takes over what `made` says, and its bundle at `out`.
fn bundle(other: &Case, made: Made, out: &Path) -> (Case, verifier::Report) {
    let mut case = Case::new(7);
    let at = case.append(Event::Received(made.received.clone()));
    if made.twice {
        let again = case.append(Event::Received(made.received));
        case.origins.push((again, made.excerpt.clone()));
    }
    case.take_over(other, 2, made.capture);
    case.origins.push((at, made.excerpt));
    let root = case.export(out, &[1, 4]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    (case, report)
}

#[test]
fn each_forgery_about_where_items_came_from_has_its_name() {
    for (name, change, expect) in ROWS {
        let scratch = tempfile::tempdir().unwrap();
        let mut other = Case::foreign();
        let mut made = handed_over(&mut other);
        change(&mut made);
        let (_, report) = bundle(&other, made, &scratch.path().join("b"));
        match expect {
            None => {
                assert_eq!(faults(&report), Vec::<&str>::new(), "{name}: {:?}", report.findings);
            }
            Some((code, place)) => {
                let named =
                    |finding: &record::Finding| finding.code == *code && finding.place == *place;
                assert!(report.findings.iter().any(named), "{name}: {:?}", report.findings);
            }
        }
    }
    assert_eq!(ORIGIN, layout::origin(7));
}

#[test]
fn whose_log_it_was_is_said_where_it_is_not_known() {
    let scratch = tempfile::tempdir().unwrap();
    let mut other = Case::foreign();
    let made = handed_over(&mut other);
    let root = scratch.path().join("b");
    let (case, report) = bundle(&other, made, &root);
    let unchecked = |report: &verifier::Report| {
        report.findings.iter().any(|one| one.code == "bundle-origin-unchecked")
    };
    assert!(unchecked(&report), "{:?}", report.findings);
    let keys = [case.signer.vkey(), other.signer.vkey()];
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let trusted = verifier::Trusted { log_keys: &keys, ..Default::default() };
    let report = verifier::verify_trusting(&root, trusted).unwrap();
    assert!(!unchecked(&report) && faults(&report).is_empty(), "{:?}", report.findings);
}

#[test]
fn a_revocation_stripped_from_an_excerpt_is_missed() {
    let scratch = tempfile::tempdir().unwrap();
    let mut other = Case::foreign();
    let key = custody::sshsig::public_key_line(&custody::sshsig::public_key(&[21; 32]));
    let name = "Ben".into();
    other.decide(Event::Enrolment(record::Enrolment { name, key, kind: record::Holder::Person }));
    let key = custody::sshsig::fingerprint(&custody::sshsig::public_key(&[21; 32]));
    let revoked = Revocation { key, reason: "stolen".into(), from: None };
    let revocation = other.decide(Event::Revocation(revoked));
    let mut made = handed_over(&mut other);
    made.excerpt.remove(&layout::leaf(revocation));
    made.excerpt.remove(&layout::proof(revocation));
    let (_, report) = bundle(&other, made, &scratch.path().join("b"));
    let place = "origins/00000007/export.leaf";
    let named = |one: &record::Finding| one.code == "bundle-export-actors" && one.place == place;
    assert!(report.findings.iter().any(named), "{:?}", report.findings);
}

#[test]
fn a_log_told_in_two_ways_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (Case::new(9), Case::forked(9));
    let (first, second) = (handed_over(&mut one), handed_over(&mut two));
    let mut case = Case::new(7);
    for (made, other) in [(first, &one), (second, &two)] {
        let at = case.append(Event::Received(made.received));
        case.origins.push((at, made.excerpt));
        case.take_over(other, 2, made.capture);
    }
    let root = case.export(&scratch.path().join("b"), &[1, 4, 5]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    assert_eq!(faults(&report), ["bundle-origin-fork"], "{:?}", report.findings);
}

#[test]
fn a_log_that_others_heard_told_otherwise_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let (mut told, mut case) = (Case::forked(7), Case::new(7));
    let made = handed_over(&mut told);
    let at = case.append(Event::Received(made.received));
    case.origins.push((at, made.excerpt));
    case.take_over(&told, 2, made.capture);
    let root = case.export(&scratch.path().join("b"), &[1, 2, 4]);
    let report = invented::verify(&root, Some(&case.signer.vkey()));
    assert_eq!(faults(&report), ["bundle-origin-fork"], "{:?}", report.findings);
}

/// A receipt as files, what is done to it, and the codes of the faults in it.
type ReceiptRow = (&'static str, fn(&mut BTreeMap<String, Vec<u8>>), &'static [&'static str]);

const RECEIPTS: &[ReceiptRow] = &[
    ("as it was", |_| {}, &[]),
    (
        "its record stripped",
        |it| drop(it.remove(&layout::leaf(9))),
        &["bundle-file-missing", "receipt-form"],
    ),
    (
        "its proof stripped",
        |it| drop(it.remove(&layout::proof(9))),
        &["bundle-file-missing", "receipt-form"],
    ),
    (
        "its checkpoint stripped",
        |it| drop(it.remove(layout::CHECKPOINT)),
        &["bundle-proof-state", "receipt-form"],
    ),
    (
        "another record in its place",
        |it| drop(it.insert(layout::leaf(9), it[&layout::leaf(7)].clone())),
        &["bundle-proof", "receipt-form"],
    ),
    (
        "a revocation stripped",
        |it| {
            it.remove(&layout::leaf(8));
            it.remove(&layout::proof(8));
        },
        &["receipt-actors"],
    ),
    ("a file slipped in", |it| drop(it.insert("log/notes.txt".into(), vec![1])), &["receipt-form"]),
    (
        "another log's key",
        |it| {
            let key = format!("{}\n", Case::foreign().signer.vkey());
            it.insert(layout::VKEY.into(), key.into_bytes());
        },
        &[
            "bundle-leaf-genesis",
            "bundle-leaf-log",
            "bundle-proof-unsigned",
            "receipt-form",
            "receipt-untrusted",
        ],
    ),
];

/// The receipt of a case for what `other` handed over, signed with `actor`: its leaf is the ninth.
fn receipt(actor: [u8; 32]) -> (Case, BTreeMap<String, Vec<u8>>) {
    let mut other = Case::foreign();
    let mut received = handed_over(&mut other).received;
    let mut case = Case::new(7);
    let key = custody::sshsig::public_key_line(&custody::sshsig::public_key(&[21; 32]));
    let name = "Ben".into();
    case.decide(Event::Enrolment(record::Enrolment { name, key, kind: record::Holder::Person }));
    let key = custody::sshsig::fingerprint(&custody::sshsig::public_key(&[21; 32]));
    case.decide(Event::Revocation(Revocation { key, reason: "stolen".into(), from: None }));
    received.actors = Some(Sha256::of(&canonical::to_bytes(&case.decided)));
    case.actor = actor;
    let at = case.append(Event::Received(received));
    let mut files = BTreeMap::new();
    let key = case.signer.verifier();
    files.insert(layout::VKEY.into(), key.lines().into_bytes());
    files.insert(layout::CHECKPOINT.into(), case.checkpoint().into_bytes());
    for index in [0, 7, 8, at] {
        let proved = case.proved(index);
        files.insert(layout::leaf(index), proved.leaf);
        files.insert(layout::proof(index), proved.proof.short(&key).text().into_bytes());
    }
    (case, files)
}

fn check_receipt(files: &BTreeMap<String, Vec<u8>>, key: &str) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let (folder, packed) = (scratch.path().join("f"), scratch.path().join("r.zip"));
    for (path, bytes) in files {
        let place = folder.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
    verifier::zipped::pack(&folder, &packed).unwrap();
    let unpacked = scratch.path().join("u");
    fs::create_dir(&unpacked).unwrap();
    let receipt = verifier::zipped::verify_receipt(&packed, &unpacked, &[key]).unwrap();
    let mut codes: Vec<String> = receipt.findings.into_iter().map(|one| one.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[test]
fn each_forged_receipt_has_its_name() {
    for (name, change, expect) in RECEIPTS {
        let (case, mut files) = receipt([7; 32]);
        change(&mut files);
        assert_eq!(check_receipt(&files, &case.signer.vkey()), *expect, "{name}");
    }
    for (thief, expect) in
        [([66; 32], "bundle-leaf-actor"), ([21; 32], "bundle-leaf-actor-revoked")]
    {
        let (case, files) = receipt(thief);
        assert_eq!(check_receipt(&files, &case.signer.vkey()), [expect, "receipt-form"]);
    }
    let (_, files) = receipt([7; 32]);
    let stranger = Case::foreign().signer.vkey();
    assert_eq!(check_receipt(&files, &stranger), ["receipt-untrusted"]);
}
