//! Mirrors as OCFL storage roots, as a person makes them, and killed at every step by which they
//! change anything. What validators of others say of them: `oracle/storage_root.py`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod program;
mod strace;

use program::{casefile, check};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use strace::{copy_all, has_strace, kill_everywhere, remove_all};

fn capture(folder: &Path, name: &str, items: usize) {
    let inbox = folder.join(name);
    fs::create_dir(&inbox).unwrap();
    for item in 0..items {
        let text = format!("{name} {item}: at least {} people were hurt\n", item + 2);
        fs::write(inbox.join(format!("{item}.txt")), text).unwrap();
    }
    check(folder, &["-C", "case", "capture", "--collector", "A. Person", name], 0, &[]);
}

fn with_case(items: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["init", "case", "--unprotected"], 0, &[]);
    capture(folder.path(), "first", items);
    folder
}

/// Every file in `folder` whose path contains `part`.
fn files(folder: &Path, part: &str) -> Vec<PathBuf> {
    let listed = archive::log::list_files(folder).unwrap().into_iter();
    listed.filter(|path| path.contains(part)).map(|path| folder.join(path)).collect()
}

const TO_M: [&str; 5] = ["-C", "case", "mirror", "--ocfl", "m"];

#[test]
fn a_storage_root_is_brought_up_to_date_told_apart_and_restored_from() {
    let folder = with_case(3);
    let (at, root) = (folder.path(), folder.path().join("m/ocfl"));
    check(at, &TO_M, 0, &["There was no mirror", "3 object(s)", "up to date: 4 record(s)"]);
    check(at, &["verify", "m"], 0, &["HOLDS", "4 record(s) and 3 object(s)"]);
    assert_eq!(files(&root, "/content/item").len(), 3);
    assert!(files(&root, "private").is_empty());
    // Nothing new is no new version.
    let before = files(&root, "");
    check(at, &TO_M, 0, &["had the same 4 record(s)", "0 object(s)"]);
    assert_eq!(files(&root, ""), before);
    // What an old copy lacks is told from what two copies did apart.
    copy_all(&at.join("case"), &at.join("old"));
    check(at, &["-C", "case", "read"], 0, &[]);
    capture(at, "second", 300);
    check(at, &["-C", "case", "mirror", "m", "--compare"], 0, &["behind by 303", "nothing was"]);
    // That it is OCFL is known by now.
    check(at, &["-C", "case", "mirror", "m"], 0, &["behind by 303", "up to date: 307"]);
    check(at, &["verify", "m"], 0, &["HOLDS", "307 record(s) and 306 object(s)"]);
    assert_eq!(files(&root, "/v2/content/reading-").len(), 3);
    check(at, &["-C", "old", "mirror", "m"], 1, &["AHEAD by 303", "mirror-ahead"]);
    check(at, &["-C", "old", "capture", "second/7.txt", "second/9.txt"], 0, &[]);
    check(at, &["-C", "old", "mirror", "m"], 1, &["FORKED", "log-forked"]);
    check(at, &["init", "other", "--unprotected"], 0, &[]);
    check(at, &["-C", "other", "mirror", "m"], 1, &["FOREIGN", "mirror-foreign"]);
    check(at, &["-C", "case", "mirror", "--ocfl", "first"], 3, &["not an empty folder"]);
    check(at, &["-C", "case", "mirror", "--ocfl", "case/in"], 3, &["one in the other"]);
    // A rehearsed restore: a case that is lost altogether, but for its private part.
    check(at, &["-C", "new", "repair", "m"], 1, &["put back 306 object(s)"]);
    for part in ["objects/", "log/"] {
        for file in files(&at.join("case").join(part), "") {
            let place = file.strip_prefix(at.join("case")).unwrap();
            if place.to_string_lossy().contains(".p/") || place.ends_with("vkey") {
                continue;
            }
            assert_eq!(fs::read(&file).unwrap(), fs::read(at.join("new").join(place)).unwrap());
        }
    }
    // And of single things.
    let lost = files(&at.join("case/objects"), "")[5].clone();
    fs::remove_file(&lost).unwrap();
    check(at, &["-C", "case", "repair", "m"], 0, &["MENDED: put back 1 object(s)", "says so"]);
    check(at, &["verify", "case"], 0, &["HOLDS"]);
}

