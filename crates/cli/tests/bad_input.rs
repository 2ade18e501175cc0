//! Bad input of every kind: the exit code, what is said, and that nothing already kept is harmed.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run came to.
struct Run {
    code: i32,
    said: String,
}

fn casefile(folder: &Path, args: &[&str]) -> Run {
    said(Command::new(env!("CARGO_BIN_EXE_casefile")).args(args).current_dir(folder))
}

fn said(command: &mut Command) -> Run {
    let out = command.env_remove("CASEFILE_PASSPHRASE").stdin(Stdio::null()).output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    Run { code: out.status.code().unwrap(), said: String::from_utf8_lossy(&said).into_owned() }
}

/// A folder with a case in `case` that has one item, and `good.txt`.
fn with_case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("good.txt"),
        "Bridge falls\n\nAt least 4 people died in Norwick.\n",
    )
    .unwrap();
    for args in [&["init", "case", "--unprotected"][..], &["-C", "case", "capture", "good.txt"]] {
        let run = casefile(folder.path(), args);
        assert_eq!(run.code, 0, "{}", run.said);
    }
    folder
}

/// Runs `args`, and expects the exit code, all of `words` in what is said, and a case that holds.
fn check(folder: &Path, args: &[&str], code: i32, words: &[&str]) {
    let run = casefile(folder, args);
    assert_eq!(run.code, code, "{args:?}: {}", run.said);
    for word in words {
        assert!(run.said.contains(word), "{args:?} does not say {word:?}: {}", run.said);
    }
    let verify = casefile(folder, &["-C", "case", "verify"]);
    assert_eq!(verify.code, 0, "after {args:?}: {}", verify.said);
}

