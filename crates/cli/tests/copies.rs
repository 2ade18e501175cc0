//! Scrubs, mirrors and repairs as a person runs them, and killed at every step by which they change
//! anything.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeMap;
mod program;
mod strace;

use program::{casefile, check, run};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use strace::{CALLS, copy_all, has_strace, kill_everywhere, remove_all};

/// A folder with a case in `case` that has `items` items with withheld fields.
fn with_case(items: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["init", "case", "--unprotected"], 0, &[]);
    capture(folder.path(), "first", items);
    folder
}

fn capture(folder: &Path, name: &str, items: usize) {
    let inbox = folder.join(name);
    fs::create_dir(&inbox).unwrap();
    for item in 0..items {
        fs::write(inbox.join(format!("{item}.txt")), format!("{name} {item}: nobody was hurt\n"))
            .unwrap();
    }
    check(folder, &["-C", "case", "capture", "--collector", "A. Person", name], 0, &[]);
}

fn objects(case: &Path) -> Vec<PathBuf> {
    let listed = archive::objects::list(case).unwrap().into_iter();
    listed.map(|object| case.join(archive::layout::object(object.unwrap()))).collect()
}

fn spoil(file: &Path) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(file, bytes).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o444)).unwrap();
}

/// Every file that a case or mirror is made of, by path.
fn truth(case: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["objects", "log"] {
        for path in archive::log::list_files(&case.join(folder)).unwrap() {
            let aside = ["incoming/", "rescued/", "damaged/", "unacknowledged/"];
            if !aside.iter().any(|aside| path.starts_with(aside)) {
                let path = format!("{folder}/{path}");
                files.insert(path.clone(), fs::read(case.join(path)).unwrap());
            }
        }
    }
    files
}

