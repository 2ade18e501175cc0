//! Proofs that travel: `.tlog-proof` files (C2SP tlog-proof), one leaf's inclusion with its
//! checkpoint.

use crate::checkpoint::{self, CheckpointError};
use crate::from_base64;
use crate::note::{NOTE_LIMIT_BYTES, Verifier};
use crate::proof::{self, PROOF_LIMIT, ProofError};
use crate::tree::{Hash, leaf_hash};
use data_encoding::BASE64;

/// First line of the file.
pub const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Most bytes of a proof file: 64 hashes of 45 bytes, the index, and a checkpoint.
pub const LIMIT_BYTES: usize = NOTE_LIMIT_BYTES + PROOF_LIMIT * 45 + 100;

/// One leaf's inclusion with its checkpoint. Nothing in it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Index of the leaf.
    pub index: u64,
    /// Inclusion proof, from the leaf up.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// Why a proof file does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not of the form of a proof file.
    #[error("not of the form of a tlog-proof file")]
    Form,
    /// Its checkpoint is not accepted.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The leaf is not where it says.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// The file's text.
    pub fn text(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| BASE64.encode(hash) + "\n").collect();
        format!("{HEADER}\nindex {}\n{hashes}\n{}", self.index, self.checkpoint)
    }

    /// The same, with its checkpoint as [`checkpoint::short`] has it: hundreds of proofs lead to
    /// one checkpoint, which stands beside them whole.
    pub fn short(&self, log: &Verifier) -> Self {
        let checkpoint = checkpoint::short(&self.checkpoint, log).into();
        Self { checkpoint, ..self.clone() }
    }

    /// Checks that `leaf` is in the log whose key is `log`, where the file says.
    pub fn verify(
        &self,
        leaf: &[u8],
        log: &Verifier,
    ) -> Result<checkpoint::Checkpoint, TlogProofError> {
        let checkpoint = checkpoint::open(self.checkpoint.as_bytes(), log)?;
        self.leads_to(leaf, &checkpoint)?;
        Ok(checkpoint)
    }

    /// The same where the checkpoint in the file has been opened already, as `checkpoint`.
    pub fn leads_to(
        &self,
        leaf: &[u8],
        checkpoint: &checkpoint::Checkpoint,
    ) -> Result<(), ProofError> {
        let (size, root) = (checkpoint.size, &checkpoint.root);
        proof::verify_inclusion(&leaf_hash(leaf), self.index, size, &self.hashes, root)
    }
}

/// Reads a proof file, exactly in the form that [`TlogProof::text`] writes. An `extra` line, which
/// the specification allows and nothing authenticates, is refused: a flipped bit in it would go
/// unnoticed.
pub fn parse(bytes: &[u8]) -> Result<TlogProof, TlogProofError> {
    let parsed = (bytes.len() <= LIMIT_BYTES)
        .then(|| parse_text(std::str::from_utf8(bytes).ok()?))
        .flatten();
    parsed.filter(|proof| proof.text().as_bytes() == bytes).ok_or(TlogProofError::Form)
}

fn parse_text(text: &str) -> Option<TlogProof> {
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next() != Some(HEADER) {
        return None;
    }
    let index = lines.next()?.strip_prefix("index ")?.parse().ok()?;
    let mut hashes = Vec::new();
    for line in lines.take(PROOF_LIMIT + 1) {
        hashes.push(from_base64(line)?.try_into().ok()?);
    }
    (hashes.len() <= PROOF_LIMIT).then(|| TlogProof {
        index,
        hashes,
        checkpoint: checkpoint.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;
    use crate::tree::node_hash;

    #[test]
    fn every_flipped_bit_is_caught() {
        let log = Signer::new("casefile/x", &[7; 32]).unwrap();
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let root = node_hash(&left, &right);
        let checkpoint = Checkpoint { origin: "casefile/x".into(), size: 2, root }.sign(&log);
        let proof = TlogProof { index: 1, hashes: vec![left], checkpoint };
        let text = proof.text().into_bytes();
        assert_eq!(parse(&text), Ok(proof.clone()));
        assert!(proof.verify(b"right", &log.verifier()).is_ok());
        assert!(proof.verify(b"left", &log.verifier()).is_err());
        for bit in 0..text.len() * 8 {
            let mut bad = text.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let caught = parse(&bad).and_then(|proof| proof.verify(b"right", &log.verifier()));
            assert!(caught.is_err(), "bit {bit}");
        }
    }
}
