//! `casefile cosign`: others say that they saw this case's log grow, and never change.
//!
//! By files that are carried or sent: a request goes out (`ask`), a cosigned checkpoint comes back
//! (`add`). What comes back is hostile until its signatures hold and it fits this log's history.

use crate::cosigner::read;
use crate::{Ask, Error, open_writer, outside};
use archive::Case;
use custody::cosignature::Cosigner;
use custody::note::NOTE_LIMIT_BYTES;
use record::{Cosigned, CosignedBy, Event, Finding, Sha256};
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
    let named = History::of(&case)?.named;
    let Some(cosigner) = named.iter().find(|one| one.name == name || one.key == name) else {
        let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
        return Err(Error::asked(
            format!("{name:?} is not a cosigner of this case"),
            match names.as_slice() {
                [] => "Name one first: `casefile cosign name KEY`.".into(),
                names => format!("Its cosigners: {}.", names.join(", ")),
            },
        ));
    };
    let from = from.unwrap_or(cosigner.size);
    let size = case.log().size();
    if from > size {
        return Err(Error::asked(
            format!("the log has {size} records, and the cosigner saw {from}"),
            "This case is older than what they saw: a backup that was put back? Find the newer \
             copy, and do not go on with this one.",
        ));
    }
    let request = case.log().growth(from)?;
    outside::write_new(out, || Ok(((), request.text().into_bytes())))?;
    Ok(Asked { cosigner: cosigner.name.clone(), from, size, out: out.into() })
}

/// Takes a cosigned checkpoint in, if it is of this log's history and a named cosigner has signed.
pub fn add(root: &Path, path: &Path, ask: Ask<'_>) -> Result<Kept, Error> {
    let bytes = read(path, NOTE_LIMIT_BYTES)?;
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let history = History::of(&case)?;
    let (checkpoint, by) = examine(&case, &history, &bytes).map_err(|refused| {
        let what = format!("{} is not taken in: {}", path.display(), refused.why);
        Error::asked(what, refused.remedy)
    })?;
    let (size, digest) = (checkpoint.size, Sha256::of(&bytes));
    if let Some(leaf) = history.kept.iter().find(|(_, kept)| kept.checkpoint.sha256 == digest) {
        return Ok(Kept { leaf: leaf.0, known: true, size, by, recovered });
    }
    let event = |checkpoint| Event::Cosigned(Cosigned { checkpoint, size, by: by.clone() });
    let leaf = writer.keep(&bytes, event)?;
    Ok(Kept { leaf, known: false, size, by, recovered })
}
