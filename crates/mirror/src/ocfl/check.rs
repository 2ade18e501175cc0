//! Every file of a storage root accounted for: what OCFL 1.1 asks for, and that it is as a mirror
//! writes it, to the byte.
//!
//! Validators of OCFL look at form and digests alone, and an inventory with its sidecar can be made
//! anew by anybody. That the content is what the case's log records is checked beside this
//! (`crate::check`).

use super::inventory::{self, Inventory};
use super::{LAYOUT_FILE, Ocfl, ROOT_FILE, ROOT_LINE, names, stage};
use crate::codes::{OCFL_CONTENT_DAMAGED, OCFL_INVALID};
use crate::follow::Object;
use crate::store::Form;
use archive::{Error, durable, objects};
use record::{Digests, Finding, Hasher};
use sha2::Digest as _;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

/// Folders between the root and an object, and the digits that name each (extension 0003).
const TUPLES: usize = 3;
const TUPLE_DIGITS: usize = 3;

/// Bytes read at a time.
const CHUNK_BYTES: u64 = 1 << 20;

impl Ocfl {
    /// Looks at the whole storage root.
    pub(super) fn look_through(&mut self) -> Result<Form, Error> {
        let root = self.root.clone();
        let mut look = Look { root: &root, form: Form::default() };
        look.root_files()?;
        let mut folders: Vec<(String, usize)> = look
            .folders(".", &[ROOT_FILE, LAYOUT_FILE, "extensions"])?
            .into_iter()
            .map(|name| (name, 1))
            .collect();
        while let Some((place, depth)) = folders.pop() {
            let name = place.rsplit('/').next().unwrap_or_default();
            if depth > TUPLES {
                look.object(&place)?;
                continue;
            }
            let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            if name.len() != TUPLE_DIGITS || !name.bytes().all(digits) {
                look.invalid(&place, "no folder of the storage layout has such a name");
                continue;
            }
            let inner = look.folders(&place, &[])?;
            if inner.is_empty() {
                look.invalid(&place, "the folder is empty");
            }
            folders.extend(inner.into_iter().map(|name| (format!("{place}/{name}"), depth + 1)));
        }
        Ok(look.form)
    }

    /// Whether the mirror's object of this id has exactly the file that `object` is.
    pub(super) fn is_listed(&mut self, object: &Object) -> Result<bool, Error> {
        let Some(base) = self.base()? else { return Ok(false) };
        let at = names::of_object(&base, object);
        let Some(content) = self.content(&at)? else { return Ok(false) };
        let folder = self.root.join(names::folder_of(&at.id));
        let Some(inventory) = self.inventory(&at.id)? else { return Ok(false) };
        let listed = inventory.contents().unwrap_or_default();
        Ok(listed.iter().any(|(path, (_, blake2b512, sha256))| {
            folder.join(path) == content
                && *blake2b512 == object.digests.blake2b512
                && *sha256 == object.digests.sha256
        }))
    }
}

struct Look<'a> {
    root: &'a Path,
    form: Form,
}