/// Whether all that `mirror` consists of is byte for byte in `case`.
fn check_same(case: &Path, mirror: &Path) {
    let (case, mirror) = (truth(case), truth(mirror));
    for (path, bytes) in &mirror {
        assert_eq!(case.get(path), Some(bytes), "{path}");
    }
    let objects = |files: &BTreeMap<String, Vec<u8>>| {
        files.keys().filter(|path| path.starts_with("objects/")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(objects(&case), objects(&mirror));
}

/// Calls `then` after a run of `args` in which a call failed as a full or a dying disk makes it
/// fail, at every such call in turn, in the state that `before` makes; says how many there were.
fn fail_everywhere(
    folder: &Path,
    args: &[&str],
    before: &dyn Fn(),
    then: &mut dyn FnMut(&str),
) -> usize {
    let mut failed = 0;
    for call in CALLS {
        let error = if call.contains("sync") { "EIO" } else { "ENOSPC" };
        for number in 1.. {
            before();
            let inject = format!("inject={call}:error={error}:when={number}");
            let mut strace = Command::new("strace");
            strace.args(["-f", "-qq", "-o", "trace", "-e", &format!("trace={call}")]);
            strace.args(["-e", &inject, env!("CARGO_BIN_EXE_casefile")]);
            let run = run(strace.args(args), folder);
            if !fs::read_to_string(folder.join("trace")).unwrap().contains("(INJECTED)") {
                break;
            }
            failed += 1;
            let when = format!("{error} at {call} {number}");
            let said = matches!(run.code, Some(0 | 1)) || run.said.contains("casefile: cannot");
            assert!(said, "{when}: {:?} {}", run.code, run.said);
            then(&when);
        }
    }
    failed
}

#[test]
fn a_scrub_finds_what_has_rotted_gone_missing_or_does_not_belong() {
    let folder = with_case(12);
    let (at, case) = (folder.path(), folder.path().join("case"));
    check(at, &["-C", "case", "scrub"], 0, &["WHOLE: 12 object(s)", "Record 13"]);
    check(at, &["-C", "case", "log"], 0, &["read all 12 objects again", "0 fault(s)"]);
    // The record's report is an object too.
    let objects = objects(&case);
    spoil(&objects[0]);
    fs::remove_file(&objects[1]).unwrap();
    fs::write(case.join("objects/stray"), "stray").unwrap();
    let words =
        ["NOT WHOLE", "object-damaged", "object-missing", "file-foreign", "last saw it whole at"];
    check(at, &["-C", "case", "scrub", "--json"], 1, &words[1..]);
    check(at, &["-C", "case", "scrub", "--unrecorded"], 1, &words);
    check(at, &["-C", "case", "log"], 0, &["2 fault(s), 1 notice(s)"]);
    let log = case.join("log/tile/0/000.p/15");
    spoil(&log);
    check(at, &["-C", "case", "scrub"], 1, &["tile-damaged", "NOT recorded"]);
    spoil(&log);
    let said = check(at, &["-C", "case", "scrub"], 1, &["before it was interrupted"]);
    assert!(!said.contains("tile-damaged"), "{said}");
    check(at, &["-C", "case", "scrub", "--rate", "quick"], 3, &["is no rate"]);
    check(at, &["scrub"], 3, &["is not a case"]);
    assert!(!at.join("derived").exists());
}

#[test]
fn a_scrub_killed_at_any_step_goes_on_and_is_recorded_once_it_has_ended() {
    if !has_strace() {
        return;
    }
    let folder = with_case(3);
    let (at, journal) = (folder.path(), folder.path().join("case/derived/scrub"));
    let scrub = ["-C", "case", "scrub"];
    let kills = kill_everywhere(at, &scrub, &|| {}, &mut |when| {
        check(at, &["-C", "case", "verify"], 0, &[]);
        // Whole lines after the one that begins the scrub: what need not be read again.
        let text = fs::read_to_string(&journal).unwrap_or_default();
        let now = text.split_once("began ").map_or("", |(_, now)| now);
        let whole = |line: &&str| line.len() == 85 && !text.contains("ended ");
        let seen = now.split('\n').rev().skip(1).filter(whole).count();
        let said = check(at, &scrub, 0, &["WHOLE", "Record "]);
        let expect = format!("{seen} of them before it was interrupted");
        assert_eq!(said.contains(&expect), seen > 0, "{when}: {text}\n{said}");
    });
    assert!(kills > 20, "{kills} kills");
}

#[test]
fn a_mirror_is_a_case_that_is_brought_up_to_date_and_told_apart() {
    let folder = with_case(4);
    let (at, mirror) = (folder.path(), folder.path().join("m"));
    let to_m = ["-C", "case", "mirror", "m"];
    check(
        at,
        &["-C", "case", "mirror", "m", "--compare"],
        0,
        &["no mirror", "nothing was written"],
    );
    assert!(!mirror.exists());
    check(at, &to_m, 0, &["There was no mirror", "4 object(s)", "NOT mirrored", "up to date: 5"]);
    check(at, &["verify", "m"], 0, &["HOLDS", "private-left-out"]);
    check_same(&at.join("case"), &mirror);
    assert!(!mirror.join("private").exists());
    check(at, &["-C", "m", "capture", "first"], 3, &["is a mirror"]);
    check(at, &to_m, 0, &["had the same 5", "0 object(s)"]);

    copy_all(&at.join("case"), &at.join("old"));
    capture(at, "second", 300);
    check(at, &["-C", "case", "mirror", "m", "--compare"], 0, &["behind by 300", "nothing was"]);
    check(at, &to_m, 0, &["behind by 300 record(s)", "300 object(s)"]);
    check(at, &["verify", "m"], 0, &["HOLDS", "305 record(s)"]);
    check_same(&at.join("case"), &mirror);

    let before = truth(&mirror);
    check(at, &["-C", "old", "mirror", "m"], 1, &["AHEAD by 300", "mirror-ahead", "older copy"]);
    check(at, &["-C", "old", "capture", "second/7.txt"], 0, &[]);
    check(at, &["-C", "old", "mirror", "m"], 1, &["FORKED", "log-forked"]);
    check(at, &["init", "other", "--unprotected"], 0, &[]);
    check(at, &["-C", "other", "mirror", "m"], 1, &["FOREIGN", "mirror-foreign"]);
    check(at, &["-C", "other", "mirror", "case"], 1, &["FOREIGN"]);
    assert_eq!(truth(&mirror), before);
    check(at, &["-C", "case", "mirror", "first"], 3, &["not an empty folder"]);
    check(at, &["-C", "case", "mirror", "case/in"], 3, &["one in the other"]);
    check(at, &["-C", "case", "mirror", "."], 3, &["one in the other"]);

    check(at, &["-C", "case", "mirror", "p", "--with-private"], 0, &["private/ went along"]);
    let said = check(at, &["verify", "p"], 0, &["HOLDS"]);
    assert!(!said.contains("private-left-out"), "{said}");
    assert!(at.join("p/private/keys").exists());
    check(at, &["-C", "p", "capture", "first"], 3, &["is a mirror"]);
    check(at, &["-C", "m", "mirror", "mm"], 0, &["up to date: 305"]);
    check(at, &["verify", "mm"], 0, &["HOLDS"]);
}

#[test]
fn nothing_different_is_overwritten_and_nothing_damaged_is_copied() {
    let folder = with_case(3);
    let (at, case, mirror) = (folder.path(), folder.path().join("case"), folder.path().join("m"));
    let to_m = ["-C", "case", "mirror", "m"];
    check(at, &to_m, 0, &[]);
    capture(at, "second", 2);
    // In the place of an object, and of a log file, that is still to come: something else.
    let files = truth(&case);
    let strange: Vec<&String> = files.keys().filter(|path| !mirror.join(path).exists()).collect();
    let object = strange.iter().find(|path| path.starts_with("objects/")).unwrap();
    let tile = strange.iter().find(|path| path.ends_with("log/tile/0/000.p/6")).unwrap();
    let verified = |records: &str| {
        let run = casefile(at, &["verify", "m"]);
        assert!(run.said.contains(&format!("{records} record(s)")), "{}", run.said);
    };
    for path in [tile, object] {
        fs::create_dir_all(mirror.join(path).parent().unwrap()).unwrap();
        fs::write(mirror.join(path), "something else").unwrap();
        check(at, &to_m, 1, &["mirror-differs", path.as_str(), "NOT whole"]);
        assert_eq!(fs::read(mirror.join(path)).unwrap(), b"something else");
        verified("4");
        fs::remove_file(mirror.join(path)).unwrap();
    }
    // An object of the case that has rotted before it was copied.
    spoil(&case.join(object));
    check(at, &to_m, 1, &["object-damaged", "it was not copied", "NOT whole"]);
    verified("4");
    check(at, &["-C", "case", "mirror", "m", "--incomplete"], 1, &["object-damaged"]);
    verified("6");
    spoil(&case.join(object));
    check(at, &to_m, 0, &["1 object(s)", "up to date: 6"]);
    check(at, &["verify", "m"], 0, &["HOLDS"]);
}

#[test]
fn a_first_mirroring_killed_or_failing_at_any_step_is_gone_on_with() {
    interrupt_mirroring(true);
}

#[test]
fn a_mirroring_killed_or_failing_at_any_step_leaves_an_older_state_and_is_gone_on_with() {
    interrupt_mirroring(false);
}

fn interrupt_mirroring(first: bool) {
    if !has_strace() {
        return;
    }
    let folder = with_case(2);
    let (at, mirror) = (folder.path(), folder.path().join("m"));
    let to_m = ["-C", "case", "mirror", "m", "--with-private"];
    check(at, &to_m, 0, &[]);
    copy_all(&mirror, &at.join("earlier"));
    capture(at, "second", 6);
    let before = || {
        remove_all(&mirror);
        if !first {
            copy_all(&at.join("earlier"), &mirror);
        }
    };
    let mut states = BTreeMap::new();
    let mut examine = |when: &str| {
        if mirror.join("VERSION").exists() {
            let said = check(at, &["verify", "m"], 0, &["HOLDS"]);
            let size = said.split(" record(s)").next().unwrap().rsplit(' ').next().unwrap();
            *states.entry(size.to_string()).or_insert(0) += 1;
        }
        check(at, &to_m, 0, &["up to date: 9"]);
        check(at, &["verify", "m"], 0, &["HOLDS", "9 record(s)"]);
        check_same(&at.join("case"), &mirror);
        assert_eq!(fs::read_dir(mirror.join("objects/incoming")).unwrap().count(), 0, "{when}");
    };
    let kills = kill_everywhere(at, &to_m, &before, &mut examine);
    let failed = fail_everywhere(at, &to_m, &before, &mut examine);
    assert!(kills > 30 && failed + 5 >= kills, "{kills} kills, {failed} failed calls");
    let older = if first { vec!["9"] } else { vec!["3", "9"] };
    assert_eq!(states.keys().collect::<Vec<_>>(), older, "{states:?}");
}

/// As on a share: no rename that never replaces, and no links.
#[test]
fn a_disk_that_knows_neither_flags_of_rename_nor_links_can_hold_a_mirror() {
    if !has_strace() {
        return;
    }
    let folder = with_case(3);
    let at = folder.path();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "trace", "-e", "trace=renameat2,linkat,link"]);
    strace.args(["-e", "inject=renameat2:error=EINVAL", "-e", "inject=linkat,link:error=EPERM"]);
    strace.args([env!("CARGO_BIN_EXE_casefile"), "-C", "case", "mirror", "m"]);
    let run = run(&mut strace, at);
    assert_eq!(run.code, Some(0), "{}", run.said);
    let trace = fs::read_to_string(at.join("trace")).unwrap();
    assert_eq!(trace.matches("(INJECTED)").count(), 6, "{trace}");
    check(at, &["verify", "m"], 0, &["HOLDS", "3 object(s)"]);
}

