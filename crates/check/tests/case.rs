//! A case as its users see it: what is kept comes back, what is harmed is found, what is in the way
//! is said.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod fresh;

use archive::case::{New, create};
use archive::{Batch, Case, Error, Writer, codes, keys, layout};
use fresh::new_case;
use record::{Capture, Event, Finding, Grade};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn add(batch: &mut Batch, name: &str, bytes: &[u8]) {
    let item = batch.take_in(&mut &bytes[..]).unwrap();
    let (commitment, opening) = batch.withhold("collector", "A. Collector").unwrap();
    let withheld = BTreeMap::from([("collector".into(), commitment)]);
    let capture = Capture { withheld, ..Capture::of(item, name) };
    batch.record(Event::Capture(capture), vec![opening]);
}

fn writer(root: &Path) -> Writer {
    Writer::open(root, None, "test").unwrap()
}

fn take_in(root: &Path, items: &[(&str, &[u8])]) {
    let mut writer = writer(root);
    let mut batch = writer.begin().unwrap();
    items.iter().for_each(|(name, bytes)| add(&mut batch, name, bytes));
    assert_eq!(batch.commit(&mut writer).unwrap().len(), items.len());
}

fn findings(root: &Path) -> Vec<Finding> {
    check::check(root, None, &|_, _| {}).unwrap().findings
}

fn faults(root: &Path) -> Vec<String> {
    let faults = findings(root).into_iter().filter(|finding| finding.grade == Grade::Fault);
    faults.map(|finding| finding.code).collect()
}

fn objects(root: &Path) -> Vec<PathBuf> {
    archive::objects::list(root)
        .unwrap()
        .into_iter()
        .map(|object| layout::at(root, &layout::object(object.unwrap())))
        .collect()
}

#[test]
fn what_is_kept_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let long = vec![7; 3 * 1024 * 1024 + 11];
    take_in(&root, &[("a", b"one"), ("b", b""), ("c", &long), ("d", b"one")]);
    let many: Vec<(String, Vec<u8>)> =
        (0..600).map(|n| (format!("{n}"), format!("item {n}").into_bytes())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    take_in(&root, &many);

    let case = Case::open(&root).unwrap();
    let captures: Vec<Capture> = case
        .leaves()
        .filter_map(|leaf| match leaf.unwrap().1.event {
            Event::Capture(capture) => Some(capture),
            _ => None,
        })
        .collect();
    assert_eq!(captures.len(), 604);
    assert_eq!(captures[0].item, captures[3].item, "the same bytes are one object");
    assert_eq!(case.read(captures[2].item.sha256, u64::MAX).unwrap(), long);
    assert_eq!(captures[2].item, record::Digests::of(&long));
    assert_eq!(objects(&root).len(), 603);
    for object in objects(&root) {
        assert_eq!(fs::metadata(object).unwrap().permissions().mode() & 0o777, 0o444);
    }
    assert_eq!(findings(&root), []);
}

#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let first = writer(&root);
    let second = Writer::open(&root, None, "test").err().unwrap();
    assert!(
        matches!(&second, Error::Locked { holder, .. } if *holder == std::process::id().to_string())
    );
    assert!(Case::open(&root).is_ok(), "readers need no lock");
    drop(first);
    writer(&root);
}

#[test]
fn keys_open_with_their_passphrase_only() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("case");
    let passphrase = || Some(keys::passphrase("correct horse".into()));
    let new = New {
        case: "T".into(),
        actor_name: "t".into(),
        passphrase: passphrase(),
        tool: "test".into(),
    };
    create(&root, new).unwrap();
    assert!(Writer::open(&root, passphrase(), "test").is_ok());
    let wrong = Writer::open(&root, Some(keys::passphrase("wrong".into())), "test");
    let wrong = wrong.err().unwrap();
    assert!(matches!(wrong, Error::Passphrase { .. }), "{wrong}");
    assert!(matches!(
        Writer::open(&root, None, "test").err(),
        Some(Error::PassphraseNeeded { .. })
    ));
    let sealed = fs::read(layout::at(&root, layout::KEYS_SEALED)).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n"));
    let other = new_case(&folder.path().join("other"));
    fs::remove_file(layout::at(&root, layout::KEYS_SEALED)).unwrap();
    fs::copy(layout::at(&other, layout::KEYS_OPEN), layout::at(&root, layout::KEYS_OPEN)).unwrap();
    let foreign = Writer::open(&root, None, "test").err().unwrap();
    assert!(matches!(foreign, Error::Damaged { code: codes::KEY_UNTRUSTED, .. }));
}

