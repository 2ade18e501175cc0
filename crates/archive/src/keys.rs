//! Secret keys of a case: the log's two (sign checkpoints) and an actor's (signs leaves).
//!
//! Kept in `private/keys.age`, encrypted under a passphrase in the age format (scrypt), so that
//! `age -d` opens them without this program; or, by explicit wish, in the open in `private/keys`.
//! Further actors have a file of their own in `private/actors/`, under a passphrase of their own,
//! with the log's key too: who may sign must be able to commit. They must never be written anywhere
//! else, logged or printed.

use crate::agent::Agent;
use crate::{Error, durable, layout};
use age::secrecy::{ExposeSecret, SecretString};
use custody::sshsig::{self, PublicKey};
use data_encoding::BASE64;
use record::Sha256;
use sealing::{Identities, recovery};
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use zeroize::Zeroizing;

/// First line of the key file's plain text.
const HEADER: &str = "casefile keys v1";

/// Most bytes a key file may have: three keys and their names take under 400; the rest is room.
const LIMIT_BYTES: u64 = 16 * 1024;

/// scrypt work factor (log2 N) for new key files: 2^17 with r = 8 takes 128 MiB and about half a
/// second, the least that OWASP's password storage guide advises, and fits a laptop's memory.
const WORK_FACTOR: u8 = 17;

/// Largest scrypt work factor (log2 N) accepted when opening: 2^20 takes about four seconds and a
/// gibibyte; a hostile file could ask for hours.
const MAX_WORK_FACTOR: u8 = 20;

/// A passphrase.
pub type Passphrase = SecretString;

/// A secret key of 32 bytes: of Ed25519 (RFC 8032), or the seed of one of ML-DSA-44 (FIPS 204).
pub type Seed = Zeroizing<[u8; 32]>;

/// The secret keys of a case.
pub struct Keys {
    /// Signs checkpoints.
    pub log: Seed,
    /// Signs them too, by ML-DSA-44; drawn on its own, since who breaks the other key has that
    /// one's seed. Cases of before have none.
    pub log_second: Option<Seed>,
    /// Signs leaves.
    pub actor: ActorKey,
}

/// The key that signs leaves.
pub enum ActorKey {
    /// Kept in the file.
    Here(Seed),
    /// Kept by an ssh-agent, or in a security key behind one.
    InAgent(PublicKey),
}

impl ActorKey {
    /// Its public key.
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Here(seed) => sshsig::public_key(seed),
            Self::InAgent(key) => key.clone(),
        }
    }

    /// Signs `message` for `namespace`; the result is an armoured signature file.
    pub(crate) fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        match self {
            Self::Here(seed) => Ok(sshsig::sign(seed, namespace, message)),
            Self::InAgent(key) => Agent::of(key)?.sign(namespace, message),
        }
    }
}

impl Keys {
    /// New random keys.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self { log: random()?, log_second: Some(random()?), actor: ActorKey::Here(random()?) })
    }
}

/// 32 random bytes from the system.
pub fn random() -> Result<Seed, Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| Error::Io {
        action: "draw random bytes from",
        path: "the system".into(),
        source: io::Error::other(error.to_string()),
    })?;
    Ok(bytes)
}

/// Where the key file of a further actor lies, without the ending of encrypted ones.
pub fn place_of(key: &PublicKey) -> String {
    format!("{}/{}", layout::ACTORS, Sha256::of(&key.blob()))
}

/// Writes keys to `place` of the case: encrypted, or in the open where there is no passphrase.
pub fn write(
    root: &Path,
    place: &str,
    keys: &Keys,
    passphrase: Option<Passphrase>,
) -> Result<(), Error> {
    seal(root, place, &text(keys), passphrase)
}

/// Writes keys to `place` of the case, encrypted to one recipient (`age1…`).
pub fn write_to(root: &Path, place: &str, keys: &Keys, recipient: &str) -> Result<(), Error> {
    let path = layout::at(root, &sealed(place));
    let sealed = recovery::seal_to(&text(keys), recipient).map_err(Error::io("encrypt", &path))?;
    durable::replace(&path, &sealed, durable::MODE_SECRET)
}

/// Opens keys that [`write_to`] wrote to `place` of a case.
pub fn read_by(root: &Path, place: &str, identities: &Identities) -> Result<Keys, Error> {
    let place = sealed(place);
    let path = layout::at(root, &place);
    let file = fs::File::open(&path).map_err(Error::io("open", &path))?;
    let mut bytes = Vec::new();
    file.take(LIMIT_BYTES).read_to_end(&mut bytes).map_err(Error::io("read", &path))?;
    recovery::open_text(&bytes, identities, LIMIT_BYTES as usize)
        .and_then(|text| parse(text.as_bytes()))
        .ok_or_else(|| unreadable(&place))
}

