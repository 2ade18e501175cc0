//! Signed notes and the logs' own keys (C2SP signed-note v1.0.0), Ed25519.
//!
//! A log's key may have a second one beside it, ML-DSA-44, which stands when Ed25519 no longer
//! does. It signs checkpoints and no other notes: only `checkpoint` asks for its line.
//!
//! A note is text, an empty line, and signature lines. A signature by a key that is not known is
//! ignored, as the specification demands; one by a known key that does not hold makes the whole
//! note worthless.

use crate::cosignature::{Algorithm, Cosigner, Secret};
use crate::from_base64;
use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// Most bytes in a note: a checkpoint has about 200, each ML-DSA-44 cosignature adds 3,300.
pub const NOTE_LIMIT_BYTES: usize = 64 * 1024;

/// Most bytes in a key as text: id, type and key of ML-DSA-44 take 1,764, the rest is for the name.
pub const KEY_LIMIT_BYTES: usize = 2_048;

/// Most signature lines looked at; the specification demands at least 16.
pub const SIGNATURES_LIMIT: usize = 64;

/// Type byte of Ed25519 keys and signatures.
const ED25519: u8 = 0x01;

/// What stands between a log's key and the digest of its second one, where somebody tells them.
const TOLD: char = ',';

/// How a secret key as text begins (Go's `sumdb/note`, which the specification came from).
const PRIVATE: &str = "PRIVATE+KEY+";

/// A key that notes are verified with.
#[derive(Debug, Clone, PartialEq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
    /// The log's ML-DSA-44 key, under the same name.
    second: Option<Cosigner>,
}

/// A key that signs notes. Holds a secret: neither printed nor compared.
pub struct Signer {
    name: String,
    id: [u8; 4],
    key: SigningKey,
    second: Option<Secret>,
}

/// Why a note or a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_LIMIT_BYTES`].
    #[error("the note is longer than {NOTE_LIMIT_BYTES} bytes")]
    TooLong,
    /// Not of the form of a signed note.
    #[error("not of the form of a signed note")]
    Form,
    /// No signature line is by a known key.
    #[error("no signature by a known key")]
    Unsigned,
    /// A known key's signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The log has a second key, and its line is not there.
    #[error("the log has an ML-DSA-44 key too, and the signature by it is missing")]
    SecondMissing,
    /// The signature by the log's second key does not hold.
    #[error("the signature by the log's ML-DSA-44 key does not hold")]
    Second,
    /// Not a key of the form `name+id+base64`, secret ones with `PRIVATE+KEY+` before it.
    #[error("not a key of the form name+id+base64")]
    Key,
}

impl Verifier {
    /// Reads a verifier key (`vkey`), exactly as [`Verifier::vkey`] writes it.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        let (name, typed) = split_key(vkey).ok_or(NoteError::Key)?;
        let key = typed.strip_prefix(&[ED25519]).ok_or(NoteError::Key)?;
        let key = VerifyingKey::try_from(key).map_err(|_| NoteError::Key)?;
        let verifier = Self { name: name.into(), id: key_id(name, &typed), key, second: None };
        if vkey == verifier.vkey() { Ok(verifier) } else { Err(NoteError::Key) }
    }

    /// A log's key with its second one, as a record names them.
    pub fn named(vkey: &str, second: Option<&str>) -> Option<Self> {
        Self::parse(vkey).and_then(|first| first.with_second(second)).ok()
    }

    /// Reads a log's keys, a line each, exactly as [`Verifier::lines`] writes them.
    pub fn parse_lines(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::Key)?.split('\n');
        let first = Self::parse(lines.next().unwrap_or_default())?;
        let verifier = first.with_second(lines.next())?;
        if lines.next().is_none() { Ok(verifier) } else { Err(NoteError::Key) }
    }

    /// The same key with a second one beside it, if there is one: a `vkey` of type ML-DSA-44 under
    /// the same name.
    pub fn with_second(self, vkey: Option<&str>) -> Result<Self, NoteError> {
        let second = vkey.map(Cosigner::parse).transpose()?;
        let fits = |second: &Cosigner| {
            second.algorithm() == Algorithm::MlDsa44 && second.name() == self.name
        };
        if !second.as_ref().is_none_or(fits) {
            return Err(NoteError::Key);
        }
        Ok(Self { second, ..self })
    }

    /// The key without a second one.
    pub fn first(&self) -> Self {
        Self { name: self.name.clone(), id: self.id, key: self.key, second: None }
    }

    /// The log's ML-DSA-44 key.
    pub fn second(&self) -> Option<&Cosigner> {
        self.second.as_ref()
    }

    /// Every key as text, a line each.
    pub fn lines(&self) -> String {
        let second = self.second.iter().map(|second| second.vkey() + "\n");
        format!("{}\n{}", self.vkey(), second.collect::<String>())
    }

    /// The key as its maker tells it, in one line: of the second key, which has 1,800 characters,
    /// the SHA-256 of its text.
    pub fn told(&self) -> String {
        match &self.second {
            Some(second) => {
                let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(second.vkey()));
                format!("{}{TOLD}{digest}", self.vkey())
            }
            None => self.vkey(),
        }
    }

    /// Whether this is the key that somebody told: the first alone, as [`Verifier::told`] writes
    /// it, or in whole lines. Who was told of a second key gets no other log and none without.
    pub fn is_told(&self, told: &str) -> bool {
        told == self.vkey() || told == self.told() || told.trim_end() == self.lines().trim_end()
    }

    /// The key as text: name, key id in hexadecimal, type and key in base64, joined by `+`.
    pub fn vkey(&self) -> String {
        vkey(&self.name, &typed(&self.key))
    }

    /// Name of the key: for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public key (RFC 8032).
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The id that its signature lines carry.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }
}

