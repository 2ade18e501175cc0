//! A mirror as an OCFL 1.1 storage root, for archives that keep things that way.
//!
//! ```text
//! DIR/MIRROR            whose it is, as in any mirror
//! DIR/ocfl/             the storage root, which other programs read and check
//! DIR/private/          openings, key files, keys: outside the root, since nothing is ever
//!                       deleted there, and the key file of an erased item must be
//! DIR/incoming/         versions in the making
//! ```
//!
//! No key, opening or key file may ever get into the storage root.

mod check;
mod inventory;
mod names;
mod stage;

use crate::codes::OCFL_INVALID;
use crate::folder::{Folder, open_if_there, read_if_there, size_if_there};
use crate::follow::Object;
use crate::store::{Form, Head, Named, Occasion, Small, Store, Taken};
use archive::{Error, durable, layout, objects, sealed};
use custody::tile;
use inventory::Inventory;
use names::Logical;
use record::Digests;
use stage::{Refused, Staged, Version};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The storage root in a mirror's folder.
pub const ROOT: &str = "ocfl";
/// Says that a folder is a storage root (OCFL 1.1, section 4.1).
pub const ROOT_FILE: &str = "0=ocfl_1.1";
/// What stands in it.
const ROOT_LINE: &str = "ocfl_1.1\n";
/// Says where objects lie.
const LAYOUT_FILE: &str = "ocfl_layout.json";
/// Versions in the making.
const INCOMING: &str = "incoming";

/// Most versions that share one flush: an open one has one file open, and each some ten files.
const VERSIONS_TO_A_FLUSH: usize = 64;
/// Bytes after which a flush is due.
const BYTES_TO_A_FLUSH: u64 = 256 << 20;
/// Inventories of pieces of the log that are kept at hand: going through a log needs one or two.
const INVENTORIES_LIMIT: usize = 4;

/// A mirror as an OCFL storage root.
pub struct Ocfl {
    folder: PathBuf,
    /// All that is not in the storage root.
    outer: Folder,
    root: PathBuf,
    /// Opened before anything is written, so that it hears of every write that is lost.
    disk: Option<File>,
    base: Option<String>,
    occasion: Option<Occasion>,
    number: u64,
    open: Option<Version>,
    staged: Vec<(Staged, Vec<Digests>)>,
    taken: Vec<Digests>,
    bytes: u64,
    inventories: BTreeMap<String, Option<Inventory>>,
}

