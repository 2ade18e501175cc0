//! The custody log on disk: opening, reading, appending. What it means is in `custody`.
//!
//! A checkpoint is the only acknowledgement. Files are written whole and durable before it, so a
//! reader needs no lock: what a checkpoint covers is there and stays.

use crate::keys::Keys;
use crate::standing::ReadTile;
use crate::{Error, codes, durable, layout, objects};
use custody::Edge;
use custody::checkpoint::{self, Checkpoint};
use custody::edge::EdgeError;
use custody::growth::Growth;
use custody::note::{NOTE_LIMIT_BYTES, Signer, Verifier};
use custody::proof::{MakeError, Tiles};
use custody::tile::{self, Kind, Tile, WIDTH};
use custody::tlog_proof::TlogProof;
use record::{Genesis, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Longest part of a case's name that goes into the origin.
const SLUG_LIMIT: usize = 40;

/// The log of a case, opened: checkpoint checked, right edge loaded.
#[derive(Debug)]
pub struct Log {
    root: PathBuf,
    verifier: Verifier,
    /// The signed checkpoint as it stands on disk; empty for a log that has none yet.
    signed: String,
    edge: Edge,
}

/// The name of a new log: `casefile/NAME/` and eight hexadecimal digits that depend on its key, so
/// that two cases of one name are two logs.
pub fn new_origin(case: &str, keys: &Keys) -> String {
    let slug: String = case
        .chars()
        .map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(SLUG_LIMIT)
        .collect();
    let digest = Sha256::of(custody::sshsig::public_key(&keys.log).bytes()).to_string();
    format!("casefile/{}/{}", slug.trim_matches('-'), &digest[..8])
}

/// The signer of a log's checkpoints.
pub fn signer(origin: &str, keys: &Keys) -> Signer {
    let second = keys.log_second.as_deref();
    Signer::of_log(origin, &keys.log, second).expect("an origin was made, or parsed, as a key name")
}

/// The keys that a genesis record names; nothing where they are none that belong together.
pub fn named_by(genesis: &Genesis) -> Option<Verifier> {
    Verifier::named(&genesis.log_key, genesis.log_key_pq.as_deref())
}

impl Log {
    /// The new log of `signer`, with no leaf yet: its first append makes it real.
    pub fn create(root: &Path, signer: &Signer) -> Result<Self, Error> {
        let path = layout::at(root, layout::LOG_KEY);
        let verifier = signer.verifier();
        durable::replace(&path, verifier.lines().as_bytes(), durable::MODE_KEPT)?;
        Ok(Self { root: root.into(), verifier, signed: String::new(), edge: Edge::empty() })
    }

    /// Opens the log: the checkpoint's signature must hold and the right edge must have its root.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let verifier = read_key(root)?;
        let (checkpoint, signed) = read_checkpoint(root, &verifier)?;
        let edge = load_edge(root, checkpoint.size)?;
        if edge.root() != checkpoint.root {
            return Err(Error::Damaged {
                code: codes::ROOT_MISMATCH,
                place: layout::LOG.into(),
                message: format!(
                    "the tiles at the end of the log do not lead to the root that the checkpoint \
                     of size {} signs",
                    checkpoint.size
                ),
            });
        }
        Ok(Self { root: root.into(), verifier, signed, edge })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.verifier.name()
    }

    /// The key that its checkpoints are verified with.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The signed checkpoint.
    pub fn checkpoint(&self) -> &str {
        &self.signed
    }

    /// What the signed checkpoint says.
    pub fn signed(&self) -> Checkpoint {
        Checkpoint { origin: self.origin().into(), size: self.size(), root: self.edge.root() }
    }

    /// Appends signed leaves: bundles and tiles durable first, then the checkpoint. On an error the
    /// log is as it was.
    pub fn append(&mut self, signer: &Signer, leaves: &[Vec<u8>]) -> Result<(), Error> {
        let mut edge = self.edge.clone();
        let before = edge.size();
        let files: Vec<durable::Wanted> = edge
            .append(leaves.iter().map(Vec::as_slice))
            .into_iter()
            .map(|file| durable::Wanted {
                path: self.path_of(file.tile),
                bytes: file.bytes,
                mode: durable::MODE_KEPT,
            })
            .collect();
        durable::replace_all(&files)?;
        let checkpoint =
            Checkpoint { origin: self.origin().into(), size: edge.size(), root: edge.root() };
        let signed = checkpoint.sign(signer);
        let path = layout::at(&self.root, layout::CHECKPOINT);
        durable::replace(&path, signed.as_bytes(), 0o644)?;
        self.edge = edge;
        self.signed = signed;
        drop_superseded(&self.root, before, self.size());
        Ok(())
    }

    /// The leaves from index `from` on, as they were written. Nothing about them is checked.
    pub fn leaves(&self, from: u64) -> impl Iterator<Item = Result<(u64, Vec<u8>), Error>> + '_ {
        let size = self.size();
        (from / WIDTH..size.div_ceil(WIDTH)).flat_map(move |index| {
            let first = index * WIDTH;
            let width = (size - first).min(WIDTH) as u16;
            let bundle = read_bundle(&self.root, Tile { kind: Kind::Entries, index, width });
            let leaves: Vec<_> = match bundle {
                Ok(leaves) => (first..).zip(leaves).filter(|(at, _)| *at >= from).map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            leaves
        })
    }

    /// One leaf's bytes.
    pub fn leaf(&self, index: u64) -> Result<Vec<u8>, Error> {
        match self.leaves(index).next() {
            Some(read) => read.map(|(_, leaf)| leaf),
            None => Err(damaged(
                codes::ENTRIES_DAMAGED,
                Tile { kind: Kind::Entries, index: index / WIDTH, width: 1 },
                format!("leaf {index} is not in the log, which has {}", self.size()),
            )),
        }
    }

    /// Proofs that the leaves with these indexes are in the log, at its present checkpoint. Tiles
    /// are read once for neighbouring leaves.
    pub fn prove(&self, indexes: &[u64]) -> Result<Vec<TlogProof>, Error> {
        let mut tiles = Tiles::new(self.size(), |tile| read_tile(&self.root, tile));
        indexes
            .iter()
            .map(|index| {
                let hashes = tiles.inclusion(*index).map_err(unproved)?;
                Ok(TlogProof { index: *index, hashes, checkpoint: self.signed.clone() })
            })
            .collect()
    }

    /// The proof that the log's first `old_size` leaves are the log of that size: that nothing was
    /// rewritten between a checkpoint of then and the present one.
    pub fn growth(&self, old_size: u64) -> Result<Growth, Error> {
        let mut tiles = Tiles::new(self.size(), |tile| read_tile(&self.root, tile));
        let hashes = tiles.consistency(old_size).map_err(unproved)?;
        Ok(Growth { old_size, hashes, checkpoint: self.signed.clone() })
    }

    /// The root of the log's first `size` leaves, as its tiles have it now: what a checkpoint of
    /// then must have signed.
    pub fn root_at(&self, size: u64) -> Result<custody::Hash, Error> {
        Ok(load_edge_within(&self.root, size.min(self.size()), self.size())?.root())
    }

    /// Log files beyond the checkpoint, by path in `log/`.
    pub fn files_beyond(&self) -> Result<Vec<String>, Error> {
        let size = self.size();
        Ok(list_files(&layout::at(&self.root, layout::LOG))?
            .into_iter()
            .filter(|path| match tile::parse_path(path) {
                Some(tile) => tile.end() > tile::count_of(size, tile.kind),
                None => path.starts_with("tile/") || path.ends_with(".new"),
            })
            .collect())
    }

    fn path_of(&self, tile: Tile) -> PathBuf {
        layout::at(&self.root, layout::LOG).join(tile.to_string())
    }
}

