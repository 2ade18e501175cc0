//! The right edge of the tree: all that a writer must know to append, and a reader to know the
//! root.
//!
//! For each level the hashes of its partial tile (at most 255), and the leaves of the partial
//! bundle.

use crate::tile::{self, Kind, Tile, TileError, WIDTH};
use crate::tree::{Hash, empty_root, leaf_hash, node_hash, root_of};

/// The right edge of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    /// Level by level, the hashes of the partial tile; a full one is folded into the level above.
    levels: Vec<Vec<Hash>>,
    /// The partial bundle's bytes.
    bundle: Vec<u8>,
}

/// A file to be written, by its path in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Which.
    pub tile: Tile,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why an edge could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError<E> {
    /// A file could not be read.
    #[error(transparent)]
    Read(E),
    /// A file is no tile or bundle of its width.
    #[error("{tile}: {error}")]
    Form {
        /// Which.
        tile: Tile,
        /// What is wrong.
        error: TileError,
    },
}

impl Edge {
    /// The edge of the tree without leaves.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Loads the edge of a tree of `size` leaves, with one `read` for each partial file. The leaves
    /// of the partial bundle must be those that the hashes stand for; whether [`Edge::root`] is the
    /// one that a checkpoint signs is for the caller to look at.
    pub fn load<E>(
        size: u64,
        mut read: impl FnMut(Tile) -> Result<Vec<u8>, E>,
    ) -> Result<Self, EdgeError<E>> {
        let mut edge = Self { size, levels: Vec::new(), bundle: Vec::new() };
        let form = |tile| move |error| EdgeError::Form { tile, error };
        for (kind, count) in tile::levels(size) {
            let width = (count % WIDTH) as u16;
            let hashes = if width == 0 {
                Vec::new()
            } else {
                let tile = Tile { kind, index: count / WIDTH, width };
                let bytes = read(tile).map_err(EdgeError::Read)?;
                tile::parse_hashes(&bytes, width).map_err(form(tile))?
            };
            edge.levels.push(hashes);
        }
        let width = (size % WIDTH) as u16;
        if width > 0 {
            let tile = Tile { kind: Kind::Entries, index: size / WIDTH, width };
            edge.bundle = read(tile).map_err(EdgeError::Read)?;
            let leaves = tile::parse_bundle(&edge.bundle, width).map_err(form(tile))?;
            // The root says nothing of the bundle, and the next append writes these leaves again
            // in a larger one, after which this one goes: one bad read would be the last of them.
            let hashes = edge.levels.first().map_or(&[][..], Vec::as_slice);
            let differs = |(leaf, hash): (&&[u8], &Hash)| leaf_hash(leaf) != *hash;
            if let Some(leaf) = leaves.iter().zip(hashes).position(differs) {
                return Err(form(tile)(TileError::OtherLeaf { leaf: leaf as u16 }));
            }
        }
        Ok(edge)
    }

    /// Number of leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash of the tree (RFC 6962, section 2.1).
    pub fn root(&self) -> Hash {
        // The highest level is the leftmost part of the tree and the largest; each lower partial
        // tile hangs to its right. Within a level the same rule holds over its hashes.
        let mut parts =
            self.levels.iter().filter(|hashes| !hashes.is_empty()).map(|hashes| peaks(hashes));
        let Some(mut right) = parts.next() else { return empty_root() };
        for mut part in parts {
            part.append(&mut right);
            right = part;
        }
        right
            .into_iter()
            .rev()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(empty_root)
    }

