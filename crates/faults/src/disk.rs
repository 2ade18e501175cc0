//! A disk in memory: what a run did to it, operation by operation, and what of that a power cut can
//! have undone.
//!
//! What is assumed of a file system: `fsync` of a file keeps its bytes and length, of a folder the
//! names in it, `syncfs` all of both; a rename comes wholly or not at all, or leaves both names.
//!
//! Nothing else: what no flush has covered may be there or not, in any combination, and bytes may
//! be there in part or as zeros. So names may be lost while bytes are kept, and the other way
//! round.

use crate::calls::Kind;
use crate::trace::{AT_THE_END, Call};
use nix::libc::O_TRUNC;
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::rc::Rc;

/// A file or folder, by its place in [`Disk::nodes`].
type Node = usize;

/// Everything on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    nodes: Vec<Content>,
}

#[derive(Debug, Clone, Hash)]
struct Content {
    mode: u32,
    /// What a folder holds; `None` for a file.
    names: Option<BTreeMap<String, Node>>,
    bytes: Rc<Vec<u8>>,
}

/// How the kernel calls a file that has no name.
const UNNAMED: &str = " (deleted)";

/// The mode of such a file: only what is sealed is written so.
const SECRET: u32 = 0o600;

/// The place itself.
const ROOT: Node = 0;

/// What an operation changes.
#[derive(Debug, Clone)]
enum Change {
    /// A name gets a node, in place of what had it.
    Name {
        folder: Node,
        name: String,
        node: Node,
        from: Option<(Node, String)>,
    },
    /// A name goes.
    Unname {
        folder: Node,
        name: String,
    },
    Bytes {
        node: Node,
        offset: u64,
        bytes: Rc<Vec<u8>>,
    },
    Length {
        node: Node,
        length: u64,
    },
    Mode {
        node: Node,
        mode: u32,
    },
}

/// An operation, and when it was begun and done.
#[derive(Debug, Clone)]
struct Operation {
    entered: u64,
    left: u64,
    change: Change,
}

/// A flush: of one node, or of all.
#[derive(Debug, Clone, Copy)]
struct Flush {
    entered: u64,
    left: u64,
    node: Option<Node>,
}

/// What becomes of an operation that no flush has covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Done,
    Lost,
    /// Bytes: the first part of them. A rename: both names are there.
    Partly,
    /// Bytes: their length came to the disk, and they did not. Else: lost.
    Zeros,
}

/// A run as the disk saw it.
#[derive(Debug)]
pub(crate) struct Record {
    before: Disk,
    operations: Vec<Operation>,
    flushes: Vec<Flush>,
    /// What was said on standard output, and when that was begun.
    pub(crate) said: Vec<(u64, String)>,
}

impl Record {
    /// What `calls` did to what lies in `place`, which must be as it was before them. The names in
    /// `aside` are not looked at.
    pub(crate) fn new(place: &Path, aside: &[&str], calls: &[Call]) -> io::Result<Self> {
        let before = Disk::load(place, aside)?;
        let mut live = before.clone();
        let mut record =
            Self { before, operations: Vec::new(), flushes: Vec::new(), said: Vec::new() };
        // A file without a name has nothing that could come back, unless it gets one.
        let is_named = |call: &&Call| {
            let comes = |other: &Call| other.watched.name == "linkat" && other.path == call.path;
            !call.path.ends_with(UNNAMED) || calls.iter().any(comes)
        };
        for call in calls.iter().filter(is_named).filter(|call| call.result >= 0) {
            if call.path.ends_with(UNNAMED) && live.find(&call.path).is_none() {
                let node = live.add(Content::file(u64::from(SECRET)));
                live.set(ROOT, &call.path, Some(node));
            }
            if call.path == "said" && call.watched.kind == Kind::Writes {
                record.said.push((call.entered, String::from_utf8_lossy(&call.bytes).into()));
            }
            let top = call.path.split('/').next().unwrap_or_default();
            if ["said", "errors", crate::trace::PIPE].contains(&top) || aside.contains(&top) {
                continue;
            }
            if call.watched.kind == Kind::Flushes {
                let node = live.find(&call.path);
                let node = if call.watched.name == "syncfs" { None } else { node };
                record.flushes.push(Flush { entered: call.entered, left: call.left, node });
                continue;
            }
            for change in live.changes(call)? {
                live.apply(&change);
                let (entered, left) = (call.entered, call.left);
                record.operations.push(Operation { entered, left, change });
            }
        }
        // Nodes that the run made are known from the first, without a name.
        record.before.nodes.extend(live.nodes.iter().skip(record.before.nodes.len()).map(|made| {
            Content {
                mode: made.mode,
                names: made.names.as_ref().map(|_| BTreeMap::new()),
                bytes: Rc::default(),
            }
        }));
        Ok(record)
    }

