//! Sealed items as a person keeps, opens and erases them: by named faults, and killed at every step.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod program;
mod strace;

use age::secrecy::ExposeSecret as _;
use archive::Writer;
use program::{casefile, check};
use record::{Digests, Erasure, Event, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use strace::{copy_all, has_strace, kill_everywhere, remove_all};

/// In the bytes, the name and all that is said about the sealed item; nowhere in a case.
const MARK: &[u8] = b"Quillmark";
/// How every secret key of age begins.
const KEY: &[u8] = b"AGE-SECRET-KEY";

/// A folder with a case in `case` that has an open item (1) and a sealed one (2), and identities:
/// `me` and `you` are recipients, `other` is none.
fn with_sealed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    check(at, &["init", "case", "--unprotected"], 0, &[]);
    for name in ["me", "you", "other"] {
        let key = age::x25519::Identity::generate();
        fs::write(at.join(name), key.to_string().expose_secret()).unwrap();
        fs::write(at.join(format!("{name}.pub")), key.to_public().to_string()).unwrap();
    }
    fs::write(at.join("open.txt"), "Nobody was hurt.\n").unwrap();
    check(at, &["-C", "case", "capture", "open.txt"], 0, &[]);
    seal(at, "Quillmark.txt", &b"Quillmark saw it. ".repeat(9_000));
    folder
}

fn seal(at: &Path, name: &str, bytes: &[u8]) {
    fs::write(at.join(name), bytes).unwrap();
    let args = sealing(at, name);
    check(at, &args.iter().map(String::as_str).collect::<Vec<_>>(), 0, &["sealed.age"]);
}

fn sealing(at: &Path, name: &str) -> Vec<String> {
    let public = |name: &str| fs::read_to_string(at.join(format!("{name}.pub"))).unwrap();
    let words = ["-C", "case", "capture", name, "--sealed", "--recipient", &public("me")];
    let said = ["--recipient", &public("you"), "--source", "Quillmark", "--collector", "Quillmark"];
    words.into_iter().chain(said).map(str::to_string).collect()
}

/// The key files in a case.
fn key_files(case: &Path) -> Vec<PathBuf> {
    let names = archive::objects::names(&case.join("private/sealed")).unwrap();
    names.into_iter().map(|name| case.join("private/sealed").join(name)).collect()
}

/// Copies the case to `base`, and gives what puts it back to that.
fn restorer(case: &Path, base: PathBuf) -> impl Fn() {
    copy_all(case, &base);
    move || {
        remove_all(case);
        copy_all(&base, case);
    }
}

/// The object that a key file opens.
fn object_of(case: &Path, key_file: &Path) -> PathBuf {
    let name = key_file.file_name().unwrap().to_str().unwrap();
    let (_, item) = archive::layout::key_file_named(name).unwrap();
    case.join(archive::layout::object(item))
}

/// No file of the folder, and no name in it, has the mark or a secret key in it.
fn check_hidden(folder: &Path, when: &str) {
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|found| found == part);
    for path in archive::log::list_files(folder).unwrap() {
        let bytes = fs::read(folder.join(&path)).unwrap();
        for part in [MARK, KEY] {
            assert!(!holds(&bytes, part), "{when}: {path} is plain");
            assert!(!holds(path.as_bytes(), part), "{when}: {path}");
        }
    }
}

fn change(file: &Path, edit: &dyn Fn(&mut Vec<u8>)) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(file).unwrap();
    edit(&mut bytes);
    fs::write(file, bytes).unwrap();
}

