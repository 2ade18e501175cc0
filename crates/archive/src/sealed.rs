//! Key files of sealed items (docs/format/case.md): kept, looked at, and destroyed when consent is
//! withdrawn. What is in them is for `sealing`; here they are bytes with digests on record.
//!
//! A key file must never be written but as it is on record, and never come back once an erasure of
//! its item is.
//!
//! Crash story of an erasure:
//!
//! 1. a mark beside the key file, durable. *A kill leaves a mark without a record: nothing was
//!    withdrawn, and the next opening takes the mark away and says so;*
//! 2. the record, by the usual commit; where two persons must sign, the second one's approval: the
//!    record of the first destroys nothing and makes no mark. **From here on the item is erased;**
//!    *a kill leaves a key file whose erasure is on record: a fault until the next opening, which
//!    the mark leads to it, has brought it to its end;*
//! 3. the key file and every copy of it in the case: overwritten, removed, folder durable;
//! 4. the mark goes. *A kill leaves it beside nothing.*
//!
//! The record comes first, since a key that is gone without one would look like any other loss, and
//! a repair would put it back. A withdrawal that is on record is sure to be carried out; one that
//! could not be recorded has destroyed nothing.

use crate::case::{Writer, leaf_of};
use crate::log::Log;
use crate::{Error, codes, durable, layout, objects, recover, signers};
use actors::Roster;
use record::{Digests, Event, Finding, Leaf, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A sealed item as its capture records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// The leaf that records the capture.
    pub leaf: u64,
    /// The item's name.
    pub item: Sha256,
    /// Its key file.
    pub key_file: Digests,
}

impl Item {
    /// Where its key file lies in a case.
    pub fn place(&self) -> String {
        layout::key_file(self.leaf, self.item)
    }
}

/// What the records say of items that were sealed here: the key files of others lie elsewhere.
#[derive(Debug, Default)]
pub struct Recorded {
    /// Sealed items, by the leaf of their capture.
    pub items: BTreeMap<u64, Item>,
    /// Erased items, with the leaf of their erasure.
    pub erased: BTreeMap<Sha256, u64>,
    /// Items whose erasure is on record, by its leaf, whether it took effect or not.
    asked: BTreeMap<u64, Sha256>,
    /// Key files by the item they open: what may be erased.
    known: BTreeSet<(Sha256, Digests)>,
    /// Who may sign: an erasure may need two persons.
    roster: Roster,
    /// Whether records are missing, so that an approval may be among them.
    pub incomplete: bool,
}

impl Recorded {
    /// Takes in the next record, which stands in `bytes`. An erasure of what was not taken in
    /// sealed before it is a fault, and erases nothing.
    pub fn add(&mut self, at: u64, record: &Leaf, bytes: &[u8]) -> Option<Finding> {
        if at == 0 || signers::says_who(bytes) {
            // A record that does not count has no effect; the check of the case names it.
            let _ = self.roster.admit(at, record, bytes);
        }
        let act = match &record.event {
            Event::Capture(capture) if capture.received.is_none() => {
                let key_file = capture.sealed.as_ref()?.key_file;
                let item = capture.item.sha256;
                self.known.insert((item, key_file));
                self.items.insert(at, Item { leaf: at, item, key_file });
                return None;
            }
            Event::Erasure(erasure) => {
                let item = erasure.item;
                if !self.known.contains(&(item, erasure.key_file)) {
                    let message = format!("it erases {item}, which no record before it seals so");
                    let place = format!("leaf {at}");
                    return Some(Finding::fault(codes::ERASURE_INVALID, place, message));
                }
                self.asked.insert(at, item);
                at
            }
            Event::Approval(approval) => approval.leaf,
            _ => return None,
        };
        if let Some(item) = self.asked.get(&act)
            && self.roster.erasure(act).is_some()
        {
            self.erased.entry(*item).or_insert(act);
        }
        None
    }

    /// The first erasure of an item that is on record, and has no effect for want of a second
    /// person; and whether one can still approve it.
    pub fn asked_alone(&self, item: Sha256) -> Option<(u64, bool)> {
        let alone = |(leaf, asked): &(&u64, &Sha256)| {
            **asked == item && self.roster.erasure(**leaf).is_none()
        };
        let (leaf, _) = self.asked.iter().find(alone).filter(|_| !self.incomplete)?;
        Some((*leaf, self.roster.pending().contains_key(leaf)))
    }

    /// Whether a key file of this item must not be there.
    pub fn is_erased(&self, item: &Item) -> bool {
        self.erased.contains_key(&item.item)
    }
}

/// Writes the key files of a commit whose first record is the leaf `first`, durably.
pub(crate) fn keep(
    root: &Path,
    first: u64,
    files: &[(usize, Sha256, Vec<u8>)],
) -> Result<(), Error> {
    let wanted = files.iter().map(|(at, item, bytes)| durable::Wanted {
        path: layout::at(root, &layout::key_file(first + *at as u64, *item)),
        bytes: bytes.clone(),
        mode: durable::MODE_SECRET,
    });
    match wanted.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        wanted => durable::replace_all(&wanted),
    }
}

/// The key file of an item, if it is the one on record.
pub fn read(root: &Path, item: &Item) -> Result<Vec<u8>, Error> {
    let place = item.place();
    let path = layout::at(root, &place);
    let bytes = match fs::metadata(&path) {
        Ok(there) if there.len() != item.key_file.size => None,
        Ok(_) => Some(fs::read(&path).map_err(Error::io("read", &path))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = "the key file of the sealed item is not there, and no record says that \
                           it was erased: the item cannot be opened"
                .into();
            return Err(Error::Damaged { code: codes::SEALED_KEY_MISSING, place, message });
        }
        Err(error) => return Err(Error::io("look at", &path)(error)),
    };
    bytes.filter(|bytes| Digests::of(bytes) == item.key_file).ok_or_else(|| {
        let message = format!(
            "this is not the key file that leaf {} records: it was altered, cut off or replaced",
            item.leaf
        );
        Error::Damaged { code: codes::SEALED_KEY_DAMAGED, place, message }
    })
}