#[test]
fn what_must_be_erasable_lies_beside_the_storage_root() {
    let folder = with_case(1);
    let at = folder.path();
    let key = age::x25519::Identity::generate().to_public().to_string();
    fs::write(at.join("secret.txt"), "Where the two families hide.\n").unwrap();
    let sealed = ["-C", "case", "capture", "secret.txt", "--sealed", "--recipient", &key];
    check(at, &sealed, 0, &[]);
    let mut private = TO_M.to_vec();
    private.push("--with-private");
    check(at, &private, 0, &["private/ went along"]);
    let key_files = || files(&at.join("m"), ".age");
    assert_eq!(key_files().len(), 1);
    let secrets = fs::read(at.join("case/private/keys")).unwrap();
    for file in files(&at.join("m/ocfl"), "") {
        assert_ne!(fs::read(&file).unwrap(), secrets, "{}", file.display());
        assert!(!file.to_string_lossy().contains("openings"), "{}", file.display());
    }
    check(at, &["-C", "case", "erase", "2", "--reason", "consent withdrawn"], 0, &[]);
    check(at, &TO_M, 0, &["erasure-carried"]);
    assert!(key_files().is_empty());
    check(at, &["verify", "m"], 0, &["HOLDS", "item-erased"]);
}

/// Every kind of file in a storage root changed, cut off, gone, and one more that does not belong:
/// all of them found by our own check, where validators do not look too.
#[test]
fn nothing_in_a_storage_root_can_change_unseen() {
    let folder = with_case(2);
    let (at, root) = (folder.path(), folder.path().join("m/ocfl"));
    check(at, &TO_M, 0, &[]);
    check(at, &["-C", "case", "read"], 0, &[]);
    check(at, &TO_M, 0, &[]);
    check(at, &["verify", "m"], 0, &["HOLDS"]);
    for file in files(&root, "") {
        let bytes = fs::read(&file).unwrap();
        let restore = |to: &[u8]| {
            let _ = fs::remove_file(&file);
            fs::write(&file, to).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        };
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        for other in [changed.as_slice(), &bytes[..bytes.len() / 2]] {
            restore(other);
            let run = casefile(at, &["verify", "m"]);
            assert_eq!(run.code, Some(1), "{}: {}", file.display(), run.said);
            assert!(run.said.contains("ocfl-"), "{}: {}", file.display(), run.said);
        }
        fs::remove_file(&file).unwrap();
        let run = casefile(at, &["verify", "m"]);
        // Without the file that says so it is no storage root.
        let code = if file.ends_with("0=ocfl_1.1") { 3 } else { 1 };
        assert_eq!(run.code, Some(code), "{}: {}", file.display(), run.said);
        restore(&bytes);
        let stray = file.with_file_name("stray");
        fs::write(&stray, "stray").unwrap();
        check(at, &["verify", "m"], 1, &["ocfl-invalid", "stray"]);
        fs::remove_file(stray).unwrap();
    }
    check(at, &["verify", "m"], 0, &["HOLDS"]);
}

#[test]
fn a_first_one_killed_at_any_step_is_gone_on_with() {
    interrupt(true);
}

#[test]
fn a_new_version_killed_at_any_step_is_gone_on_with() {
    interrupt(false);
}

fn interrupt(first: bool) {
    if !has_strace() {
        return;
    }
    let folder = with_case(1);
    let (at, mirror) = (folder.path(), folder.path().join("m"));
    check(at, &TO_M, 0, &[]);
    copy_all(&mirror, &at.join("earlier"));
    check(at, &["-C", "case", "read"], 0, &[]);
    capture(at, "second", 2);
    let before = || {
        remove_all(&mirror);
        if !first {
            copy_all(&at.join("earlier"), &mirror);
        }
    };
    let mut whole = 0;
    let kills = kill_everywhere(at, &TO_M, &before, &mut |when| {
        // Between two renames an object has a version more than its inventory says.
        if mirror.join("ocfl").exists() && casefile(at, &["verify", "m"]).code == Some(0) {
            whole += 1;
        }
        check(at, &TO_M, 0, &["up to date: 5"]);
        check(at, &["verify", "m"], 0, &["HOLDS", "5 record(s) and 4 object(s)"]);
        assert_eq!(fs::read_dir(mirror.join("incoming")).unwrap().count(), 0, "{when}");
    });
    println!("{kills} kills, the root whole after {whole}");
    assert!(kills > 60 && (first || whole * 5 > kills * 4), "{kills} kills, {whole} whole");
}
