//! What a killed or failed export leaves behind does not stand in the way of the next, and nothing
//! that somebody else put there is ever touched.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use bundle::Error;
use invented::{Case, copy, faults};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use verifier::zipped;

/// What lies at `OUT.partial` when a process was killed after writing all but the seals: taken from
/// a live export, whose lock does not come along.
fn left_behind(folder: &Path, out: &Path) -> PathBuf {
    let live = folder.join("live");
    let unsealed = Case::new(7).unsealed(&live, &[1, 2]);
    let place = partial(out);
    copy(&partial(&live), &place);
    drop(unsealed);
    assert!(!partial(&live).exists(), "an export that is given up takes its folder away");
    assert!(place.join("bundle/data/items").exists());
    place
}

fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

#[test]
fn the_next_export_clears_away_what_a_killed_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let place = left_behind(folder.path(), &out);
    // Killed while it packed a zip file of a larger bundle.
    fs::write(place.join("bundle.zip"), "PK, and no more").unwrap();
    let mut case = Case::new(7);
    let root = case.export(&out, &[1]);
    assert_eq!(faults(&verifier::verify(&root, Some(&case.signer.vkey())).unwrap()), [""; 0]);
    assert!(!place.exists());
}

#[test]
fn a_kill_before_or_within_the_mark_leaves_nothing_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let marks: [Option<&[u8]>; 3] = [None, Some(b""), Some(b"casefile writes")];
    for (number, mark) in marks.into_iter().enumerate() {
        let out = folder.path().join(number.to_string());
        fs::create_dir(partial(&out)).unwrap();
        if let Some(mark) = mark {
            fs::write(partial(&out).join("UNFINISHED"), mark).unwrap();
        }
        Case::new(7).export(&out, &[1]);
        assert!(!partial(&out).exists());
    }
}

/// Everything below `folder` with its bytes.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |path: String| (path.clone(), fs::read(folder.join(path)).unwrap_or_default());
    zipped::files(folder).unwrap().into_iter().map(read).collect()
}

/// What is done to the leavings, so that they may be somebody else's.
type Row = (&'static str, fn(&Path));

const NOT_OURS: &[Row] = &[
    ("no mark", |place| fs::remove_file(place.join("UNFINISHED")).unwrap()),
    ("another mark", |place| fs::write(place.join("UNFINISHED"), "mine").unwrap()),
    ("a part of the mark, and files", |place| {
        fs::write(place.join("UNFINISHED"), "casefile writes").unwrap();
    }),
    ("a mark that is a link", |place| {
        let mark = place.join("UNFINISHED");
        fs::rename(&mark, place.with_extension("mark")).unwrap();
        std::os::unix::fs::symlink(place.with_extension("mark"), mark).unwrap();
    }),
    ("a file beside", |place| fs::write(place.join("notes.txt"), "mine").unwrap()),
    ("a file within", |place| fs::write(place.join("bundle/notes.txt"), "mine").unwrap()),
    ("a folder within", |place| {
        fs::create_dir(place.join("bundle/data/mine")).unwrap();
        fs::write(place.join("bundle/data/mine/a"), "mine").unwrap();
    }),
    ("a link within", |place| {
        std::os::unix::fs::symlink("/etc/passwd", place.join("bundle/data/items/a")).unwrap();
    }),
    ("a whole bundle that bears the name", |place| {
        fs::remove_dir_all(place).unwrap();
        Case::new(7).export(place, &[1]);
    }),
    ("a file", |place| {
        fs::remove_dir_all(place).unwrap();
        fs::write(place, "mine").unwrap();
    }),
    ("a link to a folder", |place| {
        fs::rename(place, place.with_extension("elsewhere")).unwrap();
        std::os::unix::fs::symlink(place.with_extension("elsewhere"), place).unwrap();
    }),
];

#[test]
fn what_is_not_surely_ours_is_never_touched() {
    for (what, change) in NOT_OURS {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        change(&left_behind(folder.path(), &out));
        let before = all(folder.path());
        let refused = begin(&out);
        assert!(matches!(refused, Err(Error::Foreign { .. })), "{what}: {refused:?}");
        assert_eq!(all(folder.path()), before, "{what}");
    }
}

fn begin(out: &Path) -> Result<(), Error> {
    let case = Case::new(7);
    bundle::Writer::create(out, case.about(), &case.proved(0), &[]).map(drop)
}

#[test]
fn a_live_export_is_not_disturbed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut case = Case::new(7);
    let unsealed = case.unsealed(&out, &[1, 2, 3]);
    assert!(matches!(begin(&out), Err(Error::Busy { .. })));
    let recorded = case.record(&unsealed.event, 7);
    let root = unsealed.writer.seal(&unsealed.signature, &recorded).unwrap();
    assert_eq!(faults(&verifier::verify(&root, Some(&case.signer.vkey())).unwrap()), [""; 0]);
    assert!(!partial(&out).exists());
    assert!(matches!(begin(&out), Err(Error::Files(verifier::Error::Exists { .. }))));
}

/// A disk that gives up after a few bytes.
struct Broken(u8);

impl Read for Broken {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0 -= 1;
        if self.0 == 0 {
            return Err(io::Error::other("the disk gave up"));
        }
        into[0] = b'S';
        Ok(1)
    }
}

#[test]
fn a_failed_export_takes_its_leavings_away() {
    let folder = tempfile::tempdir().unwrap();
    for out in ["folder", "file.zip"].map(|name| folder.path().join(name)) {
        let case = Case::new(7);
        let begun = bundle::Writer::create(&out, case.about(), &case.proved(0), &[]);
        let mut writer = begun.unwrap();
        assert!(partial(&out).exists());
        let failed = writer.add(&case.exhibit_of(1), &mut Broken(3));
        assert!(matches!(failed, Err(Error::Files(verifier::Error::Io { .. }))), "{failed:?}");
        drop(writer);
        assert_eq!(all(folder.path()), []);
    }
}
