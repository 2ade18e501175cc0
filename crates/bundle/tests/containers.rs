//! Named forgeries of a bundle's zip file: containers that two programs unpack in two ways, or to
//! other places. Each is caught by name.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use invented::Case;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::Path;
use verifier::zipped;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const ITEM: &str = "data/items/000001-mill-road.txt";
/// As long as [`ITEM`], so that a name can be changed in place.
const DOUBLE: &str = "data/items/000001-mill-road.txz";

/// Signatures of a member's two headers (APPNOTE.TXT, sections 4.3.7 and 4.3.12).
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";

/// A zip file with members added, on its way to being forged.
struct Forgery<'a> {
    root: &'a Path,
    bytes: Vec<u8>,
}

impl Forgery<'_> {
    /// The bundle's files, and more, written by another program than ours.
    fn with(&mut self, added: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>, SimpleFileOptions)) {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        for path in zipped::files(self.root).unwrap() {
            out.start_file(path.as_str(), stored).unwrap();
            out.write_all(&fs::read(self.root.join(path)).unwrap()).unwrap();
        }
        added(&mut out, stored);
        self.bytes = out.finish().unwrap().into_inner();
    }

    fn member(&mut self, name: &str) {
        self.with(|out, stored| {
            out.start_file(name, stored).unwrap();
            out.write_all(b"another").unwrap();
        });
    }

    /// Where the header of this kind for the member `name` begins; its name follows the fixed part.
    fn header(&self, kind: &[u8], name: &str) -> usize {
        let fixed = if kind == LOCAL { 30 } else { 46 };
        let is_it = |at: &usize| {
            self.bytes[*at..].starts_with(kind)
                && self.bytes[*at + fixed..].starts_with(name.as_bytes())
        };
        (0..self.bytes.len() - fixed).find(is_it).unwrap()
    }

    fn set(&mut self, kind: &[u8], name: &str, offset: usize, bytes: &[u8]) {
        let at = self.header(kind, name) + offset;
        assert_ne!(&self.bytes[at..at + bytes.len()], bytes, "nothing is changed");
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn rename(&mut self, kind: &[u8], from: &str, to: &str) {
        let fixed = if kind == LOCAL { 30 } else { 46 };
        self.set(kind, from, fixed, to.as_bytes());
    }
}

