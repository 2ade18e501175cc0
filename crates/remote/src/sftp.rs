//! A mirror on another machine over SFTP, with the layout of a case, through the user's own `ssh`.
//!
//! Crash story: as in a folder. Each file is written under another name, flushed where the server
//! offers that (`fsync@openssh.com`), read back, and named without replacing. What a kill leaves
//! lies in `objects/incoming`, or ends in `.new`, and the next run clears it or writes over it.
//! That the names of files outlast a power cut of the other machine is up to it: the protocol has
//! no way to ask.
//!
//! Nobody can be kept out: two runs at a time make each other fail, and harm nothing.

use crate::s3::Unusable;
use crate::sftp_link::{BLOCK_BYTES, Link};
use archive::{Error, codes, layout, sealed};
use custody::tile;
use mirror::follow::Object;
use mirror::store::{Head, Named, Occasion, SMALL_LIMIT_BYTES, Small, Store, Taken, misread};
use record::{Digests, Hasher};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// How long nothing may come while this side waits: a flush of a large file on a slow disk, and a
/// person at the prompt for a passphrase, take a minute or two.
const SILENCE_SECONDS: u64 = 300;

/// Most objects that wait for their names together, and bytes.
const OBJECTS_TO_A_FLUSH: usize = 256;
const BYTES_TO_A_FLUSH: u64 = 256 << 20;

/// Deepest folder that is looked into: of a log of 2^56 records the files lie eight deep.
const DEPTH_LIMIT: usize = 12;

/// A mirror behind a connection.
pub struct Sftp {
    address: String,
    /// The mirror's folder there.
    root: String,
    link: Link,
    /// Sizes of the objects in each of their folders, once it has been listed.
    listed: BTreeMap<String, BTreeMap<String, u64>>,
    folders: BTreeSet<String>,
    staged: Vec<Digests>,
    staged_bytes: u64,
}

impl Sftp {
    /// The mirror at `address`, `sftp://[USER@]HOST[:PORT]/PATH`, where a path that begins with
    /// `~/` counts from the user's own folder.
    pub fn new(address: &str) -> Result<Self, Unusable> {
        let form = "An address is sftp://USER@HOST/PATH, or sftp://USER@HOST:PORT/PATH.";
        let unusable = |what: &str| Unusable { what: what.into(), remedy: form.into() };
        let rest = address.strip_prefix("sftp://").ok_or_else(|| unusable("no sftp address"))?;
        let (place, path) = rest.split_once('/').ok_or_else(|| unusable("it names no folder"))?;
        let (user, host) = match place.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, place),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') => (host, Some(port)),
            _ => (host, None),
        };
        // What begins with a hyphen would be an option to ssh.
        let words = [Some(host), user, port].into_iter().flatten();
        if host.is_empty() || words.into_iter().any(|word| word.starts_with('-')) {
            return Err(unusable("it names no machine"));
        }
        let mut ssh = Command::new("ssh");
        ssh.args(["-oServerAliveInterval=15", "-oConnectTimeout=20", "-oClearAllForwardings=yes"]);
        for (option, word) in [("-l", user), ("-p", port)] {
            if let Some(word) = word {
                ssh.args([option, word]);
            }
        }
        ssh.args(["-s", "--", host.trim_matches(['[', ']']), "sftp"]);
        let path = path.trim_end_matches('/');
        let root = match path.strip_prefix("~/") {
            Some(own) => own.to_owned(),
            None => format!("/{path}"),
        };
        Self::through(ssh, address, root, Duration::from_secs(SILENCE_SECONDS)).map_err(|error| {
            Unusable {
                what: format!("cannot connect to {address}: {error}"),
                remedy: "Try `ssh` to that machine: what it says is the reason. Its server must \
                         offer sftp."
                    .into(),
            }
        })
    }

    /// The mirror in the folder `root` of the other side of `program`.
    pub fn through(
        program: Command,
        address: &str,
        root: String,
        silence: Duration,
    ) -> io::Result<Self> {
        Ok(Self {
            address: address.trim_end_matches('/').into(),
            root,
            link: Link::open(program, silence)?,
            listed: BTreeMap::new(),
            folders: BTreeSet::new(),
            staged: Vec::new(),
            staged_bytes: 0,
        })
    }

    fn path(&self, place: &str) -> String {
        format!("{}/{place}", self.root)
    }

    /// Wraps what went wrong at a place.
    fn at(&self, action: &'static str, place: &str) -> impl FnOnce(io::Error) -> Error + use<> {
        let path = PathBuf::from(format!("{}/{place}", self.address));
        move |source| Error::Io { action, path, source }
    }

    /// Makes the folder of a place, with those above it.
    fn make_folders(&mut self, place: &str) -> Result<(), Error> {
        let path = self.path(place);
        let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        for end in ends.collect::<Vec<_>>() {
            let folder = path.get(..end).unwrap_or_default().to_owned();
            if !self.folders.contains(&folder) {
                self.link.make_folder(&folder).map_err(self.at("make folder", place))?;
                self.folders.insert(folder);
            }
        }
        Ok(())
    }

    /// Streams bytes to a place; gives their digests. The inner error is the source's.
    fn write(&mut self, place: &str, source: &mut dyn Read) -> Result<io::Result<Digests>, Error> {
        self.make_folders(place)?;
        let path = self.path(place);
        let mut hasher = Hasher::default();
        let mut next = || {
            let mut block = Vec::new();
            source.take(BLOCK_BYTES as u64).read_to_end(&mut block)?;
            hasher.update(&block);
            Ok(block)
        };
        let written = self.link.write_file(&path, &mut next).map_err(self.at("write", place))?;
        Ok(written.map(|()| hasher.finish()))
    }

    /// The digests of what is at a place, read through; that it is longer than `size` is an error.
    fn digests_of(&mut self, place: &str, size: u64) -> Result<Option<Digests>, Error> {
        let path = self.path(place);
        let mut hasher = Hasher::default();
        let there = self.link.read_file(&path, size, &mut |block| hasher.update(block));
        let there = there.map_err(self.at("read back", place))?;
        Ok(there.then(|| hasher.finish()))
    }

    /// Writes a small file under another name, reads it back, and gives it its name.
    fn put_one(&mut self, place: &str, bytes: &[u8], replaces: bool) -> Result<(), Error> {
        let new = format!("{place}.new");
        let written = self.write(&new, &mut &bytes[..])?.map_err(self.at("write", place))?;
        if self.digests_of(&new, written.size)? != Some(written) {
            return Err(misread(&self.address, place));
        }
        let (from, to) = (self.path(&new), self.path(place));
        if replaces && self.link.rename_over(&from, &to).map_err(self.at("put in place", place))? {
            return Ok(());
        }
        if replaces {
            // A server without such a rename: a kill in between leaves the new one beside nothing,
            // and the next run writes it again.
            self.link.remove(&to).map_err(self.at("remove", place))?;
        }
        self.link.rename_new(&from, &to).map_err(self.at("put in place", place))
    }

    /// The same for a file that nobody reads back later in a run: that it has its name is believed
    /// once it is read there.
    fn put_and_look(&mut self, place: &str, text: &str, replaces: bool) -> Result<(), Error> {
        self.put_one(place, text.as_bytes(), replaces)?;
        if self.read(place)?.as_deref() == Some(text.as_bytes()) {
            Ok(())
        } else {
            Err(misread(&self.address, place))
        }
    }

    fn incoming(number: usize) -> String {
        format!("{}/landing-{number}", layout::INCOMING)
    }

    fn names(&mut self, folder: &str) -> Result<Vec<crate::sftp_link::Entry>, Error> {
        let path = self.path(folder);
        self.link.list(&path).map_err(self.at("list", folder))
    }
}

