//! The reader's own process: it gives up files and network before it looks at a byte.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::process::Command;

#[test]
fn a_reader_confines_itself_before_it_reads() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: strace is not there");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r.txt"), "At least 4 people died in Norwick.\n").unwrap();
    let status = Command::new("strace")
        .args([
            "-f",
            "-o",
            "trace",
            "-e",
            "trace=landlock_restrict_self,prlimit64,read,openat,socket",
        ])
        .args([env!("CARGO_BIN_EXE_casefile"), "read", "--stdout", "r.txt"])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let trace = fs::read_to_string(folder.path().join("trace")).unwrap();
    let confined = trace.lines().position(|line| line.contains("landlock_restrict_self"));
    let Some(confined) = confined else { panic!("no reader confined itself:\n{trace}") };
    let lines: Vec<&str> = trace.lines().collect();
    assert!(lines[confined].contains("= 0"), "{}", lines[confined]);
    let reader = lines[confined].split_whitespace().next().unwrap();
    let own = |line: &&&str| line.split_whitespace().next() == Some(reader);
    assert!(lines[..confined].iter().filter(own).any(|line| line.contains("RLIMIT_AS")));
    // The first byte of the item is read after that, and no file is opened any more.
    let after: Vec<_> = lines[confined..].iter().filter(own).collect();
    assert!(after.iter().any(|line| line.contains("read(0")), "{trace}");
    assert!(
        !after.iter().any(|line| line.contains("openat(") || line.contains("socket(")),
        "{trace}"
    );
    assert!(!lines[..confined].iter().filter(own).any(|line| line.contains("read(0")), "{trace}");
}