impl Ocfl {
    /// The mirror in `folder`, which need not be there yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
            outer: Folder::new(folder),
            root: folder.join(ROOT),
            disk: None,
            base: None,
            occasion: None,
            number: 0,
            open: None,
            staged: Vec::new(),
            taken: Vec::new(),
            bytes: 0,
            inventories: BTreeMap::new(),
        }
    }

    /// Whether the folder is such a mirror.
    pub fn is_at(folder: &Path) -> bool {
        folder.join(ROOT).join(ROOT_FILE).exists()
    }

    /// What ids of this mirror begin with, as its MIRROR says.
    fn base(&mut self) -> Result<Option<String>, Error> {
        if self.base.is_none() {
            let text = self.outer.read(layout::MIRROR)?.unwrap_or_default();
            let text = String::from_utf8_lossy(&text).into_owned();
            self.base = text.lines().nth(1).map(names::base);
        }
        Ok(self.base.clone())
    }

    fn logical(&mut self, place: &str) -> Result<Option<Logical>, Error> {
        Ok(self.base()?.and_then(|base| names::of_place(&base, place)))
    }

    /// The inventory of an object, or `None` where there is no such object.
    fn inventory(&self, id: &str) -> Result<Option<Inventory>, Error> {
        let path = self.root.join(names::folder_of(id)).join(inventory::FILE);
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        Inventory::parse(&bytes).filter(|read| read.id == id).map(Some).ok_or_else(|| {
            Error::Damaged {
                code: OCFL_INVALID,
                place: path.display().to_string(),
                message: "it is not the inventory of this object as a mirror writes it".into(),
            }
        })
    }

    /// Where the content of a file lies on disk.
    fn content(&mut self, at: &Logical) -> Result<Option<PathBuf>, Error> {
        if !self.inventories.contains_key(&at.id) {
            while self.inventories.len() >= INVENTORIES_LIMIT {
                self.inventories.pop_first();
            }
            self.inventories.insert(at.id.clone(), self.inventory(&at.id)?);
        }
        let inventory = self.inventories.get(&at.id).and_then(Option::as_ref);
        let content = inventory.and_then(|inventory| inventory.content(&at.path));
        Ok(content.map(|content| self.root.join(names::folder_of(&at.id)).join(content)))
    }

    /// The version of an object that is being made.
    fn version(&mut self, id: &str) -> Result<&mut Version, Error> {
        if self.open.as_ref().is_some_and(|open| open.id() != id) {
            self.close()?;
        }
        if self.open.is_none() {
            self.make_root()?;
            self.number += 1;
            let folder = self.folder.join(INCOMING).join(self.number.to_string());
            let before = self.inventory(id)?.unwrap_or_else(|| Inventory::new(id));
            self.open = Some(Version::begin(folder, before)?);
        }
        Ok(self.open.as_mut().expect("it has just been opened"))
    }

    /// Ends the version that is being made.
    fn close(&mut self) -> Result<(), Error> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let taken = std::mem::take(&mut self.taken);
        self.inventories.remove(open.id());
        if open.is_unchanged() {
            return open.drop_all();
        }
        self.bytes += open.bytes;
        let base = self.base()?.unwrap_or_default();
        let occasion = self.occasion.as_ref().expect("a store is begun before it is written to");
        let message = format!("the case as of {} records", occasion.records);
        let staged = open.finish(inventory::Occasion {
            created: &occasion.time,
            message: &message,
            address: &names::of_head(&base),
        })?;
        self.staged.push((staged, taken));
        Ok(())
    }

    /// Puts all that is staged into the root.
    fn land(&mut self, named: Named<'_>) -> Result<(), Error> {
        self.close()?;
        self.bytes = 0;
        let (staged, taken): (Vec<_>, Vec<_>) = self.staged.drain(..).unzip();
        if staged.is_empty() {
            return Ok(());
        }
        let disk = self.disk.as_ref().expect("a store is begun before it is written to");
        let settled = stage::settle(&self.root, disk, &staged)?;
        for ((there, objects), version) in settled.into_iter().zip(taken).zip(&staged) {
            objects.iter().for_each(|object| named(object, there));
            // Nobody else says that a file of the log, or the checkpoint, did not get there.
            if !there && objects.is_empty() {
                return Err(Error::Damaged {
                    code: OCFL_INVALID,
                    place: self.root.join(version.place()).display().to_string(),
                    message: "something stands where the next version of this object belongs, and \
                              its inventory does not speak of it: move it aside and mirror again"
                        .into(),
                });
            }
        }
        Ok(())
    }

    /// Makes the storage root if there is none: whole, by one rename.
    fn make_root(&self) -> Result<(), Error> {
        if self.root.join(ROOT_FILE).exists() {
            return Ok(());
        }
        let made = self.folder.join(INCOMING).join(ROOT);
        let file = |place: &str, text: &str| durable::Wanted {
            path: made.join(place),
            bytes: text.into(),
            mode: durable::MODE_KEPT,
        };
        durable::replace_all(&[
            file(ROOT_FILE, ROOT_LINE),
            file(LAYOUT_FILE, names::LAYOUT_FILE),
            file(&format!("extensions/{}/config.json", names::LAYOUT), names::LAYOUT_CONFIG),
        ])?;
        fs::rename(&made, &self.root).map_err(Error::io("put in place", &self.root))?;
        durable::sync_folders(&[self.folder.clone()].into())
    }

    /// Adds small files to the objects that hold them.
    fn add(&mut self, files: Vec<(Logical, Vec<u8>)>) -> Result<(), Error> {
        for (at, bytes) in files {
            let newer = tile::parse_path(&at.path);
            let version = self.version(&at.id)?;
            if let Some(newer) = newer {
                version.leave_out(|path| names::is_superseded(path, newer));
            }
            version.add(&at.path, &bytes)?;
        }
        self.land(&mut |_, _| {})
    }
}

impl Store for Ocfl {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn is_free(&mut self) -> Result<bool, Error> {
        let left = [layout::LOCK_FILE, "MIRROR.new", INCOMING];
        Ok(objects::names(&self.folder)?.iter().all(|name| left.contains(&name.as_str())))
    }