#[test]
fn a_case_that_was_put_back_does_not_fork_its_log_unnoticed() {
    let folder = with_case(1);
    let (at, stick) = (folder.path(), folder.path().join("stick"));
    fs::create_dir(&stick).unwrap();
    check(at, &["-C", "case", "mirror"], 0, &["no guard"]);
    check(at, &["-C", "case", "mirror", "--guard", "none"], 3, &["cannot look at"]);
    check(at, &["-C", "case", "mirror", "--guard", "stick"], 0, &["guarded by"]);
    copy_all(&at.join("case"), &at.join("old"));
    let held = || {
        let files = fs::read_dir(&stick).unwrap().map(|file| file.unwrap().path());
        let held = files.filter(|path| path.extension().unwrap() == "checkpoint");
        held.map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
    };
    let now = |case: &str| vec![fs::read(at.join(case).join("log/checkpoint")).unwrap()];
    assert_eq!(held(), now("case"));
    capture(at, "second", 2);
    assert_eq!(held(), now("case"));

    // The old copy signs nothing, and is not changed.
    let before = truth(&at.join("old"));
    let take = ["-C", "old", "capture", "first"];
    check(at, &take, 3, &["2 record(s) more", "older copy", "brings it up"]);
    assert_eq!(truth(&at.join("old")), before);
    check(at, &["-C", "old", "mirror", "--guard", "stick"], 3, &["older copy"]);
    // With the guard out of reach it does, and says what it cannot tell; then it is found.
    fs::rename(&stick, at.join("away")).unwrap();
    check(at, &take, 0, &["guard-unreachable"]);
    check(at, &take, 0, &["guard-unreachable"]);
    check(at, &["-C", "case", "capture", "first"], 0, &["guard-unreachable"]);
    fs::rename(at.join("away"), &stick).unwrap();
    check(at, &take, 3, &["two histories"]);
    // The case itself has gone on from what the guard holds.
    check(at, &["-C", "case", "capture", "first"], 0, &[]);
    assert_eq!(held(), now("case"));
    // What the guard holds cannot be read.
    let file = fs::read_dir(&stick).unwrap().map(|file| file.unwrap().path());
    let file = file.into_iter().find(|path| path.extension().unwrap() == "checkpoint").unwrap();
    fs::write(&file, "torn").unwrap();
    check(at, &["-C", "case", "capture", "first"], 3, &["guard", "not of the form"]);
    check(at, &["-C", "case", "mirror", "--unguard", "stick"], 0, &["no guard"]);
    check(at, &["-C", "case", "mirror", "--unguard", "stick"], 3, &["is no guard"]);
    check(at, &["-C", "case", "capture", "first"], 0, &[]);
}