/// Name of the forgery, the code that names it, and how it is done.
type Row = (&'static str, &'static str, fn(&mut Forgery<'_>));

const ROWS: &[Row] = &[
    ("two members of one name", "bundle-zip-twice", |f| {
        f.member(DOUBLE);
        f.rename(CENTRAL, DOUBLE, ITEM);
        f.rename(LOCAL, DOUBLE, ITEM);
    }),
    ("two members of one name, in the central directory alone", "bundle-zip-twice", |f| {
        f.member(DOUBLE);
        f.rename(CENTRAL, DOUBLE, ITEM);
    }),
    ("two members of one name, in their own headers alone", "bundle-zip-header", |f| {
        f.member(DOUBLE);
        f.rename(LOCAL, DOUBLE, ITEM);
    }),
    ("a member within another's bytes", "bundle-zip-overlap", |f| {
        f.member(DOUBLE);
        let start = u32::try_from(f.header(LOCAL, ITEM)).unwrap();
        f.set(CENTRAL, DOUBLE, 42, &start.to_le_bytes());
    }),
    ("a member that reaches into the next", "bundle-zip-overlap", |f| {
        f.member(DOUBLE);
        f.set(CENTRAL, ITEM, 20, &2_000_u32.to_le_bytes());
    }),
    ("a size that its own header denies", "bundle-zip-header", |f| {
        f.member(DOUBLE);
        f.set(LOCAL, DOUBLE, 22, &3_u32.to_le_bytes());
    }),
    ("a checksum that its own header denies", "bundle-zip-header", |f| {
        f.member(DOUBLE);
        f.set(LOCAL, DOUBLE, 14, &[1, 2, 3, 4]);
    }),
    ("a member that the central directory leaves out", "bundle-zip-header", |f| {
        f.with(|_, _| {});
        let mut hidden = ZipWriter::new(Cursor::new(Vec::new()));
        hidden.start_file("data/items/hidden", SimpleFileOptions::default()).unwrap();
        hidden.write_all(b"hidden").unwrap();
        let hidden = hidden.finish().unwrap().into_inner();
        let end = hidden.windows(4).position(|four| four == CENTRAL).unwrap();
        f.bytes.splice(0..0, hidden[..end].iter().copied());
    }),
    ("a member that leads out", "bundle-zip-path", |f| f.member("../out")),
    ("a member of an absolute path", "bundle-zip-path", |f| f.member("/out")),
    ("a member of another system's path", "bundle-zip-path", |f| f.member("data\\items\\x")),
    ("a member of a path with a gap", "bundle-zip-path", |f| f.member("data//x")),
    ("a member that is a folder", "bundle-zip-path", |f| f.member("data/")),
    ("a member whose name Unicode spells twice", "bundle-zip-path", |f| {
        f.member("data/items/cafe\u{301}.txt");
    }),
    ("a member that makes a folder of a file", "bundle-zip-twice", |f| f.member("bagit.txt/x")),
    ("a member that differs in case alone", "bundle-file-collision", |f| {
        f.member("data/items/000001-MILL-ROAD.txt");
    }),
    ("a member that is a link", "bundle-zip", |f| {
        f.with(|out, stored| out.add_symlink("data/items/x", "/etc/passwd", stored).unwrap());
    }),
    ("a member more", "bundle-file-unlisted", |f| f.member("data/items/000009-new.txt")),
    ("a member that is said to be compressed", "bundle-zip-packed", |f| {
        f.set(CENTRAL, ITEM, 10, &[8]);
        f.set(LOCAL, ITEM, 8, &[8]);
    }),
    ("the same members from another program", "bundle-zip", |f| f.with(|_, _| {})),
    ("a comment", "bundle-zip", |f| {
        f.with(|out, _| out.set_raw_comment(b"a comment".as_slice().into()).unwrap());
    }),
    ("bytes before the first member", "bundle-zip", |f| {
        f.bytes.splice(0..0, *b"#!/bin/sh\n");
    }),
    ("bytes after the end", "bundle-zip", |f| f.bytes.extend(b"more")),
    ("a time", "bundle-zip", |f| {
        f.set(CENTRAL, ITEM, 12, &[1]);
        f.set(LOCAL, ITEM, 10, &[1]);
    }),
    ("nothing", "bundle-zip", |f| f.bytes.clear()),
    ("two letters", "bundle-zip", |f| f.bytes = b"PK".to_vec()),
    ("no zip file", "bundle-zip", |f| f.bytes = b"no zip file at all".to_vec()),
];

#[test]
fn a_forged_container_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3]);
    let (zip, scratch) = (folder.path().join("bundle.zip"), folder.path().join("scratch"));
    zipped::pack(&root, &zip).unwrap();
    let good = fs::read(&zip).unwrap();
    let key = case.signer.vkey();
    let codes = |bytes: &[u8]| -> Vec<String> {
        File::create(&zip).unwrap().write_all(bytes).unwrap();
        fs::create_dir(&scratch).unwrap();
        let report = zipped::verify(&zip, &scratch, Some(&key)).unwrap();
        fs::remove_dir_all(&scratch).unwrap();
        report.findings.into_iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&good), [""; 0]);
    let mut missed = Vec::new();
    for (what, code, forge) in ROWS {
        let mut forgery = Forgery { root: &root, bytes: good.clone() };
        forge(&mut forgery);
        assert_ne!(forgery.bytes, good, "{what}: nothing is forged");
        let found = codes(&forgery.bytes);
        if !found.iter().any(|found| found == code) {
            missed.push(format!("{what}: not {code}: {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), ROWS.len(), missed.join("\n"));
    assert!(!folder.path().join("out").exists(), "a member was unpacked outside");
}