impl Look<'_> {
    fn say(&mut self, code: &str, place: &str, message: &str) {
        let place = self.root.join(place).display().to_string();
        self.form.findings.push(Finding::fault(code, place, message));
    }

    fn invalid(&mut self, place: &str, message: &str) {
        self.say(OCFL_INVALID, place, message);
    }

    /// Whether a file has exactly these bytes; says so where it has not.
    fn is_exactly(&mut self, place: &str, wanted: &[u8]) -> Result<bool, Error> {
        let path = self.root.join(place);
        match crate::folder::read_if_there(&path)? {
            Some(bytes) if bytes == wanted => Ok(true),
            Some(_) => {
                self.invalid(place, "the file is not what a mirror writes there");
                Ok(false)
            }
            None => {
                self.invalid(place, "the file is missing");
                Ok(false)
            }
        }
    }

    /// The files that make a storage root.
    fn root_files(&mut self) -> Result<(), Error> {
        self.is_exactly(ROOT_FILE, ROOT_LINE.as_bytes())?;
        self.is_exactly(LAYOUT_FILE, names::LAYOUT_FILE.as_bytes())?;
        let extension = format!("extensions/{}", names::LAYOUT);
        self.is_exactly(&format!("{extension}/config.json"), names::LAYOUT_CONFIG.as_bytes())?;
        for (folder, only) in [("extensions", names::LAYOUT), (extension.as_str(), "config.json")] {
            for name in objects::names(&self.root.join(folder))? {
                if name != only {
                    self.invalid(&format!("{folder}/{name}"), "it does not belong here");
                }
            }
        }
        Ok(())
    }

    /// The folders in a folder, but for those `known`; a file among them is a fault.
    fn folders(&mut self, place: &str, known: &[&str]) -> Result<Vec<String>, Error> {
        let mut folders = Vec::new();
        for name in objects::names(&self.root.join(place))? {
            if known.contains(&name.as_str()) {
                continue;
            }
            let inner = if place == "." { name.clone() } else { format!("{place}/{name}") };
            if durable::is_own_folder(&self.root.join(&inner))? {
                folders.push(name);
            } else {
                self.invalid(&inner, "it does not belong here");
            }
        }
        Ok(folders)
    }

    /// An OCFL object: its files, its inventories, its content.
    fn object(&mut self, place: &str) -> Result<(), Error> {
        let path = format!("{place}/{}", inventory::FILE);
        let bytes = crate::folder::read_if_there(&self.root.join(&path))?;
        let Some(inventory) = bytes.as_deref().and_then(Inventory::parse) else {
            self.invalid(&path, "there is no inventory as a mirror writes it");
            return Ok(());
        };
        if names::folder_of(&inventory.id) != Path::new(place) {
            self.invalid(place, "the object's id belongs elsewhere");
        }
        let Some(contents) = inventory.contents().filter(|_| inventory.fault().is_none()) else {
            let why = inventory.fault();
            let why = why.as_deref().unwrap_or("its lists of digests do not agree");
            self.invalid(&path, why);
            return Ok(());
        };
        let mut expected = BTreeSet::new();
        let object_file = format!("{place}/{}", stage::OBJECT_FILE);
        self.is_exactly(&object_file, stage::OBJECT_LINE.as_bytes())?;
        expected.insert(object_file);
        let versions = (1..=inventory.number()).map(|number| (format!("/v{number}"), number));
        for (folder, number) in versions.chain([(String::new(), inventory.number())]) {
            let bytes = inventory.at(number).to_bytes();
            let file = format!("{place}{folder}/{}", inventory::FILE);
            let sidecar = format!("{place}{folder}/{}", inventory::SIDECAR);
            self.is_exactly(&file, &bytes)?;
            self.is_exactly(&sidecar, &inventory::sidecar(&bytes))?;
            expected.extend([file, sidecar]);
        }
        for (content, digests) in contents {
            let content = format!("{place}/{content}");
            self.content(&content, &digests)?;
            expected.insert(content);
        }
        self.nothing_else(place, &expected)
    }

    fn content(
        &mut self,
        place: &str,
        (sha512, blake2b512, sha256): &(String, record::Blake2b512, record::Sha256),
    ) -> Result<(), Error> {
        match digests_of(&self.root.join(place)) {
            Ok((read, others)) => {
                let same = others.blake2b512 == *blake2b512 && others.sha256 == *sha256;
                if read == *sha512 && same {
                    self.form.whole.insert(others);
                } else {
                    let message = "the file does not have the digests that its inventory lists";
                    self.say(OCFL_CONTENT_DAMAGED, place, message);
                }
            }
            Err(Error::Io { source, .. }) => {
                let message = format!("the file cannot be read: {source}");
                self.say(OCFL_CONTENT_DAMAGED, place, &message);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Nothing in the object but what is expected, and no empty folder.
    fn nothing_else(&mut self, place: &str, expected: &BTreeSet<String>) -> Result<(), Error> {
        let mut folders = vec![place.to_owned()];
        while let Some(folder) = folders.pop() {
            let names = objects::names(&self.root.join(&folder))?;
            if names.is_empty() {
                self.invalid(&folder, "the folder is empty");
            }
            for name in names {
                let inner = format!("{folder}/{name}");
                if durable::is_own_folder(&self.root.join(&inner))? {
                    folders.push(inner);
                } else if !expected.contains(&inner) {
                    self.invalid(&inner, "no inventory accounts for it");
                }
            }
        }
        Ok(())
    }
}

fn digests_of(path: &Path) -> Result<(String, Digests), Error> {
    let mut file = objects::open_plain(path).map_err(Error::io("open", path))?;
    let mut others = Hasher::default();
    let mut sha512 = sha2::Sha512::new();
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        let read = file.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk);
        if read.map_err(Error::io("read", path))? == 0 {
            break;
        }
        others.update(&chunk);
        sha512.update(&chunk);
    }
    Ok((data_encoding::HEXLOWER.encode(&sha512.finalize()), others.finish()))
}
