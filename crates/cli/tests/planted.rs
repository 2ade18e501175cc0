//! Cases, mirrors and sticks that somebody prepared: links that lead elsewhere, pipes that never
//! end, folders in the way. Nothing outside is touched, nothing passes for what it is not.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod program;
#[allow(dead_code, reason = "this test needs a part of it")]
mod strace;

use program::{check, run};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use strace::has_strace;

/// A folder with a case in `case` that has one item, and a folder `theirs` with a file and a folder
/// that are nobody's to touch.
fn with_case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    check(at, &["init", "case", "--unprotected"], 0, &[]);
    capture(at, "report.txt");
    fs::create_dir_all(at.join("theirs/letters")).unwrap();
    for kept in KEPT {
        fs::write(at.join(kept), "theirs").unwrap();
    }
    folder
}

const KEPT: [&str; 2] = ["theirs/keep.txt", "theirs/letters/keep.txt"];

fn capture(at: &Path, name: &str) {
    fs::write(at.join(name), format!("{name}: at least 4 people died in Norwick.\n")).unwrap();
    check(at, &["-C", "case", "capture", name], 0, &[]);
}

/// Puts a link to `theirs` in the place of a folder.
fn plant(at: &Path, place: &str) {
    let place = at.join(place);
    fs::remove_dir(&place).unwrap();
    symlink(at.join("theirs"), &place).unwrap();
}

fn nothing_of_theirs_was_touched(at: &Path) {
    for kept in KEPT {
        assert_eq!(fs::read_to_string(at.join(kept)).unwrap(), "theirs", "{kept}");
    }
    assert_eq!(fs::read_dir(at.join("theirs")).unwrap().count(), 2);
}

fn object(at: &Path) -> PathBuf {
    let object = archive::objects::list(&at.join("case")).unwrap().remove(0).unwrap();
    at.join("case").join(archive::layout::object(object))
}

#[test]
fn what_a_link_leads_to_is_not_cleared_away() {
    for (mirror, place) in [
        (None, "case/objects/incoming"),
        (Some(&["m"][..]), "m/objects/incoming"),
        (Some(&["--ocfl", "m"]), "m/incoming"),
    ] {
        let folder = with_case();
        let at = folder.path();
        let args = [&["-C", "case", "mirror"], mirror.unwrap_or_default()].concat();
        check(at, &args, 0, &[]);
        if mirror.is_some() {
            capture(at, "second.txt");
        }
        plant(at, place);
        let args = if mirror.is_some() { args } else { vec!["-C", "case", "read"] };
        check(at, &args, 3, &["stands in the place of a folder of ours"]);
        nothing_of_theirs_was_touched(at);
    }
}

#[test]
fn an_erasure_overwrites_nothing_behind_a_link() {
    let folder = with_case();
    let at = folder.path();
    let key = age::x25519::Identity::generate().to_public().to_string();
    fs::write(at.join("secret.txt"), "Where the two families hide.\n").unwrap();
    let sealed = ["-C", "case", "capture", "secret.txt", "--sealed", "--recipient", &key];
    check(at, &sealed, 0, &[]);
    let names = archive::objects::names(&at.join("case/private/sealed")).unwrap();
    let key_file = at.join("case/private/sealed").join(&names[0]);
    fs::remove_file(&key_file).unwrap();
    symlink(at.join(KEPT[0]), &key_file).unwrap();
    check(at, &["-C", "case", "erase", "2", "--reason", "consent withdrawn"], 0, &["Erased"]);
    assert!(key_file.symlink_metadata().is_err());
    nothing_of_theirs_was_touched(at);
}

/// What a leftover of a mirror says of where it belongs is not followed out of the storage root.
#[test]
fn nothing_is_put_outside_of_a_storage_root() {
    let folder = with_case();
    let at = folder.path();
    let mirror = ["-C", "case", "mirror", "--ocfl", "m"];
    check(at, &mirror, 0, &[]);
    let left = at.join("m/incoming/1");
    fs::create_dir_all(&left).unwrap();
    for (name, text) in [
        ("where", at.join("theirs").to_str().unwrap()),
        ("inventory.json", "{}"),
        ("inventory.json.sha512", "0"),
    ] {
        fs::write(left.join(name), text).unwrap();
    }
    check(at, &mirror, 0, &[]);
    nothing_of_theirs_was_touched(at);
}

#[test]
fn a_version_that_no_inventory_speaks_of_is_in_the_way_and_said() {
    let folder = with_case();
    let at = folder.path();
    let mirror = ["-C", "case", "mirror", "--ocfl", "m"];
    check(at, &mirror, 0, &[]);
    let files = archive::log::list_files(&at.join("m/ocfl")).unwrap();
    let head = files.iter().find(|path| path.ends_with("v1/content/VERSION")).unwrap();
    let object = head.strip_suffix("v1/content/VERSION").unwrap();
    fs::create_dir(at.join("m/ocfl").join(object).join("v2")).unwrap();
    capture(at, "second.txt");
    check(at, &mirror, 3, &["something stands where the next version"]);
    check(at, &["-C", "case", "mirror", "m", "--compare"], 0, &["behind by 1"]);
    fs::remove_dir(at.join("m/ocfl").join(object).join("v2")).unwrap();
    check(at, &mirror, 0, &["up to date: 3 record(s)"]);
    check(at, &["verify", "m"], 0, &["HOLDS"]);
}

#[test]
fn a_link_or_a_pipe_is_no_object() {
    let folder = with_case();
    let at = folder.path();
    let object = object(at);
    // The very bytes, but elsewhere: whoever copies the case does not get them.
    fs::rename(&object, at.join("elsewhere")).unwrap();
    symlink(at.join("elsewhere"), &object).unwrap();
    check(at, &["verify", "case"], 1, &["FAULT", "no plain file"]);
    check(at, &["-C", "case", "export", "out"], 3, &["no plain file"]);
    fs::remove_file(&object).unwrap();
    assert!(Command::new("mkfifo").arg(&object).status().unwrap().success());
    check(at, &["verify", "case"], 1, &["FAULT", "no plain file"]);
    // Nor is a folder of the log one that leads back to itself.
    symlink(at.join("case/log"), at.join("case/log/one")).unwrap();
    symlink(at.join("case/log"), at.join("case/log/two")).unwrap();
    check(at, &["verify", "case"], 1, &["log/one", "log/two"]);
}

/// Whatever of a case cannot be opened, what was not looked at does not pass.
#[test]
fn a_check_that_could_not_look_at_something_does_not_pass() {
    if !has_strace() {
        return;
    }
    let folder = with_case();
    let at = folder.path();
    check(at, &["-C", "case", "read"], 0, &[]);
    check(at, &["-C", "case", "scrub"], 0, &[]);
    let mut fired = 0;
    for number in 1.. {
        let inject = format!("inject=openat:error=EIO:when={number}");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "trace", "-e", "trace=openat", "-e", &inject]);
        let verify = run(strace.args([env!("CARGO_BIN_EXE_casefile"), "verify", "case"]), at);
        let trace = fs::read_to_string(at.join("trace")).unwrap();
        let Some(failed) = trace.lines().find(|line| line.contains("(INJECTED)")) else { break };
        if failed.contains("\"case") {
            fired += 1;
            assert!(matches!(verify.code, Some(1 | 3)), "{failed}: {}", verify.said);
        }
    }
    println!("{fired} files of a case could not be opened");
    assert!(fired > 10, "{fired}");
}
