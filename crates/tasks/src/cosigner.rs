//! `casefile cosigner`: to sign, for others, that their log only grew. Needs no case of one's own.

use crate::{Ask, Error, outside};
use archive::{Passphrase, layout};
pub use custody::cosignature::Algorithm;
use custody::cosigner::Refusal;
use custody::growth;
use custody::note::Verifier;
use seat::Seat;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A cosigner made.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Its folder.
    pub folder: PathBuf,
    /// Its verifier key, for the makers of the logs.
    pub key: String,
    /// Whether the secret key is encrypted.
    pub protected: bool,
}

/// A log that a cosigner signs for.
#[derive(Debug, Serialize)]
pub struct Known {
    /// Its name.
    pub log: String,
}

/// A checkpoint signed.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// Name of the log.
    pub log: String,
    /// How many leaves it has.
    pub size: u64,
    /// Where the cosigned checkpoint was written.
    pub out: PathBuf,
}

/// Makes a cosigner named `name` in `folder`.
pub fn new(
    folder: &Path,
    name: &str,
    algorithm: Algorithm,
    passphrase: Option<Passphrase>,
) -> Result<Made, Error> {
    let protected = passphrase.is_some();
    let key = seat::create(folder, name, algorithm, passphrase)?;
    Ok(Made { folder: folder.into(), key, protected })
}

/// Lets the cosigner in `folder` sign for the log with the verifier key `log`, or the two keys.
pub fn know(folder: &Path, log: &str, ask: Ask<'_>) -> Result<Known, Error> {
    let log = Verifier::parse_lines(&format!("{}\n", log.trim())).map_err(|error| {
        Error::asked(
            format!("{log:?} is no log's key: {error}"),
            "Give the lines in log/vkey of the case, as its maker told you by another way.",
        )
    })?;
    open(folder, ask)?.know(&log)?;
    Ok(Known { log: log.name().into() })
}

/// Signs the checkpoint that `request` asks for, and writes it with all its signatures to `out`,
/// which must not exist.
pub fn sign(folder: &Path, request: &Path, out: &Path, ask: Ask<'_>) -> Result<Signed, Error> {
    let bytes = read(request, growth::LIMIT_BYTES)?;
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    let (checkpoint, signed) = open(folder, ask)?.sign(&bytes, now)?.map_err(|refusal| {
        let what = format!("{} is not signed: {refusal}", request.display());
        Error::asked(what, remedy(refusal))
    })?;
    outside::write_new(out, || Ok(((), signed.into_bytes())))?;
    Ok(Signed { log: checkpoint.origin, size: checkpoint.size, out: out.into() })
}

fn open(folder: &Path, ask: Ask<'_>) -> Result<Seat, Error> {
    let passphrase = ask.passphrase(folder, layout::KEYS_OPEN)?;
    Ok(Seat::open(folder, passphrase)?)
}

fn remedy(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Form => "Ask for a new request, made by `casefile cosign ask`.",
        Refusal::Unsigned => {
            "Ask the log's maker; do not sign what another key has signed in its name."
        }
        Refusal::Unknown => "If you know whose log it is, `casefile cosigner know` its key first.",
        Refusal::Stale(_) => {
            "Ask for a new request that starts from there: `casefile cosign ask --from SIZE`."
        }
        Refusal::Inconsistent => {
            "KEEP THE REQUEST: with what you signed before, it proves that the log was rewritten."
        }
    }
}

/// A small file from outside, whole; refused where it is longer than it can be.
pub(crate) fn read(path: &Path, limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let bytes = outside::read(path, limit_bytes)?;
    if bytes.len() > limit_bytes {
        return Err(Error::asked(
            format!("{} is longer than {limit_bytes} bytes", path.display()),
            "It cannot be what was asked for: name another file.",
        ));
    }
    Ok(bytes)
}