/// Partial files of a log that grew from `before` to `after` leaves, and whose full one is durable
/// now, may go (C2SP tlog-tiles, "Partial tiles"). Only tidying: failing at it loses nothing.
pub fn drop_superseded(root: &Path, before: u64, after: u64) {
    for full in tile::superseding(before, after) {
        let path = layout::at(root, layout::LOG).join(full.to_string());
        let mut partial = path.into_os_string();
        partial.push(".p");
        match fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(path = ?partial, %error, "partial tiles stay");
            }
            _ => {}
        }
    }
}

/// The right edge of the log of `size` leaves.
pub fn load_edge(root: &Path, size: u64) -> Result<Edge, Error> {
    load_edge_within(root, size, size)
}

/// The right edge that the log of `size` leaves had at `old` leaves.
pub fn load_edge_within(root: &Path, old: u64, size: u64) -> Result<Edge, Error> {
    edge_within(&mut |tile| read_tile(root, tile), old, size)
}

/// The right edge at `old` leaves of the log of `size` leaves whose files `tiles` reads.
pub fn edge_within(tiles: ReadTile<'_>, old: u64, size: u64) -> Result<Edge, Error> {
    let read = |tile: Tile| {
        let count = tile::count_of(size, tile.kind);
        let grown = Tile { width: (count - tile.index * WIDTH).min(WIDTH) as u16, ..tile };
        let bytes = tiles(grown)?;
        if grown == tile {
            return Ok(bytes);
        }
        beginning(&bytes, grown.width, tile).ok_or_else(|| {
            damaged(codes::TILE_DAMAGED, grown, "it cannot be taken apart".to_string())
        })
    };
    Edge::load(old, read).map_err(|error| match error {
        EdgeError::Read(error) => error,
        EdgeError::Form { tile, error } => damaged(codes::TILE_DAMAGED, tile, error.to_string()),
    })
}

