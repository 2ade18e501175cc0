//! Merkle tree hashes (RFC 6962, section 2.1).

use sha2::{Digest as _, Sha256};

/// A SHA-256 tree hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ leaf).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over `hashes`, the hashes of equally high complete subtrees, in order, where a tree
/// whose size is no power of two splits as RFC 6962 says: the left part is the largest power of
/// two. Recursion is as deep as the logarithm of their number.
pub fn root_of(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(split(more.len() as u64) as usize);
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The largest power of two smaller than `size`, which is at least 2.
pub(crate) fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// The leaves of the published test vectors of Certificate Transparency's reference code.
    pub(crate) fn known_leaves() -> Vec<Vec<u8>> {
        [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ]
        .iter()
        .map(|hex| HEXLOWER.decode(hex.as_bytes()).unwrap())
        .collect()
    }

    #[test]
    fn known_roots() {
        let hashes: Vec<Hash> = known_leaves().iter().map(|leaf| leaf_hash(leaf)).collect();
        for (size, root) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(HEXLOWER.encode(&root_of(&hashes[..size])), root, "size {size}");
        }
    }
}
