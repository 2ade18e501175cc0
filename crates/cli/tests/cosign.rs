//! Cosigners, as two people run them who hand each other files.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod program;

use program::check;
use record::Sha256;
use std::fs;
use std::path::Path;
use std::process::Command;

const NAME: &str = "cosigner.example/one";

fn key(folder: &Path, of: &str) -> String {
    fs::read_to_string(folder.join(of)).unwrap().trim_end().to_string()
}

/// A case with three records, and a cosigner that knows its log and was named in it.
fn with_cosigner(kind: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    check(at, &["init", "case", "--unprotected"], 0, &[]);
    add_one(at, "case", "first");
    let new = ["cosigner", "new", "outside", "--name", NAME, "--kind", kind, "--unprotected"];
    check(at, &new, 0, &["outside/vkey"]);
    check(at, &["cosigner", "know", "outside", &key(at, "case/log/vkey")], 0, &["casefile/case/"]);
    check(at, &["-C", "case", "cosign", "list"], 0, &["Nobody outside"]);
    let name = ["-C", "case", "cosign", "name", &key(at, "outside/vkey"), "--who", "An archive"];
    check(at, &name, 0, &[NAME]);
    folder
}

fn add_one(folder: &Path, case: &str, name: &str) {
    fs::write(folder.join(name), format!("about 70 people, says {name}\n")).unwrap();
    check(folder, &["-C", case, "capture", name], 0, &[]);
}

fn ask(folder: &Path, case: &str, out: &str) {
    check(folder, &["-C", case, "cosign", "ask", NAME, out], 0, &["casefile cosigner sign"]);
}

#[test]
fn a_growing_log_is_cosigned_again_and_again() {
    for kind in ["ml-dsa-44", "ed25519"] {
        let folder = with_cosigner(kind);
        let at = folder.path();
        for (round, seen) in [3, 5, 7].into_iter().enumerate() {
            let (request, answer) = (format!("request-{round}"), format!("answer-{round}"));
            ask(at, "case", &request);
            let signed = format!("{seen} records");
            check(at, &["cosigner", "sign", "outside", &request, &answer], 0, &[&signed]);
            let add = ["-C", "case", "cosign", "add", &answer];
            check(at, &add, 0, &[NAME, &format!("first {seen} records")]);
            check(at, &add, 0, &["says so already"]);
            let saw = format!("saw {seen}");
            check(at, &["-C", "case", "cosign", "list"], 0, &["An archive", &saw]);
            add_one(at, "case", &format!("round-{round}"));
        }
        check(
            at,
            &["-C", "case", "log"],
            0,
            &["named cosigner.example", "first 7 records were cosigned"],
        );
        check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
    }
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let folder = with_cosigner("ed25519");
    let at = folder.path();
    ask(at, "case", "request");
    check(at, &["cosigner", "sign", "outside", "request", "lost"], 0, &[]);
    check(
        at,
        &["cosigner", "sign", "outside", "request", "answer"],
        3,
        &["has 3 leaves", "--from"],
    );
    assert!(!at.join("answer").exists());
    check(at, &["-C", "case", "cosign", "ask", NAME, "again", "--from", "3"], 0, &[]);
    check(at, &["cosigner", "sign", "outside", "again", "answer"], 0, &[]);
    check(at, &["-C", "case", "cosign", "add", "answer"], 0, &["first 3 records"]);
}