/// Every way of harming a case that is named here is found under its name, and harms nothing else.
#[test]
fn harm_is_found_by_name() {
    type Harm = fn(&Path);
    let table: [(&str, Harm, &[&str]); 14] = [
        ("object changed", |root| flip(&objects(root)[0], 0), &["object-damaged"]),
        ("object cut off", |root| cut(&objects(root)[0]), &["object-damaged"]),
        ("object gone", |root| remove(&objects(root)[0]), &["object-missing"]),
        ("objects swapped", swap, &["object-damaged", "object-damaged"]),
        (
            "bundle changed",
            |root| flip(&root.join("log/tile/entries/000"), 400),
            &["leaf-invalid", "root-mismatch", "tile-damaged"],
        ),
        (
            "bundle cut off",
            |root| cut(&root.join("log/tile/entries/001.p/45")),
            &["entries-damaged"],
        ),
        ("bundle gone", |root| remove(&root.join("log/tile/entries/000")), &["file-missing"]),
        ("tile changed", |root| flip(&root.join("log/tile/0/000"), 40), &["tile-damaged"]),
        ("tile cut off", |root| cut(&root.join("log/tile/1/000.p/1")), &["tile-damaged"]),
        ("tile gone", |root| remove(&root.join("log/tile/0/000")), &["file-missing"]),
        (
            "checkpoint changed",
            |root| flip(&root.join("log/checkpoint"), 25),
            &["checkpoint-invalid"],
        ),
        ("checkpoint gone", |root| remove(&root.join("log/checkpoint")), &["file-missing"]),
        (
            "opening gone",
            |root| remove(&root.join("private/openings/00000000000000000001.jsonl")),
            &["opening-missing"],
        ),
        (
            "opening changed",
            |root| flip(&root.join("private/openings/00000000000000000001.jsonl"), 30),
            &["opening-invalid", "opening-missing"],
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let items: Vec<String> = (0..299).map(|n| format!("item {n}")).collect();
    take_in(&root, &[("first", b"first")]);
    let items: Vec<(&str, &[u8])> = items.iter().map(|i| (i.as_str(), i.as_bytes())).collect();
    take_in(&root, &items);
    assert_eq!(findings(&root), []);
    for (name, harm, expect) in table {
        let copy = folder.path().join(name);
        copy_all(&root, &copy);
        harm(&copy);
        let mut found = faults(&copy);
        if expect != ["object-damaged", "object-damaged"] {
            found.dedup();
        }
        // A changed leaf takes what only it recorded with it.
        found.retain(|code| code != "opening-missing" || expect.contains(&"opening-missing"));
        assert_eq!(found, expect, "{name}");
    }
    assert_eq!(findings(&root), [], "the case itself is unharmed");
}

#[test]
fn a_forged_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let other = new_case(&folder.path().join("other"));
    fs::copy(other.join("log/checkpoint"), root.join("log/checkpoint")).unwrap();
    let refused = Case::open(&root).err().unwrap();
    assert!(matches!(refused, Error::Damaged { code: codes::CHECKPOINT_INVALID, .. }), "{refused}");
    // Even with the key put there that signed it: the first record names another.
    remove(&root.join("log/vkey"));
    fs::copy(other.join("log/vkey"), root.join("log/vkey")).unwrap();
    assert!(Case::open(&root).is_err());
    assert!(faults(&root).contains(&codes::ROOT_MISMATCH.to_string()));
    // And a whole log made anew is another log to whoever knows the key.
    let vkey = fs::read_to_string(root.join("log/vkey")).unwrap();
    let report = check::check(&other, Some("another+key"), &|_, _| {}).unwrap();
    assert_eq!(report.findings[0].code, codes::KEY_UNTRUSTED);
    assert_eq!(check::check(&other, Some(vkey.trim()), &|_, _| {}).unwrap().findings, []);
}

#[test]
fn what_a_crash_left_is_cleared_up_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    take_in(&root, &[("a", b"a")]);
    let before = folder.path().join("before");
    copy_all(&root, &before);
    take_in(&root, &[("b", b"b"), ("c", b"c")]);
    // The checkpoint of the second commit never came to be.
    remove(&root.join("log/checkpoint"));
    fs::copy(before.join("log/checkpoint"), root.join("log/checkpoint")).unwrap();
    fs::write(layout::at(&root, layout::INCOMING).join("1-0"), "half").unwrap();
    assert_eq!(faults(&root), [""; 0]);
    let writer = writer(&root);
    let codes: Vec<&str> = writer.recovered.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, [codes::UNFINISHED_REMOVED, codes::SET_ASIDE, codes::SET_ASIDE]);
    drop(writer);
    assert!(root.join("log/unacknowledged/2-1/tile/entries/000.p/4").exists());
    // What was withheld goes with the records that it belongs to.
    let openings = format!("{:020}.jsonl", 2);
    assert!(root.join("private/unacknowledged/2-1").join(&openings).exists());
    assert!(!root.join("private/openings").join(&openings).exists());
    take_in(&root, &[("b", b"b")]);
    assert_eq!(faults(&root), [""; 0]);
    assert_eq!(Case::open(&root).unwrap().log().size(), 3);
}

