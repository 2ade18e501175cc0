//! Several people and machines in one case, as they work: each signs with a key of their own.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod program;

use program::{check, run};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A case of Ida's with one report in it: leaves 0 to 2.
fn case() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    check(at, &["init", "case", "--actor", "Ida", "--unprotected"], 0, &[]);
    fs::write(at.join("report.txt"), "At least 4 people died in Norwick.\n").unwrap();
    let capture = ["-C", "case", "capture", "--collector", "A. Person", "report.txt"];
    check(at, &capture, 0, &[]);
    check(at, &["-C", "case", "read"], 0, &[]);
    folder
}

/// A verb in the case.
fn at(folder: &Path, args: &[&str], code: i32, words: &[&str]) -> String {
    check(folder, &[&["-C", "case"], args].concat(), code, words)
}

fn holds(folder: &Path) {
    at(folder, &["verify"], 0, &[]);
}

#[test]
fn each_signs_with_a_key_of_their_own() {
    let folder = case();
    let folder = folder.path();
    fs::write(folder.join("bens"), "a sentence of Ben's\n").unwrap();
    let enrol = ["actor", "enrol", "Ben", "--new-passphrase-file", "../bens"];
    check(&folder.join("case"), &enrol, 0, &["On record: 3"]);
    let machine = ["actor", "enrol", "nightly", "--machine", "--unprotected"];
    at(folder, &machine, 0, &["On record: 4"]);
    fs::write(folder.join("second.txt"), "12 people were hurt.\n").unwrap();
    let bens = ["--as", "Ben", "--passphrase-file", "bens"];
    at(folder, &[&bens[..], &["capture", "second.txt"]].concat(), 0, &["kept"]);
    at(folder, &["--as", "nightly", "read"], 0, &[]);
    at(folder, &["--as", "nightly", "actor", "two-person", "on"], 3, &["a machine decides"]);
    at(folder, &["--as", "Eva", "read", "--again"], 3, &["has no key that may sign"]);
    let list = at(folder, &["actor", "list"], 0, &["Ida: SHA256:", "nightly, a machine"]);
    assert_eq!(list.lines().count(), 4, "{list}");
    holds(folder);

    let export = [&bens[..], &["export", "bundle"]].concat();
    at(folder, &export, 0, &[]);
    let bundle = folder.join("bundle");
    let signers = fs::read_to_string(bundle.join("log/allowed_signers")).unwrap();
    assert_eq!(signers.lines().count(), 3, "{signers}");
    check(folder, &["verify", "bundle"], 0, &[]);

    at(folder, &["actor", "revoke", "Ben", "--reason", "laptop stolen", "--from", "5"], 0, &[]);
    let refused = [&bens[..], &["capture", "second.txt"]].concat();
    at(folder, &refused, 3, &["has no key that may sign"]);
    at(folder, &["verify"], 0, &["actor-disbelieved", "laptop stolen"]);
    at(folder, &["actor", "list"], 0, &["revoked at record 8 (laptop stolen)", "from record 5"]);
    at(folder, &["export", "later"], 0, &[]);
    check(folder, &["verify", "later"], 0, &["bundle-leaf-disbelieved"]);
    check(folder, &["verify", "bundle"], 0, &[]);
}

#[test]
fn a_key_is_changed_and_nothing_is_lost() {
    let folder = case();
    let folder = folder.path();
    at(folder, &["actor", "rotate", "Ida", "--unprotected"], 0, &["On record: 3 4"]);
    at(folder, &["read", "--again"], 0, &[]);
    at(folder, &["actor", "list"], 0, &["revoked at record 4"]);
    at(folder, &["export", "bundle"], 0, &[]);
    check(folder, &["verify", "bundle"], 0, &[]);
    holds(folder);
    check(folder, &["-C", "case", "mirror", "copy", "--with-private"], 0, &[]);
    fs::remove_dir_all(folder.join("case/private/actors")).unwrap();
    at(folder, &["read", "--again"], 3, &["has no key that may sign"]);
    at(folder, &["verify"], 0, &[]);
}