impl Store for Sftp {
    fn name(&self) -> String {
        self.address.clone()
    }

    fn is_free(&mut self) -> Result<bool, Error> {
        let path = self.root.clone();
        let names = self.link.list(&path).map_err(self.at("list", ""))?;
        Ok(names.iter().all(|entry| [layout::OBJECTS, "MIRROR.new"].contains(&entry.name.as_str())))
    }

    fn begin(&mut self, _: Occasion) -> Result<(), Error> {
        self.listed.clear();
        for entry in self.names(layout::INCOMING)? {
            let path = self.path(&format!("{}/{}", layout::INCOMING, entry.name));
            self.link.remove(&path).map_err(self.at("remove", layout::INCOMING))?;
        }
        Ok(())
    }

    fn read(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(place);
        let mut bytes = Vec::new();
        let mut each = |block: &[u8]| bytes.extend(block);
        let there = self.link.read_file(&path, SMALL_LIMIT_BYTES, &mut each);
        Ok(there.map_err(self.at("read", place))?.then_some(bytes))
    }

    fn read_back(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read(place)
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, Error> {
        let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(inside) = folders.pop() {
            for entry in self.names(&format!("{folder}/{inside}"))? {
                let path = format!("{inside}{}", entry.name);
                if entry.is_folder && path.matches('/').count() >= DEPTH_LIMIT {
                    let error = io::Error::other("folders of a case are not so deep");
                    return Err(self.at("list", folder)(error));
                } else if entry.is_folder {
                    folders.push(format!("{path}/"));
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }

    fn size_of(&mut self, object: &Object) -> Result<Option<u64>, Error> {
        let place = layout::object(object.digests.sha256);
        let Some((folder, name)) = place.rsplit_once('/') else { return Ok(None) };
        if !self.listed.contains_key(folder) {
            let names = self.names(folder)?.into_iter();
            let sizes = names.map(|entry| (entry.name, entry.size)).collect();
            self.listed.insert(folder.into(), sizes);
        }
        Ok(self.listed.get(folder).and_then(|sizes| sizes.get(name)).copied())
    }

    fn open(&mut self, object: &Object) -> Result<Option<Box<dyn Read + '_>>, Error> {
        let place = layout::object(object.digests.sha256);
        let path = self.path(&place);
        if self.link.size(&path).map_err(self.at("look at", &place))?.is_none() {
            return Ok(None);
        }
        let at = self.at("open", &place);
        let handle = self.link.open_reading(&path).map_err(at)?;
        let block = Cursor::new(Vec::new());
        Ok(Some(Box::new(Reading { link: &mut self.link, handle, offset: 0, block })))
    }

    fn take(
        &mut self,
        object: &Object,
        source: &mut dyn Read,
        _: &dyn Fn() -> Result<Vec<u8>, Error>,
    ) -> Result<Taken, Error> {
        let place = Self::incoming(self.staged.len());
        match self.write(&place, source)? {
            Ok(digests) if digests == object.digests => {
                self.staged_bytes += digests.size;
                self.staged.push(digests);
                Ok(Taken::Right)
            }
            Ok(_) => Ok(Taken::Other),
            Err(error) => Ok(Taken::Unreadable(error)),
        }
    }

    fn is_due(&self) -> bool {
        self.staged.len() >= OBJECTS_TO_A_FLUSH || self.staged_bytes >= BYTES_TO_A_FLUSH
    }

    fn settle(&mut self, named: Named<'_>) -> Result<(), Error> {
        self.staged_bytes = 0;
        for (number, digests) in std::mem::take(&mut self.staged).iter().enumerate() {
            let incoming = Self::incoming(number);
            let place = layout::object(digests.sha256);
            if self.digests_of(&incoming, digests.size)? != Some(*digests) {
                return Err(misread(&self.address, &place));
            }
            self.make_folders(&place)?;
            let (from, to) = (self.path(&incoming), self.path(&place));
            let done = self.link.rename_new(&from, &to);
            // Whether something has come to stand there is asked only where that may be why.
            if let Err(error) = done {
                if self.link.size(&to).map_err(self.at("look at", &place))?.is_none() {
                    return Err(self.at("put in place", &place)(error));
                }
                named(digests, false);
                continue;
            }
            // That it has its name is believed once it is seen there.
            if self.link.size(&to).map_err(self.at("look at", &place))? != Some(digests.size) {
                return Err(misread(&self.address, &place));
            }
            named(digests, true);
        }
        Ok(())
    }

    fn put(&mut self, files: Vec<Small>) -> Result<(), Error> {
        files.iter().try_for_each(|file| self.put_one(&file.place, &file.bytes, false))
    }

    fn swap(&mut self, was: Option<&str>, now: Head<'_>) -> Result<(), Error> {
        let held = self.read(layout::CHECKPOINT)?;
        if held.as_deref() != was.map(str::as_bytes) {
            return Err(Error::Damaged {
                code: codes::MIRROR_DIFFERS,
                place: format!("{}/{}", self.address, layout::CHECKPOINT),
                message: "another has written there since this run began: run it again to see how \
                          the two stand to each other"
                    .into(),
            });
        }
        if self.read(layout::LOG_KEY)?.is_none() {
            self.put_and_look(layout::LOG_KEY, now.key, false)?;
        }
        if was != Some(now.checkpoint) {
            self.put_and_look(layout::CHECKPOINT, now.checkpoint, true)?;
        }
        if self.read(layout::VERSION_FILE)?.is_none() {
            self.put_and_look(layout::VERSION_FILE, now.version, false)?;
        }
        Ok(())
    }

    fn destroy(&mut self, item: &sealed::Item) -> Result<u64, Error> {
        let mut destroyed = 0;
        for place in [item.place(), format!("{}.new", item.place())] {
            let path = self.path(&place);
            let Some(size) = self.link.size(&path).map_err(self.at("look at", &place))? else {
                continue;
            };
            let mut zeros = io::repeat(0).take(size.min(1 << 20));
            self.write(&place, &mut zeros)?.map_err(self.at("overwrite", &place))?;
            self.link.remove(&path).map_err(self.at("remove", &place))?;
            if self.link.size(&path).map_err(self.at("look at", &place))?.is_some() {
                return Err(Error::Damaged {
                    code: codes::SEALED_KEY_KEPT,
                    place: format!("{}/{place}", self.address),
                    message: "the other machine does not remove it: remove it there".into(),
                });
            }
            destroyed += 1;
        }
        Ok(destroyed)
    }

    fn tidy(&mut self, before: u64, after: u64) {
        for full in tile::superseding(before, after) {
            let folder = format!("{}/{full}.p", layout::LOG);
            for entry in self.names(&folder).unwrap_or_default() {
                let path = self.path(&format!("{folder}/{}", entry.name));
                if let Err(error) = self.link.remove(&path) {
                    tracing::debug!(%error, "partial tiles stay");
                }
            }
        }
    }
}

/// A file on its way in.
struct Reading<'a> {
    link: &'a mut Link,
    handle: Vec<u8>,
    offset: u64,
    block: Cursor<Vec<u8>>,
}

impl Read for Reading<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.block.read(into)?;
        if read > 0 || into.is_empty() {
            return Ok(read);
        }
        let bytes = self.link.read_blocks(&self.handle, self.offset)?;
        self.offset += bytes.len() as u64;
        self.block = Cursor::new(bytes);
        self.block.read(into)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.link.close(&self.handle) {
            tracing::debug!(%error, "a file stays open there");
        }
    }
}