#[test]
fn an_item_is_sealed_opened_and_erased() {
    let folder = with_sealed();
    let at = folder.path();
    check_hidden(&at.join("case"), "captured");
    check(at, &["-C", "case", "read"], 0, &["item-sealed", "1 item(s) read"]);
    check(at, &["-C", "case", "figures"], 0, &[]);
    check(at, &["-C", "case", "show", "2"], 0, &["Sealed:", "withheld  collector"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
    for (person, out) in [("me", "mine"), ("you", "yours")] {
        let args = ["-C", "case", "unseal", "2", "--identity", person, "-o", out];
        check(at, &args, 0, &["name          Quillmark.txt", "source        Quillmark"]);
        assert_eq!(fs::read(at.join(out)).unwrap(), fs::read(at.join("Quillmark.txt")).unwrap());
        let mode = fs::metadata(at.join(out)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    check(at, &["-C", "case", "export", "before"], 0, &[]);
    check(at, &["verify", "before"], 0, &["HOLDS", "bundle-sealed-unopened"]);
    check_hidden(&at.join("before"), "exported");

    check(at, &["-C", "case", "erase", "2", "--reason", " "], 3, &["needs a reason"]);
    let erase = ["-C", "case", "erase", "2", "--reason", "consent withdrawn"];
    check(at, &erase, 0, &["Erased item 2", "(1 file(s))", "name", "NOT reached"]);
    assert_eq!(key_files(&at.join("case")), Vec::<PathBuf>::new());
    check_hidden(&at.join("case"), "erased");
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "item-erased"]);
    check(at, &["-C", "case", "scrub"], 0, &["item-erased"]);
    check(at, &["-C", "case", "show", "2"], 0, &["Erased at", "consent withdrawn"]);
    check(at, &["-C", "case", "log"], 0, &["erased", "consent withdrawn", "nobody can open it"]);
    check(at, &["-C", "case", "read"], 0, &["Erased at"]);
    check(at, &["-C", "case", "unseal", "2", "--identity", "me"], 3, &["unseal-erased"]);
    check(at, &["-C", "case", "export", "after"], 0, &[]);
    check(at, &["verify", "after"], 0, &["HOLDS", "bundle-erased"]);
    assert!(fs::read_to_string(at.join("after/index.html")).unwrap().contains("Erased at"));
    check(at, &["verify", "before"], 0, &["HOLDS"]);
    let disclose = ["-C", "case", "export", "never", "2", "--disclose", "key", "--identity", "me"];
    check(at, &disclose, 3, &["nothing is left to disclose"]);
    check(at, &erase, 0, &["was erased before", "0 key file(s)"]);
    let unsealed = ["-C", "case", "erase", "1", "--reason", "x"];
    check(at, &unsealed, 3, &["not taken in sealed", "Leave it out"]);
}

#[test]
fn what_a_sealed_item_withholds_leaves_only_when_named() {
    let folder = with_sealed();
    let at = folder.path();
    let export = ["-C", "case", "export", "out", "--disclose", "source"];
    check(at, &export, 3, &["item 2", "--identity"]);
    let other = [&export[..], &["--identity", "other"]].concat();
    check(at, &other, 3, &["unseal-identity"]);
    check(at, &[&export[..], &["--identity", "me"]].concat(), 0, &[]);
    check(at, &["verify", "out"], 0, &["HOLDS", "bundle-sealed-unopened"]);
    let disclosed = fs::read_to_string(at.join("out/openings.jsonl")).unwrap();
    assert_eq!(disclosed.lines().count(), 1, "{disclosed}");
    let key = ["-C", "case", "export", "open", "2", "--disclose", "key", "--identity", "you"];
    check(at, &key, 0, &[]);
    let said = check(at, &["verify", "open"], 0, &["HOLDS"]);
    assert!(!said.contains("bundle-sealed"), "it was opened: {said}");
    check(at, &["-C", "case", "log"], 0, &["disclosing source", "disclosing key, plain"]);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of faults")]
fn nothing_is_unsealed_that_is_not_wholly_right() {
    let folder = with_sealed();
    let at = folder.path();
    seal(at, "second.txt", b"Quillmark, again");
    let (case, base) = (at.join("case"), at.join("base"));
    copy_all(&case, &base);
    let files = key_files(&case);
    let [key_file, second] = files.as_slice() else { panic!("{files:?}") };
    let object = object_of(&case, key_file);
    type Fault<'a> = (&'a str, &'a str, &'a dyn Fn(), &'a [&'a str], &'a str);
    let flip = |at: usize| move |bytes: &mut Vec<u8>| bytes[at] ^= 1;
    let faults: [Fault<'_>; 9] = [
        ("another's identity", "other", &|| {}, &["unseal-identity"], ""),
        ("no identity", "open.txt", &|| {}, &["holds no identity"], ""),
        (
            "sealed bytes cut off between two pieces of the format",
            "me",
            &|| change(&object, &|bytes| bytes.truncate(bytes.len() - 30_000)),
            &["unseal-bytes"],
            "object-damaged",
        ),
        (
            "sealed bytes altered at their end",
            "me",
            &|| change(&object, &|bytes| *bytes.last_mut().unwrap() ^= 1),
            &["unseal-bytes"],
            "object-damaged",
        ),
        (
            "other sealed bytes in their place",
            "me",
            &|| {
                let other = fs::read(object_of(&case, second)).unwrap();
                change(&object, &|bytes| bytes.clone_from(&other));
            },
            &["unseal-bytes"],
            "object-damaged",
        ),
        (
            "a key file altered",
            "me",
            &|| change(key_file, &flip(200)),
            &["not the key file"],
            "sealed-key-damaged",
        ),
        (
            "a key file cut off",
            "me",
            &|| change(key_file, &|bytes| bytes.truncate(300)),
            &["not the key file"],
            "sealed-key-damaged",
        ),
        (
            "the key file of another item in its place",
            "me",
            &|| assert!(fs::copy(second, key_file).is_ok()),
            &["not the key file"],
            "sealed-key-damaged",
        ),
        (
            "no key file",
            "me",
            &|| fs::remove_file(key_file).unwrap(),
            &["not there, and no record says that"],
            "sealed-key-missing",
        ),
    ];
    for (what, identity, spoil, words, code) in faults {
        spoil();
        let args = ["-C", "case", "unseal", "2", "--identity", identity, "-o", "plain/out"];
        fs::create_dir_all(at.join("plain")).unwrap();
        check(at, &args, 3, words);
        assert_eq!(fs::read_dir(at.join("plain")).unwrap().count(), 0, "{what}");
        let holds = if code.is_empty() { (0, "HOLDS") } else { (1, code) };
        check(at, &["-C", "case", "verify"], holds.0, &[holds.1]);
        remove_all(&case);
        copy_all(&base, &case);
    }
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let folder = with_sealed();
    let at = folder.path();
    let unseal = ["-C", "case", "unseal", "2", "--identity", "me", "-o"];
    check(at, &[&unseal[..], &["case/plain"]].concat(), 3, &["must not lie in the case"]);
    check(at, &[&unseal[..], &["open.txt"]].concat(), 3, &["cannot create"]);
    check(at, &["-C", "case", "unseal", "1", "--identity", "me"], 3, &["is not sealed"]);
    for words in [
        &["capture", "me", "--sealed"][..],
        &["capture", "me", "--sealed", "--recipient", "age1nobody", "--resume"],
        &["capture", "me", "--recipient", "age1nobody"],
    ] {
        check(at, &[&["-C", "case"], words].concat(), 2, &[]);
    }
    let nobody = ["-C", "case", "capture", "me", "--sealed", "--recipient", "age1nobody"];
    check(at, &nobody, 3, &["is no recipient"]);
}

/// The rule of two persons on, and Ben enrolled; the case has records 0 to 2 before.
fn two_persons(at: &Path) {
    check(at, &["-C", "case", "actor", "enrol", "Ben", "--unprotected"], 0, &["On record: 3"]);
    check(at, &["-C", "case", "actor", "two-person", "on"], 0, &["On record: 4"]);
}

const ERASE: [&str; 6] = ["-C", "case", "erase", "2", "--reason", "consent withdrawn"];
const APPROVE: [&str; 6] = ["-C", "case", "--as", "Ben", "approve", "5"];

#[test]
fn under_the_rule_of_two_an_erasure_waits_for_the_second_person() {
    let folder = with_sealed();
    let at = folder.path();
    two_persons(at);
    check(at, &ERASE, 0, &["Record 5 of the custody log asks", "--as NAME approve 5"]);
    check(at, &ERASE, 0, &["Record 5 of the custody log asks"]);
    assert_eq!(key_files(&at.join("case")).len(), 1, "nothing is destroyed");
    let unseal = ["-C", "case", "unseal", "2", "--identity", "me"];
    check(at, &unseal, 0, &["opens to what was taken in"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "erasure-pending", "approve 5"]);
    check(at, &["-C", "case", "actor", "list"], 0, &["is to erase", "consent withdrawn"]);
    check(at, &["-C", "case", "log"], 0, &["is to erase", "consent withdrawn"]);
    check(at, &["-C", "case", "show", "2"], 0, &["Record 5 asks for its erasure"]);
    check(at, &["-C", "case", "custody", "2"], 0, &["One person asked for its erasure"]);
    check(at, &["-C", "case", "mirror", "early", "--with-private"], 0, &["up to date"]);
    assert_eq!(key_files(&at.join("early")).len(), 1);
    check(at, &["-C", "case", "export", "waits"], 0, &[]);
    let waits = ["bundle-erasure-pending", "bundle-sealed-unopened", "HOLDS"];
    check(at, &["verify", "waits"], 0, &waits);
    let premis = fs::read_to_string(at.join("waits/premis.xml")).unwrap();
    assert!(premis.contains("request for the destruction of a key"));
    // Who asked cannot approve; nothing is left of the attempt.
    check(at, &["-C", "case", "approve", "5"], 3, &["by the person who recorded the act"]);
    assert_eq!(key_files(&at.join("case")).len(), 1, "neither a mark nor a loss");

    check(at, &APPROVE, 0, &["Erased: ", "Keys are destroyed (1 file(s))", "NOT reached"]);
    assert_eq!(key_files(&at.join("case")), Vec::<PathBuf>::new());
    check_hidden(&at.join("case"), "erased");
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "item-erased", "by record 5"]);
    check(at, &unseal, 3, &["unseal-erased"]);
    check(at, &["-C", "case", "show", "2"], 0, &["Erased at", "by record 5"]);
    let custody = ["A second person approved record 5", "The consent to keep it was withdrawn"];
    check(at, &["-C", "case", "custody", "2"], 0, &custody);
    check(at, &APPROVE, 3, &["awaits no approval"]);
    check(at, &ERASE, 0, &["was erased before, by record 5"]);
    check(at, &["-C", "case", "mirror", "early"], 0, &["erasure-carried", "up to date"]);
    assert_eq!(key_files(&at.join("early")), Vec::<PathBuf>::new());
    check(at, &["-C", "case", "export", "after"], 0, &[]);
    check(at, &["verify", "after"], 0, &["HOLDS", "bundle-erased"]);
    check(at, &["verify", "waits"], 0, &["HOLDS"]);
}

