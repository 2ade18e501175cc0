//! Signed leaves: a record on one line, then the SSH signature over that line, line end included.
//!
//! So `head -n 1 LEAF | ssh-keygen -Y verify -n casefile-leaf@v1 -s <(tail -n +2 LEAF) …` checks
//! one.

use crate::sshsig::{self, PublicKey, Secret, SshsigError};
use crate::tile::LEAF_LIMIT_BYTES;

/// SSHSIG namespace of leaves: their signatures are good for nothing else.
pub const NAMESPACE: &str = "casefile-leaf@v1";

/// A leaf whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'a> {
    /// The record, without its line end.
    pub record: &'a [u8],
    /// The key that signed it.
    pub key: PublicKey,
    /// That key's fingerprint, `SHA256:…`.
    pub fingerprint: String,
}

/// Why bytes are no signed leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// There is no line with a signature after it.
    #[error("not of the form of a leaf: one line, then its signature")]
    Form,
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SshsigError),
}

/// Signs a record and gives the leaf's bytes. [`open_leaf`] refuses what comes of a record that
/// holds a line end, or of one so long that the leaf has more than [`LEAF_LIMIT_BYTES`]: whoever
/// appends it looks at its length first.
pub fn sign_leaf(seed: &[u8; 32], record: &[u8]) -> Vec<u8> {
    sign_leaf_with(&Secret::new(seed), record)
}

/// [`sign_leaf`] for whoever signs many.
pub fn sign_leaf_with(secret: &Secret, record: &[u8]) -> Vec<u8> {
    let mut leaf = [record, b"\n"].concat();
    let signature = secret.sign(NAMESPACE, &leaf);
    leaf.extend_from_slice(signature.as_bytes());
    leaf
}

/// Takes a leaf apart and checks its signature. Whether the key is one that may is for the caller.
pub fn open_leaf(leaf: &[u8]) -> Result<Opened<'_>, LeafError> {
    if leaf.len() > LEAF_LIMIT_BYTES {
        return Err(LeafError::Form);
    }
    let end = leaf.iter().position(|byte| *byte == b'\n').ok_or(LeafError::Form)?;
    let (line, signature) = leaf.split_at(end + 1);
    let signature = std::str::from_utf8(signature).map_err(|_| LeafError::Form)?;
    let key = sshsig::verify(signature, NAMESPACE, line)?;
    Ok(Opened { record: &leaf[..end], fingerprint: sshsig::fingerprint(&key), key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_caught() {
        let leaf = sign_leaf(&[5; 32], br#"{"a":1}"#);
        assert_eq!(open_leaf(&leaf).unwrap().record, br#"{"a":1}"#);
        for bit in 0..leaf.len() * 8 {
            let mut bad = leaf.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open_leaf(&bad).is_err(), "bit {bit}");
        }
        assert_eq!(open_leaf(b""), Err(LeafError::Form));
        assert_eq!(open_leaf(b"\n"), Err(SshsigError::Form.into()));
    }

    #[test]
    fn only_one_line_that_fits() {
        let overhead = sign_leaf(&[5; 32], b"").len();
        assert!(open_leaf(&sign_leaf(&[5; 32], &vec![b'1'; LEAF_LIMIT_BYTES - overhead])).is_ok());
        let long = sign_leaf(&[5; 32], &vec![b'1'; LEAF_LIMIT_BYTES - overhead + 1]);
        assert_eq!(open_leaf(&long), Err(LeafError::Form));
        assert!(open_leaf(&sign_leaf(&[5; 32], b"{\n}")).is_err());
        let elsewhere = [b"{}\n", sshsig::sign(&[5; 32], "file", b"{}\n").as_bytes()].concat();
        assert_eq!(open_leaf(&elsewhere), Err(SshsigError::Namespace.into()));
    }
}