#[test]
fn a_capture_with_a_guard_killed_at_any_step_goes_on() {
    if !has_strace() {
        return;
    }
    let folder = with_case(1);
    let (at, stick) = (folder.path(), folder.path().join("stick"));
    fs::create_dir(&stick).unwrap();
    check(at, &["-C", "case", "mirror", "--guard", "stick"], 0, &[]);
    fs::write(at.join("new.txt"), "about four people").unwrap();
    let take = ["-C", "case", "capture", "new.txt"];
    let (mut behind, mut same) = (0, 0);
    let kills = kill_everywhere(at, &take, &|| {}, &mut |when| {
        let held = || {
            let name = |path: &Path| path.extension().is_some_and(|ending| ending == "checkpoint");
            let files = fs::read_dir(&stick).unwrap().map(|file| file.unwrap().path());
            fs::read(files.into_iter().find(|path| name(path)).unwrap()).unwrap()
        };
        let now = || fs::read(at.join("case/log/checkpoint")).unwrap();
        if held() == now() {
            same += 1;
        } else {
            behind += 1;
        }
        check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
        check(at, &take, 0, &["1 item(s) kept"]);
        assert_eq!(held(), now(), "{when}");
    });
    assert!(kills > 30 && behind > 1 && same > 20, "{kills} kills, {behind} behind, {same} same");
}