    /// Every moment at which something was begun or done.
    pub(crate) fn moments(&self) -> Vec<u64> {
        let flushes = self.flushes.iter().flat_map(|flush| [flush.entered, flush.left]);
        let operations = self.operations.iter().flat_map(|done| [done.entered, done.left]);
        let said = self.said.iter().map(|(entered, _)| *entered);
        let mut moments: Vec<u64> = flushes.chain(operations).chain(said).collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// The operations begun by `moment` that no flush done by then has covered.
    pub(crate) fn open_at(&self, moment: u64) -> Vec<usize> {
        let begun = self.operations.iter().enumerate().filter(|(_, one)| one.entered <= moment);
        begun.filter(|(_, one)| !self.is_covered(one, moment)).map(|(at, _)| at).collect()
    }

    /// Whether the operation of this number gives or takes a name.
    pub(crate) fn is_naming(&self, operation: usize) -> bool {
        let change = self.operations.get(operation).map(|one| &one.change);
        matches!(change, Some(Change::Name { .. } | Change::Unname { .. }))
    }

    /// The disk after a power cut at `moment`: what was covered is done, and `fate` says what came
    /// of the rest.
    pub(crate) fn cut(&self, moment: u64, fate: &mut dyn FnMut(usize) -> Fate) -> Disk {
        let mut disk = self.before.clone();
        let begun = self.operations.iter().enumerate().filter(|(_, one)| one.entered <= moment);
        for (at, one) in begun {
            let covered = self.is_covered(one, moment);
            match if covered { Fate::Done } else { fate(at) } {
                Fate::Lost => {}
                Fate::Done => disk.apply(&one.change),
                fate => disk.apply_partly(&one.change, fate),
            }
        }
        disk
    }

    /// Leaves every flush of the whole file system out, as if the program had never asked for it.
    pub(crate) fn plant_no_flush(&mut self) {
        self.flushes.retain(|flush| flush.node.is_some());
    }

    /// Makes a disk that lies: of its flushes those for which `lie` says so did nothing.
    pub(crate) fn lie(&mut self, mut lie: impl FnMut() -> bool) {
        self.flushes.retain(|_| !lie());
    }

    /// Says everything as soon as the checkpoint has its name, before that is flushed.
    pub(crate) fn plant_early_word(&mut self) {
        let checkpoints = self.checkpoints();
        for (entered, _) in &mut self.said {
            let before = checkpoints.iter().rfind(|named| **named <= *entered);
            *entered = before.copied().unwrap_or(*entered);
        }
    }

    /// When the checkpoint got its name, each time.
    fn checkpoints(&self) -> Vec<u64> {
        let is_checkpoint =
            |change: &Change| matches!(change, Change::Name { name, .. } if name == "checkpoint");
        let named = self.operations.iter().filter(|one| is_checkpoint(&one.change));
        named.map(|one| one.left).collect()
    }

    fn is_covered(&self, one: &Operation, moment: u64) -> bool {
        self.flushes.iter().any(|flush| {
            let in_time = flush.entered > one.left && flush.left <= moment;
            let kept = match &one.change {
                // A rename that has left one folder has come to the other.
                Change::Name { folder, from: Some((from, _)), .. } => [*folder, *from],
                Change::Name { folder, .. } | Change::Unname { folder, .. } => [*folder, *folder],
                Change::Bytes { node, .. }
                | Change::Length { node, .. }
                | Change::Mode { node, .. } => [*node, *node],
            };
            in_time && flush.node.is_none_or(|node| kept.contains(&node))
        })
    }
}

impl Disk {
    /// What lies in `place` now.
    fn load(place: &Path, aside: &[&str]) -> io::Result<Self> {
        let mut disk = Self { nodes: vec![Content::folder(0o755)] };
        let mut folders = vec![(place.to_path_buf(), ROOT)];
        while let Some((path, folder)) = folders.pop() {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if folder == ROOT && aside.contains(&name.as_str()) {
                    continue;
                }
                let mode = entry.metadata()?.permissions().mode() & 0o7777;
                let node = if entry.file_type()?.is_dir() {
                    let node = disk.add(Content::folder(mode));
                    folders.push((entry.path(), node));
                    node
                } else {
                    let bytes = Rc::new(fs::read(entry.path())?);
                    disk.add(Content { mode, names: None, bytes })
                };
                disk.set(folder, &name, Some(node));
            }
        }
        Ok(disk)
    }

