//! Inclusion and consistency proofs (RFC 6962, section 2.1; verification as in RFC 9162, section
//! 2.1).

use crate::tile::{self, Kind, Tile, TileError, WIDTH};
use crate::tree::{Hash, empty_root, node_hash, root_of, split};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Most hashes in a proof: one for each bit of a leaf's index.
pub const PROOF_LIMIT: usize = 64;

/// Why a proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError<E> {
    /// A tile could not be read.
    #[error(transparent)]
    Read(E),
    /// A tile is no tile of its width.
    #[error("{tile}: {error}")]
    Form {
        /// Which.
        tile: Tile,
        /// What is wrong.
        error: TileError,
    },
    /// What is to be proved lies outside the tree.
    #[error("{asked} is not in a tree of {size} leaves")]
    Outside {
        /// The index or size asked for.
        asked: u64,
        /// Size of the tree.
        size: u64,
    },
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not below the size, or the old size above the new.
    #[error("the proof speaks of a place outside the tree")]
    Outside,
    /// The proof has too few or too many hashes for that place.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// A log of `size` leaves whose tiles are read through `read`, each once.
pub struct Tiles<R> {
    size: u64,
    read: R,
    /// What was read: a proof takes several hashes from each tile, and so do its neighbours'. 8 kB
    /// for 256 leaves that something is proved about.
    kept: BTreeMap<Tile, Vec<Hash>>,
}

impl<E, R: FnMut(Tile) -> Result<Vec<u8>, E>> Tiles<R> {
    /// The log of `size` leaves behind `read`.
    pub fn new(size: u64, read: R) -> Self {
        Self { size, read, kept: BTreeMap::new() }
    }

    /// The proof that leaf `index` is in the tree: hashes from the leaf up.
    pub fn inclusion(&mut self, index: u64) -> Result<Vec<Hash>, MakeError<E>> {
        if index >= self.size {
            return Err(MakeError::Outside { asked: index, size: self.size });
        }
        let (mut low, mut high) = (0, self.size);
        let mut sides = Vec::new();
        while high - low > 1 {
            let middle = low + split(high - low);
            if index < middle {
                sides.push((middle, high));
                high = middle;
            } else {
                sides.push((low, middle));
                low = middle;
            }
        }
        sides.into_iter().rev().map(|(low, high)| self.range(low, high)).collect()
    }

    /// The proof that the tree's first `old` leaves are the tree of that size.
    pub fn consistency(&mut self, old: u64) -> Result<Vec<Hash>, MakeError<E>> {
        if old > self.size {
            return Err(MakeError::Outside { asked: old, size: self.size });
        }
        if old == 0 || old == self.size {
            return Ok(Vec::new());
        }
        let (mut low, mut high) = (0, self.size);
        let mut sides = Vec::new();
        while high != old {
            let middle = low + split(high - low);
            if old <= middle {
                sides.push((middle, high));
                high = middle;
            } else {
                sides.push((low, middle));
                low = middle;
            }
        }
        // The old tree's own last subtree is known to who has the old root, if it is all of that
        // tree.
        if low > 0 {
            sides.push((low, high));
        }
        sides.into_iter().rev().map(|(low, high)| self.range(low, high)).collect()
    }

    /// The root of leaves `low..high`, where `low` is a multiple of the power of two that covers
    /// them.
    fn range(&mut self, low: u64, high: u64) -> Result<Hash, MakeError<E>> {
        let count = high - low;
        if count.is_power_of_two() {
            return self.node(count.ilog2(), low / count);
        }
        let middle = low + split(count);
        Ok(node_hash(&self.range(low, middle)?, &self.range(middle, high)?))
    }

    /// The root of the complete subtree number `number` of height `height`.
    fn node(&mut self, height: u32, number: u64) -> Result<Hash, MakeError<E>> {
        let (level, inside) = ((height / 8) as u8, height % 8);
        let first = number << inside;
        let index = first / WIDTH;
        let count = tile::count_at(self.size, level);
        let width = count.saturating_sub(index * WIDTH).min(WIDTH) as u16;
        let tile = Tile { kind: Kind::Hashes(level), index, width };
        let hashes = match self.kept.entry(tile) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(new) => {
                let bytes = (self.read)(tile).map_err(MakeError::Read)?;
                let hashes = tile::parse_hashes(&bytes, width);
                new.insert(hashes.map_err(|error| MakeError::Form { tile, error })?)
            }
        };
        let from = (first % WIDTH) as usize;
        let part = hashes.get(from..from + (1 << inside));
        Ok(root_of(part.ok_or(MakeError::Outside { asked: number, size: self.size })?))
    }
}