/// Of a key as [`Verifier::told`] tells it, the first one.
pub fn first_of(told: &str) -> &str {
    told.split(TOLD).next().unwrap_or(told)
}

impl Signer {
    /// The signer named `name` with the secret key `seed`.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key);
        }
        let key = SigningKey::from_bytes(seed);
        let id = key_id(name, &typed(&key.verifying_key()));
        Ok(Self { name: name.into(), id, key, second: None })
    }

    /// The signer of a log with one key or two.
    pub fn of_log(
        name: &str,
        seed: &[u8; 32],
        second: Option<&[u8; 32]>,
    ) -> Result<Self, NoteError> {
        let signer = Self::new(name, seed)?;
        match second {
            Some(second) => signer.with_second(second),
            None => Ok(signer),
        }
    }

    /// The same signer, whose checkpoints also bear the line of an ML-DSA-44 key with the secret
    /// key `seed`.
    pub fn with_second(self, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let second = Some(Secret::new(&self.name, Algorithm::MlDsa44, seed)?);
        Ok(Self { second, ..self })
    }

    /// The second key.
    pub(crate) fn second(&self) -> Option<&Secret> {
        self.second.as_ref()
    }

    /// Name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public side.
    pub fn verifier(&self) -> Verifier {
        let key = self.key.verifying_key();
        let second = self.second.as_ref().map(Secret::cosigner);
        Verifier { name: self.name.clone(), id: self.id, key, second }
    }

    /// Its public side as text.
    pub fn vkey(&self) -> String {
        self.verifier().vkey()
    }

    /// Reads a secret key, exactly as [`Signer::private_key`] writes it.
    pub fn parse(private_key: &str) -> Result<Self, NoteError> {
        let rest = private_key.strip_prefix(PRIVATE).ok_or(NoteError::Key)?;
        let (name, typed) = split_key(rest).ok_or(NoteError::Key)?;
        let seed = typed.strip_prefix(&[ED25519]).ok_or(NoteError::Key)?;
        let signer = Self::new(name, seed.try_into().map_err(|_| NoteError::Key)?)?;
        if private_key == signer.private_key() { Ok(signer) } else { Err(NoteError::Key) }
    }

    /// The secret key as text, in the form of Go's `sumdb/note`: `PRIVATE+KEY+`, name, key id, type
    /// and seed. Whoever reads it can sign in the log's name.
    pub fn private_key(&self) -> String {
        let typed = [&[ED25519][..], self.key.as_bytes()].concat();
        let id = hex(self.id);
        format!("{PRIVATE}{}+{id}+{}", self.name, BASE64.encode(&typed))
    }

    /// Signs `text`, which is not empty, ends with a line end and has no control characters but
    /// line ends: any other text makes a note that [`open`] refuses.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.sign_bytes(text.as_bytes());
        format!("{text}\n{}", line(&self.name, self.id, &signature))
    }

    /// Signs bytes that no note begins with.
    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }
}

/// Checks a signed note and returns its text, which at least one of `known` has signed.
pub fn open<'a>(note: &'a [u8], known: &[Verifier]) -> Result<&'a str, NoteError> {
    let (text, lines) = take_apart(note)?;
    let mut signed = false;
    for Line { name, id, signature } in lines {
        let Some(verifier) = known.iter().find(|v| v.name == name && v.id == id) else { continue };
        let signature = Signature::from_slice(&signature).map_err(|_| NoteError::Signature)?;
        verifier
            .key
            .verify_strict(text.as_bytes(), &signature)
            .map_err(|_| NoteError::Signature)?;
        signed = true;
    }
    if signed { Ok(text) } else { Err(NoteError::Unsigned) }
}