#[test]
fn files_that_cannot_be_taken_in_are_named_and_the_rest_goes_on() {
    let folder = with_case();
    let at = |name: &str| folder.path().join(name);
    let capture = ["-C", "case", "capture"];
    let with = |paths: &[&'static str]| [&capture[..], paths].concat();
    fs::write(at("other.txt"), "other").unwrap();
    check(
        folder.path(),
        &with(&["none.txt", "other.txt"]),
        1,
        &["path-missing", "none.txt", "check the spelling", "1 item(s) kept"],
    );
    fs::create_dir_all(at("in/sub")).unwrap();
    symlink("..", at("in/sub/loop")).unwrap();
    symlink("round", at("in/round")).unwrap();
    fs::write(at("in/empty.txt"), "").unwrap();
    check(
        folder.path(),
        &with(&["in"]),
        1,
        &["link-not-followed", "in/sub/loop", "in/round", "1 item(s) kept, 0 bytes"],
    );
    check(folder.path(), &with(&["in/round"]), 1, &["path-unreadable", "lead in a circle"]);
    check(folder.path(), &with(&["."]), 1, &["inside-case", "never taken into itself"]);
    let odd = at("odd").join(OsStr::from_bytes(b"caf\xe9\x1b[31m.txt"));
    fs::create_dir(at("odd")).unwrap();
    fs::write(&odd, b"caf\xe9 on fire, 3 dead").unwrap();
    let run = casefile(folder.path(), &with(&["odd"]));
    assert_eq!(run.code, 0);
    assert!(
        !run.said.contains('\u{1b}'),
        "an escape sequence reached the terminal: {:?}",
        run.said
    );
    let log = casefile(folder.path(), &["-C", "case", "log", "--json"]);
    assert!(
        log.said.contains("636166e91b5b33316d2e747874"),
        "the exact bytes of the name are kept"
    );
    let long = "n".repeat(255);
    fs::write(at("odd").join(&long), "long").unwrap();
    check(folder.path(), &with(&["odd"]), 0, &["2 item(s) kept"]);
}

/// Someone on the machine who owns nothing ("nobody"): to the superuser every file is open.
const STRANGER: u32 = 65_534;

/// Runs casefile, or another program, as someone whom permissions bind. Where the tests run as the
/// superuser, `folder` is handed to a stranger, and a copy of the program with it.
fn bound_by_permissions(folder: &Path, args: &[&str]) -> Run {
    let program = folder.join("casefile-copy");
    if !program.exists() {
        fs::copy(env!("CARGO_BIN_EXE_casefile"), &program).unwrap();
    }
    let mut command = Command::new(&program);
    if rustix::process::geteuid().is_root() {
        for path in walk(folder).iter().chain(&folders(folder)) {
            chown(path, Some(STRANGER), Some(STRANGER)).unwrap();
        }
        command.uid(STRANGER).gid(STRANGER);
    }
    said(command.args(args).current_dir(folder))
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let folder = with_case();
    let secret = folder.path().join("secret.txt");
    fs::write(&secret, "x").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let run =
        bound_by_permissions(folder.path(), &["-C", "case", "capture", "secret.txt", "good.txt"]);
    assert_eq!(run.code, 1, "{}", run.said);
    for word in ["path-unreadable", "secret.txt", "check its permissions", "1 item(s) kept"] {
        assert!(run.said.contains(word), "no {word:?} in {}", run.said);
    }
    check(folder.path(), &["-C", "case", "log"], 0, &["took in"]);
}

#[test]
fn a_place_that_may_not_be_written_is_named() {
    let folder = with_case();
    let dir = folder.path();
    for place in folders(&dir.join("case")) {
        fs::set_permissions(&place, fs::Permissions::from_mode(0o555)).unwrap();
    }
    for args in [
        &["-C", "case", "capture", "good.txt"][..],
        &["-C", "case", "read"],
        &["-C", "case", "export", "case/out"],
        &["init", "case/inner", "--unprotected"],
    ] {
        let run = bound_by_permissions(dir, args);
        assert_eq!(run.code, 3, "{args:?}: {}", run.said);
        for word in ["case", "ermission"] {
            assert!(run.said.contains(word), "{args:?} does not say {word:?}: {}", run.said);
        }
    }
    // Looking needs no right to write: a case on a read-only medium can be checked and shown.
    for args in [&["-C", "case", "log"][..], &["-C", "case", "show", "1"], &["verify", "case"]] {
        let run = bound_by_permissions(dir, args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.said);
    }
    for place in folders(&dir.join("case")) {
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
    }
    check(dir, &["-C", "case", "capture", "good.txt"], 0, &["1 item(s) kept"]);
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(dir.join("good.txt"), "good").unwrap();
    fs::write(dir.join("right"), "five ordinary words in a row\n").unwrap();
    fs::write(dir.join("wrong"), "five ordinary words in a raw\n").unwrap();
    let run = casefile(dir, &["init", "case", "--passphrase-file", "right"]);
    assert_eq!(run.code, 0, "{}", run.said);
    let capture = ["-C", "case", "capture", "good.txt"];
    check(dir, &capture, 3, &["passphrase"]);
    let with = |file: &'static str| [&capture[..], &["--passphrase-file", file]].concat();
    check(dir, &with("wrong"), 3, &["passphrase", "private/keys.age"]);
    check(dir, &with("none"), 3, &["none"]);
    check(dir, &["-C", "case", "log"], 0, &["opened the case"]);
    check(dir, &with("right"), 0, &["1 item(s) kept"]);
}

#[test]
fn texts_of_every_kind_are_read_or_listed() {
    let folder = with_case();
    let deep = [b"<div>".repeat(100_000), b"At least 4 people died in Norwick.".to_vec()].concat();
    let items: [(&str, &[u8], &str); 6] = [
        (
            "latin.txt",
            b"Le maire a parl\xe9 de 12 morts \xe0 Norwick, apr\xe8s la chute du pont.",
            "encoding-guessed",
        ),
        ("empty.txt", b"", "empty-item"),
        ("binary.bin", b"\x00\x01\x02\x03PNG", "unknown-format"),
        (
            "ambiguous.txt",
            b"04/05/2016\n\nA headline of a report\n\nSome text of it.",
            "date-ambiguous",
        ),
        ("broken.html", b"<html><body><p>At least 4 <b>people<p>died<table><tr><td>", ""),
        ("bomb.html", &deep, "extractor-skipped"),
    ];
    for (name, bytes, code) in items {
        fs::write(folder.path().join(name), bytes).unwrap();
        let run = casefile(folder.path(), &["-C", "case", "capture", name]);
        assert_eq!(run.code, 0, "{}", run.said);
        let run = casefile(folder.path(), &["-C", "case", "read"]);
        assert_eq!(run.code, i32::from(!code.is_empty()), "{name}: {}", run.said);
        assert!(run.said.contains(code), "{name}: {}", run.said);
    }
    check(folder.path(), &["-C", "case", "read"], 0, &["0 item(s) read"]);
}

#[test]
fn a_long_text_is_read_to_the_limit_and_says_so() {
    let folder = with_case();
    // Sparse: 5 GB that take no room, as a hostile or mistaken file would be.
    let long = fs::File::create(folder.path().join("long.txt")).unwrap();
    long.set_len(64 << 20).unwrap();
    std::io::Write::write_all(&mut &long, b"At least 4 people died in Norwick.\n").unwrap();
    let mut text = b"At least 4 people died in Norwick.\n".repeat(40_000);
    text.resize(20 << 20, b'.');
    fs::write(folder.path().join("dots.txt"), text).unwrap();
    check(
        folder.path(),
        &["-C", "case", "capture", "long.txt", "dots.txt"],
        0,
        &["2 item(s) kept"],
    );
    check(folder.path(), &["-C", "case", "read"], 1, &["read-limit", "unknown-format"]);
}

#[test]
fn a_wrong_place_is_named_with_what_to_do() {
    let folder = with_case();
    let dir = folder.path();
    check(dir, &["capture", "good.txt"], 3, &["is not a case", "casefile init DIR"]);
    check(dir, &["-C", "none", "log"], 3, &["none is not a case"]);
    check(dir, &["init", "case", "--unprotected"], 3, &["exists already", "does not exist yet"]);
    check(dir, &["init", "new"], 3, &["passphrase", "--unprotected"]);
    check(dir, &["verify", "good.txt"], 1, &["bundle-zip"]);
    check(dir, &["verify", "."], 3, &["neither a case nor a bundle"]);
    check(dir, &["-C", "case", "export", "good.txt"], 3, &["exists already"]);
    check(dir, &["-C", "case", "export", "out", "99"], 3, &["no item \"99\"", "casefile log"]);
    check(dir, &["-C", "case", "receipt", "out", "99"], 3, &["no item \"99\""]);
    check(dir, &["-C", "case", "receipt", "case"], 3, &["cannot create case"]);
    check(dir, &["-C", "case", "show", "x"], 3, &["no item \"x\""]);
    check(
        dir,
        &["-C", "case", "export", "out", "--disclose", "identity"],
        3,
        &["withholds identity"],
    );
    assert!(!dir.join("out").exists());
    fs::write(dir.join("future"), "").unwrap();
    let other = dir.join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("VERSION"), "casefile case 2\n").unwrap();
    check(dir, &["-C", "other", "log"], 3, &["casefile case 2", "knows version 1"]);
}

