//! Checkpoints: what a log says of itself (C2SP tlog-checkpoint v1.0.0).

use crate::cosignature::cosigned;
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

    /// The signed note. The line of a second key comes last, and tells no time: a log says what it
    /// holds, not when ("timestamp" may be zero: tlog-cosignature, "ML-DSA-44 signed message").
    pub fn sign(&self, signer: &Signer) -> String {
        let second = signer.second().map(|second| {
            // Origins are made short: docs/format/log.md.
            second.cosign(self, NO_TIME).expect("a log's name fits its second key")
        });
        signer.sign(&self.text()) + &second.unwrap_or_default()
    }
}

/// The time of a signature that states none.
const NO_TIME: u64 = 0;

/// Opens a signed checkpoint of the log whose key is `log`: origin and key name must be equal.
/// Extension lines of other writers are allowed and not looked at; ours has none. Where the log has
/// a second key, a checkpoint without its signature is refused: else whoever breaks the first one
/// would strip it.
pub fn open(bytes: &[u8], log: &Verifier) -> Result<Checkpoint, CheckpointError> {
    let checkpoint = parse(note::open(bytes, std::slice::from_ref(log))?)?;
    if checkpoint.origin != log.name() {
        return Err(CheckpointError::Origin);
    }
    if let Some(second) = log.second() {
        match cosigned(bytes, std::slice::from_ref(second)) {
            Ok(held) if held.is_empty() => return Err(NoteError::SecondMissing.into()),
            Ok(_) => {}
            Err(CheckpointError::Note(NoteError::Signature)) => {
                return Err(NoteError::Second.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(checkpoint)
}

/// A signed checkpoint without the line of the log's second key, which is its last where the log
/// itself wrote it: 3.3 kB less, for proofs that stand beside the whole one.
pub fn short<'a>(signed: &'a str, log: &Verifier) -> &'a str {
    let Some(second) = log.second() else { return signed };
    let start = signed.trim_end_matches('\n').rfind('\n').map_or(0, |end| end + 1);
    let (before, line) = signed.split_at(start);
    if note::is_line_of(line, second.name(), second.id()) { before } else { signed }
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

    fn both() -> Signer {
        Signer::new("casefile/x", &[7; 32]).unwrap().with_second(&[8; 32]).unwrap()
    }

    fn own(size: u64) -> Checkpoint {
        Checkpoint { origin: "casefile/x".into(), size, root: [9; 32] }
    }

    /// Text and the two signature lines of a checkpoint.
    fn parts(signed: &str) -> (&str, &str, &str) {
        let (text, lines) = signed.split_once("\n\n").unwrap();
        let end = lines.find('\n').unwrap() + 1;
        (text, &lines[..end], &lines[end..])
    }

    #[test]
    fn a_log_with_two_keys_must_sign_with_both() {
        let (log, key) = (both(), both().verifier());
        let note = own(12).sign(&log);
        let later = own(13).sign(&log);
        let (text, first, second) = parts(&note);
        let (_, later_first, later_second) = parts(&later);
        let other = Signer::new("casefile/x", &[7; 32]).unwrap().with_second(&[6; 32]).unwrap();
        let others = own(12).sign(&other);
        let flipped = second.replacen("AAAA", "AAAB", 1);
        for (name, lines, expect) in [
            ("both", [first, second], Ok(own(12))),
            ("the other way round", [second, first], Ok(own(12))),
            ("second stripped", [first, ""], Err(NoteError::SecondMissing)),
            ("first stripped", [second, ""], Err(NoteError::Unsigned)),
            ("second of another key", [first, parts(&others).2], Err(NoteError::SecondMissing)),
            ("second over another checkpoint", [first, later_second], Err(NoteError::Second)),
            ("first over another checkpoint", [later_first, second], Err(NoteError::Signature)),
            ("second with another time", [first, &flipped], Err(NoteError::Second)),
        ] {
            let bytes = format!("{text}\n\n{}", lines.concat());
            let expect = expect.map_err(CheckpointError::Note);
            assert_eq!(open(bytes.as_bytes(), &key), expect, "{name}");
        }
        // Who knows the first key alone reads all of it as before.
        assert_eq!(open(note.as_bytes(), &key.first()), Ok(own(12)));
        assert_eq!(short(&note, &key), format!("{text}\n\n{first}"));
        assert_eq!(short(&note, &key.first()), note);
        let stripped = format!("{text}\n\n{first}");
        assert_eq!(short(&stripped, &key), stripped);
    }

    #[test]
    fn keys_as_told() {
        let key = both().verifier();
        let (first, lines, told) = (key.vkey(), key.lines(), key.told());
        assert_eq!(Verifier::parse_lines(&lines).as_ref(), Ok(&key));
        assert_eq!(Verifier::parse_lines(&format!("{first}\n")), Ok(key.first()));
        for told in [&first, &lines, &told, lines.trim_end()] {
            assert!(key.is_told(told), "{told:.90}");
        }
        // Told of two keys, nobody takes a log with one of them, or with another second one.
        let other = Signer::new("casefile/x", &[7; 32]).unwrap().with_second(&[6; 32]).unwrap();
        for told in [&lines, &told] {
            assert!(!key.first().is_told(told) && !other.verifier().is_told(told));
        }
        let second = lines.lines().nth(1).unwrap();
        let ed25519 = format!("{first}\n{first}\n");
        let renamed = Signer::new("casefile/y", &[7; 32]).unwrap().with_second(&[8; 32]).unwrap();
        let foreign = format!("{first}\n{}\n", renamed.verifier().lines().lines().nth(1).unwrap());
        for bad in
            [&first, second, &format!("{second}\n"), &ed25519, &foreign, &format!("{lines}\n")]
        {
            assert_eq!(Verifier::parse_lines(bad), Err(NoteError::Key), "{bad:.90}");
        }
    }

    #[test]
    fn every_flipped_bit_of_either_line_is_caught() {
        let (note, key) = (own(12).sign(&both()), both().verifier());
        let start = note.find('\u{2014}').unwrap();
        // Each bit of the first line; of the second every 61st, which meets all eight places.
        let end_of_first = start + parts(&note).1.len();
        for bit in
            (start * 8..end_of_first * 8).chain((end_of_first * 8..note.len() * 8).step_by(61))
        {
            let mut bad = note.clone().into_bytes();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &key).is_err(), "bit {bit}");
        }
    }
}