/// Every way of destroying a case that is named here is undone from its mirror, byte for byte.
#[test]
fn a_destroyed_case_is_restored_from_its_mirror() {
    type Destroy = fn(&Path);
    let table: [(&str, Destroy); 25] = [
        ("object changed", |case| spoil(&objects(case)[0])),
        ("object cut off", |case| cut(&objects(case)[1])),
        ("object gone", |case| remove(&objects(case)[2])),
        ("objects swapped", |case| swap(&objects(case)[3], &objects(case)[4])),
        ("a folder in an object's place", |case| {
            let object = objects(case)[5].clone();
            remove(&object);
            fs::create_dir_all(object.join("in")).unwrap();
        }),
        ("every object changed", |case| objects(case).iter().for_each(|object| spoil(object))),
        ("every object gone", |case| remove_all(&case.join("objects"))),
        ("bundle changed", |case| spoil(&case.join("log/tile/entries/000"))),
        ("bundle cut off", |case| cut(&case.join("log/tile/entries/000"))),
        ("bundle gone", |case| remove(&case.join("log/tile/entries/000"))),
        ("last bundle changed", |case| spoil(&case.join("log/tile/entries/001.p/5"))),
        ("last bundle gone", |case| remove(&case.join("log/tile/entries/001.p/5"))),
        ("tile changed", |case| spoil(&case.join("log/tile/0/000"))),
        ("tile gone", |case| remove(&case.join("log/tile/0/000"))),
        ("last tile changed", |case| spoil(&case.join("log/tile/0/001.p/5"))),
        ("upper tile gone", |case| remove(&case.join("log/tile/1/000.p/1"))),
        ("every tile changed", |case| {
            let files = archive::log::list_files(&case.join("log/tile")).unwrap();
            files.iter().for_each(|file| spoil(&case.join("log/tile").join(file)));
        }),
        ("checkpoint changed", |case| spoil(&case.join("log/checkpoint"))),
        ("checkpoint gone", |case| remove(&case.join("log/checkpoint"))),
        ("key changed", |case| spoil(&case.join("log/vkey"))),
        ("log gone", |case| remove_all(&case.join("log"))),
        ("VERSION gone", |case| remove(&case.join("VERSION"))),
        ("opening changed", |case| {
            spoil(&case.join("private/openings/00000000000000000001.jsonl"));
        }),
        ("private gone", |case| remove_all(&case.join("private"))),
        ("all gone", remove_all),
    ];
    let folder = with_case(1);
    let (at, mirror) = (folder.path(), folder.path().join("m"));
    capture(at, "second", 259);
    check(at, &["-C", "case", "mirror", "m", "--with-private"], 0, &["up to date: 261"]);
    for (name, destroy) in table {
        let copy = at.join(name);
        copy_all(&at.join("case"), &copy);
        destroy(&copy);
        assert_ne!(casefile(at, &["verify", name]).code, Some(0), "{name}: no harm was done");
        let said = check(at, &["-C", name, "repair", "m", "--unrecorded"], 0, &["MENDED"]);
        let nothing = "put back 0 object(s), 0 file(s) of the log and 0";
        assert!(!said.contains(nothing), "{said}");
        check(at, &["verify", name], 0, &["HOLDS", "261 record(s) and 260 object(s)"]);
        check_same(&copy, &mirror);
        for place in ["VERSION", "private/keys", "private/openings/00000000000000000001.jsonl"] {
            assert_eq!(fs::read(copy.join(place)).unwrap(), fs::read(mirror.join(place)).unwrap());
        }
        // The next one puts it on record, with the counts of this one; and that once.
        check(at, &["-C", name, "repair", "m"], 0, &["put back 0 object(s)", "says so"]);
        let log = check(at, &["-C", name, "log", "--json", "--from", "261"], 0, &["repair"]);
        let record: serde_json::Value = serde_json::from_str(log.trim_end()).unwrap();
        let counts = format!(
            "put back {} object(s), {} file(s) of the log and {}",
            record["objects"], record["log_files"], record["others"]
        );
        assert!(said.contains(&counts), "recorded as: {counts}, and was: {said}");
        check(at, &["-C", name, "repair", "m"], 0, &["Nothing was recorded"]);
        check(at, &["-C", name, "capture", "first"], 0, &["1 item(s) kept"]);
        remove_all(&copy);
    }
}

