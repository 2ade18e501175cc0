//! Checkpoints: what a log says of itself (C2SP tlog-checkpoint v1.0.0).

use crate::from_base64;
use crate::note::{self, NoteError, Signer, Verifier};
use crate::tree::Hash;
use data_encoding::BASE64;

/// A log's size and root under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

/// Why bytes are not a checkpoint of the log that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is not accepted.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("not of the form of a checkpoint: origin, size, root")]
    Form,
    /// It is another log's.
    #[error("it is the checkpoint of another log")]
    Origin,
}

impl Checkpoint {
    /// The text that is signed: origin, decimal size and base64 root, a line each.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(&self.root))
    }

    /// The signed note.
    pub fn sign(&self, signer: &Signer) -> String {
        signer.sign(&self.text())
    }
}

/// Opens a signed checkpoint of the log whose key is `log`: origin and key name must be equal.
/// Extension lines of other writers are allowed and not looked at; ours has none.
pub fn open(bytes: &[u8], log: &Verifier) -> Result<Checkpoint, CheckpointError> {
    let checkpoint = parse(note::open(bytes, std::slice::from_ref(log))?)?;
    if checkpoint.origin == log.name() { Ok(checkpoint) } else { Err(CheckpointError::Origin) }
}

/// Reads the text of a checkpoint.
pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
    let mut lines = text.split('\n');
    let (origin, size, root) = match (lines.next(), lines.next(), lines.next()) {
        (Some(origin), Some(size), Some(root)) if !origin.is_empty() => (origin, size, root),
        _ => return Err(CheckpointError::Form),
    };
    let root = from_base64(root).ok_or(CheckpointError::Form)?;
    let checkpoint = Checkpoint {
        origin: origin.into(),
        size: size.parse().map_err(|_| CheckpointError::Form)?,
        root: root.try_into().map_err(|_| CheckpointError::Form)?,
    };
    // No other spelling (a plus sign, leading zeros) and only whole extension lines after it.
    let rest = text.strip_prefix(&checkpoint.text()).ok_or(CheckpointError::Form)?;
    let whole =
        rest.is_empty() || (rest.ends_with('\n') && rest.lines().all(|line| !line.is_empty()));
    if whole { Ok(checkpoint) } else { Err(CheckpointError::Form) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let root = BASE64.encode(&[9; 32]);
        let good = Checkpoint { origin: "casefile/x".into(), size: 12, root: [9; 32] };
        assert_eq!(parse(&good.text()), Ok(good.clone()));
        assert_eq!(parse(&format!("casefile/x\n12\n{root}\nextension\n")), Ok(good));
        for bad in [
            format!("\n12\n{root}\n"),
            format!("casefile/x\n012\n{root}\n"),
            format!("casefile/x\n+12\n{root}\n"),
            format!("casefile/x\n-1\n{root}\n"),
            format!("casefile/x\n18446744073709551616\n{root}\n"),
            format!("casefile/x\n12\n{}\n", &root[1..]),
            format!("casefile/x\n12\n{root}"),
            format!("casefile/x\n12\n{root}\n\n"),
            format!("casefile/x\n12\n{root}\nextension"),
            "casefile/x\n12\n".into(),
            String::new(),
        ] {
            assert_eq!(parse(&bad), Err(CheckpointError::Form), "{bad:?}");
        }
    }

    #[test]
    fn only_the_log_itself() {
        let log = Signer::new("casefile/x", &[7; 32]).unwrap();
        let own = Checkpoint { origin: "casefile/x".into(), size: 0, root: [0; 32] };
        assert_eq!(open(own.sign(&log).as_bytes(), &log.verifier()), Ok(own.clone()));
        let other = Checkpoint { origin: "casefile/y".into(), ..own };
        assert_eq!(
            open(other.sign(&log).as_bytes(), &log.verifier()),
            Err(CheckpointError::Origin)
        );
    }
}