/// Name and id of every key that a note says it is signed by. Whether it is, is not checked.
pub fn signers(note: &[u8]) -> Result<Vec<(&str, [u8; 4])>, NoteError> {
    Ok(take_apart(note)?.1.into_iter().map(|line| (line.name, line.id)).collect())
}

/// A signature line: name of the key, its id, and what it signs with.
pub(crate) struct Line<'a> {
    pub name: &'a str,
    pub id: [u8; 4],
    pub signature: Vec<u8>,
}

/// A note's text, with its line end, and its signature lines: nothing is verified yet.
pub(crate) fn take_apart(note: &[u8]) -> Result<(&str, Vec<Line<'_>>), NoteError> {
    if note.len() > NOTE_LIMIT_BYTES {
        return Err(NoteError::TooLong);
    }
    let note = std::str::from_utf8(note).map_err(|_| NoteError::Form)?;
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Form);
    }
    let split = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, lines) = (&note[..=split], &note[split + 2..]);
    Ok((text, parse_lines(lines).ok_or(NoteError::Form)?))
}

/// Signature lines, each with its line end; at least one.
pub(crate) fn parse_lines(lines: &str) -> Option<Vec<Line<'_>>> {
    let lines: Vec<_> = lines.strip_suffix('\n')?.split('\n').map(parse_line).collect();
    if lines.len() <= SIGNATURES_LIMIT { lines.into_iter().collect() } else { None }
}

fn parse_line(line: &str) -> Option<Line<'_>> {
    let (name, tagged) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let tagged = from_base64(tagged)?;
    let (id, signature) = tagged.split_first_chunk::<4>()?;
    let whole = is_name(name) && !signature.is_empty();
    whole.then(|| Line { name, id: *id, signature: signature.to_vec() })
}

/// Whether a line, with its line end, is a signature line by the key of this name and id.
pub(crate) fn is_line_of(line: &str, name: &str, id: [u8; 4]) -> bool {
    let line = line.strip_suffix('\n').and_then(parse_line);
    line.is_some_and(|line| line.name == name && line.id == id)
}

/// Writes a signature line.
pub(crate) fn line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    format!("\u{2014} {name} {}\n", BASE64.encode(&[&id[..], signature].concat()))
}

/// Whether `name` may name a key: not empty, no blanks, no plus (signed-note, "Format"), and none
/// of the control characters that a note may not hold.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c < ' ' || c == '+')
}

