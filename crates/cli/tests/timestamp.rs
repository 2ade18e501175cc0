//! Timestamps from the request to the list, with an authority that openssl plays.
//!
//! Where the machine has no `openssl`, this says so and checks nothing; under CI that is a failure.

#![allow(missing_docs, clippy::panic, clippy::print_stderr, clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with a case of one item and the authorities of tests/authority.sh.
struct Stage(tempfile::TempDir);

impl Stage {
    fn new() -> Option<Self> {
        if let Err(error) = Command::new("openssl").arg("version").output() {
            assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
            eprintln!("skipped: openssl does not start: {error}");
            return None;
        }
        let stage = Self(tempfile::tempdir().unwrap());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/authority.sh");
        let made = Command::new("bash").arg(script).arg(stage.at("tsa")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::write(stage.at("report.txt"), "At least 4 people died in Norwick.\n").unwrap();
        stage.does(&["init", "case", "--unprotected"], &[]);
        stage.does(&["-C", "case", "capture", "report.txt"], &[]);
        Some(stage)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_casefile"))
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs, expects the exit code, and all of `words` in what is said.
    fn expect(&self, code: i32, args: &[&str], words: &[&str]) {
        let (found, said) = self.run(args);
        assert_eq!(found, code, "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?} does not say {word:?}: {said}");
        }
    }

    fn does(&self, args: &[&str], words: &[&str]) {
        self.expect(0, args, words);
    }

    fn stamp(&self, name: &str, query: &str, reply: &str) {
        let stamped = Command::new(self.at("tsa/stamp"))
            .arg(name)
            .args([self.at(query), self.at(reply)])
            .output()
            .unwrap();
        assert!(stamped.status.success(), "{}", String::from_utf8_lossy(&stamped.stderr));
    }

    fn add<'a>(&self, reply: &'a str) -> [&'a str; 9] {
        let (chain, crl) = ("tsa/root.pem", "tsa/crl.pem");
        ["-C", "case", "timestamp", "add", reply, "--chain", chain, "--crl", crl]
    }
}

#[test]
fn from_the_request_to_the_renewal() {
    let Some(stage) = Stage::new() else { return };
    let list = ["-C", "case", "timestamp"];
    let request = |out| ["-C", "case", "timestamp", "request", out];
    stage.does(&list, &["No checkpoint is stamped"]);
    stage.does(&request("now.tsq"), &["2 records", "record 2"]);
    stage.expect(3, &request("now.tsq"), &["now.tsq"]);
    stage.does(&list, &["waits for a reply", "No checkpoint is stamped"]);

    stage.stamp("one", "now.tsq", "one.tsr");
    stage.does(&stage.add("one.tsr"), &["record 3", "O=Example,CN=Clock one", "2031-01-01"]);
    stage.does(&list, &["1 authority: two are due"]);
    stage.expect(3, &stage.add("one.tsr"), &["kept already, as record 3"]);
    for (name, code) in [("expired", "certificate-expired"), ("revoked", "certificate-revoked")] {
        stage.stamp(name, "now.tsq", "bad.tsr");
        stage.expect(3, &stage.add("bad.tsr"), &[code, "Nothing was kept"]);
    }
    stage.stamp("two", "now.tsq", "two.tsr");
    let bare = ["-C", "case", "timestamp", "add", "two.tsr", "--chain", "tsa/root.pem"];
    stage.does(&bare, &["record 4", "no revocation list covers O=Example,CN=Clock two"]);
    stage.does(&list, &["2 authorities.", "no timestamp covers: 0"]);

    // Another case's checkpoint, and a file that is no reply at all.
    stage.does(&["init", "other", "--unprotected"], &[]);
    stage.does(&["-C", "other", "timestamp", "request", "other.tsq"], &[]);
    stage.stamp("one", "other.tsq", "other.tsr");
    stage.expect(3, &stage.add("other.tsr"), &["answers no request of this case"]);
    stage.expect(3, &stage.add("report.txt"), &["timestamp-form"]);
    let no_chain = ["-C", "case", "timestamp", "add", "two.tsr", "--chain", "report.txt"];
    stage.expect(3, &no_chain, &["certificate-form"]);

    let renew = [&request("renew.tsq")[..], &["--renew", "3"]].concat();
    stage.expect(3, &[&renew[..], &["--hash", "sha512"]].concat(), &["leave --hash out"]);
    stage.does(&renew, &["an older timestamp"]);
    stage.stamp("two", "renew.tsq", "renew.tsr");
    stage.does(&stage.add("renew.tsr"), &["record 6"]);
    stage.does(&list, &["renewing record 3"]);
    stage.does(&["-C", "case", "verify"], &["HOLDS"]);
    let said = stage.run(&["-C", "case", "timestamp", "--json"]).1;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["newest"]["two_authorities"], true);
    assert_eq!(said["requests"][0]["answers"].as_array().unwrap().len(), 2);
}