    /// Makes the disk in `place`, which must hold nothing of it.
    pub(crate) fn write_to(&self, place: &Path) -> io::Result<()> {
        let mut folders = vec![(ROOT, place.to_path_buf())];
        while let Some((folder, path)) = folders.pop() {
            for (name, node) in self.names(folder) {
                let (path, content) = (path.join(name), &self.nodes[*node]);
                if content.names.is_some() {
                    fs::create_dir(&path)?;
                    folders.push((*node, path.clone()));
                } else {
                    fs::write(&path, content.bytes.as_slice())?;
                }
                fs::set_permissions(&path, fs::Permissions::from_mode(content.mode))?;
            }
        }
        Ok(())
    }

    /// A number that tells this disk from others.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut folders = vec![ROOT];
        while let Some(folder) = folders.pop() {
            for (name, node) in self.names(folder) {
                (folder, name, node).hash(&mut hasher);
                let content = &self.nodes[*node];
                content.mode.hash(&mut hasher);
                content.bytes.hash(&mut hasher);
                if content.names.is_some() {
                    folders.push(*node);
                }
            }
        }
        hasher.finish()
    }

    /// What a call that succeeded changes. New nodes are added at once.
    fn changes(&mut self, call: &Call) -> io::Result<Vec<Change>> {
        let unknown = || {
            let (name, path) = (call.watched.name, &call.path);
            io::Error::other(format!("a power cut around {name} of {path} is not modelled"))
        };
        let there = self.find(&call.path);
        let place = self.place_of(&call.path);
        let change = match (call.watched.kind, call.watched.name) {
            (Kind::Looks, _) => return Ok(Vec::new()),
            (Kind::Opens, _) => match there {
                Some(node) if call.writes && call.flags & O_TRUNC != 0 => {
                    Change::Length { node, length: 0 }
                }
                Some(_) => return Ok(Vec::new()),
                None if !call.makes => return Err(unknown()),
                None => self.made(place.ok_or_else(unknown)?, Content::file(call.argument)),
            },
            (Kind::Makes, "mkdir" | "mkdirat") => {
                self.made(place.ok_or_else(unknown)?, Content::folder(0o755))
            }
            (Kind::Makes, "rename" | "renameat" | "renameat2") => {
                let (folder, name) = self.place_of(&call.to).ok_or_else(unknown)?;
                let node = there.ok_or_else(unknown)?;
                Change::Name { folder, name, node, from: place }
            }
            (Kind::Makes, "linkat") => {
                let (folder, name) = self.place_of(&call.to).ok_or_else(unknown)?;
                Change::Name { folder, name, node: there.ok_or_else(unknown)?, from: None }
            }
            (Kind::Makes, "ftruncate") => {
                Change::Length { node: there.ok_or_else(unknown)?, length: call.argument }
            }
            (Kind::Takes, "unlink" | "unlinkat" | "rmdir") => {
                let (folder, name) = place.ok_or_else(unknown)?;
                Change::Unname { folder, name }
            }
            (Kind::Takes, _) => {
                let mode = u32::try_from(call.argument).unwrap_or_default();
                Change::Mode { node: there.ok_or_else(unknown)?, mode }
            }
            (Kind::Writes, "write" | "pwrite64") => {
                let node = there.ok_or_else(unknown)?;
                let end = self.nodes[node].bytes.len() as u64;
                let offset = if call.offset == AT_THE_END { end } else { call.offset };
                let written = usize::try_from(call.result).unwrap_or_default();
                let bytes = call.bytes.iter().take(written).copied().collect();
                Change::Bytes { node, offset, bytes: Rc::new(bytes) }
            }
            _ => return Err(unknown()),
        };
        Ok(vec![change])
    }

    fn made(&mut self, (folder, name): (Node, String), content: Content) -> Change {
        let node = self.add(content);
        Change::Name { folder, name, node, from: None }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Name { folder, name, node, from } => {
                if let Some((folder, name)) = from
                    && self.names(*folder).get(name) == Some(node)
                {
                    self.set(*folder, name, None);
                }
                self.set(*folder, name, Some(*node));
            }
            Change::Unname { folder, name } => self.set(*folder, name, None),
            Change::Bytes { node, offset, bytes } => {
                let to = Rc::make_mut(&mut self.nodes[*node].bytes);
                let start = usize::try_from(*offset).unwrap_or_default();
                let end = start + bytes.len();
                to.resize(to.len().max(end), 0);
                to[start..end].copy_from_slice(bytes);
            }
            Change::Length { node, length } => {
                let length = usize::try_from(*length).unwrap_or_default();
                Rc::make_mut(&mut self.nodes[*node].bytes).resize(length, 0);
            }
            Change::Mode { node, mode } => self.nodes[*node].mode = *mode,
        }
    }

    fn apply_partly(&mut self, change: &Change, fate: Fate) {
        let changed = match (change, fate) {
            (Change::Bytes { node, offset, bytes }, Fate::Partly) => {
                let part = bytes.iter().take(bytes.len() / 3).copied().collect();
                Change::Bytes { node: *node, offset: *offset, bytes: Rc::new(part) }
            }
            (Change::Bytes { node, offset, bytes }, _) => {
                let zeros = Rc::new(vec![0; bytes.len()]);
                Change::Bytes { node: *node, offset: *offset, bytes: zeros }
            }
            (Change::Name { folder, name, node, .. }, Fate::Partly) => {
                Change::Name { folder: *folder, name: name.clone(), node: *node, from: None }
            }
            _ => return,
        };
        self.apply(&changed);
    }

    fn add(&mut self, content: Content) -> Node {
        self.nodes.push(content);
        self.nodes.len() - 1
    }

    fn names(&self, folder: Node) -> &BTreeMap<String, Node> {
        const NONE: &BTreeMap<String, Node> = &BTreeMap::new();
        self.nodes[folder].names.as_ref().unwrap_or(NONE)
    }

    fn set(&mut self, folder: Node, name: &str, node: Option<Node>) {
        let Some(names) = &mut self.nodes[folder].names else { return };
        match node {
            Some(node) => names.insert(name.to_string(), node),
            None => names.remove(name),
        };
    }

    fn find(&self, path: &str) -> Option<Node> {
        let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.try_fold(ROOT, |at, part| self.names(at).get(part).copied())
    }

    /// The folder that holds, or would hold, what has this path, and the name in it.
    fn place_of(&self, path: &str) -> Option<(Node, String)> {
        let (folder, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        Some((self.find(folder)?, name.to_string()))
    }
}

impl Content {
    fn folder(mode: u32) -> Self {
        Self { mode, names: Some(BTreeMap::new()), bytes: Rc::default() }
    }

    /// A new file, of the mode that was asked for, less what an ordinary machine withholds (022).
    fn file(mode: u64) -> Self {
        let mode = u32::try_from(mode & 0o7755).unwrap_or_default();
        Self { mode, names: None, bytes: Rc::default() }
    }
}
