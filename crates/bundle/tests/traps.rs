//! Bags that bagit.py 1.9.0 calls valid although they prove nothing: ours names each. Where
//! bagit.py is there (`./test` installs it), the test also shows that it accepts them still, so
//! that a trap that is gone is noticed.

#![allow(
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may run programs below a temporary folder"
)]

mod invented;

use invented::{Case, copy, remake_lists};
use record::Sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use verifier::layout;

const ITEM: &str = "data/items/000001-mill-road.txt";

/// Where bagit.py is, if it is.
fn bagit() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/bagit.py");
    let program = std::env::var_os("BAGIT").map_or(venv, PathBuf::from);
    program.exists().then_some(program)
}

fn replace(root: &Path, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    fs::write(root.join(path), text.replace(from, to)).unwrap();
}

/// A manifest of the payload by a program of coreutils.
fn manifest(root: &Path, program: &str, name: &str) {
    let files = verifier::zipped::files(root).unwrap();
    let files = files.iter().filter(|path| path.starts_with("data/"));
    let made = Command::new(program).args(files).current_dir(root).output().unwrap();
    assert!(made.status.success());
    fs::write(root.join(name), made.stdout).unwrap();
}

/// The tag manifest of a bag as it stands, signed by nobody.
fn relist(root: &Path) {
    let listed =
        |path: &String| !path.starts_with("data/") && !layout::SEALS.contains(&path.as_str());
    let line = |path: String| {
        let digest = Sha256::of(&fs::read(root.join(&path)).unwrap());
        format!("{digest}  {path}\n")
    };
    let files = verifier::zipped::files(root).unwrap();
    let text: String = files.into_iter().filter(listed).map(line).collect();
    fs::write(root.join(layout::TAGMANIFEST), text).unwrap();
}

/// The trap, the code and place of what we find, and how the bag is made.
type Row = (&'static str, &'static str, &'static str, fn(&Path));

const ROWS: &[Row] = &[
    (
        "the manifest replaced by one of MD5, and an item changed",
        "bundle-digest-family",
        "manifest-md5.txt",
        |root| {
            replace(root, ITEM, "six", "two");
            fs::remove_file(root.join(layout::MANIFEST)).unwrap();
            manifest(root, "md5sum", "manifest-md5.txt");
            relist(root);
        },
    ),
    (
        "the manifest replaced by one of SHA-1, and an item changed",
        "bundle-file-missing",
        layout::MANIFEST,
        |root| {
            replace(root, ITEM, "six", "two");
            fs::remove_file(root.join(layout::MANIFEST)).unwrap();
            manifest(root, "sha1sum", "manifest-sha1.txt");
            relist(root);
        },
    ),
    ("a manifest of MD5 beside the true one", "bundle-digest-family", "manifest-md5.txt", |root| {
        manifest(root, "md5sum", "manifest-md5.txt");
        relist(root);
    }),
    (
        "the tag manifest replaced by one of MD5",
        "bundle-digest-family",
        "tagmanifest-md5.txt",
        |root| {
            fs::remove_file(root.join(layout::TAGMANIFEST)).unwrap();
            fs::write(root.join("tagmanifest-md5.txt"), "").unwrap();
        },
    ),
    (
        "bag-info forged, and the tag manifest removed",
        "bundle-form-info",
        layout::BAG_INFO,
        |root| {
            replace(root, layout::BAG_INFO, "Mill Road", "Hill Road");
            fs::remove_file(root.join(layout::TAGMANIFEST)).unwrap();
        },
    ),
    ("the tag manifest removed", "bundle-file-missing", layout::TAGMANIFEST, |root| {
        fs::remove_file(root.join(layout::TAGMANIFEST)).unwrap();
    }),
    ("the page forged, every list made anew", "bundle-export-list", layout::EXPORT_LEAF, |root| {
        replace(root, layout::PAGE, "Mill Road", "Hill Road");
        remake_lists(root, None);
    }),
    (
        "blanks in the declaration that RFC 8493 does not allow",
        "bundle-form",
        layout::BAGIT,
        |root| {
            replace(root, layout::BAGIT, "BagIt-Version: 1.0", "BagIt-Version : 1.0");
            relist(root);
        },
    ),
    (
        "all that casefile adds stripped: the bare bag",
        "bundle-file-missing",
        layout::EXPORT_LEAF,
        |root| {
            for path in layout::SEALS {
                fs::remove_file(root.join(path)).unwrap();
            }
        },
    ),
];

#[test]
fn what_bagit_py_accepts_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let good = case.export(&folder.path().join("good"), &[1, 2, 3]);
    let program = bagit();
    if program.is_none() {
        eprintln!("bagit.py is not there: whether it accepts these bags still is not shown");
    }
    for (number, (what, code, place, forge)) in ROWS.iter().enumerate() {
        let root = folder.path().join(number.to_string());
        copy(&good, &root);
        forge(&root);
        let report = invented::verify(&root, Some(&case.signer.vkey()));
        let named = report.findings.iter().any(|f| f.code == *code && f.place == *place);
        assert!(named, "{what}: {:#?}", report.findings);
        if let Some(program) = &program {
            let mut validate = Command::new(program);
            validate.arg("--validate").arg(&root).stdout(Stdio::null()).stderr(Stdio::null());
            assert!(validate.status().unwrap().success(), "bagit.py has closed this trap: {what}");
        }
    }
}