/// A token whose certificate ends soon is listed until its renewal is taken in.
#[test]
fn what_ends_soon_is_listed_until_it_is_renewed() {
    let Some(stage) = Stage::new() else { return };
    let list = ["-C", "case", "timestamp"];
    stage.does(&["-C", "case", "timestamp", "request", "now.tsq"], &[]);
    stage.stamp("brief", "now.tsq", "brief.tsr");
    stage.does(&stage.add("brief.tsr"), &["record 3"]);
    let due = "the certificate of O=Example,CN=Clock brief ends";
    stage.does(&list, &["Renew record 3 before", due, "--renew 3"]);
    stage.does(&["-C", "case", "timestamp", "request", "renew.tsq", "--renew", "3"], &[]);
    stage.does(&list, &["Renew record 3 before"]);
    stage.stamp("two", "renew.tsq", "two.tsr");
    stage.does(&stage.add("two.tsr"), &["record 5"]);
    let (code, said) = stage.run(&list);
    assert!(code == 0 && !said.contains("Renew record"), "{said}");
}

/// What openssl says of what we kept: the stamped checkpoint is an object, and so is the reply.
#[test]
fn what_is_kept_holds_for_openssl() {
    let Some(stage) = Stage::new() else { return };
    stage.does(&["-C", "case", "timestamp", "request", "now.tsq"], &[]);
    stage.stamp("two", "now.tsq", "two.tsr");
    stage.does(&stage.add("two.tsr"), &[]);
    let log = stage.run(&["-C", "case", "log", "--json"]).1;
    let object = |kind: &str, field: &str| {
        let mut records = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let record = records.find(|record: &serde_json::Value| record["type"] == kind).unwrap();
        let name = record[field]["sha256"].as_str().unwrap().to_string();
        stage.at("case/objects").join(&name[..2]).join(&name[2..])
    };
    let checkpoint = object("timestamp_request", "stamped");
    let reply = object("timestamp", "reply");
    let judged = |data: &Path| {
        let judged = Command::new("openssl")
            .args(["ts", "-verify", "-CAfile", "tsa/root.pem", "-data"])
            .arg(data)
            .arg("-in")
            .arg(&reply)
            .current_dir(stage.0.path())
            .output();
        judged.unwrap().status.success()
    };
    assert!(judged(&checkpoint));
    assert!(!judged(&stage.at("report.txt")));
}

