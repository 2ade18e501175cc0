//! Runs the program with a kill at each step by which it changes anything, for the tests beside this
//! folder.

use crate::program::run;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Calls by which a run changes the disk, other than by creating files, which it then writes to.
pub(crate) const CALLS: [&str; 10] = [
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

pub(crate) fn copy_all(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

pub(crate) fn remove_all(path: &Path) {
    if path.exists() {
        fs::remove_dir_all(path).unwrap();
    }
}

pub(crate) fn has_strace() -> bool {
    let there = Command::new("strace").arg("-V").output().is_ok();
    if !there {
        println!("skipped: strace is not there");
    }
    there
}

/// Runs `args` with a kill at the `number`th time that a thread makes `call`; whether that came.
pub(crate) fn killed(folder: &Path, args: &[&str], call: &str, number: usize) -> bool {
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
pub(crate) fn kill_everywhere(
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
