//! A cosigner's own folder: its key, the logs that it knows, and of each the checkpoint that it
//! signed last (docs/format/cosigner.md).
//!
//! Crash story: the new checkpoint is durable before its cosignature leaves. A kill in between
//! costs the log one more request, from the size that is kept here by then; it never lets two
//! histories be signed. One program at a time: the lock makes looking and keeping one step.

use archive::keys::{self, Passphrase, Seed};
use archive::{Error, case, codes, durable, layout};
use custody::checkpoint::{self, Checkpoint};
use custody::cosignature::{Algorithm, Secret};
use custody::cosigner::{self, Refusal};
use custody::growth;
use custody::note::{self, Verifier};
use data_encoding::BASE64;
use record::Sha256;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Says what the folder is.
const VERSION_FILE: &str = "COSIGNER";

/// What [`VERSION_FILE`] says.
const VERSION: &str = "casefile cosigner 1
vkey is the public key of this cosigner; logs/ holds, under the SHA-256 of each log's name, its
key and the checkpoint that was signed last: never put an older one back; private/ holds the
secret key.
";

/// First line of the key file's plain text.
const HEADER: &str = "casefile cosigner v1";

/// Most bytes of a key or checkpoint file.
const FILE_LIMIT_BYTES: u64 = note::NOTE_LIMIT_BYTES as u64;

/// A cosigner with its secret key, alone at work in its folder.
pub struct Seat {
    root: PathBuf,
    secret: Secret,
    _lock: File,
}

/// Makes a cosigner named `name` in `root`, which must not exist or be empty. Returns its verifier
/// key. The file COSIGNER is written last: before that a folder is no cosigner.
pub fn create(
    root: &Path,
    name: &str,
    algorithm: Algorithm,
    passphrase: Option<Passphrase>,
) -> Result<String, Error> {
    if !archive::objects::names(root)?.is_empty() {
        let path = root.into();
        let unfinished = is_unfinished(root)?;
        return Err(if unfinished { Error::Unfinished { path } } else { Error::Exists { path } });
    }
    let seed = keys::random()?;
    let secret = Secret::new(name, algorithm, &seed)
        .map_err(|_| Error::CosignerName { name: name.into() })?;
    let private = layout::at(root, layout::PRIVATE);
    durable::make_folders(&private)?;
    case::close_to_others(&private)?;
    durable::make_folders(&root.join("logs"))?;
    let (kind, base64) = (word(algorithm), Zeroizing::new(BASE64.encode(seed.as_ref())));
    let plain = Zeroizing::new(format!("{HEADER}\nname {name}\n{kind} {}\n", *base64));
    keys::seal(root, layout::KEYS_OPEN, &plain, passphrase)?;
    let vkey = secret.cosigner().vkey();
    durable::replace(&root.join("vkey"), format!("{vkey}\n").as_bytes(), durable::MODE_KEPT)?;
    durable::replace(&root.join(VERSION_FILE), VERSION.as_bytes(), durable::MODE_KEPT)?;
    Ok(vkey)
}

/// Whether `root` has nothing in it but what an interrupted [`create`] leaves: no log was known.
fn is_unfinished(root: &Path) -> Result<bool, Error> {
    let made = ["COSIGNER.new", layout::PRIVATE, "logs", "vkey", "vkey.new"];
    let names = archive::objects::names(root)?;
    let logs = archive::objects::names(&root.join("logs"))?;
    Ok(logs.is_empty() && names.iter().all(|name| made.contains(&name.as_str())))
}

/// Whether a cosigner's folder is at `root`.
pub fn is_at(root: &Path) -> bool {
    root.join(VERSION_FILE).is_file()
}

impl Seat {
    /// Opens the cosigner at `root`.
    pub fn open(root: &Path, passphrase: Option<Passphrase>) -> Result<Self, Error> {
        if !is_at(root) {
            return Err(Error::NotACosigner { path: root.into() });
        }
        let lock = case::lock(root, layout::LOCK_FILE)?;
        let (name, algorithm, seed) = keys::unseal(root, layout::KEYS_OPEN, passphrase, parse)?;
        let secret = Secret::new(&name, algorithm, &seed)
            .map_err(|_| damaged(layout::PRIVATE.into(), "the name in it cannot name a key"))?;
        Ok(Self { root: root.into(), secret, _lock: lock })
    }

