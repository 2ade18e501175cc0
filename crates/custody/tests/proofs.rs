//! Proofs over trees of several tiles: every true one holds, and none that was touched.

#![allow(clippy::unwrap_used, reason = "a test")]

use custody::proof::{Tiles, verify_consistency, verify_inclusion};
use custody::tile::{Kind, Tile};
use custody::{Edge, Hash, leaf_hash};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const SIZE: u64 = 600;

struct Log {
    files: BTreeMap<Tile, Vec<u8>>,
    roots: Vec<Hash>,
}

/// A log grown leaf by leaf, with the files and root of every size on the way.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let mut edge = Edge::empty();
        let mut log = Log { files: BTreeMap::new(), roots: vec![edge.root()] };
        for index in 0..SIZE {
            for file in edge.append([leaf(index).as_slice()]) {
                log.files.insert(file.tile, file.bytes);
            }
            log.roots.push(edge.root());
        }
        log
    })
}

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

fn root(size: u64) -> &'static Hash {
    &log().roots[usize::try_from(size).unwrap()]
}

fn tiles(size: u64) -> Tiles<impl FnMut(Tile) -> Result<Vec<u8>, Tile>> {
    Tiles::new(size, |tile| log().files.get(&tile).cloned().ok_or(tile))
}

fn check_inclusion(index: u64, size: u64) {
    let proof = tiles(size).inclusion(index).unwrap();
    let hash = leaf_hash(&leaf(index));
    let verify = |hash: &Hash, index, proof: &[Hash], root: &Hash| {
        verify_inclusion(hash, index, size, proof, root)
    };
    assert_eq!(verify(&hash, index, &proof, root(size)), Ok(()), "{index} of {size}");
    assert!(verify(&leaf_hash(b"other"), index, &proof, root(size)).is_err());
    assert!(verify(&hash, index ^ 1, &proof, root(size)).is_err());
    assert!(verify(&hash, index, &proof, &[0; 32]).is_err());
    for at in 0..proof.len() {
        let mut bad = proof.clone();
        bad[at][at % 32] ^= 1;
        assert!(verify(&hash, index, &bad, root(size)).is_err(), "{index} of {size}");
        bad = proof.clone();
        bad.remove(at);
        assert!(verify(&hash, index, &bad, root(size)).is_err(), "{index} of {size}");
    }
}

fn check_consistency(old: u64, size: u64) {
    let proof = tiles(size).consistency(old).unwrap();
    let verify = |old_root: &Hash, root: &Hash, proof: &[Hash]| {
        verify_consistency((old, old_root), (size, root), proof)
    };
    assert_eq!(verify(root(old), root(size), &proof), Ok(()), "{old} in {size}");
    assert!(verify(&[0; 32], root(size), &proof).is_err());
    if old > 0 {
        assert!(verify(root(old), &[0; 32], &proof).is_err());
    }
    for at in 0..proof.len() {
        let mut bad = proof.clone();
        bad[at][at % 32] ^= 1;
        assert!(verify(root(old), root(size), &bad).is_err(), "{old} in {size}");
        bad = proof.clone();
        bad.remove(at);
        assert!(verify(root(old), root(size), &bad).is_err(), "{old} in {size}");
    }
    let long = [&proof[..], &[[0; 32]]].concat();
    assert!(verify(root(old), root(size), &long).is_err());
}

#[test]
fn every_place_where_tiles_begin_and_end() {
    for size in [255, 256, 257, 511, 512, 513, SIZE] {
        for at in [0, 1, 127, 128, 254, 255, 256, 257, 510, 511, 512, 513, size - 1] {
            if at < size {
                check_inclusion(at, size);
                check_consistency(at, size);
            }
        }
        check_consistency(size, size);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_leaf_of_any_tree(size in 1..=SIZE, place: u64) {
        check_inclusion(place % size, size);
        check_consistency(place % size, size);
    }
}

/// A log of ten million leaves need not be there for it: what is read is seen from the names.
#[test]
fn a_proof_reads_the_tiles_on_its_path_and_at_the_edge_and_no_other() {
    const MANY: u64 = 10_000_000;
    for index in [0, 255, 256, 65_535, 65_536, 1_234_567, 9_961_471, MANY - 129, MANY - 1] {
        let mut read = Vec::new();
        let mut tiles = Tiles::new(MANY, |tile: Tile| {
            read.push(tile);
            Ok::<_, Tile>(vec![0; usize::from(tile.width) * 32])
        });
        let proof = tiles.inclusion(index).unwrap();
        assert!(proof.len() <= 24, "{} hashes", proof.len());
        for (at, tile) in read.iter().enumerate() {
            let Kind::Hashes(level) = tile.kind else { panic!("{tile}: leaves are not needed") };
            let span = 8 * (u64::from(level) + 1);
            let (own, edge) = (index >> span, (MANY - 1) >> span);
            assert!([own, edge].contains(&tile.index), "{tile} for leaf {index}");
            assert!(!read[..at].contains(tile), "{tile} is read twice");
        }
        assert!(read.len() <= 6, "{} tiles for leaf {index}", read.len());
    }
}
