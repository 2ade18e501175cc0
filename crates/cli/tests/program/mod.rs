//! Runs the program as a person does, for the tests beside this folder.

use std::path::Path;
use std::process::{Command, Stdio};

/// What a run came to.
pub(crate) struct Run {
    /// Exit code; none where it was killed.
    pub(crate) code: Option<i32>,
    /// What it wrote, to standard output and then to standard error.
    pub(crate) said: String,
}

/// Runs `command` in `folder`.
pub(crate) fn run(command: &mut Command, folder: &Path) -> Run {
    let out = command
        .current_dir(folder)
        .env_remove("CASEFILE_PASSPHRASE")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    Run { code: out.status.code(), said }
}

/// Runs casefile in `folder`.
pub(crate) fn casefile(folder: &Path, args: &[&str]) -> Run {
    run(Command::new(env!("CARGO_BIN_EXE_casefile")).args(args), folder)
}

/// Runs `args`, and expects the exit code and all of `words` in what is said.
pub(crate) fn check(folder: &Path, args: &[&str], code: i32, words: &[&str]) -> String {
    let run = casefile(folder, args);
    assert_eq!(run.code, Some(code), "{args:?}: {}", run.said);
    for word in words {
        assert!(run.said.contains(word), "{args:?} does not say {word:?}: {}", run.said);
    }
    run.said
}