/// Bundles carry tokens, chains, lists and the proof that the log continues what was stamped; a
/// verifier that is given roots says whether they vouch for the authorities.
#[test]
fn a_bundle_brings_its_timestamps() {
    let Some(stage) = Stage::new() else { return };
    stage.does(&["-C", "case", "timestamp", "request", "now.tsq"], &[]);
    stage.stamp("one", "now.tsq", "one.tsr");
    stage.does(&stage.add("one.tsr"), &[]);
    // Without a revocation list: such a record names none, and the bundle has no file of it.
    stage.stamp("two", "now.tsq", "two.tsr");
    stage.does(&stage.add("two.tsr")[..7], &[]);
    stage.does(&["-C", "case", "export", "bundle"], &[]);
    stage.does(&["-C", "case", "export", "bundle.zip"], &[]);
    let unchecked = ["bundle-timestamp-unchecked", "The first 2 records existed by", "own word"];
    stage.does(&["verify", "bundle"], &unchecked);
    assert_ne!(python(&stage.at("bundle")), Some(false));
    let roots = ["--tsa-roots", "tsa/root.pem"];
    for bundle in ["bundle", "bundle.zip"] {
        let words = ["O=Example,CN=Clock two, whom a given root vouches for"];
        stage.does(&[&["verify", bundle][..], &roots].concat(), &words);
    }
    let other = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-keyout", "other.key", "-out", "other.pem", "-subj", "/CN=Other Root"])
        .current_dir(stage.0.path())
        .output();
    assert!(other.unwrap().status.success());
    let words = ["bundle-timestamp-untrusted", "certificate-chain-missing", "NO given root"];
    stage.expect(1, &["verify", "bundle", "--tsa-roots", "other.pem"], &words);

    let folder = stage.at("bundle/log/timestamps");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|one| one.unwrap().path()).collect();
    names.sort();
    let said: Vec<_> = names.iter().filter_map(|name| name.file_name()?.to_str()).collect();
    let due = "00000002.consistency 00000002.request 00000002.stamped 00000003.certificates \
               00000003.reply 00000003.revocations 00000004.certificates 00000004.reply";
    assert_eq!(said.join(" "), due);
    for path in &names {
        let kept = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        stage.expect(1, &["verify", "bundle"], &["FAULT   bundle-timestamp  "]);
        assert_ne!(python(&stage.at("bundle")), Some(true), "{}", path.display());
        let mut changed = kept.clone();
        changed[kept.len() / 2] ^= 1;
        fs::write(path, changed).unwrap();
        stage.expect(1, &["verify", "bundle"], &["FAULT   bundle-timestamp  "]);
        fs::write(path, kept).unwrap();
    }
    fs::write(folder.join("00000009.reply"), "added").unwrap();
    stage.expect(1, &["verify", "bundle"], &["FAULT   bundle-timestamp  ", "bundle-file-unlisted"]);
    fs::remove_file(folder.join("00000009.reply")).unwrap();
    for leaf in ["00000002", "00000003"] {
        let paths = ["leaves", "proofs"].map(|kind| {
            let ending = if kind == "leaves" { "leaf" } else { "tlog-proof" };
            stage.at(&format!("bundle/log/{kind}/{leaf}.{ending}"))
        });
        let kept = paths.clone().map(|path| fs::read(path).unwrap());
        paths.iter().for_each(|path| fs::remove_file(path).unwrap());
        stage.expect(1, &["verify", "bundle"], &["FAULT   bundle-timestamp  "]);
        paths.iter().zip(kept).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
    stage.does(&["verify", "bundle"], &["HOLDS"]);

    // What came in after the timestamp, it does not cover.
    fs::write(stage.at("later.txt"), "A later report.\n").unwrap();
    stage.does(&["-C", "case", "capture", "later.txt"], &[]);
    stage.does(&["-C", "case", "timestamp"], &["no timestamp covers: 3"]);
    stage.does(&["-C", "case", "export", "later"], &[]);
    stage.does(&["verify", "later"], &["notice  bundle-timestamp-short", "1 record(s)"]);
}

/// Whether the verifier in Python accepts a bundle; `None` where there is no Python.
fn python(bundle: &Path) -> Option<bool> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/verify.py");
    match Command::new("python3").arg(script).arg(bundle).output() {
        Ok(said) => Some(said.status.success()),
        Err(error) => {
            eprintln!("skipped: python3 does not start: {error}");
            None
        }
    }
}

