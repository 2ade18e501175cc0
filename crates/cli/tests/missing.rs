//! A missing proof must fail: of a bundle that has every kind of file there is, each file taken away,
//! emptied, or in the place of its counterpart in another valid bundle of the same case; and each
//! folder of them too. None of it passes, and what is gone is named.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod program;

use program::check;
use record::{Finding, Grade};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of a bundle, by their paths.
type Files = BTreeMap<String, Vec<u8>>;

const COSIGNER: &str = "cosigner.example";

/// What every bundle here must have a file of, so that nothing is left untried.
const KINDS: [&str; 12] = [
    "data/items/",
    "data/readings/",
    "log/leaves/",
    "log/proofs/",
    "log/cosigned/",
    "log/timestamps/",
    "log/evidence/",
    "log/allowed_signers",
    "log/policy",
    "premis.xml",
    "exhibits.jsonl",
    "openings.jsonl",
];

/// A case of two people with an open item, a sealed one, timestamps by two authorities and a
/// cosigner, in `folder`.
fn begin(folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/authority.sh");
    let made = Command::new("bash").arg(script).arg(folder.join("tsa")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = age::x25519::Identity::generate();
    fs::write(folder.join("me"), age::secrecy::ExposeSecret::expose_secret(&key.to_string()))
        .unwrap();
    does(folder, &["init", "case", "--unprotected", "--actor", "Ida"]);
    let report = "At least 4 people died in Norwick.\n";
    capture(folder, "report.txt", report, &["--source", "Canal Post"]);
    let recipient = key.to_public().to_string();
    capture(folder, "plain.txt", "Where they hide.\n", &["--sealed", "--recipient", &recipient]);
    does(folder, &["-C", "case", "actor", "enrol", "Ben", "--unprotected"]);
    does(folder, &["cosigner", "new", "seat", "--name", COSIGNER, "--unprotected"]);
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    does(folder, &["cosigner", "know", "seat", text("case/log/vkey").trim_end()]);
    does(folder, &["-C", "case", "cosign", "name", text("seat/vkey").trim_end()]);
}

/// Everything that there is to be proved is proved, and a bundle made in the name of Ben.
fn export(folder: &Path, name: &str) -> PathBuf {
    does(folder, &["-C", "case", "read"]);
    let file = |what: &str| format!("{name}.{what}");
    for (number, (authority, items)) in
        [("one", &[][..]), ("two", &[]), ("one", &["--items"])].into_iter().enumerate()
    {
        let (query, reply) = (file(&format!("{number}.tsq")), file(&format!("{number}.tsr")));
        does(folder, &[&["-C", "case", "timestamp", "request", &query], items].concat());
        let mut stamp = Command::new(folder.join("tsa/stamp"));
        assert!(
            stamp.current_dir(folder).args([authority, &query, &reply]).status().unwrap().success()
        );
        let (chain, crl) = ("tsa/root.pem", "tsa/crl.pem");
        let add = ["-C", "case", "timestamp", "add", &reply, "--chain", chain, "--crl", crl];
        does(folder, &add);
    }
    let (request, answer) = (file("request"), file("answer"));
    does(folder, &["-C", "case", "cosign", "ask", COSIGNER, &request]);
    does(folder, &["cosigner", "sign", "seat", &request, &answer]);
    does(folder, &["-C", "case", "cosign", "add", &answer]);
    let disclose = ["--disclose", "collector", "--disclose", "key", "--identity", "me"];
    does(folder, &[&["-C", "case", "--as", "Ben", "export", name], &disclose[..]].concat());
    folder.join(name)
}

fn does(folder: &Path, args: &[&str]) {
    check(folder, args, 0, &[]);
}

fn capture(folder: &Path, name: &str, text: &str, more: &[&str]) {
    fs::write(folder.join(name), text).unwrap();
    let collector = ["-C", "case", "capture", name, "--collector", "A. Person"];
    does(folder, &[&collector[..], more].concat());
}

fn files(root: &Path) -> Files {
    let paths = verifier::zipped::files(root).unwrap();
    paths.into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

fn faults(root: &Path) -> Vec<Finding> {
    let mut findings = verifier::verify(root, None).unwrap().findings;
    findings.retain(|finding| finding.grade == Grade::Fault);
    findings
}

/// Puts `bytes` in the place of a file, or takes it away.
fn put(root: &Path, path: &str, bytes: Option<&Vec<u8>>) {
    let file = root.join(path);
    match bytes {
        Some(bytes) => {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        None if file.exists() => fs::remove_file(file).unwrap(),
        None => {}
    }
}

#[test]
fn whatever_is_missing_is_missed() {
    if let Err(error) = Command::new("openssl").arg("version").output() {
        assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
        eprintln!("skipped: openssl does not start: {error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    begin(folder.path());
    let root = export(folder.path(), "first");
    capture(folder.path(), "late.txt", "Seven people were hurt.\n", &[]);
    let other = export(folder.path(), "second");
    assert_eq!((faults(&root), faults(&other)), (Vec::new(), Vec::new()));
    let (whole, other) = (files(&root), files(&other));
    for kind in KINDS {
        assert!(whole.keys().any(|path| path.starts_with(kind)), "no {kind} to try");
    }

    let mut tried = 0;
    for (path, bytes) in &whole {
        put(&root, path, None);
        let missed = faults(&root);
        assert!(missed.iter().any(|fault| fault.place == *path), "{path} gone: {missed:#?}");
        let counterpart = other.get(path).filter(|other| *other != bytes);
        let emptied = Some(&Vec::new()).filter(|_| !bytes.is_empty()).cloned();
        for (what, changed) in [("emptied", emptied), ("swapped", counterpart.cloned())] {
            let Some(changed) = changed else { continue };
            put(&root, path, Some(&changed));
            assert!(!faults(&root).is_empty(), "{path} {what} passes");
            tried += 1;
        }
        put(&root, path, Some(bytes));
    }
    for (path, bytes) in other.iter().filter(|(path, _)| !whole.contains_key(*path)) {
        put(&root, path, Some(bytes));
        assert!(!faults(&root).is_empty(), "{path} of another bundle passes");
        put(&root, path, None);
        tried += 1;
    }
    // All of a kind at once, so that what they say of each other agrees.
    let kind = |path: &String| path.rsplit_once('/').map_or(path.clone(), |(kind, _)| kind.into());
    let kinds: BTreeSet<String> = whole.keys().chain(other.keys()).map(kind).collect();
    for one in kinds {
        let of_kind = |path: &&String| kind(path) == one;
        let paths: BTreeSet<&String> = whole.keys().chain(other.keys()).filter(of_kind).collect();
        for instead in [&Files::new(), &other] {
            if paths.iter().all(|path| whole.get(*path) == instead.get(*path)) {
                continue;
            }
            paths.iter().for_each(|path| put(&root, path, instead.get(*path)));
            assert!(!faults(&root).is_empty(), "all of {one} from elsewhere passes");
            paths.iter().for_each(|path| put(&root, path, whole.get(*path)));
            tried += 1;
        }
    }
    assert_eq!(faults(&root), Vec::new(), "it is put back");
    assert!(tried > 2 * whole.len(), "{tried} changes of {} files", whole.len());
}
