//! `casefile cosigner`: to sign, for others, that their log only grew. Needs no case of one's own.

use crate::{Ask, Error, outside};
use archive::{Passphrase, layout};
pub use custody::cosignature::Algorithm;
use custody::cosigner::Refusal;
use custody::growth;
use custody::note::Verifier;
use listen::{Answer, Asked};
use seat::Seat;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

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

/// A cosigner that answers over the network.
#[derive(Debug, Serialize)]
pub struct Serving {
    /// Its folder.
    pub folder: PathBuf,
    /// Where it listens.
    pub address: SocketAddr,
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
    let (checkpoint, signed) = open(folder, ask)?.sign(&bytes, now())?.map_err(|refusal| {
        let what = format!("{} is not signed: {refusal}", request.display());
        Error::asked(what, remedy(refusal))
    })?;
    outside::write_new(out, || Ok(((), signed.into_bytes())))?;
    Ok(Signed { log: checkpoint.origin, size: checkpoint.size, out: out.into() })
}

/// Answers requests to sign over HTTP (C2SP tlog-witness v1.0.0) for the cosigner in `folder`,
/// until the program is ended, at any moment: `seat` tells why nothing is lost. `said` hears where
/// it listens, before the first request, and says whether to go on.
pub fn serve(
    folder: &Path,
    address: SocketAddr,
    ask: Ask<'_>,
    said: impl FnOnce(&Serving) -> bool,
) -> Result<(), Error> {
    // Held all along, so that no other program signs meanwhile; looking and keeping is one step.
    let seat = Mutex::new(open(folder, ask)?);
    let failed = |error| Error::io("listen on", Path::new(&address.to_string()))(error);
    let listener = listen::listen(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    if !said(&Serving { folder: folder.into(), address }) {
        return Ok(());
    }
    let answer = move |asked: Asked| answer(&seat, &asked);
    let never = listen::serve(listener, growth::LIMIT_BYTES, answer).map_err(failed)?;
    match never {}
}

/// What is answered to one request (tlog-witness, "add-checkpoint").
fn answer(seat: &Mutex<Seat>, asked: &Asked) -> Answer {
    match (asked.path.as_str(), asked.method.as_str()) {
        (ADD_CHECKPOINT, "POST") => {}
        (ADD_CHECKPOINT, _) => return Answer::text(405, "POST it\n"),
        _ => return Answer::text(404, "only add-checkpoint is here\n"),
    }
    // One that died at work may have left anything: whoever runs this starts it again.
    let Ok(seat) = seat.lock() else { return Answer::text(500, "out of order\n") };
    match seat.sign(&asked.untrusted_body, now()) {
        Ok(Ok((_, signed))) => {
            let line = signed.trim_end().rsplit('\n').next().unwrap_or_default();
            Answer::text(200, format!("{line}\n"))
        }
        Ok(Err(refusal @ (Refusal::Stale(size) | Refusal::Forked(size)))) => {
            let body = format!("{size}\n").into_bytes();
            Answer { status: refusal.status(), kind: SIZE_KIND, body }
        }
        Ok(Err(refusal)) => Answer::text(refusal.status(), format!("{refusal}\n")),
        Err(error) => {
            tracing::error!(%error, "nothing was signed");
            Answer::text(500, "out of order\n")
        }
    }
}

/// Where a request goes, behind the cosigner's address.
pub(crate) const ADD_CHECKPOINT: &str = "/add-checkpoint";

/// The `Content-Type` of an answer that tells a size.
pub(crate) const SIZE_KIND: &str = "text/x.tlog.size";

fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default()
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
        Refusal::Forked(_) | Refusal::Inconsistent => {
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