#[test]
fn a_key_file_that_one_person_destroyed_where_two_must_sign_is_found_by_name() {
    let folder = with_sealed();
    let at = folder.path();
    two_persons(at);
    check(at, &ERASE, 0, &[]);
    let key_file = key_files(&at.join("case")).remove(0);
    let bytes = fs::read(&key_file).unwrap();
    fs::remove_file(&key_file).unwrap();
    let found = check(at, &["-C", "case", "verify"], 1, &["erasure-alone", "record 5"]);
    assert_eq!(found.matches("FAULT").count(), 1, "{found}");
    // A forged mark destroys nothing that two persons did not sign.
    fs::write(&key_file, bytes).unwrap();
    fs::write(at.join(format!("{}.erasing", key_file.display())), "5\n").unwrap();
    check(at, &["-C", "case", "capture", "open.txt"], 0, &["never recorded"]);
    assert_eq!(key_files(&at.join("case")), [key_file]);
    // Asked for by a key that is revoked since, it can never count, and stays to be seen.
    check(at, &["-C", "case", "actor", "enrol", "Eva", "--unprotected"], 0, &[]);
    let pending = check(at, &["-C", "case", "actor", "list"], 0, &["enrolled a key of"]);
    assert!(pending.contains("7  awaits approval"), "{pending}");
    check(at, &["-C", "case", "--as", "Ben", "approve", "7"], 0, &[]);
    let (first, _) = pending.split_once(", since record 0").unwrap();
    let first = first.split_once(": ").unwrap().1;
    let revoke = ["-C", "case", "--as", "Ben", "actor", "revoke", first, "--reason", "lost"];
    check(at, &revoke, 0, &["On record: 9"]);
    check(at, &["-C", "case", "--as", "Eva", "approve", "9"], 0, &[]);
    check(at, &["verify", "case"], 0, &["HOLDS", "erasure-pending", "nobody can approve it"]);
    check(at, &["-C", "case", "--as", "Ben", "approve", "5"], 3, &["awaits no approval"]);
}