    fn begin(&mut self, occasion: Occasion) -> Result<(), Error> {
        self.outer.begin(occasion.clone())?;
        let incoming = self.folder.join(INCOMING);
        durable::make_folders(&incoming)?;
        durable::must_be_own(&incoming)?;
        let disk = File::open(&incoming).map_err(Error::io("open", &incoming))?;
        stage::recover(&self.root, &incoming, &disk)?;
        self.inventories.clear();
        self.disk = Some(disk);
        self.occasion = Some(occasion);
        Ok(())
    }

    fn read(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(at) = self.logical(place)? else { return self.outer.read(place) };
        match self.content(&at)? {
            Some(path) => read_if_there(&path),
            None => Ok(None),
        }
    }

    fn read_back(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(at) = self.logical(place)? else { return self.outer.read_back(place) };
        self.content(&at)?.map(|path| objects::read_from_disk(&path)).transpose()
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, Error> {
        let Some(base) = self.base()?.filter(|_| folder == layout::LOG) else {
            return self.outer.list(folder);
        };
        let mut found = Vec::new();
        let head = self.inventory(&names::of_head(&base))?;
        found.extend(head.iter().flat_map(Inventory::state).map(|(path, _)| path));
        found.retain(|path| path != layout::VERSION_FILE);
        for segment in 0.. {
            let Some(piece) = self.inventory(&names::of_segment(&base, segment))? else { break };
            found.extend(piece.state().into_keys());
        }
        found.sort();
        Ok(found)
    }

    fn size_of(&mut self, object: &Object) -> Result<Option<u64>, Error> {
        let Some(base) = self.base()? else { return Ok(None) };
        let Some(path) = self.content(&names::of_object(&base, object))? else { return Ok(None) };
        size_if_there(&path)
    }

    fn open(&mut self, object: &Object) -> Result<Option<Box<dyn Read + '_>>, Error> {
        let Some(base) = self.base()? else { return Ok(None) };
        let Some(path) = self.content(&names::of_object(&base, object))? else { return Ok(None) };
        open_if_there(&path)
    }

    fn take(
        &mut self,
        object: &Object,
        source: &mut dyn Read,
        record: &dyn Fn() -> Result<Vec<u8>, Error>,
    ) -> Result<Taken, Error> {
        let base = self.base()?.unwrap_or_default();
        let at = names::of_object(&base, object);
        let wanted = object.digests;
        let version = self.version(&at.id)?;
        match version.stream(&at.path, source, &|content| content.others == wanted) {
            Ok(true) => {}
            Ok(false) => return Ok(Taken::Other),
            Err(Refused::Source(error)) => return Ok(Taken::Unreadable(error)),
            Err(Refused::Store(error)) => return Err(error),
        }
        let leaf = names::of_leaf(object.leaf);
        if !version.has(&leaf) {
            version.add(&leaf, &record()?)?;
        }
        self.taken.push(wanted);
        Ok(Taken::Right)
    }

    fn is_due(&self) -> bool {
        self.staged.len() >= VERSIONS_TO_A_FLUSH || self.bytes >= BYTES_TO_A_FLUSH
    }

    fn settle(&mut self, named: Named<'_>) -> Result<(), Error> {
        self.land(named)
    }

    fn put(&mut self, files: Vec<Small>) -> Result<(), Error> {
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for file in files {
            match self.logical(&file.place)? {
                Some(at) => inside.push((at, file.bytes)),
                None => outside.push(file),
            }
        }
        // What belongs into one object comes together, in order.
        inside.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        self.outer.put(outside)?;
        self.add(inside)
    }

    /// Key, checkpoint and VERSION in one version of one object: all of them or none.
    fn swap(&mut self, _: Option<&str>, now: Head<'_>) -> Result<(), Error> {
        let texts = [
            (layout::LOG_KEY, now.key),
            (layout::CHECKPOINT, now.checkpoint),
            (layout::VERSION_FILE, now.version),
        ];
        let mut files = Vec::new();
        for (place, text) in texts {
            // What differs of the others was said, and is left as it is.
            if place != layout::CHECKPOINT && self.read(place)?.is_some() {
                continue;
            }
            if let Some(at) = self.logical(place)? {
                files.push((at, text.as_bytes().to_vec()));
            }
        }
        self.add(files)
    }

    fn destroy(&mut self, item: &sealed::Item) -> Result<u64, Error> {
        self.outer.destroy(item)
    }

    fn form(&mut self) -> Result<Form, Error> {
        self.look_through()
    }

    fn is_in_place(&mut self, object: &Object) -> Result<bool, Error> {
        self.is_listed(object)
    }

    fn tidy(&mut self, _: u64, _: u64) {}
}