/// The log's verifier keys.
pub fn read_key(root: &Path) -> Result<Verifier, Error> {
    let text = read_small(root, layout::LOG_KEY)?;
    Verifier::parse_lines(&text).map_err(|error| Error::Damaged {
        code: codes::CHECKPOINT_INVALID,
        place: layout::LOG_KEY.into(),
        message: error.to_string(),
    })
}

/// The newest checkpoint, its signature checked, with the text it stands in.
pub fn read_checkpoint(root: &Path, verifier: &Verifier) -> Result<(Checkpoint, String), Error> {
    let signed = read_small(root, layout::CHECKPOINT)?;
    let checkpoint =
        checkpoint::open(signed.as_bytes(), verifier).map_err(|error| Error::Damaged {
            code: codes::CHECKPOINT_INVALID,
            place: layout::CHECKPOINT.into(),
            message: error.to_string(),
        })?;
    Ok((checkpoint, signed))
}

/// The bytes of a log file. Where a partial file has gone because it filled up meanwhile, the
/// beginning of the full one has the same contents.
pub fn read_tile(root: &Path, tile: Tile) -> Result<Vec<u8>, Error> {
    let read = |tile: Tile| {
        let path = layout::at(root, layout::LOG).join(tile.to_string());
        let mut bytes = Vec::new();
        let file = objects::open_plain(&path).map_err(|error| (path.clone(), error))?;
        file.take(tile::BUNDLE_LIMIT_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| (path.clone(), error))?;
        Ok::<_, (PathBuf, io::Error)>(bytes)
    };
    let first = match read(tile) {
        Ok(bytes) => return Ok(bytes),
        Err(failed) => failed,
    };
    if first.1.kind() == io::ErrorKind::NotFound
        && !tile.is_full()
        && let Ok(bytes) = read(tile.full())
        && let Some(bytes) = beginning(&bytes, WIDTH as u16, tile)
    {
        return Ok(bytes);
    }
    match first {
        (_, error) if error.kind() == io::ErrorKind::NotFound => {
            Err(damaged(codes::FILE_MISSING, tile, "this file of the log is missing".into()))
        }
        (path, error) => Err(Error::io("read", &path)(error)),
    }
}