/// Records `events`, by which these items are erased, and destroys their key files, for good: see
/// the crash story. The events are erasures that need one person, or approvals of such as need two;
/// others may be among them. Gives the leaf of the first, and how many files were destroyed.
pub fn erase(writer: &mut Writer, items: &[Item], events: Vec<Event>) -> Result<(u64, u64), Error> {
    // What would not count must not leave a mark.
    writer.would_count(&events)?;
    let root = writer.root.clone();
    let size = writer.log.size();
    for item in items {
        let mark = mark_of(&root, item);
        durable::replace(&mark, format!("{size}\n").as_bytes(), durable::MODE_SECRET)?;
    }
    let first = writer.decide(events)?;
    let mut files = 0;
    for item in items {
        files += destroy(&root, item)?;
        unmark(&mark_of(&root, item))?;
    }
    Ok((first, files))
}

/// Destroys every copy of an item's key file in the folder of a case or mirror: overwritten,
/// removed, and the folder made durable. Gives how many there were.
///
/// What the disk itself keeps of an overwritten file (a solid-state disk, a file system that
/// copies on writing, a snapshot) is out of reach, and so is every copy elsewhere.
pub fn destroy(root: &Path, item: &Item) -> Result<u64, Error> {
    let copies = copies(root, item)?;
    let mut folders = BTreeSet::new();
    for path in &copies {
        let there = fs::symlink_metadata(path).map_err(Error::io("look at", path))?;
        // What a link leads to is not ours to overwrite.
        if there.is_file() {
            overwrite(path, there.len())?;
        }
        durable::remove_if_there(path)?;
        folders.extend(path.parent().map(Path::to_path_buf));
    }
    durable::sync_folders(&folders)?;
    Ok(copies.len() as u64)
}

fn overwrite(path: &Path, size: u64) -> Result<(), Error> {
    let mut file = OpenOptions::new().write(true).open(path).map_err(Error::io("open", path))?;
    let zeros = vec![0; usize::try_from(size).unwrap_or(usize::MAX).min(1 << 20)];
    file.write_all(&zeros).map_err(Error::io("overwrite", path))?;
    file.sync_all().map_err(Error::io("make durable", path))
}

/// Every copy of an item's key file in the case: in its place, half written, set aside by a repair.
pub fn copies(root: &Path, item: &Item) -> Result<Vec<PathBuf>, Error> {
    let place = item.place();
    let mut paths = vec![layout::at(root, &place), layout::at(root, &format!("{place}.new"))];
    for folder in objects::names(&layout::at(root, layout::DAMAGED))? {
        paths.push(layout::at(root, &format!("{}/{folder}/{place}", layout::DAMAGED)));
    }
    paths.retain(|path| path.symlink_metadata().is_ok());
    Ok(paths)
}

fn mark_of(root: &Path, item: &Item) -> PathBuf {
    layout::at(root, &format!("{}{}", item.place(), layout::ERASING))
}

fn unmark(mark: &Path) -> Result<(), Error> {
    durable::remove_if_there(mark)?;
    durable::sync_folders(&mark.parent().map(Path::to_path_buf).into_iter().collect())
}

/// Puts `private/sealed/` in order after a crash, when the case is opened for writing: key files
/// beyond the checkpoint are set aside, erasures that are on record brought to their end.
pub(crate) fn clear_up(root: &Path, log: &Log, roster: &Roster) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let names = objects::names(&layout::at(root, layout::SEALED))?;
    let marks = names.iter().filter_map(|name| name.strip_suffix(layout::ERASING));
    for name in marks {
        findings.push(finish(root, log, roster, name)?);
    }
    let beyond = |name: &&String| {
        let within = layout::key_file_named(name).is_some_and(|(leaf, _)| leaf < log.size());
        !within && !name.ends_with(layout::ERASING)
    };
    let beyond: Vec<String> = names.iter().filter(beyond).cloned().collect();
    if !beyond.is_empty() {
        let places = [layout::SEALED, layout::OPENINGS_UNACKNOWLEDGED];
        let aside = recover::set_aside(root, log.size(), &beyond, places)?;
        let message = format!(
            "{} key file(s) of sealed items set aside: their records were never acknowledged",
            beyond.len()
        );
        findings.push(Finding::notice(codes::SET_ASIDE, aside, message));
    }
    Ok(findings)
}

/// Brings an erasure that a mark speaks of to its end, if it took effect; calls it off otherwise.
fn finish(root: &Path, log: &Log, roster: &Roster, name: &str) -> Result<Finding, Error> {
    let place = format!("{}/{name}", layout::SEALED);
    let mark = layout::at(root, &format!("{place}{}", layout::ERASING));
    let mut erased = None;
    if let Some((leaf, item)) = layout::key_file_named(name) {
        for index in roster.erasures() {
            let bytes = log.leaf(index)?;
            if let Event::Erasure(erasure) = leaf_of(index, &bytes, log.origin())?.event
                && erasure.item == item
            {
                erased = Some((index, Item { leaf, item, key_file: erasure.key_file }));
            }
        }
    }
    let message = match erased {
        Some((index, item)) => {
            destroy(root, &item)?;
            format!("record {index} erases its item: it was interrupted, and is now done")
        }
        None => "an erasure of its item was begun and never recorded: nothing was destroyed".into(),
    };
    unmark(&mark)?;
    Ok(Finding::notice(codes::ERASURE_UNFINISHED, place, message))
}