    /// Gets to know a log by its verifier keys; a key that is known under the same name already is
    /// never replaced.
    pub fn know(&self, log: &Verifier) -> Result<(), Error> {
        let path = self.folder(log.name()).join("vkey");
        match self.known(log.name())? {
            Some(known) if known == *log => Ok(()),
            Some(_) => Err(damaged(
                path.display().to_string(),
                "another key is known for the log of this name; if the log really has a new one, \
                 make a new cosigner for it",
            )),
            None => durable::replace(&path, log.lines().as_bytes(), durable::MODE_KEPT),
        }
    }

    /// Signs the checkpoint in `request`, if it grew from the one signed last: the checkpoint, and
    /// its text with all signatures, this one being the last. `time` is in seconds since 1970 UTC.
    pub fn sign(
        &self,
        request: &[u8],
        time: u64,
    ) -> Result<Result<(Checkpoint, String), Refusal>, Error> {
        let Ok(asked) = growth::parse(request) else { return Ok(Err(Refusal::Form)) };
        let Some(origin) = cosigner::untrusted_origin(&asked) else {
            return Ok(Err(Refusal::Form));
        };
        let Some(log) = self.known(origin)? else { return Ok(Err(Refusal::Unknown)) };
        let last = self.last(&log)?;
        let checkpoint = match cosigner::judge(&asked, &log, last.as_ref()) {
            Ok(checkpoint) => checkpoint,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(line) = self.secret.cosign(&checkpoint, time) else {
            return Ok(Err(Refusal::Form));
        };
        let signed = format!("{}{line}", asked.checkpoint);
        // Anybody may add lines of strangers to a request. With so many that the note could not be
        // read again, this log would never be signed for any more.
        if note::signers(signed.as_bytes()).is_err() {
            return Ok(Err(Refusal::Form));
        }
        let path = self.folder(origin).join("checkpoint");
        durable::replace(&path, signed.as_bytes(), durable::MODE_KEPT)?;
        Ok(Ok((checkpoint, signed)))
    }

    /// The checkpoint of `log` that was signed last. One that cannot be read stops the work: to
    /// take it for none would let the log start anew.
    fn last(&self, log: &Verifier) -> Result<Option<Checkpoint>, Error> {
        let path = self.folder(log.name()).join("checkpoint");
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        let opened = checkpoint::open(text.as_bytes(), log);
        opened.map(Some).map_err(|error| damaged(path.display().to_string(), &error.to_string()))
    }

    fn known(&self, origin: &str) -> Result<Option<Verifier>, Error> {
        let path = self.folder(origin).join("vkey");
        let Some(text) = read_if_there(&path)? else { return Ok(None) };
        let key = Verifier::parse_lines(&text).ok().filter(|key| key.name() == origin);
        key.map(Some).ok_or_else(|| {
            damaged(path.display().to_string(), "it does not hold the key of the log it is for")
        })
    }

    fn folder(&self, origin: &str) -> PathBuf {
        self.root.join("logs").join(Sha256::of(origin.as_bytes()).to_string())
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("look at", path)(error)),
    };
    if size > FILE_LIMIT_BYTES {
        return Err(damaged(path.display().to_string(), "it is too long"));
    }
    fs::read_to_string(path).map(Some).map_err(Error::io("read", path))
}

fn parse(plain: &[u8]) -> Option<(String, Algorithm, Seed)> {
    let text = std::str::from_utf8(plain).ok()?;
    let rest = text.strip_prefix(HEADER)?.strip_prefix("\nname ")?;
    let (name, rest) = rest.split_once('\n')?;
    let (kind, base64) = rest.strip_suffix('\n')?.split_once(' ')?;
    let both = [Algorithm::Ed25519, Algorithm::MlDsa44];
    let algorithm = both.into_iter().find(|algorithm| word(*algorithm) == kind)?;
    Some((name.into(), algorithm, keys::seed(base64)?))
}

const fn word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Ed25519 => "ed25519",
        Algorithm::MlDsa44 => "ml-dsa-44",
    }
}

fn damaged(place: String, message: &str) -> Error {
    Error::Damaged { code: codes::COSIGNER_DAMAGED, place, message: message.into() }
}
