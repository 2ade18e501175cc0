//! Items handed from one archive to another, with receipts: as people do it, by named faults, and
//! killed at every step.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod program;
mod strace;

use archive::{Case, Writer};
use program::check;
use record::{Digests, Event, Leaf, Received, Sha256};
use std::fs;
use std::path::Path;
use strace::{copy_all, has_strace, kill_everywhere, remove_all};

/// A folder with the case `harbour`, which has exported two items to `out`, one of them with a
/// withheld collector, and the empty case `archive`.
fn two_archives() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for name in ["harbour", "archive"] {
        check(at, &["init", name, "--unprotected"], 0, &[]);
    }
    fs::write(at.join("quay.txt"), "At least six people were killed at the quay.\n").unwrap();
    fs::write(at.join("mole.txt"), "Nobody was hurt on the mole.\n").unwrap();
    let said = ["--source", "Harbour Post", "--collector", "A. Person"];
    let args = [&["-C", "harbour", "capture", "quay.txt", "mole.txt"], said.as_slice()].concat();
    check(at, &args, 0, &[]);
    check(at, &["-C", "harbour", "read"], 0, &[]);
    check(at, &["-C", "harbour", "export", "out"], 0, &[]);
    folder
}

fn key(at: &Path, case: &str) -> String {
    fs::read_to_string(at.join(case).join("log/vkey")).unwrap().trim_end().to_string()
}

fn receive(at: &Path, code: i32, words: &[&str]) -> String {
    let key = key(at, "harbour");
    check(at, &["-C", "archive", "receive", "out", "--trust", &key, "--receipt", "r"], code, words)
}

/// How many records a case has.
fn size(at: &Path, case: &str) -> u64 {
    Case::open(&at.join(case)).unwrap().log().size()
}