#[test]
fn an_erasure_reaches_the_mirror_and_no_repair_undoes_it() {
    let folder = with_sealed();
    let at = folder.path();
    let case = at.join("case");
    let mirror = ["-C", "case", "mirror", "copy", "--with-private"];
    check(at, &mirror, 0, &["up to date"]);
    check(at, &["verify", "copy"], 0, &["HOLDS"]);
    check(at, &["-C", "case", "mirror", "bare"], 0, &["up to date"]);
    check(at, &["verify", "bare"], 0, &["HOLDS", "private-left-out"]);
    copy_all(&at.join("copy"), &at.join("backup"));

    // What is lost comes back, by its digest only.
    let key_file = key_files(&case).remove(0);
    fs::remove_file(&key_file).unwrap();
    check(at, &mirror, 1, &["sealed-key-missing"]);
    check(at, &["-C", "case", "repair", "copy"], 0, &["MENDED", "1 other(s)"]);
    change(&key_file, &|bytes| bytes[100] ^= 1);
    check(at, &["-C", "case", "repair", "copy"], 0, &["MENDED", "damaged/1/private/sealed"]);
    check(at, &["-C", "case", "unseal", "2", "--identity", "me"], 0, &[]);

    let erase = ["-C", "case", "erase", "2", "--reason", "withdrawn"];
    check(at, &erase, 0, &["(2 file(s))"]);
    check_hidden(&case, "erased");
    // A copy that has the key still.
    check(at, &["-C", "case", "repair", "backup"], 0, &["0 other(s)"]);
    assert_eq!(key_files(&case), Vec::<PathBuf>::new());
    // One that has come back by hand.
    let theirs = key_files(&at.join("backup")).remove(0);
    fs::copy(&theirs, &key_file).unwrap();
    check(at, &["-C", "case", "verify"], 1, &["sealed-key-kept", "run `casefile erase"]);
    check(at, &["-C", "case", "unseal", "2", "--identity", "me"], 3, &["unseal-erased"]);
    check(at, &["-C", "case", "mirror", "new", "--with-private"], 0, &["up to date"]);
    assert_eq!(key_files(&at.join("new")), Vec::<PathBuf>::new());
    check(at, &erase, 0, &["erased before", "1 key file(s)"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);

    // The mirror has it until it is brought up to date, asked for `private/` or not.
    assert_eq!(key_files(&at.join("copy")).len(), 1);
    check(at, &["-C", "case", "mirror", "copy"], 0, &["erasure-carried", "up to date"]);
    assert_eq!(key_files(&at.join("copy")), Vec::<PathBuf>::new());
    check(at, &["verify", "copy"], 0, &["HOLDS", "item-erased"]);

    // A case put back from before the erasure learns of it with the later records.
    check(at, &["-C", "backup", "repair", "copy"], 0, &["had lost", "erasure-unfinished"]);
    assert_eq!(key_files(&at.join("backup")), Vec::<PathBuf>::new());
}

#[test]
fn forged_erasures_are_found_by_name() {
    let folder = with_sealed();
    let at = folder.path();
    let case = at.join("case");
    copy_all(&case.join("log"), &at.join("log"));
    check(at, &["-C", "case", "erase", "2", "--reason", "withdrawn"], 0, &[]);
    // The record taken out of the log by who has an older one.
    remove_all(&case.join("log"));
    copy_all(&at.join("log"), &case.join("log"));
    check(at, &["-C", "case", "verify"], 1, &["sealed-key-missing", "no record says"]);

    // A record about what was never sealed, by who has the case's keys.
    let mut writer = Writer::open(&case, None, "test").unwrap();
    let mut batch = writer.begin().unwrap();
    let erasure = Erasure {
        item: Sha256::of(b"never taken in"),
        key_file: Digests::of(b""),
        openings: Vec::new(),
        reason: "none".into(),
    };
    batch.record(Event::Erasure(erasure), Vec::new());
    batch.commit(&mut writer).unwrap();
    drop(writer);
    check(at, &["-C", "case", "verify"], 1, &["erasure-invalid"]);
}

#[test]
fn a_capture_killed_at_any_step_leaves_nothing_plain() {
    if !has_strace() {
        return;
    }
    let folder = with_sealed();
    let at = folder.path();
    let case = at.join("case");
    let before = restorer(&case, at.join("base"));
    let args = sealing(at, "Quillmark.txt");
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let kills = kill_everywhere(at, &args, &before, &mut |when| {
        check_hidden(&case, when);
        check(at, &["verify", "case"], 0, &["HOLDS"]);
        check(at, &["-C", "case", "capture", "open.txt"], 0, &[]);
        check_hidden(&case, when);
        check(at, &["verify", "case"], 0, &["HOLDS"]);
        assert!(key_files(&case).len() <= 2, "{when}");
    });
    println!("{kills} kills");
    assert!(kills > 15, "{kills}");
}

#[test]
fn an_erasure_killed_at_any_step_is_done_or_was_never_begun() {
    if !has_strace() {
        return;
    }
    let folder = with_sealed();
    let at = folder.path();
    let case = at.join("case");
    let before = restorer(&case, at.join("base"));
    let args = ["-C", "case", "erase", "2", "--reason", "withdrawn"];
    let (mut done, mut undone) = (0, 0);
    let kills = kill_everywhere(at, &args, &before, &mut |when| {
        let found = casefile(at, &["verify", "case"]);
        let kept = found.said.contains("sealed-key-kept");
        assert_eq!(found.code, Some(i32::from(kept)), "{when}: {}", found.said);
        assert_eq!(found.said.matches("FAULT").count(), usize::from(kept), "{when}");
        let marked = fs::read_dir(case.join("private/sealed"))
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(".erasing"));
        // The next command that writes puts it in order, and says so.
        let next = check(at, &["-C", "case", "capture", "open.txt"], 0, &[]);
        assert_eq!(next.contains("erasure-unfinished"), marked, "{when}: {next}");
        check(at, &["verify", "case"], 0, &["HOLDS"]);
        let opened = casefile(at, &["-C", "case", "unseal", "2", "--identity", "me"]);
        if found.said.contains("item-erased") {
            assert!(opened.said.contains("unseal-erased"), "{when}: {}", opened.said);
            assert_eq!(key_files(&case), Vec::<PathBuf>::new(), "{when}");
            done += 1;
        } else {
            assert_eq!(opened.code, Some(0), "{when}: {}", opened.said);
            undone += 1;
        }
        check(at, &args, 0, &[]);
        assert_eq!(key_files(&case), Vec::<PathBuf>::new(), "{when}");
        check(at, &["verify", "case"], 0, &["HOLDS", "item-erased"]);
    });
    println!("{kills} kills: {done} done, {undone} never begun");
    assert!(done > 3 && undone > 5, "{done}, {undone}");
}