#[test]
fn nothing_is_put_back_that_has_not_the_right_digest() {
    let folder = with_case(4);
    let (at, case, mirror) = (folder.path(), folder.path().join("case"), folder.path().join("m"));
    check(at, &["-C", "case", "export", "bundle"], 0, &[]);
    check(at, &["-C", "case", "export", "bundle.zip"], 0, &[]);
    check(at, &["-C", "case", "mirror", "m"], 0, &[]);
    // Two copies that are damaged in different places mend each other.
    let all = objects(&case);
    let there = |object: &Path| mirror.join(object.strip_prefix(&case).unwrap());
    let widths = fs::read_dir(case.join("log/tile/0/000.p")).unwrap();
    let widths = widths.map(|file| file.unwrap().file_name().into_string().unwrap());
    let last = widths.max_by_key(|width| width.parse::<u16>().unwrap()).unwrap();
    let (tile, entries) =
        (format!("log/tile/0/000.p/{last}"), format!("log/tile/entries/000.p/{last}"));
    spoil(&case.join(&entries));
    spoil(&all[0]);
    spoil(&mirror.join(&tile));
    spoil(&there(&all[1]));
    let words = ["MENDED", "1 object(s), 1 file(s) of the log", "kept in damaged/1/objects"];
    check(at, &["-C", "case", "repair", "m"], 0, &[&words[..], &["Record"]].concat());
    check(at, &["-C", "case", "log"], 0, &["put back 1 object(s), 1 file(s) of the log"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "damaged-kept"]);
    check(at, &["-C", "m", "repair", "case"], 0, &["MENDED", "had lost 1 record(s)"]);
    check(at, &["verify", "m"], 0, &["HOLDS"]);
    check_same(&case, &mirror);

    // Damaged here, and altered there: nothing is taken. A bundle has it.
    let item = |number: usize| fs::read_dir(at.join("bundle/data/items")).unwrap().nth(number);
    let item = item(0).unwrap().unwrap().path();
    let lost = all.iter().find(|object| fs::read(object).unwrap() == fs::read(&item).unwrap());
    let lost = lost.unwrap();
    spoil(lost);
    fs::set_permissions(there(lost), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(there(lost), "planted").unwrap();
    let before = fs::read(lost).unwrap();
    check(at, &["-C", "case", "repair", "m"], 1, &["NOT WHOLE", "object-damaged", "no good copy"]);
    assert_eq!(fs::read(lost).unwrap(), before, "what is damaged stays where nothing better is");
    remove(lost);
    check(at, &["-C", "case", "repair", "m"], 1, &["NOT WHOLE", "object-missing"]);
    assert!(!lost.exists());
    fs::write(&item, "planted too").unwrap();
    check(at, &["-C", "case", "repair", "bundle"], 1, &["NOT WHOLE", "object-missing"]);
    check(
        at,
        &["-C", "case", "repair", "bundle.zip"],
        0,
        &["MENDED: put back 1 object(s), 0 file"],
    );
    check(at, &["-C", "case", "verify"], 0, &["HOLDS"]);
    check(at, &["-C", "case", "repair", "first"], 3, &["neither a copy of a case nor a bundle"]);
    check(at, &["-C", "first", "repair", "m"], 3, &["not an empty folder"]);
    check(at, &["-C", "new", "repair", "bundle"], 1, &["file-missing", "name a mirror"]);
}

#[test]
fn a_repair_does_not_take_a_case_back_or_into_another_history() {
    let folder = with_case(2);
    let (at, case) = (folder.path(), folder.path().join("case"));
    fs::create_dir(at.join("stick")).unwrap();
    check(at, &["-C", "case", "mirror", "m", "--with-private"], 0, &[]);
    copy_all(&case, &at.join("old"));
    check(at, &["-C", "case", "mirror", "--guard", "stick"], 0, &[]);
    capture(at, "second", 3);
    check(at, &["-C", "case", "mirror", "newer", "--with-private"], 0, &[]);

    // The case has more records than the mirror, and has lost its checkpoint.
    copy_all(&case, &at.join("lost"));
    remove(&at.join("lost/log/checkpoint"));
    fs::rename(at.join("stick"), at.join("away")).unwrap();
    let repair = ["-C", "lost", "repair", "m", "--unrecorded"];
    check(at, &repair, 1, &["repair-older", "beyond 3 records"]);
    assert!(!at.join("lost/log/checkpoint").exists());
    copy_all(&at.join("lost"), &at.join("wished"));
    check(at, &["-C", "wished", "repair", "m", "--unrecorded", "--older"], 0, &["MENDED"]);
    check(at, &["verify", "wished"], 0, &["HOLDS", "3 record(s)", "set-aside"]);
    fs::rename(at.join("away"), at.join("stick")).unwrap();
    check(at, &repair, 0, &["MENDED", "1 file(s) of the log"]);
    check(at, &["verify", "lost"], 0, &["HOLDS", "6 record(s)"]);
    check_same(&at.join("lost"), &case);

    // An old copy that was put back is brought up; one that went its own way is not.
    copy_all(&at.join("old"), &at.join("astray"));
    check(at, &["-C", "old", "repair", "newer"], 0, &["had lost 3 record(s)", "Record 6"]);
    check(at, &["verify", "old"], 0, &["HOLDS", "7 record(s)"]);
    check(at, &["-C", "astray", "capture", "second/1.txt"], 0, &[]);
    let before = truth(&at.join("astray"));
    check(at, &["-C", "astray", "repair", "newer"], 1, &["log-forked", "nothing was taken"]);
    check(at, &["init", "other", "--unprotected"], 0, &[]);
    check(at, &["-C", "astray", "repair", "other"], 1, &["mirror-foreign"]);
    let key = fs::read_to_string(at.join("other/log/vkey")).unwrap();
    let trust = ["-C", "astray", "repair", "other", "--trust", key.trim()];
    check(at, &trust, 1, &["key-untrusted", "another key"]);
    assert_eq!(truth(&at.join("astray")), before);
    // A whole case does not take an older state from its mirror.
    check(at, &["-C", "case", "repair", "m"], 0, &["put back 0 object(s), 0 file(s)"]);
    check(at, &["-C", "case", "verify"], 0, &["HOLDS", "6 record(s)"]);
}

#[test]
fn a_repair_killed_or_failing_at_any_step_is_gone_on_with() {
    if !has_strace() {
        return;
    }
    let folder = with_case(3);
    let (at, mirror, copy) = (folder.path(), folder.path().join("m"), folder.path().join("copy"));
    check(at, &["-C", "case", "mirror", "m", "--with-private"], 0, &[]);
    copy_all(&at.join("case"), &at.join("harmed"));
    let harmed = at.join("harmed");
    spoil(&objects(&harmed)[0]);
    remove(&objects(&harmed)[1]);
    spoil(&harmed.join("log/tile/entries/000.p/4"));
    spoil(&harmed.join("log/tile/0/000.p/4"));
    spoil(&harmed.join("log/checkpoint"));
    spoil(&harmed.join("private/openings/00000000000000000001.jsonl"));
    remove(&harmed.join("VERSION"));
    let before = || {
        remove_all(&copy);
        copy_all(&harmed, &copy);
    };
    let repair = ["-C", "copy", "repair", "m"];
    let mut examine = |when: &str| {
        let again = casefile(at, &repair);
        assert_eq!(again.code, Some(0), "{when}: {}", again.said);
        check(at, &["verify", "copy"], 0, &["HOLDS"]);
        for (path, bytes) in truth(&mirror).iter().filter(|(path, _)| *path != "log/checkpoint") {
            assert_eq!(&fs::read(copy.join(path)).unwrap(), bytes, "{when}: {path}");
        }
        // What was damaged is kept, whenever it was put aside.
        let kept = Command::new("find").arg(copy.join("damaged")).args(["-type", "f"]).output();
        let kept = String::from_utf8(kept.unwrap().stdout).unwrap();
        for place in ["log/tile/entries/000.p/4", "log/checkpoint", "private/openings/"] {
            assert!(kept.contains(place), "{when}: {place} is not in {kept}");
        }
        let object = objects(&harmed)[0].clone();
        assert!(kept.contains(object.strip_prefix(&harmed).unwrap().to_str().unwrap()), "{when}");
    };
    let kills = kill_everywhere(at, &repair, &before, &mut examine);
    let failed = fail_everywhere(at, &repair, &before, &mut examine);
    assert!(failed + 5 >= kills, "{failed} failed calls");
    assert!(kills > 60, "{kills} kills");
}

fn cut(file: &Path) {
    fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() - 1]).unwrap();
}

fn remove(file: &Path) {
    fs::remove_file(file).unwrap();
}

fn swap(one: &Path, other: &Path) {
    let aside = one.with_extension("aside");
    fs::rename(one, &aside).unwrap();
    fs::rename(other, one).unwrap();
    fs::rename(&aside, other).unwrap();
}
