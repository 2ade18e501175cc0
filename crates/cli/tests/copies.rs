//! Scrubs, mirrors and repairs as a person runs them, and killed at every step by which they change
//! anything.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Calls by which a run changes the disk, other than by creating files, which it then writes to.
const CALLS: [&str; 10] = [
    "write",
    "fsync",
    "syncfs",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "ftruncate",
];

/// What a run came to.
struct Run {
    code: Option<i32>,
    said: String,
}

fn run(command: &mut Command, folder: &Path) -> Run {
    let out = command
        .current_dir(folder)
        .env_remove("CASEFILE_PASSPHRASE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    Run { code: out.status.code(), said }
}

fn casefile(folder: &Path, args: &[&str]) -> Run {
    run(Command::new(env!("CARGO_BIN_EXE_casefile")).args(args), folder)
}

/// Runs `args`, and expects the exit code and all of `words` in what is said.
fn check(folder: &Path, args: &[&str], code: i32, words: &[&str]) -> String {
    let run = casefile(folder, args);
    assert_eq!(run.code, Some(code), "{args:?}: {}", run.said);
    for word in words {
        assert!(run.said.contains(word), "{args:?} does not say {word:?}: {}", run.said);
    }
    run.said
}

/// A folder with a case in `case` that has `items` items with withheld fields.
fn with_case(items: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["init", "case", "--unprotected"], 0, &[]);
    capture(folder.path(), "first", items);
    folder
}

fn capture(folder: &Path, name: &str, items: usize) {
    let inbox = folder.join(name);
    fs::create_dir(&inbox).unwrap();
    for item in 0..items {
        fs::write(inbox.join(format!("{item}.txt")), format!("{name} {item}: nobody was hurt\n"))
            .unwrap();
    }
    check(folder, &["-C", "case", "capture", "--collector", "A. Person", name], 0, &[]);
}

fn objects(case: &Path) -> Vec<PathBuf> {
    let listed = archive::objects::list(case).unwrap().into_iter();
    listed.map(|object| case.join(archive::layout::object(object.unwrap()))).collect()
}

fn spoil(file: &Path) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(file, bytes).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
}

fn has_strace() -> bool {
    let there = Command::new("strace").arg("-V").output().is_ok();
    if !there {
        println!("skipped: strace is not there");
    }
    there
}

/// Runs `args` with a kill at the `number`th time that a thread makes `call`; whether that came.
fn killed(folder: &Path, args: &[&str], call: &str, number: usize) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={number}");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "trace", "-e", &format!("trace={call}"), "-e", &inject]);
    let run = run(strace.arg(env!("CARGO_BIN_EXE_casefile")).args(args), folder);
    let trace = fs::read_to_string(folder.join("trace")).unwrap();
    let killed = trace.contains("killed by SIGKILL");
    assert_eq!(run.code.is_none(), killed, "{args:?}, {call} {number}: {}", run.said);
    killed
}

/// Calls `then` after a kill of `args` at every step by which it changes anything, in turn, in the
/// state that `before` makes; says how many there were.
fn kill_everywhere(
    folder: &Path,
    args: &[&str],
    before: &dyn Fn(),
    then: &mut dyn FnMut(&str),
) -> usize {
    let mut kills = 0;
    for call in CALLS {
        for number in 1.. {
            before();
            if !killed(folder, args, call, number) {
                break;
            }
            kills += 1;
            then(&format!("killed at {call} {number}"));
        }
    }
    kills
}

#[test]
fn a_scrub_finds_what_has_rotted_gone_missing_or_does_not_belong() {
    let folder = with_case(12);
    let (at, case) = (folder.path(), folder.path().join("case"));
    check(at, &["-C", "case", "scrub"], 0, &["WHOLE: 12 object(s)", "Record 13"]);
    check(at, &["-C", "case", "log"], 0, &["read all 12 objects again", "0 fault(s)"]);
    // The record's report is an object too.
    let objects = objects(&case);
    spoil(&objects[0]);
    fs::remove_file(&objects[1]).unwrap();
    fs::write(case.join("objects/stray"), "stray").unwrap();
    let words =
        ["NOT WHOLE", "object-damaged", "object-missing", "file-foreign", "last saw it whole at"];
    check(at, &["-C", "case", "scrub", "--json"], 1, &words[1..]);
    check(at, &["-C", "case", "scrub", "--unrecorded"], 1, &words);
    check(at, &["-C", "case", "log"], 0, &["2 fault(s), 1 notice(s)"]);
    let log = case.join("log/tile/0/000.p/15");
    spoil(&log);
    check(at, &["-C", "case", "scrub"], 1, &["tile-damaged", "NOT recorded"]);
    spoil(&log);
    let said = check(at, &["-C", "case", "scrub"], 1, &["before it was interrupted"]);
    assert!(!said.contains("tile-damaged"), "{said}");
    check(at, &["-C", "case", "scrub", "--rate", "quick"], 3, &["is no rate"]);
    check(at, &["scrub"], 3, &["is not a case"]);
    assert!(!at.join("derived").exists());
}

#[test]
fn a_scrub_killed_at_any_step_goes_on_and_is_recorded_once_it_has_ended() {
    if !has_strace() {
        return;
    }
    let folder = with_case(3);
    let (at, journal) = (folder.path(), folder.path().join("case/derived/scrub"));
    let scrub = ["-C", "case", "scrub"];
    let kills = kill_everywhere(at, &scrub, &|| {}, &mut |when| {
        check(at, &["-C", "case", "verify"], 0, &[]);
        // Whole lines after the one that begins the scrub: what need not be read again.
        let text = fs::read_to_string(&journal).unwrap_or_default();
        let now = text.split_once("began ").map_or("", |(_, now)| now);
        let whole = |line: &&str| line.len() == 85 && !text.contains("ended ");
        let seen = now.split('\n').rev().skip(1).filter(whole).count();
        let said = check(at, &scrub, 0, &["WHOLE", "Record "]);
        let expect = format!("{seen} of them before it was interrupted");
        assert_eq!(said.contains(&expect), seen > 0, "{when}: {text}\n{said}");
    });
    assert!(kills > 20, "{kills} kills");
}