/// The plain text of a key file.
fn text(keys: &Keys) -> Zeroizing<String> {
    let actor = match &keys.actor {
        ActorKey::Here(seed) => Zeroizing::new(format!("actor {}", BASE64.encode(seed.as_ref()))),
        ActorKey::InAgent(key) => Zeroizing::new(format!("agent {}", sshsig::public_key_line(key))),
    };
    let line = |word: &str, seed: &Seed| {
        Zeroizing::new(format!("{word}{}\n", *Zeroizing::new(BASE64.encode(seed.as_ref()))))
    };
    let log = line("log ", &keys.log);
    let second =
        keys.log_second.as_ref().map(|seed| line("log-ml-dsa-44 ", seed)).unwrap_or_default();
    Zeroizing::new(format!("{HEADER}\n{}{}{}\n", *log, *second, *actor))
}

/// Writes a key file of a case or a cosigner.
pub fn seal(
    root: &Path,
    place: &str,
    plain: &str,
    passphrase: Option<Passphrase>,
) -> Result<(), Error> {
    let Some(passphrase) = passphrase else {
        let path = layout::at(root, place);
        return durable::replace(&path, plain.as_bytes(), durable::MODE_SECRET);
    };
    let path = layout::at(root, &sealed(place));
    let mut recipient = age::scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK_FACTOR);
    let sealed = age::encrypt(&recipient, plain.as_bytes())
        .map_err(|error| Error::io("encrypt", &path)(io::Error::other(error.to_string())))?;
    durable::replace(&path, &sealed, durable::MODE_SECRET)
}

/// Whether the keys at `place` of the case are encrypted.
pub fn are_sealed(root: &Path, place: &str) -> bool {
    layout::at(root, &sealed(place)).exists()
}

fn sealed(place: &str) -> String {
    format!("{place}{}", layout::SEALED_ENDING)
}

/// Opens the keys at `place` of a case.
pub fn read(root: &Path, place: &str, passphrase: Option<Passphrase>) -> Result<Keys, Error> {
    unseal(root, place, passphrase, parse)
}

/// Opens a key file and takes its plain text apart.
pub fn unseal<T>(
    root: &Path,
    place: &str,
    passphrase: Option<Passphrase>,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<T, Error> {
    let is_sealed = are_sealed(root, place);
    let place = if is_sealed { sealed(place) } else { place.into() };
    let path = layout::at(root, &place);
    let size = fs::metadata(&path).map_err(Error::io("look at", &path))?.len();
    if size > LIMIT_BYTES {
        return Err(unreadable(&place));
    }
    let bytes = Zeroizing::new(fs::read(&path).map_err(Error::io("read", &path))?);
    if !is_sealed {
        return parse(&bytes).ok_or_else(|| unreadable(&place));
    }
    let passphrase = passphrase.ok_or(Error::PassphraseNeeded { path: path.clone() })?;
    let mut identity = age::scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    match age::decrypt(&identity, &bytes) {
        Ok(plain) => parse(&Zeroizing::new(plain)).ok_or_else(|| unreadable(&place)),
        // A wrong passphrase and a flipped bit in the wrapped key look the same, by design.
        Err(
            age::DecryptError::DecryptionFailed
            | age::DecryptError::KeyDecryptionFailed
            | age::DecryptError::NoMatchingKeys,
        ) => Err(Error::Passphrase { path }),
        Err(error) => {
            tracing::debug!(%error, ?error, "key file");
            Err(unreadable(&place))
        }
    }
}

/// A passphrase from text.
pub fn passphrase(text: String) -> Passphrase {
    SecretString::from(text)
}

/// Whether two passphrases are the same (asked twice at `init`).
pub fn same(a: &Passphrase, b: &Passphrase) -> bool {
    a.expose_secret() == b.expose_secret()
}

fn parse(plain: &[u8]) -> Option<Keys> {
    let text = std::str::from_utf8(plain).ok()?;
    let rest = text.strip_prefix(HEADER)?.strip_prefix('\n')?;
    let (log, rest) = rest.strip_prefix("log ")?.split_once('\n')?;
    let second = rest.strip_prefix("log-ml-dsa-44 ").map(|rest| rest.split_once('\n'));
    let (log_second, rest) = match second {
        Some(found) => found.and_then(|(base64, rest)| Some((Some(seed(base64)?), rest)))?,
        None => (None, rest),
    };
    let rest = rest.strip_suffix('\n')?;
    let actor = match rest.strip_prefix("actor ") {
        Some(actor) => ActorKey::Here(seed(actor)?),
        None => {
            let line = rest.strip_prefix("agent ")?;
            ActorKey::InAgent(sshsig::parse_public_key_line(line)?)
        }
    };
    Some(Keys { log: seed(log)?, log_second, actor })
}

/// Reads a secret key of 32 bytes in base64.
pub fn seed(base64: &str) -> Option<Seed> {
    let bytes = Zeroizing::new(BASE64.decode(base64.as_bytes()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn unreadable(place: &str) -> Error {
    Error::Damaged {
        code: crate::codes::KEYS_UNREADABLE,
        place: place.into(),
        message: "this is no key file of casefile".into(),
    }
}
