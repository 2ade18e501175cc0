//! The documents of a bundle that follow from its records: the chain of custody for people, and in
//! the forms of other institutions.
//!
//! Whoever checks a bundle makes each anew from the records in it and compares byte for byte: a
//! document may never say anything else. They are written and compared as streams.

use crate::origins::{Nothing, OtherLog, other_logs};
use crate::verify::{Check, JSON_LIMIT_BYTES};
use crate::{bag, codes, layout};
use provenance::chain::Index;
use provenance::ro_crate::Document;
use provenance::{Grounds, Held, case_uco, premis, report, ro_crate};
use record::{Event, Grade, Leaf};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// What the documents follow from.
#[derive(Debug, Default)]
pub struct Basis {
    /// The records below `log/leaves/`.
    pub records: BTreeMap<u64, Leaf>,
    /// The exhibits.
    pub items: Vec<Held>,
    /// Records listed for one of them.
    pub listed: BTreeSet<u64>,
    /// Disclosed values, by record and field.
    pub opened: BTreeMap<(u64, String), String>,
    /// Name of the log.
    pub origin: String,
    /// Its key.
    pub log_key: String,
    /// Its size.
    pub log_size: u64,
    /// Day of the export.
    pub day: String,
    /// Logs that items came from.
    pub before: Vec<OtherLog>,
}

/// Files that the crate's description lists beside items and readings.
const LISTED: [Document; 5] = [
    Document { path: layout::PAGE, name: "Exhibits, for people", media: "text/html" },
    Document { path: layout::CUSTODY, name: "Chain of custody, for people", media: "text/html" },
    Document { path: layout::PREMIS, name: "Chain of custody, PREMIS 3", media: "application/xml" },
    Document {
        path: layout::CASE_UCO,
        name: "Chain of custody, CASE/UCO",
        media: "application/ld+json",
    },
    Document { path: layout::README, name: "How to check the bundle", media: "text/plain" },
];

/// The size in a checkpoint, which is its second line (C2SP tlog-checkpoint).
pub fn size_of(checkpoint: &str) -> u64 {
    checkpoint.split('\n').nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

impl Basis {
    /// Writes the document of this path ([`layout::DOCUMENTS`]) to `out`.
    pub fn document(&self, path: &str, out: &mut dyn Write) -> io::Result<()> {
        let none = (BTreeMap::new(), BTreeMap::new());
        let nothing = Nothing::default();
        // Items that came back are told of by this log itself.
        let others = self.before.iter().filter(|log| log.log_key != self.log_key);
        let before: Vec<Grounds<'_>> =
            others.map(|log| log.grounds(&self.items, &nothing)).collect();
        // One that took effect stands with its exhibit.
        let erasure = |(index, leaf): &(&u64, &Leaf)| {
            matches!(leaf.event, Event::Erasure(_)) && !self.listed.contains(*index)
        };
        let asked = self.records.iter().filter(erasure).map(|(index, _)| *index).collect();
        let grounds = Grounds {
            origin: &self.origin,
            log_key: &self.log_key,
            log_size: self.log_size,
            records: &self.records,
            items: &self.items,
            findings: &none.0,
            lists: &none.1,
            opened: &self.opened,
            before: &before,
            asked: &asked,
        };
        let index = Index::new(&grounds);
        match path {
            layout::CUSTODY => report::write(&index, out),
            layout::PREMIS => premis::write(&index, out),
            layout::CASE_UCO => case_uco::write(&index, out),
            _ => ro_crate::write(&index, &self.day, &LISTED, out),
        }
    }

    /// Whether the file is the document, byte for byte.
    fn is_in(&self, root: &Path, path: &str) -> io::Result<bool> {
        let file = BufReader::new(File::open(root.join(path))?);
        let mut comparing = Comparing { file, differs: false, buffer: Vec::new() };
        self.document(path, &mut comparing)?;
        let rest = comparing.file.read(&mut [0])?;
        Ok(!comparing.differs && rest == 0)
    }
}

impl Check<'_> {
    /// Each document made anew. Where what they follow from has a fault, they would differ for that
    /// reason: it is named already, and the bundle fails by it.
    pub(crate) fn documents(&mut self) {
        let about_them = |place: &str| layout::DOCUMENTS.contains(&place);
        let known = |grade: Grade, place: &str| grade == Grade::Fault && !about_them(place);
        if self.report.findings.iter().any(|finding| known(finding.grade, &finding.place)) {
            return;
        }
        let info = self.text(layout::BAG_INFO, 64 << 10).unwrap_or_default();
        let checkpoint = self.text(layout::CHECKPOINT, JSON_LIMIT_BYTES).unwrap_or_default();
        let mut basis = std::mem::take(&mut self.basis);
        basis.records.clone_from(&self.leaves);
        basis.log_key.clone_from(&self.report.log_key);
        basis.origin = basis.log_key.split('+').next().unwrap_or_default().into();
        basis.log_size = size_of(&checkpoint);
        let read = |path: &str| std::fs::read(self.root.join(path)).ok();
        basis.before = other_logs(self.present.iter().map(String::as_str), &read);
        basis.day = bag::info(&info).map_or("", |(.., day)| day).into();
        for path in layout::DOCUMENTS {
            if !self.is_plain(path) {
                continue;
            }
            match basis.is_in(self.root, path) {
                Ok(true) => {}
                Ok(false) => {
                    let message = "it does not say what the records in this bundle say: it was \
                                   changed, or made in a form that this version does not know";
                    self.fault(codes::BUNDLE_CUSTODY, path, message);
                }
                Err(error) => {
                    let message = format!("it cannot be read through: {error}");
                    self.fault(codes::BUNDLE_DIGEST, path, message);
                }
            }
        }
    }
}

/// Compares what is written with a file, as far as that goes.
struct Comparing {
    file: BufReader<File>,
    differs: bool,
    buffer: Vec<u8>,
}

impl Write for Comparing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.differs {
            self.buffer.resize(bytes.len(), 0);
            self.differs = match self.file.read_exact(&mut self.buffer) {
                Ok(()) => self.buffer != bytes,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => true,
                Err(error) => return Err(error),
            };
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