/// Whether Bouncy Castle finds the record to be about the object; `None` where it is not installed.
fn bouncy_castle(record: &Path, object: &Path) -> Option<bool> {
    let jars = ["bcpkix", "bcprov", "bcutil"].map(|name| format!("/usr/share/java/{name}.jar"));
    if jars.iter().any(|jar| !Path::new(jar).exists()) {
        eprintln!("skipped: Bouncy Castle (libbcpkix-java) is not there");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/Evidence.java");
    let mut java = Command::new("java");
    java.arg("-cp").arg(jars.join(":")).arg(script).arg(object).arg(record);
    match java.output() {
        Ok(said) => Some(said.status.success()),
        Err(error) => {
            eprintln!("skipped: java does not start: {error}");
            None
        }
    }
}

/// An evidence record of each item, by one token for all; then renewed, then under SHA-512.
#[test]
fn evidence_records_are_made_renewed_and_judged() {
    let Some(stage) = Stage::new() else { return };
    for name in ["b", "c", "d", "e"] {
        fs::write(stage.at(name), format!("The report {name}.\n")).unwrap();
        stage.does(&["-C", "case", "capture", name], &[]);
    }
    let request = |options: &[&str]| {
        let _ = fs::remove_file(stage.at("now.tsq"));
        stage.does(&[&["-C", "case", "timestamp", "request", "now.tsq"], options].concat(), &[]);
    };
    let answer = |name, leaf: &str| {
        stage.stamp(name, "now.tsq", "reply.tsr");
        stage.does(&stage.add("reply.tsr"), &[leaf]);
    };
    request(&["--items"]);
    answer("one", "record 7");
    let exported = |out: &str| {
        stage.does(&["-C", "case", "export", out], &[]);
        let roots = ["verify", out, "--tsa-roots", "tsa/root.pem"];
        stage.does(&roots, &["5 exhibit(s) have an evidence record", "HOLDS"]);
        assert_ne!(python(&stage.at(out)), Some(false), "{out}");
        let record = stage.at(out).join("log/evidence/000003.ers");
        let items = stage.at(out).join("data/items");
        if bouncy_castle(&record, &items.join("000003-c")) == Some(false) {
            panic!("Bouncy Castle refuses the record in {out}");
        }
        assert_ne!(bouncy_castle(&record, &items.join("000004-d")), Some(true), "{out}");
    };
    exported("first");
    request(&["--renew", "7"]);
    answer("two", "record 10");
    exported("renewed");
    request(&["--renew", "10", "--hash", "sha512"]);
    answer("two", "record 13");
    exported("under-sha512");
    request(&["--renew", "13"]);
    answer("one", "record 16");
    exported("renewed-again");
    stage.does(&["-C", "case", "verify"], &["HOLDS"]);

    // Each token counts: a byte anywhere in a record, and the object itself.
    let path = stage.at("renewed-again/log/evidence/000003.ers");
    let kept = fs::read(&path).unwrap();
    // And every tag of a choice or of a long part: one thing must not pass for another.
    let tags =
        (0..kept.len()).filter(|at| kept[*at] == 0xa0 || kept[*at..].starts_with(&[0x30, 0x82]));
    for at in (1..16).map(|part| kept.len() * part / 16).chain(tags) {
        let mut changed = kept.clone();
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        stage.expect(1, &["verify", "renewed-again"], &["FAULT   bundle-evidence  "]);
    }
    fs::copy(stage.at("renewed-again/log/evidence/000004.ers"), &path).unwrap();
    stage.expect(1, &["verify", "renewed-again"], &["evidence-object"]);
    fs::write(&path, &kept).unwrap();
    fs::write(stage.at("renewed-again/log/evidence/000009.ers"), &kept).unwrap();
    stage.expect(1, &["verify", "renewed-again"], &["of no exhibit"]);
}