/// Takes `name+id+base64` apart: name, and type byte with key. The id is not looked at.
pub(crate) fn split_key(text: &str) -> Option<(&str, Vec<u8>)> {
    if text.len() > KEY_LIMIT_BYTES {
        return None;
    }
    let (name, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let typed = from_base64(key)?;
    is_name(name).then_some((name, typed))
}

/// A key as text, from its name and its type byte with key.
pub(crate) fn vkey(name: &str, typed: &[u8]) -> String {
    format!("{name}+{}+{}", hex(key_id(name, typed)), BASE64.encode(typed))
}

/// The first four bytes of SHA-256(name ‖ LF ‖ type ‖ key).
pub(crate) fn key_id(name: &str, typed: &[u8]) -> [u8; 4] {
    let digest: [u8; 32] =
        Sha256::new().chain_update(name).chain_update(b"\n").chain_update(typed).finalize().into();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn typed(key: &VerifyingKey) -> Vec<u8> {
    [&[ED25519][..], key.as_bytes()].concat()
}

fn hex(id: [u8; 4]) -> String {
    data_encoding::HEXLOWER.encode(&id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example key of the Go package's documentation.
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    fn signer(name: &str) -> Signer {
        Signer::new(name, &[7; 32]).unwrap()
    }

    #[test]
    fn keys() {
        assert_eq!(Verifier::parse(PETER).unwrap().vkey(), PETER);
        for bad in [
            "",
            "a+b+c",
            &PETER.replace("c74f", "c74e"),
            &PETER.to_uppercase(),
            &PETER.replace("Peter", "Pe er"),
            &format!("{PETER}="),
        ] {
            assert_eq!(Verifier::parse(bad), Err(NoteError::Key), "{bad}");
        }
        assert!(Signer::new("two words", &[0; 32]).is_err());
        let long = Signer::new(&"n".repeat(KEY_LIMIT_BYTES), &[0; 32]).unwrap();
        assert_eq!(Verifier::parse(&long.vkey()), Err(NoteError::Key));
    }

    #[test]
    fn secret_keys() {
        let log = signer("log/1");
        let text = log.private_key();
        assert!(text.starts_with("PRIVATE+KEY+log/1+"));
        assert_eq!(Signer::parse(&text).unwrap().vkey(), log.vkey());
        for bad in ["", "PRIVATE+KEY+", &text[1..], &text.replace("log/1", "log/2"), &log.vkey()] {
            assert_eq!(Signer::parse(bad).err(), Some(NoteError::Key), "{bad}");
        }
    }

    /// The example of the specification.
    #[test]
    fn the_published_note() {
        let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
        let note = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL\
                    1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let key = Verifier::parse(key).unwrap();
        assert_eq!(open(note.as_bytes(), &[key]), Ok("This is an example message.\n"));
    }

    #[test]
    fn strangers_are_ignored_and_known_keys_are_not() {
        let log = signer("log/1");
        let (note, known) = (log.sign("one\n"), [log.verifier()]);
        let line = |name: &str, bytes: &[u8]| format!("\u{2014} {name} {}\n", BASE64.encode(bytes));
        let id = log.verifier().id;
        let forged = [&id[..], &[0; 64]].concat();
        let short = [&id[..], &[0; 3]].concat();
        let stranger = line("other", &[1, 2, 3, 4, 5]);
        for (added, expect) in [
            (stranger.clone(), Ok("one\n")),
            (line("log/1", &[1, 2, 3, 4, 5]), Ok("one\n")),
            (line("other", &forged), Ok("one\n")),
            (line("\u{7f}", &[0; 3_000]), Ok("one\n")),
            (stranger.repeat(SIGNATURES_LIMIT - 1), Ok("one\n")),
            (stranger.repeat(SIGNATURES_LIMIT), Err(NoteError::Form)),
            (stranger.repeat(NOTE_LIMIT_BYTES / 16), Err(NoteError::TooLong)),
            (line("log/1", &forged), Err(NoteError::Signature)),
            (line("log/1", &short), Err(NoteError::Signature)),
            (note.rsplit_once("\n\n").unwrap().1.into(), Ok("one\n")),
            (line("other", &[1, 2, 3, 4]), Err(NoteError::Form)),
            (line("a+b", &[1, 2, 3, 4, 5]), Err(NoteError::Form)),
            ("\n".into(), Err(NoteError::Form)),
            ("- other AQIDBAU=\n".into(), Err(NoteError::Form)),
            ("\u{2014} other AQIDBAV=\n".into(), Err(NoteError::Form)),
            ("\u{2014} other AQIDBAU=AQ==\n".into(), Err(NoteError::Form)),
        ] {
            assert_eq!(open(format!("{note}{added}").as_bytes(), &known), expect, "{added:.60}");
        }
        for text in ["", "one", "one\n\u{1}\n", "one\r\n"] {
            let bad = log.sign(text);
            assert!(open(bad.as_bytes(), &known).is_err(), "{text:?}");
        }
        assert_eq!(open(log.sign("one\n\n\ntwo\n").as_bytes(), &known), Ok("one\n\n\ntwo\n"));
    }

    #[test]
    fn notes() {
        let (log, other) = (signer("log/1"), signer("other"));
        let note = log.sign("one\ntwo\n");
        assert_eq!(open(note.as_bytes(), &[log.verifier()]), Ok("one\ntwo\n"));
        assert_eq!(open(note.as_bytes(), &[other.verifier()]), Err(NoteError::Unsigned));
        let two = format!("{note}{}", other.sign("one\ntwo\n").rsplit_once("\n\n").unwrap().1);
        assert_eq!(open(two.as_bytes(), &[log.verifier()]), Ok("one\ntwo\n"));
        assert_eq!(open(two.as_bytes(), &[other.verifier()]), Ok("one\ntwo\n"));
        let ids = [("log/1", log.verifier().id()), ("other", other.verifier().id())];
        assert_eq!(signers(two.as_bytes()), Ok(ids.to_vec()));
        assert_eq!(signers(b"one\n"), Err(NoteError::Form));
    }

    #[test]
    fn every_flipped_bit_is_caught() {
        let log = signer("log/1");
        let note = log.sign("one\ntwo\n").into_bytes();
        for bit in 0..note.len() * 8 {
            let mut bad = note.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&bad, &[log.verifier()]).is_err(), "bit {bit}");
        }
        for end in 0..note.len() {
            assert!(open(&note[..end], &[log.verifier()]).is_err(), "cut at {end}");
        }
    }
}
