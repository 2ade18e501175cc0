//! A case and a bundle of it, made by the real program, of which one file at a time is harmed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program: that of `CASEFILE`, or the one that `fuzz/run` builds.
fn program() -> PathBuf {
    let named = std::env::var_os("CASEFILE").map(PathBuf::from);
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/casefile");
    named.unwrap_or_else(|| built.into())
}

/// A folder of files, each as it should be.
pub struct Stage {
    /// Where they lie.
    pub root: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    _place: tempfile::TempDir,
}

impl Stage {
    /// A case, or a bundle of one: two items with withheld fields, a sealed one, two people, a
    /// cosigner, a guard.
    pub fn new(what: &str) -> Self {
        let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let place = place.expect("a folder for temporary files");
        let run = |words: &[&str]| {
            let done = Command::new(program()).args(words).current_dir(place.path()).output();
            let done = done.expect("the program: cargo build --release -p casefile");
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{words:?}: {said}");
        };
        let file = |name: &str| place.path().join(name);
        let text = |name: &str| fs::read_to_string(file(name)).expect("it was written");
        fs::write(file("one.txt"), "At least 4 people died in Norwick.\n").expect("a file");
        fs::write(file("two.txt"), "Seven were hurt, the mayor said.\n").expect("a file");
        run(&["init", "case", "--unprotected", "--actor", "Ida"]);
        let source = ["--source", "Canal Post", "--collector", "A. Person"];
        run(&[&["-C", "case", "capture", "one.txt"], &source[..]].concat());
        let sealed = ["-C", "case", "capture", "two.txt", "--sealed", "--recipient", RECIPIENT];
        run(&sealed);
        run(&["-C", "case", "actor", "enrol", "Ben", "--unprotected"]);
        run(&["-C", "case", "read"]);
        let cosigner = ["cosigner", "new", "seat", "--name", "cosigner.example", "--unprotected"];
        run(&cosigner);
        run(&["cosigner", "know", "seat", text("case/log/vkey").trim_end()]);
        run(&["-C", "case", "cosign", "name", text("seat/vkey").trim_end()]);
        run(&["-C", "case", "cosign", "ask", "cosigner.example", "request"]);
        run(&["cosigner", "sign", "seat", "request", "answer"]);
        run(&["-C", "case", "cosign", "add", "answer"]);
        fs::create_dir(file("guard")).expect("a folder");
        run(&["-C", "case", "mirror", "--guard", "guard"]);
        run(&["-C", "case", "scrub"]);
        let export = ["-C", "case", "--as", "Ben", "export", "bundle", "--disclose", "collector"];
        fs::write(file("me"), format!("{IDENTITY}\n")).expect("a file");
        run(&[&export[..], &["--identity", "me"]].concat());
        let root = file(what);
        let files = files(&root);
        Self { root, files, _place: place }
    }

    /// Has one file, told by `which`, be `bytes` while `look` looks, whole or from the place `at`
    /// on; and puts it back. Gives its path and whether it was changed at all.
    pub fn harm<T>(
        &self,
        (which, at): (u16, Option<u16>),
        bytes: &[u8],
        look: impl FnOnce(&Path) -> T,
    ) -> (PathBuf, bool, T) {
        let (path, whole) = &self.files[usize::from(which) % self.files.len()];
        let mut harmed = whole.clone();
        match at.map(usize::from) {
            None => harmed = bytes.to_vec(),
            Some(at) if whole.is_empty() => harmed.extend_from_slice(&bytes[..at.min(bytes.len())]),
            Some(at) => {
                let at = at % whole.len();
                let end = (at + bytes.len()).min(whole.len());
                harmed[at..end].copy_from_slice(&bytes[..end - at]);
            }
        }
        let file = self.root.join(path);
        put(&file, &harmed);
        let looked = look(&self.root);
        put(&file, whole);
        (path.clone(), harmed != *whole, looked)
    }
}

/// A file that may be read-only has these bytes.
fn put(file: &Path, bytes: &[u8]) {
    let _ = fs::remove_file(file);
    fs::write(file, bytes).expect("a file in memory");
}

fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inner = path.strip_prefix(root).expect("it is in there").to_path_buf();
                found.push((inner, fs::read(&path).expect("a file")));
            }
        }
    }
    found.sort();
    found
}

/// Made for this alone, and kept by nobody.
pub const IDENTITY: &str =
    "AGE-SECRET-KEY-1SL7Q4CNXNJVJNN3KPN8JJT8G4LKU8RC0LZULWUWJ49ZSQ9A02CGS43CZE2";
pub const RECIPIENT: &str = "age17f5jvv6p43vnhu0dzgjn9hkcs8g7v8qf0zm7zjjqsuncu8ysyq3q0msmtc";