/// A path that anybody can put there: the number in it times 256 is more than 64 bits hold.
#[test]
fn a_log_file_with_the_greatest_number_is_beyond_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let stray = root.join("log/tile/0/x018/x446/x744/x073/x709/x551/615");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, "stray").unwrap();
    let codes: Vec<String> = findings(&root).into_iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [codes::SET_ASIDE]);
    assert_eq!(writer(&root).recovered.len(), 1);
    assert!(!stray.exists());
}

#[test]
fn a_folder_in_use_is_not_made_a_case() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), "x").unwrap();
    let new =
        New { case: "T".into(), actor_name: "t".into(), passphrase: None, tool: "test".into() };
    assert!(matches!(create(folder.path(), new).err(), Some(Error::Exists { .. })));
    assert!(matches!(Case::open(folder.path()).err(), Some(Error::NotACase { .. })));
    fs::write(folder.path().join("VERSION"), "casefile case 9\n").unwrap();
    assert!(matches!(Case::open(folder.path()).err(), Some(Error::Version { .. })));
}

fn writable(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    writable(path);
    fs::write(path, bytes).unwrap();
}

fn cut(path: &Path) {
    let bytes = fs::read(path).unwrap();
    writable(path);
    fs::write(path, &bytes[..bytes.len() - 1]).unwrap();
}

fn remove(path: &Path) {
    fs::remove_file(path).unwrap();
}

fn swap(root: &Path) {
    let (a, b) = (objects(root)[0].clone(), objects(root)[1].clone());
    let aside = root.join("objects/aside");
    fs::rename(&a, &aside).unwrap();
    fs::rename(&b, &a).unwrap();
    fs::rename(&aside, &b).unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Whoever makes a checkpoint may claim any size: nobody looks for 2^54 files.
#[test]
fn a_log_that_claims_to_be_larger_than_any_is_done_with_soon() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path());
    let log = custody::note::Signer::new("casefile/x", &[7; 32]).unwrap();
    let claimed = custody::Checkpoint { origin: "casefile/x".into(), size: 1 << 62, root: [7; 32] };
    for (place, text) in
        [(layout::LOG_KEY, log.verifier().lines()), (layout::CHECKPOINT, claimed.sign(&log))]
    {
        let path = layout::at(&root, place);
        fs::remove_file(&path).unwrap();
        fs::write(path, text).unwrap();
    }
    let missing: Vec<Finding> =
        findings(&root).into_iter().filter(|one| one.code == codes::FILE_MISSING).collect();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing[1].message.contains("so are the 18014398509481982 after it"), "{missing:?}");
}
