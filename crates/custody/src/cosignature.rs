//! Cosignatures (C2SP tlog-cosignature v1.1.0-rc.1): others say that they saw a log grow and never
//! change, and a log itself signs with a key that a quantum computer does not break.
//!
//! Two kinds, Ed25519 and ML-DSA-44 (FIPS 204). Whoever does not know them ignores their lines.

use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::note::{self, Line, NoteError, is_name};
use ed25519_dalek::Signer as _;
use ml_dsa::{Keypair as _, MlDsa44, Verifier as _};

/// Most bytes in the names that an ML-DSA-44 cosignature covers: they have a length of one byte.
pub const NAME_LIMIT_BYTES: usize = 255;

/// Latest time that a cosignature may carry, in seconds since 1970 UTC.
pub const TIME_LIMIT: u64 = i64::MAX as u64;

/// How a cosigner signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Type 0x04. Covers the checkpoint and not the cosigner's name: one key, one name.
    Ed25519,
    /// Type 0x06. Holds against a quantum computer.
    MlDsa44,
}

impl Algorithm {
    const fn type_byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x04,
            Self::MlDsa44 => 0x06,
        }
    }
}

/// A key that cosignatures are verified with.
#[derive(Debug, Clone, PartialEq)]
pub struct Cosigner {
    name: String,
    id: [u8; 4],
    key: Key,
}

#[derive(Debug, Clone, PartialEq)]
enum Key {
    Ed25519(ed25519_dalek::VerifyingKey),
    MlDsa44(Box<ml_dsa::VerifyingKey<MlDsa44>>),
}

/// A key that cosigns. Holds a secret: neither printed nor compared.
pub struct Secret {
    name: String,
    id: [u8; 4],
    key: SecretKey,
}

enum SecretKey {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
}

/// A cosignature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Whose: its place in the list of known cosigners.
    pub cosigner: usize,
    /// When it was made, as the cosigner says: seconds since 1970 UTC.
    pub time: u64,
}

impl Cosigner {
    /// Reads a verifier key (`vkey`), exactly as [`Cosigner::vkey`] writes it.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let (name, typed) = note::split_key(vkey).ok_or(NoteError::Key)?;
        let key = parse_key(&typed).ok_or(NoteError::Key)?;
        let cosigner = Self { name: name.into(), id: note::key_id(name, &typed), key };
        let whole = name.len() <= NAME_LIMIT_BYTES && cosigner.vkey() == vkey;
        if whole { Ok(cosigner) } else { Err(NoteError::Key) }
    }

    /// The key as text: name, key id in hexadecimal, type and key in base64, joined by `+`.
    pub fn vkey(&self) -> String {
        note::vkey(&self.name, &self.key.typed())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }

    /// The id that its signature lines carry.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The time of `line`, which this cosigner made over the checkpoint, whose text is `text`.
    fn verify(&self, line: &Line<'_>, text: &str, checkpoint: &Checkpoint) -> Option<u64> {
        let (time, signature) = line.signature.split_first_chunk::<8>()?;
        let time = Some(u64::from_be_bytes(*time)).filter(|time| *time <= TIME_LIMIT)?;
        let held = match &self.key {
            Key::Ed25519(key) => {
                let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
                key.verify_strict(ed25519_message(text, time).as_bytes(), &signature).is_ok()
            }
            Key::MlDsa44(key) => {
                let signature = ml_dsa::Signature::try_from(signature).ok()?;
                let message = ml_dsa_message(&self.name, checkpoint, time)?;
                key.verify(&message, &signature).is_ok()
            }
        };
        held.then_some(time)
    }
}

impl Key {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::Ed25519,
            Self::MlDsa44(_) => Algorithm::MlDsa44,
        }
    }

    /// Type byte and key.
    fn typed(&self) -> Vec<u8> {
        let mut typed = vec![self.algorithm().type_byte()];
        match self {
            Self::Ed25519(key) => typed.extend(key.as_bytes()),
            Self::MlDsa44(key) => typed.extend(key.encode().as_slice()),
        }
        typed
    }
}

fn parse_key(typed: &[u8]) -> Option<Key> {
    match typed.split_first()? {
        (&0x04, key) => Some(Key::Ed25519(key.try_into().ok()?)),
        (&0x06, key) => {
            let encoded = ml_dsa::EncodedVerifyingKey::<MlDsa44>::try_from(key).ok()?;
            Some(Key::MlDsa44(Box::new(ml_dsa::VerifyingKey::decode(&encoded))))
        }
        _ => None,
    }
}

