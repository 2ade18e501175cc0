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
//! 2. the record, by the usual commit. **From here on the item is erased;** *a kill leaves a key
//!    file whose erasure is on record: a fault until the next opening, which the mark leads to it,
//!    has brought it to its end;*
//! 3. the key file and every copy of it in the case: overwritten, removed, folder durable;
//! 4. the mark goes. *A kill leaves it beside nothing.*
//!
//! The record comes first, since a key that is gone without one would look like any other loss, and
//! a repair would put it back. A withdrawal that is on record is sure to be carried out; one that
//! could not be recorded has destroyed nothing.

use crate::case::{Writer, leaf_of};
use crate::log::Log;
use crate::{Error, codes, durable, layout, objects, recover};
use record::{Digests, Erasure, Event, Finding, Sha256};
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
    /// Key files by the item they open: what may be erased.
    known: BTreeSet<(Sha256, Digests)>,
}

impl Recorded {
    /// Takes in the next record. An erasure of what was not taken in sealed before it is a fault,
    /// and erases nothing.
    pub fn add(&mut self, leaf: u64, event: &Event) -> Option<Finding> {
        match event {
            Event::Capture(capture) if capture.received.is_none() => {
                let key_file = capture.sealed.as_ref()?.key_file;
                let item = capture.item.sha256;
                self.known.insert((item, key_file));
                self.items.insert(leaf, Item { leaf, item, key_file });
            }
            Event::Erasure(erasure) => {
                let (item, key_file) = (erasure.item, erasure.key_file);
                if self.known.contains(&(item, key_file)) {
                    self.erased.entry(item).or_insert(leaf);
                } else {
                    let message = format!("it erases {item}, which no record before it seals so");
                    let place = format!("leaf {leaf}");
                    return Some(Finding::fault(codes::ERASURE_INVALID, place, message));
                }
            }
            _ => {}
        }
        None
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

/// Records `erasure` and destroys what it erases, for good: see the crash story. Gives the leaf of
/// the record, and how many files were destroyed.
pub fn erase(writer: &mut Writer, item: &Item, erasure: Erasure) -> Result<(u64, u64), Error> {
    let root = writer.root.clone();
    let mark = mark_of(&root, item);
    let size = writer.log.size();
    durable::replace(&mark, format!("{size}\n").as_bytes(), durable::MODE_SECRET)?;
    let mut batch = writer.begin()?;
    batch.record(Event::Erasure(erasure), Vec::new());
    let kept = batch.commit(writer)?;
    let files = destroy(&root, item)?;
    unmark(&mark)?;
    Ok((kept.first().map_or(size, |kept| kept.index), files))
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
        let size = fs::metadata(path).map_err(Error::io("look at", path))?.len();
        let mut file =
            OpenOptions::new().write(true).open(path).map_err(Error::io("open", path))?;
        let zeros = vec![0; usize::try_from(size).unwrap_or(usize::MAX).min(1 << 20)];
        file.write_all(&zeros).map_err(Error::io("overwrite", path))?;
        file.sync_all().map_err(Error::io("make durable", path))?;
        durable::remove_if_there(path)?;
        folders.extend(path.parent().map(Path::to_path_buf));
    }
    durable::sync_folders(&folders)?;
    Ok(copies.len() as u64)
}

/// Every copy of an item's key file in the case: in its place, half written, set aside by a repair.
fn copies(root: &Path, item: &Item) -> Result<Vec<PathBuf>, Error> {
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
pub(crate) fn clear_up(root: &Path, log: &Log) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let names = objects::names(&layout::at(root, layout::SEALED))?;
    let marks = names.iter().filter_map(|name| name.strip_suffix(layout::ERASING));
    for name in marks {
        findings.push(finish(root, log, name)?);
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

/// Brings an erasure that a mark speaks of to its end, if it is on record; calls it off otherwise.
fn finish(root: &Path, log: &Log, name: &str) -> Result<Finding, Error> {
    let place = format!("{}/{name}", layout::SEALED);
    let mark = layout::at(root, &format!("{place}{}", layout::ERASING));
    let text = fs::read_to_string(&mark).unwrap_or_default();
    // One that cannot be read is no reason to leave a key: then all records are asked.
    let from = text.trim().parse().ok().filter(|from| *from < log.size()).unwrap_or(0);
    let mut erased = None;
    if let Some((leaf, item)) = layout::key_file_named(name) {
        for read in log.leaves(from) {
            let (index, bytes) = read?;
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

/// Looks at every key file: there, as on record, and gone where its item was erased.
pub(crate) fn check(root: &Path, size: u64, recorded: &Recorded) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let folder = layout::at(root, layout::SEALED);
    let left_out = layout::is_mirror(root) && !folder.exists();
    if left_out && !recorded.items.is_empty() {
        let message = "this is a mirror without the key files of sealed items: they can be opened \
                       from the case only, or from a mirror made with --with-private";
        findings.push(Finding::notice(codes::PRIVATE_LEFT_OUT, layout::SEALED, message));
    }
    for item in recorded.items.values() {
        match recorded.erased.get(&item.item) {
            Some(erasure) => findings.extend(check_erased(root, item, *erasure)?),
            None if left_out => {}
            None => match read(root, item) {
                Ok(_) => {}
                Err(Error::Damaged { code, place, message }) => {
                    findings.push(Finding::fault(code, place, message));
                }
                Err(error) => {
                    let message = format!("{error}. {}", error.remedy());
                    findings.push(Finding::fault(codes::FILE_UNREADABLE, item.place(), message));
                }
            },
        }
    }
    for name in objects::names(&folder)? {
        let place = format!("{}/{name}", layout::SEALED);
        if name.ends_with(layout::ERASING) {
            let message = "an erasure was begun: the next command that writes ends it";
            findings.push(Finding::notice(codes::ERASURE_UNFINISHED, place, message));
            continue;
        }
        let accounted = layout::key_file_named(&name).is_some_and(|(leaf, item)| {
            // Beyond the checkpoint: written ahead of a commit that never came.
            leaf >= size || recorded.items.get(&leaf).is_some_and(|one| one.item == item)
        });
        if !accounted && !name.ends_with(".new") {
            let message = "no record of a sealed item accounts for this file";
            findings.push(Finding::notice(codes::FILE_FOREIGN, place, message));
        }
    }
    Ok(findings)
}

fn check_erased(root: &Path, item: &Item, erasure: u64) -> Result<Vec<Finding>, Error> {
    let copies = copies(root, item)?;
    let kept = copies.into_iter().map(|path| {
        let message = format!(
            "record {erasure} erases its item, and this key file is there: run `casefile erase \
             {}` again, which destroys it",
            item.item
        );
        let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        Finding::fault(codes::SEALED_KEY_KEPT, place, message)
    });
    let message = format!(
        "the item of leaf {} was erased by record {erasure}: its sealed bytes are kept and proved, \
         and nobody can open them any more",
        item.leaf
    );
    let erased = Finding::notice(codes::ITEM_ERASED, layout::object(item.item), message);
    Ok(kept.chain([erased]).collect())
}
