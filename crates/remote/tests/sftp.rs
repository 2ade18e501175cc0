//! A mirror over SFTP, spoken with OpenSSH's own server: brought up to date, checked, restored from.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod small_case;

use archive::Error;
use archive::standing::Standing;
use mirror::{Report, Request, Store, update};
use record::finding;
use remote::Sftp;
use small_case::{add, new_case};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const SERVER: &str = "/usr/lib/openssh/sftp-server";
/// Long enough for a busy machine.
const SILENCE: Duration = Duration::from_secs(60);

fn has_server() -> bool {
    let there = Path::new(SERVER).exists();
    if !there {
        println!("skipped: {SERVER} is not there (Debian: openssh-sftp-server)");
    }
    there
}

fn open(root: &Path) -> Sftp {
    let (server, path) = (Command::new(SERVER), root.to_str().unwrap().into());
    Sftp::through(server, "sftp://there/m", path, SILENCE).unwrap()
}

fn run(case: &Path, store: &mut dyn Store) -> Result<Report, Error> {
    update(case, store, Request::default(), &mut |_, _| {})
}

fn check(root: &Path) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let report = mirror::check(&mut open(root), folder.path(), None, &mut |_, _| {}).unwrap();
    assert!(finding::passes(&report.findings), "{:?}", report.findings);
    report.leaves
}

#[test]
fn a_mirror_is_brought_up_to_date_checked_and_restored_from() {
    if !has_server() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (case, root) = (new_case(folder.path(), 3), folder.path().join("far/m"));
    let report = run(&case, &mut open(&root)).unwrap();
    assert_eq!((report.standing, report.objects), (Standing::New, 3));
    assert_eq!(check(&root), 4);
    add(&case, 3, 260);
    let report = run(&case, &mut open(&root)).unwrap();
    assert_eq!((report.standing, report.objects), (Standing::Behind { records: 260 }, 260));
    assert!(finding::passes(&report.findings), "{:?}", report.findings);
    assert_eq!(check(&root), 264);
    assert_eq!(run(&case, &mut open(&root)).unwrap().standing, Standing::Same);
    // What the other machine holds is a mirror like any other, and a case can be made from it.
    let report = ::check::check(&root, None, &|_, _| {}).unwrap();
    assert_eq!((report.leaves, report.objects), (264, 263));
    let (copy, new) = (folder.path().join("copy"), folder.path().join("new"));
    let mut store = open(&root);
    mirror::copy_out(&mut store, &copy).unwrap();
    let files = BTreeMap::new();
    let request =
        mirror::repair::Request { copy: Some(&copy), files: &files, trusted: None, older: false };
    let report = mirror::repair(&new, request, Some(&mut store), &|_, _| {}).unwrap();
    assert_eq!(report.objects, 263);
    let report = ::check::check(&new, None, &|_, _| {}).unwrap();
    assert_eq!((report.leaves, report.objects), (264, 263));
    // What has changed there is found.
    let object = archive::objects::list(&root).unwrap().remove(0).unwrap();
    let object = root.join(archive::layout::object(object));
    fs::remove_file(&object).unwrap();
    fs::write(&object, "something else").unwrap();
    fs::write(root.join("objects/notes.txt"), "foreign").unwrap();
    let stray = root.join(archive::layout::object(record::Sha256::of(b"stray")));
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(stray, "stray").unwrap();
    let place = folder.path().join("out");
    let report = mirror::check(&mut open(&root), &place, None, &mut |_, _| {}).unwrap();
    for code in ["object-damaged", "object-unrecorded", "file-foreign"] {
        let found = report.findings.iter().filter(|one| one.code == code).count();
        assert_eq!(found, 1, "{code}: {:?}", report.findings);
    }
}
