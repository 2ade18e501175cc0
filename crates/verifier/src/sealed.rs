//! The check of sealed exhibits: their records, the erasure of some, and, where a key is disclosed,
//! that it opens the exhibit to the bytes that were taken in.
//!
//! A sealed exhibit that nobody opened proves what was sealed, not what is in it: that is said.
//! Opening goes through the exhibit once, in the same memory whatever its size.

use crate::codes;
use crate::exhibits::ExhibitLine;
use crate::verify::Check;
use record::{Capture, Digests, Erasure, Event, Finding, Hasher, canonical};
use sealing::ItemKey;
use std::fs::File;
use std::io::{self, Read};

/// Bytes opened at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Withheld fields that every sealed capture has: without them nobody could ever show what was
/// sealed.
const FIELDS: [&str; 2] = ["key", "plain"];

/// An exhibit that is sealed.
pub(crate) struct SealedExhibit {
    number: u64,
    path: String,
    /// The leaves listed for it, among them that of its sealed capture.
    leaves: Vec<u64>,
    erased: bool,
}

impl Check<'_> {
    /// The records of an exhibit about its sealing and erasure.
    pub(crate) fn sealed(
        &mut self,
        place: &str,
        line: &ExhibitLine,
        captures: &[Capture],
        erasures: &[Erasure],
    ) {
        let sealed: Vec<&Capture> = captures.iter().filter(|one| one.sealed.is_some()).collect();
        let whole = |one: &&Capture| FIELDS.iter().all(|field| one.withheld.contains_key(*field));
        if !sealed.iter().all(whole) {
            let message = "its record says that it is sealed, and commits to no key or plain bytes";
            self.fault(codes::BUNDLE_SEALED, place, message);
        }
        let fits = |erasure: &Erasure| {
            let its = |one: &&Capture| {
                one.sealed.as_ref().is_some_and(|sealed| sealed.key_file == erasure.key_file)
            };
            erasure.item == line.item.sha256 && sealed.iter().any(its)
        };
        if !erasures.iter().all(fits) {
            let message = "a record listed for it erases what its records do not say was sealed";
            self.fault(codes::BUNDLE_ERASURE, place, message);
        }
        self.unlisted(place, line);
        if !sealed.is_empty() {
            self.sealed.push(SealedExhibit {
                number: line.number,
                path: line.path.clone(),
                leaves: line.leaves.clone(),
                erased: !erasures.is_empty(),
            });
        }
    }

    /// Erasures that needed two persons go with every bundle: one that took effect must stand with
    /// its exhibit, one that did not is named.
    fn unlisted(&mut self, place: &str, line: &ExhibitLine) {
        let (mut forgotten, mut pending) = (false, false);
        for (index, leaf) in &self.leaves {
            let its = matches!(&leaf.event, Event::Erasure(one) if one.item == line.item.sha256);
            if its && !line.leaves.contains(index) {
                let counts = self.roster.erasure(*index).is_some();
                forgotten |= counts;
                pending |= !counts;
            }
        }
        if forgotten {
            let message = "a proved record erases it, and is not listed for it";
            self.fault(codes::BUNDLE_ERASURE, place, message);
        }
        if pending {
            let message = "one person asked for its erasure, which two must sign: it has no effect";
            let finding = Finding::notice(codes::BUNDLE_ERASURE_PENDING, place, message);
            self.report.findings.push(finding);
        }
    }

    /// Each sealed exhibit whose key is disclosed, opened and compared; the others are named.
    pub(crate) fn open_sealed(&mut self) {
        let (mut unopened, mut erased) = (Vec::new(), Vec::new());
        for exhibit in std::mem::take(&mut self.sealed) {
            let disclosed = |field: &str| {
                let at = |leaf: &u64| self.basis.opened.get(&(*leaf, field.to_string()));
                exhibit.leaves.iter().find_map(at).cloned()
            };
            let (key, plain) = (disclosed("key"), disclosed("plain"));
            match key {
                Some(_) if exhibit.erased => {
                    let message = "its erasure is on record, and its key goes along all the same";
                    self.fault(codes::BUNDLE_ERASURE, &exhibit.path, message);
                }
                Some(key) => {
                    if let Err(message) = self.opens(&exhibit.path, &key, plain.as_deref()) {
                        self.fault(codes::BUNDLE_SEALED, &exhibit.path, message);
                    }
                }
                None if exhibit.erased => erased.push(exhibit.number),
                None => unopened.push(exhibit.number),
            }
        }
        let message = "sealed, not opened: that these bytes were taken in is proved; what is in \
                       them can be seen by who has a recipient's identity or a disclosed key";
        self.name(codes::BUNDLE_SEALED_UNOPENED, &unopened, message);
        let message = "erased: consent to keep them was withdrawn and their keys were destroyed; \
                       that they were taken in stays proved, and nobody can open them any more";
        self.name(codes::BUNDLE_ERASED, &erased, message);
    }

    /// Whether the disclosed key opens an exhibit to the disclosed digests.
    fn opens(&self, path: &str, key: &str, plain: Option<&str>) -> Result<(), String> {
        // Said already, where presence was looked at.
        if !self.is_plain(path) {
            return Ok(());
        }
        let key = ItemKey::parse(key).ok_or("the key that is disclosed is none")?;
        let recorded = plain.and_then(|plain| canonical::from_bytes(plain.as_bytes()).ok());
        let recorded: Digests = recorded
            .ok_or("its key is disclosed, and not what its plain bytes are: nothing to compare")?;
        let closed = |why: String| format!("the key that is disclosed does not open it: {why}");
        let file = File::open(self.root.join(path)).map_err(|error| closed(error.to_string()))?;
        let mut opened = sealing::open_item(file, &key).map_err(closed)?;
        let found = digests_of(&mut opened).map_err(|error| closed(error.to_string()))?;
        if found == recorded {
            return Ok(());
        }
        Err("the key that is disclosed opens it to other bytes than were taken in".into())
    }

    fn name(&mut self, code: &str, exhibits: &[u64], message: &str) {
        if !exhibits.is_empty() {
            let numbers: Vec<String> = exhibits.iter().map(u64::to_string).collect();
            let place = format!("exhibit {}", numbers.join(", "));
            self.report.findings.push(Finding::notice(code, place, message));
        }
    }
}

fn digests_of(bytes: &mut dyn Read) -> io::Result<Digests> {
    let mut hasher = Hasher::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = bytes.read(&mut chunk)?;
        match chunk.get(..read) {
            Some(bytes) if !bytes.is_empty() => hasher.update(bytes),
            _ => return Ok(hasher.finish()),
        }
    }
}