    /// Appends `leaves` and returns every file of the log that is new: those that became full, and
    /// the partial one at the end of each level.
    ///
    /// # Panics
    /// If a leaf is longer than [`tile::LEAF_LIMIT_BYTES`].
    pub fn append<'a>(&mut self, leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<LogFile> {
        let mut files = Vec::new();
        let before = self.size;
        for leaf in leaves {
            tile::push_leaf(&mut self.bundle, leaf);
            self.push(leaf_hash(leaf), &mut files);
            self.size += 1;
            if self.size.is_multiple_of(WIDTH) {
                let tile =
                    Tile { kind: Kind::Entries, index: self.size / WIDTH - 1, width: WIDTH as u16 };
                files.push(LogFile { tile, bytes: std::mem::take(&mut self.bundle) });
            }
        }
        if !self.bundle.is_empty() && self.size > before {
            let tile = Tile {
                kind: Kind::Entries,
                index: self.size / WIDTH,
                width: (self.size % WIDTH) as u16,
            };
            files.push(LogFile { tile, bytes: self.bundle.clone() });
        }
        for (level, hashes) in (0u8..).zip(&self.levels) {
            let kind = Kind::Hashes(level);
            let count = tile::count_at(self.size, level);
            if hashes.is_empty() || count == tile::count_at(before, level) {
                continue;
            }
            let tile = Tile { kind, index: count / WIDTH, width: hashes.len() as u16 };
            files.push(LogFile { tile, bytes: tile::encode_hashes(hashes) });
        }
        files
    }

    /// Adds the hash of leaf number `size`, and where tiles fill up the hashes above.
    fn push(&mut self, hash: Hash, files: &mut Vec<LogFile>) {
        let mut hash = hash;
        for level in 0u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(at) else { return };
            hashes.push(hash);
            if (hashes.len() as u64) < WIDTH {
                return;
            }
            let index = (self.size >> (8 * u32::from(level))) / WIDTH;
            hash = root_of(hashes);
            let tile = Tile { kind: Kind::Hashes(level), index, width: WIDTH as u16 };
            files.push(LogFile { tile, bytes: tile::encode_hashes(hashes) });
            hashes.clear();
        }
    }
}

/// The roots of the complete subtrees that `hashes` form, from the largest (leftmost) to the
/// smallest.
fn peaks(hashes: &[Hash]) -> Vec<Hash> {
    let mut rest = hashes;
    let mut peaks = Vec::new();
    while !rest.is_empty() {
        let (left, right) = rest.split_at(1 << rest.len().ilog2());
        peaks.push(root_of(left));
        rest = right;
    }
    peaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn leaves(count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|n| format!("leaf {n}").into_bytes()).collect()
    }

    fn root_by_definition(leaves: &[Vec<u8>]) -> Hash {
        root_of(&leaves.iter().map(|leaf| leaf_hash(leaf)).collect::<Vec<_>>())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_split_into_batches_gives_the_same_files_and_root(cuts in prop::collection::btree_set(0usize..1500, 0..6), size in 1usize..1500) {
            let all = leaves(size);
            let mut whole = Edge::empty();
            let mut expect: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
            for file in whole.append(all.iter().map(Vec::as_slice)) { expect.insert(file.tile, file.bytes); }
            prop_assert_eq!(expect.keys().copied().collect::<Vec<_>>(), { let mut t: Vec<_> = tile::tiles_of(size as u64).collect(); t.sort(); t });

            let mut files: BTreeMap<Tile, Vec<u8>> = BTreeMap::new();
            let mut at = 0;
            for cut in cuts.into_iter().filter(|cut| *cut <= size).chain([size]) {
                let mut edge = Edge::load(at as u64, |tile| files.get(&tile).cloned().ok_or(tile)).unwrap();
                prop_assert_eq!(edge.root(), root_by_definition(&all[..at]));
                for file in edge.append(all[at..cut].iter().map(Vec::as_slice)) { files.insert(file.tile, file.bytes); }
                prop_assert_eq!(edge.root(), root_by_definition(&all[..cut]));
                at = cut;
            }
            for (tile, bytes) in &expect { prop_assert_eq!(files.get(tile), Some(bytes), "{}", tile); }
            prop_assert_eq!(whole.root(), root_by_definition(&all));
        }
    }

    /// Else the next append would write the damaged leaves again and drop what they came from.
    #[test]
    fn a_bundle_with_a_flipped_bit_is_not_appended_to() {
        let all = leaves(259);
        let files: BTreeMap<Tile, Vec<u8>> = Edge::empty()
            .append(all.iter().map(Vec::as_slice))
            .into_iter()
            .map(|file| (file.tile, file.bytes))
            .collect();
        let partial = Tile { kind: Kind::Entries, index: 1, width: 3 };
        let load = |files: &BTreeMap<Tile, Vec<u8>>| {
            Edge::load(259, |tile| files.get(&tile).cloned().ok_or(tile))
        };
        assert_eq!(load(&files).unwrap().root(), root_by_definition(&all));
        for bit in 0..files[&partial].len() * 8 {
            let mut bad = files.clone();
            bad.get_mut(&partial).unwrap()[bit / 8] ^= 1 << (bit % 8);
            let refused = load(&bad).unwrap_err();
            assert!(
                matches!(refused, EdgeError::Form { tile, .. } if tile == partial),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn three_levels() {
        let mut edge = Edge::empty();
        let all = leaves(66_000);
        edge.append(all.iter().map(Vec::as_slice));
        assert_eq!(edge.root(), root_by_definition(&all));
    }
}