#[test]
fn two_persons_sign_what_weighs() {
    let folder = case();
    let folder = folder.path();
    at(folder, &["actor", "two-person", "on"], 3, &["fewer than two persons"]);
    for name in ["Ben", "Eva"] {
        at(folder, &["actor", "enrol", name, "--unprotected"], 0, &[]);
    }
    at(folder, &["actor", "two-person", "on"], 0, &["On record: 5"]);
    let enrol = ["actor", "enrol", "Zoe", "--unprotected"];
    at(folder, &enrol, 0, &["On record: 6", "approve 6"]);
    at(folder, &["--as", "Zoe", "read", "--again"], 3, &["has no key that may sign"]);
    at(folder, &["actor", "list"], 0, &["6  awaits approval: Ida enrolled a key of", "Zoe"]);
    at(folder, &["approve", "6"], 3, &["by the person who recorded the act"]);
    at(folder, &["--as", "Ben", "approve", "6"], 0, &["On record: 7"]);
    at(folder, &["--as", "Eva", "approve", "6"], 3, &["awaits no approval"]);
    at(folder, &["--as", "Zoe", "read", "--again"], 0, &[]);

    let disclose = ["export", "bundle", "--disclose", "collector"];
    at(folder, &disclose, 3, &["a second person must approve", "record 9"]);
    at(folder, &disclose, 3, &["record 9"]);
    at(folder, &["--as", "Ben", "approve", "9"], 0, &[]);
    at(folder, &["--as", "Eva", "export", "bundle", "--disclose", "collector"], 0, &[]);
    check(folder, &["verify", "bundle"], 0, &[]);
    let again = ["export", "again", "--disclose", "collector"];
    at(folder, &again, 3, &["a second person must approve"]);
    at(folder, &["export", "plain"], 0, &[]);
    holds(folder);
}

/// A key that an ssh-agent holds: casefile never sees the secret.
#[test]
fn an_ssh_agent_signs() {
    let folder = case();
    let folder = folder.path();
    let socket = folder.join("agent.socket");
    let started =
        Command::new("ssh-agent").args(["-D", "-a"]).arg(&socket).stdout(Stdio::null()).spawn();
    let mut agent = match started {
        Ok(agent) => agent,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
            eprintln!("skipped: ssh-agent does not start: {error}");
            return;
        }
    };
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "bens laptop", "-f"])
        .arg(folder.join("key"))
        .status();
    assert!(made.unwrap().success());
    let with_agent = |args: &[&str]| {
        let program = env!("CARGO_BIN_EXE_casefile");
        let mut command = Command::new(program);
        run(command.args(["-C", "case"]).args(args).env("SSH_AUTH_SOCK", &socket), folder)
    };
    let enrol = ["actor", "enrol", "Ben", "--key", "key.pub", "--unprotected"];
    at(folder, &enrol, 0, &["On record: 3"]);
    let read = ["--as", "Ben", "read", "--again"];
    // Until the agent is there and has the key.
    while Command::new("ssh-add").arg("-l").env("SSH_AUTH_SOCK", &socket).status().unwrap().code()
        == Some(2)
    {
        assert!(agent.try_wait().unwrap().is_none(), "ssh-agent ended");
        std::thread::yield_now();
    }
    let without = with_agent(&read);
    let added = Command::new("ssh-add")
        .args(["-q"])
        .arg(folder.join("key"))
        .env("SSH_AUTH_SOCK", &socket)
        .status();
    let with = with_agent(&read);
    let exported = with_agent(&["--as", "Ben", "export", "bundle"]);
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(added.unwrap().success());
    assert_eq!(without.code, Some(3), "{}", without.said);
    assert!(without.said.contains("it does not sign with SHA256:"), "{}", without.said);
    assert_eq!(with.code, Some(0), "{}", with.said);
    assert_eq!(exported.code, Some(0), "{}", exported.said);
    let gone = with_agent(&read);
    assert_eq!(gone.code, Some(3), "{}", gone.said);
    holds(folder);
    check(folder, &["verify", "bundle"], 0, &[]);
}