#[test]
fn two_histories_are_found_out_on_both_sides() {
    let folder = with_cosigner("ml-dsa-44");
    let at = folder.path();
    let copied = Command::new("cp").args(["-r", "case", "copy"]).current_dir(at).status().unwrap();
    assert!(copied.success());
    add_one(at, "case", "here");
    add_one(at, "copy", "there");
    ask(at, "copy", "request-copy");
    check(at, &["cosigner", "sign", "outside", "request-copy", "answer-copy"], 0, &[]);
    // The cosigner signs no other history of the same size.
    check(at, &["-C", "case", "cosign", "ask", NAME, "request", "--from", "4"], 0, &[]);
    let sign = ["cosigner", "sign", "outside", "request", "answer"];
    check(at, &sign, 3, &["does not grow", "KEEP THE REQUEST"]);
    // Nor does the case take in what was signed for the other.
    let add = ["-C", "case", "cosign", "add", "answer-copy"];
    check(at, &add, 3, &["two histories", "KEEP THE FILE"]);
    add_one(at, "copy", "more");
    check(at, &["-C", "copy", "cosign", "ask", NAME, "request-more", "--from", "4"], 0, &[]);
    check(at, &["cosigner", "sign", "outside", "request-more", "answer-more"], 0, &[]);
    check(at, &["-C", "case", "cosign", "add", "answer-more"], 3, &["backup that was put back"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
}

#[test]
fn what_is_not_a_cosigners_work_is_refused() {
    let folder = with_cosigner("ml-dsa-44");
    let at = folder.path();
    ask(at, "case", "request");
    check(at, &["cosigner", "sign", "outside", "request", "answer"], 0, &[]);
    let answer = fs::read_to_string(at.join("answer")).unwrap();
    let (text, lines) = answer.split_once("\n\n").unwrap();
    let (own, cosigned) = lines.trim_end().rsplit_once('\n').unwrap();
    let cosigned = format!("{cosigned}\n");
    // A byte of the signature, well behind the name and the key's id.
    let other = if &cosigned[200..201] == "A" { "B" } else { "A" };
    let flipped = format!("{}{other}{}", &cosigned[..200], &cosigned[201..]);
    for (name, bytes, words) in [
        ("nothing", String::new(), "not of the form"),
        ("bare", format!("{text}\n\n{own}\n"), "none of the cosigners"),
        ("stripped", format!("{text}\n\n{cosigned}"), "no signature by a known key"),
        ("flipped", format!("{text}\n\n{own}\n{flipped}"), "does not hold"),
        ("long", answer.repeat(40), "longer than"),
    ] {
        fs::write(at.join(name), bytes).unwrap();
        check(at, &["-C", "case", "cosign", "add", name], 3, &[words]);
    }
    check(at, &["-C", "case", "cosign", "ask", "stranger", "x"], 3, &[NAME]);
    check(at, &["-C", "case", "cosign", "name", "no+key+at=all"], 3, &["vkey"]);
    check(at, &["cosigner", "sign", "case", "request", "x"], 3, &["COSIGNER"]);
    check(at, &["cosigner", "new", "outside", "--name", "x", "--unprotected"], 3, &["exists"]);
    check(at, &["cosigner", "new", "other", "--name", "a b", "--unprotected"], 3, &["no blanks"]);
    let stranger = ["cosigner", "new", "unknowing", "--name", NAME, "--unprotected"];
    check(at, &stranger, 0, &[]);
    check(at, &["cosigner", "sign", "unknowing", "request", "x"], 3, &["not known here"]);
    // A cosigner whose memory is damaged signs nothing, instead of beginning anew.
    let log = fs::read_dir(at.join("outside/logs")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(log.join("checkpoint")).unwrap();
    fs::write(log.join("checkpoint"), "harmed").unwrap();
    ask(at, "case", "request-2");
    check(at, &["cosigner", "sign", "outside", "request-2", "x"], 3, &["checkpoint"]);
    assert!(!at.join("x").exists());
}

/// What a stranger is handed, and asks of it.
#[test]
fn a_bundle_says_who_saw_the_log_and_a_policy_decides_whether_that_will_do() {
    for kind in ["ml-dsa-44", "ed25519"] {
        let folder = with_cosigner(kind);
        let at = folder.path();
        ask(at, "case", "request");
        check(at, &["cosigner", "sign", "outside", "request", "answer"], 0, &[]);
        check(at, &["-C", "case", "export", "before"], 0, &[]);
        check(at, &["-C", "case", "cosign", "add", "answer"], 0, &[]);
        check(at, &["-C", "case", "export", "bundle.zip"], 0, &[]);
        add_one(at, "case", "late");
        check(at, &["-C", "case", "export", "late-too"], 0, &[]);
        let seen =
            ["HOLDS", "Exhibit(s) 1, among the first 3 records", "known by the bundle's own"];
        check(at, &["verify", "bundle.zip"], 0, &seen);
        // A policy is about the first of the log's keys.
        let (keys, cosigner) = (key(at, "case/log/vkey"), key(at, "outside/vkey"));
        let log = keys.lines().next().unwrap();
        let policy = format!("log {log}\nwitness them {cosigner}\nquorum them\n");
        fs::write(at.join("mine"), policy).unwrap();
        let other = ["cosigner", "new", "other", "--name", NAME, "--kind", kind, "--unprotected"];
        check(at, &other, 0, &[]);
        let stranger = format!("log {log}\nwitness them {}\nquorum them\n", key(at, "other/vkey"));
        fs::write(at.join("strangers"), stranger).unwrap();
        fs::write(at.join("none"), "quorum\n").unwrap();
        for (what, policy, code, words) in [
            ("bundle.zip", "mine", 0, "whom your policy names"),
            ("bundle.zip", "strangers", 1, "bundle-quorum"),
            ("before", "mine", 1, "bundle-quorum"),
            ("late-too", "mine", 1, "bundle-quorum-short"),
            ("case", "mine", 0, "HOLDS"),
            ("case", "strangers", 1, "quorum-unmet"),
            ("bundle.zip", "none", 3, "C2SP tlog-policy"),
        ] {
            check(at, &["verify", what, "--policy", policy], code, &[words]);
        }
    }
}

/// What cosigners signed is an object like others: a bundle that carries it gives it back.
#[test]
fn a_lost_cosigned_checkpoint_comes_back_from_a_bundle() {
    let folder = with_cosigner("ml-dsa-44");
    let at = folder.path();
    ask(at, "case", "request");
    check(at, &["cosigner", "sign", "outside", "request", "answer"], 0, &[]);
    check(at, &["-C", "case", "cosign", "add", "answer"], 0, &[]);
    check(at, &["-C", "case", "read"], 0, &[]);
    check(at, &["-C", "case", "export", "bundle"], 0, &[]);
    let digest = Sha256::of(&fs::read(at.join("answer")).unwrap()).to_string();
    let object = at.join("case/objects").join(&digest[..2]).join(&digest[2..]);
    fs::remove_file(&object).unwrap();
    check(at, &["verify", "case"], 1, &["object-missing"]);
    check(at, &["-C", "case", "repair", "bundle"], 0, &["1 object"]);
    assert_eq!(fs::read(&object).unwrap(), fs::read(at.join("answer")).unwrap());
    check(at, &["verify", "case"], 0, &[]);
}