#[test]
fn a_harmed_case_is_refused_with_the_place_and_never_made_worse() {
    let folder = with_case();
    let dir = folder.path();
    let copy = |name: &str| {
        let to = dir.join(name);
        copy_all(&dir.join("case"), &to);
        to
    };
    let harm = |path: PathBuf, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(path, bytes).unwrap();
    };
    harm(copy("tile").join("log/tile/entries/000.p/2"), &|bytes| bytes.truncate(bytes.len() - 1));
    check(
        dir,
        &["-C", "tile", "capture", "good.txt"],
        3,
        &["log/tile/entries/000.p/2", "cut off", "second copy"],
    );
    harm(copy("forged").join("log/checkpoint"), &|bytes| bytes[20] ^= 1);
    check(dir, &["-C", "forged", "log"], 3, &["log/checkpoint", "signature"]);
    check(dir, &["-C", "forged", "verify"], 1, &["FAULT", "checkpoint-invalid", "FAILS"]);
    let key = copy("key").join("private/keys");
    harm(key, &|bytes| *bytes = b"nothing".to_vec());
    check(dir, &["-C", "key", "capture", "good.txt"], 3, &["private/keys", "no key file"]);
    let object = copy("object");
    let only = walk(&object.join("objects")).remove(0);
    harm(only.clone(), &|bytes| bytes[0] ^= 1);
    check(dir, &["-C", "object", "verify"], 1, &["object-damaged", "second copy"]);
    check(dir, &["-C", "object", "read"], 3, &["do not have the digest"]);
    // The same bytes again: the good copy is not thrown away for the damaged one.
    check(dir, &["-C", "object", "capture", "good.txt"], 3, &["a good copy of it lies in"]);
    let rescued = walk(&object.join("objects/rescued"));
    assert_eq!(fs::read(&rescued[0]).unwrap(), fs::read(dir.join("good.txt")).unwrap());
    check(dir, &["-C", "object", "verify"], 1, &["object-rescued", "object-damaged"]);
    fs::rename(&rescued[0], &only).unwrap();
    check(dir, &["-C", "object", "verify"], 0, &["HOLDS"]);
}

