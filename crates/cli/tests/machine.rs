//! What a machine does to a case beyond what `crates/faults` injects: its clock jumps, a real disk
//! fills up, two programs write at once.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod program;

use program::{Run, casefile, check, run};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn with_case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["init", "case", "--unprotected"], 0, &[]);
    fs::write(folder.path().join("report.txt"), "At least 4 people died in Norwick.\n").unwrap();
    folder
}

/// Runs the program with the machine's clock off by `shift`; `None` where nothing can shift it.
fn at_time(folder: &Path, shift: &str, args: &[&str]) -> Option<Output> {
    let program = env!("CARGO_BIN_EXE_casefile");
    let run = Command::new("faketime")
        .args(["-f", shift, program, "-C", "case"])
        .args(args)
        .current_dir(folder)
        .output();
    match run {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
            eprintln!("skipped: faketime does not start: {error}");
            None
        }
    }
}

/// A clock that goes back, and one that runs ahead: nothing is refused, since the order of records
/// is what is proved; what is dated before what stands before it is said, in the case and to
/// whoever gets a bundle.
#[test]
fn a_clock_jumps() {
    let folder = with_case();
    let at = folder.path();
    for (shift, args) in [("-2y", ["capture", "report.txt"]), ("+3y", ["read", "--quiet"])] {
        let Some(done) = at_time(at, shift, &args) else { return };
        assert!(done.status.success(), "{shift}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let log = check(at, &["-C", "case", "log", "--json"], 0, &[]);
    let year = |line: &str| line.split("\"time\":\"").nth(1).unwrap()[..4].parse::<i32>().unwrap();
    let years: Vec<i32> = log.lines().map(year).collect();
    assert!(years[1] < years[0] && years[0] < years[2], "the clock was not off: {years:?}");

    check(at, &["-C", "case", "scrub"], 0, &[]);
    // Before the record that opens the case; and before the reading, which is post-dated.
    let said = ["HOLDS", "time-backwards", "leaf 1", "leaf 3"];
    check(at, &["-C", "case", "verify"], 0, &said);
    check(at, &["-C", "case", "export", "out"], 0, &[]);
    let said = ["HOLDS", "bundle-time-backwards", "log/leaves/00000001.leaf"];
    check(at, &["verify", "out"], 0, &said);
    // A scrub goes on by places in its journal, and an interrupted one from years ahead too.
    let Some(done) = at_time(at, "+3y", &["scrub"]) else { return };
    assert!(done.status.success());
    check(at, &["-C", "case", "scrub"], 0, &["WHOLE"]);
}

/// Whatever would write is refused while another program does, and has changed nothing.
#[test]
fn a_second_writer_is_refused() {
    let folder = with_case();
    let at = folder.path();
    check(at, &["-C", "case", "capture", "report.txt"], 0, &[]);
    fs::create_dir(at.join("guard")).unwrap();
    let log = fs::read(at.join("case/log/checkpoint")).unwrap();
    for args in [
        &["capture", "report.txt"][..],
        &["read"],
        &["export", "out"],
        &["receipt", "out"],
        &["actor", "enrol", "Ben", "--unprotected"],
        &["actor", "two-person", "on"],
        &["timestamp", "request", "out.tsq"],
        &["mirror", "--guard", "guard"],
    ] {
        // The lock, held by `flock` for as long as the program runs.
        let mut locked = Command::new("flock");
        let program = env!("CARGO_BIN_EXE_casefile");
        locked.args(["case/lock", program, "-C", "case"]).args(args);
        let Run { code, said } = run(&mut locked, at);
        assert_eq!(code, Some(3), "{args:?}: {said}");
        assert!(said.contains("another casefile program"), "{args:?}: {said}");
        assert!(!at.join("out").exists() && !at.join("out.tsq").exists(), "{args:?}");
    }
    assert_eq!(fs::read(at.join("case/log/checkpoint")).unwrap(), log);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
}

/// Many programs at once: each waits or is refused, and in the end every item is on record once.
#[test]
fn many_writers_take_turns() {
    let folder = with_case();
    let at = folder.path();
    let names: Vec<String> = (0..6).map(|number| format!("{number}.txt")).collect();
    names.iter().for_each(|name| fs::write(at.join(name), name).unwrap());
    std::thread::scope(|threads| {
        for name in &names {
            threads.spawn(move || while !takes_in(at, name) {});
        }
    });
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "7 record(s) and 6 object(s)"]);
}

/// Whether an item was taken in; else another program was writing just then.
fn takes_in(folder: &Path, name: &str) -> bool {
    let Run { code, said } = casefile(folder, &["-C", "case", "capture", name]);
    let refused = code == Some(3) && said.contains("another casefile program");
    assert!(refused || code == Some(0), "{name}: {said}");
    code == Some(0)
}

/// A disk that is really full, at many places of a capture and an export: named, with what to do;
/// what was acknowledged is there, and with room the same command comes to its end.
#[test]
fn a_disk_is_full() {
    let program = env!("CARGO_BIN_EXE_casefile");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/full.sh");
    let run = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "bash"]).args(words).output()
    };
    let can_mount =
        run(&["-c", "mount -t tmpfs none /mnt"]).is_ok_and(|done| done.status.success());
    if !can_mount {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let done = run(&[script.to_str().unwrap(), program]).unwrap();
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{said}");
    // Of the sizes tried some were too small for the one, and some for the other.
    for fired in ["capture was stopped", "export was stopped", "all went through"] {
        assert!(said.contains(fired), "nothing of this kind: {fired}\n{said}");
    }
}