/// The part of a file of `width` that the narrower `tile` in the same place has.
pub fn beginning(bytes: &[u8], width: u16, tile: Tile) -> Option<Vec<u8>> {
    match tile.kind {
        Kind::Hashes(_) => {
            bytes.get(..usize::from(tile.width) * tile::HASH_BYTES).map(<[u8]>::to_vec)
        }
        Kind::Entries => {
            let leaves = tile::parse_bundle(bytes, width).ok()?;
            let mut bundle = Vec::new();
            let narrower = leaves.iter().take(usize::from(tile.width));
            narrower.for_each(|leaf| tile::push_leaf(&mut bundle, leaf));
            Some(bundle)
        }
    }
}

/// The leaves of a bundle.
pub fn read_bundle(root: &Path, tile: Tile) -> Result<Vec<Vec<u8>>, Error> {
    let bytes = read_tile(root, tile)?;
    let leaves = tile::parse_bundle(&bytes, tile.width)
        .map_err(|error| damaged(codes::ENTRIES_DAMAGED, tile, error.to_string()))?;
    Ok(leaves.into_iter().map(<[u8]>::to_vec).collect())
}

/// A run of bundles, to be looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundles {
    /// Index of the first.
    pub index: u64,
    /// How many: one that is there, or all that are missing between two that are.
    pub count: u64,
}

/// The bundles of the log of `size` leaves in `root`, in order. So many are looked for as there are
/// files: a checkpoint may claim any size, and whoever checks what a stranger made must not look
/// for 2^56 of them.
pub fn bundles(root: &Path, size: u64) -> Result<Vec<Bundles>, Error> {
    let of = size.div_ceil(WIDTH);
    let files = list_files(&layout::at(root, layout::LOG))?;
    let there: BTreeSet<u64> = files
        .iter()
        .filter_map(|path| tile::parse_path(path))
        .filter(|tile| tile.kind == Kind::Entries && tile.index < of)
        .map(|tile| tile.index)
        .collect();
    let (mut runs, mut next) = (Vec::new(), 0);
    for index in there.into_iter().chain([of]) {
        if next < index {
            runs.push(Bundles { index: next, count: index - next });
        }
        if index < of {
            runs.push(Bundles { index, count: 1 });
        }
        next = index + 1;
    }
    Ok(runs)
}

/// What is said of a run of missing bundles, after what is said of the first.
pub fn and_more(count: u64) -> String {
    match count {
        0 | 1 => String::new(),
        _ => format!("; so are the {} after it", count - 1),
    }
}

/// Every file below `folder`, as paths in it with `/`, in order; the set-aside ones left out. Links
/// are not followed.
pub fn list_files(folder: &Path) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inside) = folders.pop() {
        for name in objects::names(&folder.join(&inside))? {
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if layout::UNACKNOWLEDGED.ends_with(&format!("/{path}")) {
                continue;
            }
            let place = folder.join(&path);
            if durable::is_own_folder(&place)? { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

fn read_small(root: &Path, place: &str) -> Result<String, Error> {
    let path = layout::at(root, place);
    let file = objects::open_plain(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Damaged {
            code: codes::FILE_MISSING,
            place: place.into(),
            message: "the file is missing".into(),
        },
        _ => Error::io("open", &path)(error),
    })?;
    let mut bytes = Vec::new();
    file.take(NOTE_LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::io("read", &path))?;
    String::from_utf8(bytes).map_err(|_| Error::Damaged {
        code: codes::CHECKPOINT_INVALID,
        place: place.into(),
        message: "the file is not text".into(),
    })
}

/// Why a proof cannot be made, as this crate says it.
fn unproved(error: MakeError<Error>) -> Error {
    match error {
        MakeError::Read(error) => error,
        other => Error::Damaged {
            code: codes::TILE_DAMAGED,
            place: layout::LOG.into(),
            message: other.to_string(),
        },
    }
}

fn damaged(code: &'static str, tile: Tile, message: String) -> Error {
    Error::Damaged { code, place: format!("{}/{tile}", layout::LOG), message }
}