impl Secret {
    /// The cosigner named `name` with the secret key `seed`.
    pub fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) || name.len() > NAME_LIMIT_BYTES {
            return Err(NoteError::Key);
        }
        let key = match algorithm {
            Algorithm::Ed25519 => {
                SecretKey::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))
            }
            Algorithm::MlDsa44 => {
                SecretKey::MlDsa44(Box::new(ml_dsa::SigningKey::from_seed(&(*seed).into())))
            }
        };
        let id = note::key_id(name, &key.public().typed());
        Ok(Self { name: name.into(), id, key })
    }

    /// Its public side.
    pub fn cosigner(&self) -> Cosigner {
        Cosigner { name: self.name.clone(), id: self.id, key: self.key.public() }
    }

    /// The signature line over a checkpoint at `time`, in seconds since 1970 UTC. `None` where the
    /// origin or the time cannot be signed: above [`NAME_LIMIT_BYTES`] or [`TIME_LIMIT`].
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Option<String> {
        let time = Some(time).filter(|time| *time <= TIME_LIMIT)?;
        let mut signature = time.to_be_bytes().to_vec();
        match &self.key {
            SecretKey::Ed25519(key) => {
                let message = ed25519_message(&checkpoint.text(), time);
                signature.extend(key.sign(message.as_bytes()).to_bytes());
            }
            SecretKey::MlDsa44(key) => {
                let message = ml_dsa_message(&self.name, checkpoint, time)?;
                let made: ml_dsa::Signature<MlDsa44> = key.sign(&message);
                signature.extend(made.encode().as_slice());
            }
        }
        Some(note::line(&self.name, self.id, &signature))
    }
}

impl SecretKey {
    fn public(&self) -> Key {
        match self {
            Self::Ed25519(key) => Key::Ed25519(key.verifying_key()),
            Self::MlDsa44(key) => Key::MlDsa44(Box::new(key.verifying_key())),
        }
    }
}

/// The cosignatures by `known` under a signed checkpoint. Lines by others are passed over; one by a
/// known key that does not hold makes all of it worthless. Whether the log itself has signed is
/// for [`checkpoint::open`] to say.
pub fn cosigned(note: &[u8], known: &[Cosigner]) -> Result<Vec<Cosigned>, CheckpointError> {
    let (text, lines) = note::take_apart(note)?;
    let checkpoint = checkpoint::parse(text)?;
    let mut held = Vec::new();
    for line in lines {
        let Some(at) = known.iter().position(|c| c.name == line.name && c.id() == line.id) else {
            continue;
        };
        let time = known[at].verify(&line, text, &checkpoint).ok_or(NoteError::Signature)?;
        held.push(Cosigned { cosigner: at, time });
    }
    Ok(held)
}

/// Of signature lines, each with its line end, those by `cosigner`, as they came: what a note needs
/// of the answer of somebody who may have added anything. `None` where it is not signature lines.
pub fn lines_by(cosigner: &Cosigner, untrusted_lines: &str) -> Option<String> {
    note::parse_lines(untrusted_lines)?;
    let lines = untrusted_lines.split_inclusive('\n');
    let (name, id) = (cosigner.name(), cosigner.id());
    Some(lines.filter(|line| note::is_line_of(line, name, id)).collect())
}

/// Latest second that [`time_words`] has a calendar for: the end of the year 9999.
const CALENDAR_LIMIT: u64 = 253_402_300_799;