/// Checks that the leaf with hash `leaf` stands at `index` in the tree of `size` leaves with
/// `root`.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Outside);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for side in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(side, &hash);
            // A leaf at the right edge has no right neighbour until the path turns left.
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, side);
        }
        at >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the tree of `old_size` leaves with `old_root` is the beginning of that of `size`
/// with `root`.
pub fn verify_consistency(
    (old_size, old_root): (u64, &Hash),
    (size, root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::Outside);
    }
    if old_size == size || old_size == 0 {
        let same = if old_size == 0 { *old_root == empty_root() } else { old_root == root };
        return match (proof.is_empty(), same) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::Root),
            (false, _) => Err(ProofError::Length),
        };
    }
    let mut sides = proof.iter();
    let first = if old_size.is_power_of_two() {
        old_root
    } else {
        sides.next().ok_or(ProofError::Length)?
    };
    let (mut at, mut last) = (old_size - 1, size - 1);
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (*first, *first);
    for side in sides {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if at % 2 == 1 || at == last {
            old_hash = node_hash(side, &old_hash);
            hash = node_hash(side, &hash);
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, side);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old_hash == *old_root && hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::Edge;
    use crate::tree::leaf_hash;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    struct Log {
        files: BTreeMap<Tile, Vec<u8>>,
        roots: Vec<Hash>,
    }

    fn log(size: u64) -> Log {
        let mut edge = Edge::empty();
        let mut log = Log { files: BTreeMap::new(), roots: vec![edge.root()] };
        for n in 0..size {
            for file in edge.append([n.to_string().as_bytes()]) {
                log.files.insert(file.tile, file.bytes);
            }
            log.roots.push(edge.root());
        }
        log
    }

    fn tiles(log: &Log, size: u64) -> Tiles<impl FnMut(Tile) -> Result<Vec<u8>, Tile> + '_> {
        Tiles::new(size, |tile| log.files.get(&tile).cloned().ok_or(tile))
    }

    #[test]
    fn every_leaf_of_every_small_tree() {
        let log = log(70);
        for size in 1..=70 {
            for index in 0..size {
                let proof = tiles(&log, size).inclusion(index).unwrap();
                let leaf = leaf_hash(index.to_string().as_bytes());
                let root = &log.roots[size as usize];
                assert_eq!(verify_inclusion(&leaf, index, size, &proof, root), Ok(()));
                for other in (0..=size).filter(|other| *other != index) {
                    assert!(verify_inclusion(&leaf, other, size, &proof, root).is_err());
                }
            }
            for old in 0..=size {
                let proof = tiles(&log, size).consistency(old).unwrap();
                let (old_root, root) = (&log.roots[old as usize], &log.roots[size as usize]);
                assert_eq!(
                    verify_consistency((old, old_root), (size, root), &proof),
                    Ok(()),
                    "{old} {size}"
                );
                if old != size {
                    assert!(verify_consistency((old, root), (size, root), &proof).is_err());
                }
            }
        }
    }

    #[test]
    fn a_large_tree_and_every_changed_bit_of_a_hash() {
        let log = log(700);
        let leaf = leaf_hash(b"300");
        let proof = tiles(&log, 700).inclusion(300).unwrap();
        assert_eq!(verify_inclusion(&leaf, 300, 700, &proof, &log.roots[700]), Ok(()));
        for hash in 0..proof.len() {
            for bit in 0..256 {
                let mut bad = proof.clone();
                bad[hash][bit / 8] ^= 1 << (bit % 8);
                assert_eq!(
                    verify_inclusion(&leaf, 300, 700, &bad, &log.roots[700]),
                    Err(ProofError::Root)
                );
            }
        }
        let short = &proof[..proof.len() - 1];
        assert_eq!(
            verify_inclusion(&leaf, 300, 700, short, &log.roots[700]),
            Err(ProofError::Length)
        );
        let long = [proof.as_slice(), &[leaf]].concat();
        assert_eq!(
            verify_inclusion(&leaf, 300, 700, &long, &log.roots[700]),
            Err(ProofError::Length)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_numbers_may_come(index: u64, size: u64, old: u64, proof in prop::collection::vec(any::<[u8; 32]>(), 0..70), root: [u8; 32]) {
            prop_assert!(verify_inclusion(&root, index, size, &proof, &root).is_err() || proof.is_empty());
            let _ = verify_consistency((old, &root), (size, &root), &proof);
        }
    }
}