#[test]
fn an_approved_erasure_killed_at_any_step_is_done_or_still_waits() {
    if !has_strace() {
        return;
    }
    let folder = with_sealed();
    let at = folder.path();
    let case = at.join("case");
    two_persons(at);
    check(at, &ERASE, 0, &[]);
    let before = restorer(&case, at.join("base"));
    let (mut done, mut waits) = (0, 0);
    let kills = kill_everywhere(at, &APPROVE, &before, &mut |when| {
        let found = casefile(at, &["verify", "case"]);
        let kept = found.said.contains("sealed-key-kept");
        assert_eq!(found.code, Some(i32::from(kept)), "{when}: {}", found.said);
        assert_eq!(found.said.matches("FAULT").count(), usize::from(kept), "{when}");
        // The next command that writes ends what was begun.
        check(at, &["-C", "case", "capture", "open.txt"], 0, &[]);
        check(at, &["verify", "case"], 0, &["HOLDS"]);
        if found.said.contains("item-erased") {
            assert_eq!(key_files(&case), Vec::<PathBuf>::new(), "{when}");
            done += 1;
        } else {
            assert!(found.said.contains("erasure-pending"), "{when}: {}", found.said);
            assert_eq!(key_files(&case).len(), 1, "{when}");
            check(at, &APPROVE, 0, &["Erased: "]);
            waits += 1;
        }
        check(at, &["verify", "case"], 0, &["HOLDS", "item-erased"]);
    });
    println!("{kills} kills: {done} done, {waits} still waiting");
    assert!(done > 3 && waits > 5, "{done}, {waits}");
}
