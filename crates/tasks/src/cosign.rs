//! `casefile cosign`: others say that they saw this case's log grow, and never change.
//!
//! By files that are carried: a request goes out (`ask`), a cosigned checkpoint comes back (`add`);
//! or over the network, both in one (`send`). What comes back is hostile until its signatures hold
//! and it fits this log's history.

use crate::cosigner::{ADD_CHECKPOINT, SIZE_KIND, read};
use crate::{Ask, Error, open_writer, outside};
use archive::Case;
use custody::cosignature::{self, Cosigner};
use custody::growth::Growth;
use custody::note::NOTE_LIMIT_BYTES;
use record::{Cosigned, CosignedBy, Event, Finding, Sha256};
use remote::ask::{Answer, post};
use serde::Serialize;
use sightings::{History, Named, examine};
use std::path::{Path, PathBuf};

/// What cosigners have seen of the log.
#[derive(Debug, Serialize)]
pub struct State {
    /// How many leaves the log has.
    pub size: u64,
    /// Those who were named, in the order of naming.
    pub cosigners: Vec<Named>,
}

/// A request written.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// Who is to sign.
    pub cosigner: String,
    /// From which size the proof starts.
    pub from: u64,
    /// The size that is to be signed.
    pub size: u64,
    /// Where the request is.
    pub out: PathBuf,
}

