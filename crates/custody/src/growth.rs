//! Consistency proofs that travel: that one checkpoint's log is the beginning of another's.
//!
//! In the form of the request that submits a checkpoint to a cosigner (C2SP tlog-witness,
//! "add-checkpoint"), so that the same file can be sent to one.

use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::from_base64;
use crate::note::{NOTE_LIMIT_BYTES, Verifier};
use crate::proof::{self, ProofError};
use crate::tree::Hash;
use data_encoding::BASE64;

/// Most hashes in it: the specification's limit.
pub const HASHES_LIMIT: usize = 63;

/// Most bytes of a file: 63 hashes of 45 bytes, the old size, and a checkpoint.
pub const LIMIT_BYTES: usize = NOTE_LIMIT_BYTES + HASHES_LIMIT * 45 + 100;

/// That a log of `old_size` leaves is the beginning of the checkpoint's. Nothing in it is checked
/// yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// Number of leaves before.
    pub old_size: u64,
    /// Consistency proof (RFC 6962, section 2.1.2).
    pub hashes: Vec<Hash>,
    /// The signed later checkpoint.
    pub checkpoint: String,
}

/// Why a file does not show that one checkpoint's log is the beginning of another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrowthError {
    /// Not of the form of a consistency proof file.
    #[error("not of the form of a consistency proof: old size, hashes, checkpoint")]
    Form,
    /// Its checkpoint is not accepted.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It starts from another size than that of the earlier checkpoint.
    #[error("it speaks of another size than that of the earlier checkpoint")]
    Size,
    /// The hashes do not lead from the one root to the other.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Growth {
    /// The file's text.
    pub fn text(&self) -> String {
        let hashes: String = self.hashes.iter().map(|hash| BASE64.encode(hash) + "\n").collect();
        format!("old {}\n{hashes}\n{}", self.old_size, self.checkpoint)
    }

    /// Checks that `old`, a checkpoint whose signature holds already, is the beginning of the later
    /// one, which must be by the key `log`. Returns the later one.
    pub fn verify(&self, old: &Checkpoint, log: &Verifier) -> Result<Checkpoint, GrowthError> {
        let new = checkpoint::open(self.checkpoint.as_bytes(), log)?;
        if self.old_size != old.size {
            return Err(GrowthError::Size);
        }
        let roots = ((old.size, &old.root), (new.size, &new.root));
        proof::verify_consistency(roots.0, roots.1, &self.hashes)?;
        Ok(new)
    }
}

/// Reads a file, exactly in the form that [`Growth::text`] writes.
pub fn parse(bytes: &[u8]) -> Result<Growth, GrowthError> {
    let parsed = (bytes.len() <= LIMIT_BYTES)
        .then(|| parse_text(std::str::from_utf8(bytes).ok()?))
        .flatten();
    parsed.filter(|growth| growth.text().as_bytes() == bytes).ok_or(GrowthError::Form)
}

fn parse_text(text: &str) -> Option<Growth> {
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    let old_size = lines.next()?.strip_prefix("old ")?.parse().ok()?;
    let mut hashes = Vec::new();
    for line in lines.take(HASHES_LIMIT + 1) {
        hashes.push(from_base64(line)?.try_into().ok()?);
    }
    let growth = Growth { old_size, hashes, checkpoint: checkpoint.into() };
    (growth.hashes.len() <= HASHES_LIMIT).then_some(growth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Signer;
    use crate::tree::{leaf_hash, node_hash};

    fn log() -> Signer {
        Signer::new("casefile/x", &[7; 32]).unwrap()
    }

    fn checkpoint(size: u64, root: Hash) -> Checkpoint {
        Checkpoint { origin: "casefile/x".into(), size, root }
    }

    /// From one leaf to two.
    fn grown() -> (Checkpoint, Growth) {
        let (first, second) = (leaf_hash(b"first"), leaf_hash(b"second"));
        let new = checkpoint(2, node_hash(&first, &second)).sign(&log());
        (checkpoint(1, first), Growth { old_size: 1, hashes: vec![second], checkpoint: new })
    }

    #[test]
    fn every_flipped_bit_and_cut_is_caught() {
        let (old, growth) = grown();
        let text = growth.text().into_bytes();
        assert_eq!(parse(&text), Ok(growth.clone()));
        assert!(growth.verify(&old, &log().verifier()).is_ok());
        for bit in 0..text.len() * 8 {
            let mut bad = text.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let verdict = parse(&bad).and_then(|bad| bad.verify(&old, &log().verifier()));
            assert!(verdict.is_err(), "bit {bit}");
        }
        for end in 0..text.len() {
            let verdict = parse(&text[..end]).and_then(|cut| cut.verify(&old, &log().verifier()));
            assert!(verdict.is_err(), "cut at {end}");
        }
    }

    #[test]
    fn why_it_does_not_hold() {
        let (old, growth) = grown();
        let check = |old: &Checkpoint, growth: &Growth| growth.verify(old, &log().verifier()).err();
        let fork = checkpoint(1, leaf_hash(b"another"));
        assert_eq!(check(&fork, &growth), Some(GrowthError::Proof(ProofError::Root)));
        assert_eq!(check(&checkpoint(2, old.root), &growth), Some(GrowthError::Size));
        let short = Growth { hashes: Vec::new(), ..growth.clone() };
        assert_eq!(check(&old, &short), Some(GrowthError::Proof(ProofError::Length)));
        let other = Signer::new("casefile/x", &[8; 32]).unwrap();
        let unsigned = CheckpointError::Note(crate::note::NoteError::Unsigned);
        assert_eq!(
            growth.verify(&old, &other.verifier()).err(),
            Some(GrowthError::Checkpoint(unsigned))
        );
        assert_eq!(parse(b"old 01\n\nx"), Err(GrowthError::Form));
        let long = "old 1\n".to_owned() + &(BASE64.encode(&[0; 32]) + "\n").repeat(64) + "\nx\n";
        assert_eq!(parse(long.as_bytes()), Err(GrowthError::Form));
    }
}