fn received(at: &Path) -> Received {
    let case = Case::open(&at.join("archive")).unwrap();
    let found = case.leaves().find_map(|leaf| match leaf.unwrap() {
        (_, Leaf { event: Event::Received(received), .. }) => Some(received),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn a_bundle_goes_over_and_its_receipt_comes_back() {
    let folder = two_archives();
    let at = folder.path();
    let said = receive(at, 0, &["Received 2 item(s)", "transfer-withheld", "Receipt: r."]);
    assert!(!said.contains("FAULT"), "{said}");
    check(at, &["-C", "archive", "verify"], 0, &["HOLDS"]);

    // Received again: nothing is taken in, and the receipt is the same.
    let (before, receipt) = (size(at, "archive"), fs::read(at.join("r")).unwrap());
    fs::remove_file(at.join("r")).unwrap();
    receive(at, 0, &["transfer-again", "Received before"]);
    assert_eq!((size(at, "archive"), fs::read(at.join("r")).unwrap()), (before, receipt));
    receive(at, 3, &["r is there already"]);

    // The other side puts it on record, once.
    let theirs = key(at, "archive");
    let acknowledge = ["-C", "harbour", "acknowledge", "r", "--trust", &theirs];
    check(at, &acknowledge, 0, &["On record as 6", "holds the 2 item(s)"]);
    check(at, &acknowledge, 0, &["receipt-again", "On record as 6"]);
    assert_eq!(size(at, "harbour"), 7);
    check(at, &["-C", "harbour", "verify"], 0, &["HOLDS"]);
    let told = ["holds a copy of the 2 item(s)", "Record 6 says who gave a receipt"];
    check(at, &["-C", "harbour", "custody"], 0, &told);
}

#[test]
fn the_chain_leads_back_through_every_archive() {
    let folder = two_archives();
    let at = folder.path();
    receive(at, 0, &[]);
    check(at, &["-C", "archive", "read"], 0, &[]);
    check(at, &["-C", "archive", "custody"], 0, &["Before, in the archive", "Harbour Post"]);
    check(at, &["-C", "archive", "export", "second"], 0, &[]);
    let (first, second) = (key(at, "harbour"), key(at, "archive"));
    let verify = ["verify", "second", "--trust", &second];
    check(at, &verify, 0, &["HOLDS", "bundle-origin-unchecked"]);
    let said = check(at, &[&verify[..], &["--trust", &first]].concat(), 0, &["HOLDS"]);
    assert!(!said.contains("bundle-origin-unchecked"), "{said}");

    // And on to a third, one item of the two alone.
    check(at, &["init", "court", "--unprotected"], 0, &[]);
    check(at, &["-C", "archive", "export", "one", "quay.txt"], 0, &[]);
    check(at, &["-C", "court", "receive", "one", "--trust", &second], 0, &["Received 1 item(s)"]);
    check(at, &["-C", "court", "export", "third.zip"], 0, &[]);
    let keys = ["--trust", &key(at, "court"), "--trust", &second, "--trust", &first];
    let verify = [&["verify", "third.zip"], keys.as_slice()].concat();
    let said = check(at, &verify, 0, &["HOLDS"]);
    assert!(!said.contains("notice"), "{said}");
    let told = check(at, &["-C", "court", "custody"], 0, &["Before, in the archive"]);
    assert_eq!(told.matches("Before, in the archive").count(), 2, "{told}");
    assert!(!told.contains("mole.txt"), "{told}");

    // What comes back to where it was first taken in is told by that log itself.
    check(at, &["-C", "harbour", "receive", "second", "--trust", &second], 0, &["transfer-known"]);
    check(at, &["-C", "harbour", "export", "back"], 0, &[]);
    check(at, &["verify", "back", "--trust", &first, "--trust", &second], 0, &["HOLDS"]);
    for told in [
        check(at, &["-C", "harbour", "custody"], 0, &[]),
        fs::read_to_string(at.join("back/custody.html")).unwrap(),
    ] {
        // Of each of the two items, what was done in the archive, and no more.
        assert_eq!(told.matches("Before, in the archive").count(), 2, "{told}");
    }
}

#[test]
fn nothing_of_a_bundle_that_does_not_hold_is_taken_in() {
    let folder = two_archives();
    let at = folder.path();
    let empty = (size(at, "archive"), objects(at));
    let stranger = key(at, "archive");
    let args = ["-C", "archive", "receive", "out", "--trust", &stranger, "--receipt", "r"];
    check(at, &args, 1, &["bundle-key-untrusted", "NOT RECEIVED"]);
    let item = at.join("out/data/items/000002-mole.txt");
    fs::write(&item, "Nobody was hurt on the mold.\n").unwrap();
    receive(at, 1, &["bundle-digest", "NOT RECEIVED"]);
    assert_eq!((size(at, "archive"), objects(at)), empty);
    assert!(!at.join("r").exists());
    check(at, &["-C", "harbour", "receive", "out", "--trust", &stranger], 1, &["NOT RECEIVED"]);
    check(at, &["-C", "archive", "receive", "out"], 2, &["--trust"]);
}

fn objects(at: &Path) -> Vec<String> {
    archive::log::list_files(&at.join("archive/objects")).unwrap()
}

#[test]
fn a_bundle_is_not_received_where_it_was_made() {
    let folder = two_archives();
    let at = folder.path();
    let key = key(at, "harbour");
    let args = ["-C", "harbour", "receive", "out", "--trust", &key];
    check(at, &args, 3, &["made from this very case"]);
}

#[test]
fn sealed_items_and_withheld_fields_stay_with_their_keys() {
    let folder = two_archives();
    let at = folder.path();
    let identity = age::x25519::Identity::generate();
    fs::write(at.join("hidden.txt"), "Where they hide.\n").unwrap();
    let recipient = identity.to_public().to_string();
    let args = ["-C", "harbour", "capture", "hidden.txt", "--sealed", "--recipient", &recipient];
    check(at, &args, 0, &[]);
    fs::remove_dir_all(at.join("out")).unwrap();
    check(at, &["-C", "harbour", "export", "out", "--disclose", "collector"], 0, &[]);
    let said = receive(at, 0, &["transfer-sealed", "transfer-withheld", "key, name, plain"]);
    assert!(!said.contains("collector"), "{said}");
    check(at, &["-C", "archive", "verify"], 0, &["HOLDS"]);
    check(at, &["-C", "archive", "unseal", "3", "--identity", "r"], 3, &["was not sealed here"]);
    check(at, &["-C", "archive", "erase", "3", "--reason", "x"], 3, &["was not sealed here"]);
    check(at, &["-C", "archive", "read"], 0, &[]);
    // What was disclosed can be disclosed again; what was not, cannot.
    check(at, &["-C", "archive", "export", "named", "--disclose", "collector"], 0, &[]);
    check(at, &["verify", "named", "--trust", &key(at, "archive")], 0, &["HOLDS"]);
    let openings = fs::read_to_string(at.join("named/openings.jsonl")).unwrap();
    assert_eq!(openings.matches("A. Person").count(), 2);
    check(at, &["-C", "archive", "export", "x", "--disclose", "plain"], 3, &["no record of these"]);
    for path in archive::log::list_files(&at.join("archive/objects")).unwrap() {
        let bytes = fs::read(at.join("archive/objects").join(path)).unwrap();
        let value = b"A. Person";
        assert!(!bytes.windows(value.len()).any(|found| found == value));
    }
}

/// A receipt by the archive's own hand that says something else than what it received, and the
/// finding that names it.
type Forgery = (&'static str, fn(&mut Received), &'static str);

const FORGERIES: [Forgery; 6] = [
    ("for other items", |it| it.list = Digests::of(b"[]"), "receipt-items"),
    ("for more items", |it| it.items += 1, "receipt-items"),
    ("replayed for another export", |it| it.export = 6, "receipt-bundle"),
    ("for no export", |it| it.export = 1, "receipt-bundle"),
    ("of another history", |it| it.root = Sha256::of(b"another"), "receipt-fork"),
    ("for another archive", |it| it.origin.push('x'), "receipt-foreign"),
];

#[test]
fn a_receipt_that_says_something_else_is_refused_by_name() {
    for (name, forge, code) in FORGERIES {
        let folder = two_archives();
        let at = folder.path();
        check(at, &["-C", "harbour", "export", "again"], 0, &[]);
        receive(at, 0, &[]);
        // The same keys, and a log in which the record says otherwise.
        let mut lie = received(at);
        let case = at.join("forger");
        check(at, &["init", "forger", "--unprotected"], 0, &[]);
        let mut writer = Writer::open(&case, None, "casefile 0").unwrap();
        forge(&mut lie);
        writer.keep(b"[]", |_| Event::Received(lie)).unwrap();
        drop(writer);
        fs::remove_file(at.join("r")).unwrap();
        let harbour = key(at, "harbour");
        let args = ["-C", "forger", "receive", "out", "--trust", &harbour, "--receipt", "r"];
        check(at, &args, 0, &["Received before"]);
        let before = size(at, "harbour");
        let theirs = key(at, "forger");
        let args = ["-C", "harbour", "acknowledge", "r", "--trust", &theirs];
        check(at, &args, 1, &[code, "NOT ACKNOWLEDGED"]);
        assert_eq!(size(at, "harbour"), before, "{name}");
    }
}

#[test]
fn a_receipt_by_whom_nobody_trusts_or_with_a_changed_byte_is_refused() {
    let folder = two_archives();
    let at = folder.path();
    receive(at, 0, &[]);
    let (ours, theirs) = (key(at, "harbour"), key(at, "archive"));
    let args = ["-C", "harbour", "acknowledge", "r", "--trust", &ours];
    check(at, &args, 1, &["receipt-untrusted", "NOT ACKNOWLEDGED"]);
    let receipt = fs::read(at.join("r")).unwrap();
    for place in (0..receipt.len()).step_by(receipt.len() / 40) {
        let mut changed = receipt.clone();
        changed[place] ^= 1;
        fs::write(at.join("changed"), changed).unwrap();
        let args = ["-C", "harbour", "acknowledge", "changed", "--trust", &theirs];
        check(at, &args, 1, &["FAULT", "NOT ACKNOWLEDGED"]);
    }
    assert_eq!(size(at, "harbour"), 6);
}

#[test]
fn a_kill_leaves_all_received_or_nothing() {
    if !has_strace() {
        return;
    }
    let folder = two_archives();
    let at = folder.path();
    let (case, base, key) = (at.join("archive"), at.join("base"), key(at, "harbour"));
    copy_all(&case, &base);
    let args = ["-C", "archive", "receive", "out", "--trust", &key, "--receipt", "r"];
    let before = || {
        remove_all(&case);
        copy_all(&base, &case);
        let _ = fs::remove_file(at.join("r"));
    };
    let kills = kill_everywhere(at, &args, &before, &mut |when| {
        let size = size(at, "archive");
        assert!(size == 1 || size == 4, "{when}: {size} records");
        check(at, &["-C", "archive", "verify"], 0, &["HOLDS"]);
        let _ = fs::remove_file(at.join("r"));
        receive(at, 0, &["Receipt: r."]);
        check(at, &["-C", "archive", "verify"], 0, &["HOLDS"]);
        assert_eq!(self::size(at, "archive"), 4, "{when}");
    });
    println!("killed {kills} times");
    assert!(kills > 20, "{kills}");
}