/// A cosigned checkpoint kept.
#[derive(Debug, Serialize)]
pub struct Kept {
    /// The leaf that records it; of an earlier record where it was on record already.
    pub leaf: u64,
    /// Whether it was on record already.
    pub known: bool,
    /// How many leaves the cosigners saw.
    pub size: u64,
    /// Whose signatures in it hold, of those who were named.
    pub by: Vec<CosignedBy>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// A cosigner named.
#[derive(Debug, Serialize)]
pub struct Naming {
    /// Who.
    #[serde(flatten)]
    pub named: Named,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Who was named, and what each has seen.
pub fn state(root: &Path) -> Result<State, Error> {
    let case = Case::open(root)?;
    let cosigners = History::of(&case)?.named;
    Ok(State { size: case.log().size(), cosigners })
}

/// Names a cosigner by its verifier key, on record. Once is enough.
pub fn name(root: &Path, key: &str, who: Option<String>, ask: Ask<'_>) -> Result<Naming, Error> {
    let cosigner = Cosigner::parse(key.trim()).map_err(|error| {
        Error::asked(
            format!("{key:?} is no cosigner's key: {error}"),
            "Give the line in the file vkey of the cosigner's folder.",
        )
    })?;
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let named = History::of(&writer.case()?)?.named;
    let vkey = cosigner.vkey();
    if let Some(known) = named.into_iter().find(|named| named.key == vkey) {
        return Ok(Naming { named: known, recovered });
    }
    let mut batch = writer.begin()?;
    let event = record::Cosigner { key: vkey.clone(), who: who.clone() };
    batch.record(Event::Cosigner(event), Vec::new());
    let kept = batch.commit(&mut writer)?;
    let leaf = kept.first().map_or(0, |kept| kept.index);
    let named = Named { leaf, name: cosigner.name().into(), key: vkey, who, size: 0, time: None };
    Ok(Naming { named, recovered })
}

/// Writes a request to the cosigner `name` to `out`, which must not exist. It starts from what they
/// signed last, as far as this case knows, or from `from`, as they answered.
pub fn ask(root: &Path, name: &str, from: Option<u64>, out: &Path) -> Result<Asked, Error> {
    let case = Case::open(root)?;
    let cosigner = find(&case, name)?;
    let from = from.unwrap_or(cosigner.size);
    let request = request(&case, from)?;
    outside::write_new(out, || Ok(((), request.text().into_bytes())))?;
    Ok(Asked { cosigner: cosigner.name, from, size: case.log().size(), out: out.into() })
}

fn find(case: &Case, name: &str) -> Result<Named, Error> {
    let named = History::of(case)?.named;
    if let Some(found) = named.iter().find(|one| one.name == name || one.key == name) {
        return Ok(found.clone());
    }
    let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
    Err(Error::asked(
        format!("{name:?} is not a cosigner of this case"),
        match names.as_slice() {
            [] => "Name one first: `casefile cosign name KEY`.".into(),
            names => format!("Its cosigners: {}.", names.join(", ")),
        },
    ))
}

fn request(case: &Case, from: u64) -> Result<Growth, Error> {
    let size = case.log().size();
    if from > size {
        return Err(Error::asked(
            format!("the log has {size} records, and the cosigner saw {from}"),
            "This case is older than what they saw: a backup that was put back? Find the newer \
             copy, and do not go on with this one.",
        ));
    }
    Ok(case.log().growth(from)?)
}

/// Requests sent before it is given up: a second one where the cosigner says from which size, and
/// one more for a cosigner who was asked by somebody else meanwhile.
const ATTEMPTS: usize = 3;

/// Asks the cosigner `name`, who answers at `address` (C2SP tlog-witness, its submission prefix),
/// and takes in what comes back.
pub fn send(root: &Path, name: &str, address: &str, ask: Ask<'_>) -> Result<Kept, Error> {
    let case = Case::open(root)?;
    let cosigner = find(&case, name)?;
    let place = format!("{}{ADD_CHECKPOINT}", address.trim_end_matches('/'));
    let mut from = cosigner.size;
    for _ in 0..ATTEMPTS {
        let request = request(&case, from)?;
        let sent = post(&place, request.text().as_bytes(), NOTE_LIMIT_BYTES as u64);
        let answer = sent.map_err(|error| {
            Error::asked(
                error.to_string(),
                "Look at the address and the network, or carry the request: `casefile cosign ask`.",
            )
        })?;
        match moved(&answer) {
            Some(size) if size != from => from = size,
            _ => {
                let note = cosigned(&cosigner, &request, &answer, &place)?;
                return take_in(root, note.as_bytes(), &place, ask);
            }
        }
    }
    Err(Error::asked(
        format!("{place} named another size each time that it was asked"),
        "Somebody else asks for this log too, or the cosigner is out of order: try again later.",
    ))
}

/// The size that the cosigner says to start from.
fn moved(answer: &Answer) -> Option<u64> {
    if answer.status != 409 || answer.untrusted_kind != SIZE_KIND {
        return None;
    }
    let text = std::str::from_utf8(&answer.untrusted_body).ok()?.strip_suffix('\n')?;
    text.parse().ok().filter(|size: &u64| size.to_string() == text)
}

/// The checkpoint that was sent with the cosigner's lines from the answer. Whether they hold is for
/// [`examine`] to say.
fn cosigned(
    cosigner: &Named,
    request: &Growth,
    answer: &Answer,
    place: &str,
) -> Result<String, Error> {
    let refused = |why: &str, remedy: &str| {
        Err(Error::asked(format!("{place} did not sign: {why}"), remedy.to_owned()))
    };
    let theirs = "Ask whoever runs the cosigner.";
    match answer.status {
        200 => {}
        403 => return refused("it knows this log under another key", theirs),
        404 => return refused("it does not know this log, or the address is another's", theirs),
        409 | 422 => {
            return refused(
                "what it signed before is not the beginning of this log",
                "Either the log was rewritten, or another copy of this case has gone its own way: \
                 find it, and decide with the others which one goes on.",
            );
        }
        status => return refused(&format!("it answers with status {status}"), theirs),
    }
    let text = std::str::from_utf8(&answer.untrusted_body).unwrap_or_default();
    let key = Cosigner::parse(&cosigner.key).ok();
    match key.and_then(|key| cosignature::lines_by(&key, text)) {
        Some(lines) if !lines.is_empty() => Ok(format!("{}{lines}", request.checkpoint)),
        _ => refused("its answer has no signature by the key that this case names", theirs),
    }
}

/// Takes a cosigned checkpoint in, if it is of this log's history and a named cosigner has signed.
pub fn add(root: &Path, path: &Path, ask: Ask<'_>) -> Result<Kept, Error> {
    let bytes = read(path, NOTE_LIMIT_BYTES)?;
    take_in(root, &bytes, &path.display().to_string(), ask)
}

fn take_in(root: &Path, note: &[u8], place: &str, ask: Ask<'_>) -> Result<Kept, Error> {
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let history = History::of(&case)?;
    let (checkpoint, by) = examine(&case, &history, note).map_err(|refused| {
        let what = format!("{place} is not taken in: {}", refused.why);
        Error::asked(what, refused.remedy)
    })?;
    let (size, digest) = (checkpoint.size, Sha256::of(note));
    if let Some(leaf) = history.kept.iter().find(|(_, kept)| kept.checkpoint.sha256 == digest) {
        return Ok(Kept { leaf: leaf.0, known: true, size, by, recovered });
    }
    let event = |checkpoint| Event::Cosigned(Cosigned { checkpoint, size, by: by.clone() });
    let leaf = writer.keep(note, event)?;
    Ok(Kept { leaf, known: false, size, by, recovered })
}