/// A time as records carry it: RFC 3339, UTC; the bare seconds where no calendar reaches so far.
pub fn time_words(seconds: u64) -> String {
    if seconds > CALENDAR_LIMIT {
        return seconds.to_string();
    }
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    // Days counted from 1 March of the year 0, so that a leap day is the last of its year: 719,468
    // lie between that and 1970. 400 years have 146,097 of them.
    let day = day + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // March to July, August to December and January to February: five months have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = 400 * era + year + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Section "Ed25519 signed message": two lines before the checkpoint's text.
fn ed25519_message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Section "ML-DSA-44 signed message": a whole tree is the subtree that starts at 0.
fn ml_dsa_message(name: &str, checkpoint: &Checkpoint, time: u64) -> Option<Vec<u8>> {
    let mut message = b"subtree/v1\n\0".to_vec();
    push_short(&mut message, name)?;
    message.extend(time.to_be_bytes());
    push_short(&mut message, &checkpoint.origin)?;
    message.extend(0u64.to_be_bytes());
    message.extend(checkpoint.size.to_be_bytes());
    message.extend(checkpoint.root);
    Some(message)
}

fn push_short(message: &mut Vec<u8>, text: &str) -> Option<()> {
    message.push(u8::try_from(text.len()).ok()?);
    message.extend(text.bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Signer;

    const BOTH: [Algorithm; 2] = [Algorithm::Ed25519, Algorithm::MlDsa44];

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "casefile/x".into(), size: 12, root: [9; 32] }
    }

    fn log() -> Signer {
        Signer::new("casefile/x", &[7; 32]).unwrap()
    }

    fn secret(algorithm: Algorithm, seed: u8) -> Secret {
        Secret::new("cosigner.example/a", algorithm, &[seed; 32]).unwrap()
    }

    /// The example of the specification: its checkpoint with its cosigner's line.
    #[test]
    fn the_published_line_has_the_form() {
        let note = "example.com/behind-the-sofa\n20852163\n\
                    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
                    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeol\
                    MI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
        let (_, lines) = note::take_apart(note.as_bytes()).unwrap();
        assert_eq!(lines[0].signature.len(), 8 + 64);
        assert_eq!(lines[0].signature[..8], 1_679_315_147u64.to_be_bytes());
        assert_eq!(cosigned(note.as_bytes(), &[]), Ok(Vec::new()));
    }

    #[test]
    fn keys_as_text() {
        for algorithm in BOTH {
            let cosigner = secret(algorithm, 1).cosigner();
            let vkey = cosigner.vkey();
            assert_eq!(Cosigner::parse(&vkey).as_ref(), Ok(&cosigner));
            let id = vkey.split('+').nth(1).unwrap();
            for bad in [
                vkey.replace(id, "00000000"),
                vkey.replace("example/a", "example/b"),
                format!("{vkey}A"),
                vkey[..vkey.len() - 4].into(),
                log().vkey(),
            ] {
                assert_eq!(Cosigner::parse(&bad), Err(NoteError::Key), "{bad:.80}");
            }
        }
        assert!(Secret::new(&"n".repeat(256), Algorithm::Ed25519, &[1; 32]).is_err());
    }

    #[test]
    fn what_is_cosigned_holds_beside_the_logs_signature() {
        let note = checkpoint().sign(&log());
        for algorithm in BOTH {
            let secret = secret(algorithm, 1);
            let line = secret.cosign(&checkpoint(), 1_700_000_000).unwrap();
            let both = format!("{note}{line}");
            let known = [self::secret(algorithm, 2).cosigner(), secret.cosigner()];
            let expect = Cosigned { cosigner: 1, time: 1_700_000_000 };
            assert_eq!(cosigned(both.as_bytes(), &known), Ok(vec![expect]));
            // Who does not know cosignatures takes no notice of them.
            assert_eq!(checkpoint::open(both.as_bytes(), &log().verifier()), Ok(checkpoint()));
            assert_eq!(cosigned(both.as_bytes(), &known[..1]), Ok(Vec::new()));
        }
    }

    #[test]
    fn a_line_over_anything_else_is_worthless() {
        for algorithm in BOTH {
            let secret = secret(algorithm, 1);
            let line = |checkpoint: &Checkpoint| secret.cosign(checkpoint, 5).unwrap();
            for other in [
                Checkpoint { size: 11, ..checkpoint() },
                Checkpoint { root: [8; 32], ..checkpoint() },
                Checkpoint { origin: "casefile/y".into(), ..checkpoint() },
            ] {
                let note = format!("{}{}", checkpoint().sign(&log()), line(&other));
                let verdict = cosigned(note.as_bytes(), &[secret.cosigner()]);
                assert_eq!(verdict, Err(NoteError::Signature.into()), "{other:?}");
            }
        }
    }

    #[test]
    fn every_flipped_bit_of_a_line_is_caught() {
        for algorithm in BOTH {
            let secret = secret(algorithm, 1);
            let note = checkpoint().sign(&log());
            let line = secret.cosign(&checkpoint(), 5).unwrap();
            // Each bit of a short line; of a long one every seventh, which meets all eight places.
            let step = if algorithm == Algorithm::Ed25519 { 1 } else { 7 };
            for bit in (0..line.len() * 8).step_by(step) {
                let mut bad = line.clone().into_bytes();
                bad[bit / 8] ^= 1 << (bit % 8);
                let bad = [note.as_bytes(), &bad].concat();
                let verdict = cosigned(&bad, &[secret.cosigner()]);
                // A changed name or id is a stranger's line: not an error, and no cosignature.
                assert!(verdict.is_err() || verdict == Ok(Vec::new()), "bit {bit}");
            }
        }
    }

    #[test]
    fn of_an_answer_only_the_cosigners_own_lines_are_taken() {
        let ours = secret(Algorithm::MlDsa44, 1);
        let line = ours.cosign(&checkpoint(), 5).unwrap();
        let stranger = secret(Algorithm::Ed25519, 2).cosign(&checkpoint(), 5).unwrap();
        let of = |answer: &str| lines_by(&ours.cosigner(), answer);
        for (answer, expect) in [
            (line.clone(), Some(line.clone())),
            (format!("{stranger}{line}{stranger}"), Some(line.clone())),
            (stranger.clone(), Some(String::new())),
            (String::new(), None),
            ("<html>\n".into(), None),
            (line.trim_end().into(), None),
            (format!("{line}\n"), None),
            (stranger.repeat(note::SIGNATURES_LIMIT + 1), None),
        ] {
            assert_eq!(of(&answer), expect, "{answer:.60}");
        }
    }

    #[test]
    fn times_in_words() {
        for (seconds, words) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_679_315_147, "2023-03-20T12:25:47Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (CALENDAR_LIMIT, "9999-12-31T23:59:59Z"),
            (CALENDAR_LIMIT + 1, "253402300800"),
            (u64::MAX, "18446744073709551615"),
        ] {
            assert_eq!(time_words(seconds), words);
        }
    }

    #[test]
    fn times_and_names_have_limits() {
        let secret = secret(Algorithm::MlDsa44, 1);
        assert!(secret.cosign(&checkpoint(), TIME_LIMIT).is_some());
        assert!(secret.cosign(&checkpoint(), TIME_LIMIT + 1).is_none());
        let long = Checkpoint { origin: "n".repeat(256), ..checkpoint() };
        assert!(secret.cosign(&long, 5).is_none());
    }
}