#[test]
fn two_writers_never_meet() {
    let folder = with_case();
    let lock = fs::File::open(folder.path().join("case/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    check(
        folder.path(),
        &["-C", "case", "capture", "good.txt"],
        3,
        &["another casefile program", "Wait until"],
    );
    check(folder.path(), &["-C", "case", "log"], 0, &["took in"]);
}

#[test]
fn a_reader_of_the_output_may_leave() {
    let folder = with_case();
    let pipe = format!(
        "{} -C case log --json | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_casefile")
    );
    let status =
        Command::new("bash").args(["-c", &pipe]).current_dir(folder.path()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn every_verb_has_an_example_and_json() {
    let folder = with_case();
    let dir = folder.path();
    for verb in [
        "init",
        "capture",
        "read",
        "figures",
        "show",
        "log",
        "export",
        "receipt",
        "verify",
        "rules",
        "demo",
        "completions",
    ] {
        let help = casefile(dir, &[verb, "--help"]);
        assert!(help.said.contains("Examples:"), "{verb}: {}", help.said);
    }
    let one = |args: &[&str]| {
        let out = casefile(dir, &[&["--json", "-C", "case"], args].concat());
        assert_eq!(out.code, 0, "{args:?}: {}", out.said);
        serde_json::from_str::<serde_json::Value>(&out.said).unwrap_or_else(|error| {
            let lines = out.said.lines().map(serde_json::from_str::<serde_json::Value>);
            assert!(lines.into_iter().all(|line| line.is_ok()), "{args:?}: {error}: {}", out.said);
            serde_json::Value::Null
        })
    };
    one(&["read"]);
    one(&["figures"]);
    one(&["show", "1"]);
    one(&["log"]);
    one(&["export", "bundle"]);
    assert_eq!(one(&["receipt", "receipts"])["records"], serde_json::json!([1, 2]));
    assert_eq!(one(&["verify"])["holds"], true);
    one(&["rules"]);
    assert_eq!(one(&["init", "new", "--unprotected"])["protected"], false);
    let demo = casefile(dir, &["--json", "demo", "shown"]);
    let steps: Vec<serde_json::Value> =
        demo.said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.last().unwrap()["results"][0]["holds"], true, "{}", demo.said);
    one(&["capture", "good.txt"]);
    let failed = casefile(dir, &["--json", "-C", "none", "log"]);
    let error: serde_json::Value = serde_json::from_str(&failed.said).unwrap();
    assert!(error["remedy"].as_str().unwrap().contains("casefile init"));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// `folder` and all folders in it, the outer before the inner.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let mut at = 0;
    while at < found.len() {
        for entry in fs::read_dir(&found[at]).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                found.push(entry.path());
            }
        }
        at += 1;
    }
    found
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
