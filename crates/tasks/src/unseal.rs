//! `casefile unseal`: a sealed item opened and checked by who holds an identity of a recipient.

use crate::{Error, catalogue};
use archive::Case;
use record::Digests;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was opened.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Number of the item.
    pub number: u64,
    /// Digests of its plain bytes, which are those on record.
    pub plain: Digests,
    /// Where they are now, if that was asked.
    pub out: Option<PathBuf>,
    /// What was withheld about it, but for its key.
    pub fields: BTreeMap<String, String>,
}

/// Opens the item that `wanted` names with the identities in a file, and checks it whole. With
/// `out`, its plain bytes are put there; nothing may have that name.
pub fn run(
    root: &Path,
    wanted: &str,
    identity: &Path,
    out: Option<&Path>,
) -> Result<Outcome, Error> {
    let case = Case::open(root)?;
    let items = catalogue::items(&case)?;
    let item = catalogue::find(&items, wanted)?;
    let Some(sealed) = item.to_unseal() else {
        if let Some(words) = item.sealed_words() {
            return Err(Error::asked(
                format!("item {} was not sealed here. {words}", item.number),
                "Ask that archive to open it, or for a bundle that discloses its key.",
            ));
        }
        return Err(Error::asked(
            format!("item {} is not sealed", item.number),
            format!("Its bytes lie open in {}.", archive::layout::object(item.digests.sha256)),
        ));
    };
    let file = unseal::key_file(&case, &sealed, &unseal::identities(identity)?)?;
    let plain = unseal::open(&case, &sealed, &file, out)?;
    let fields = file.openings.into_iter().map(|one| (one.field, one.value));
    Ok(Outcome {
        number: item.number,
        plain,
        out: out.map(Path::to_path_buf),
        fields: fields.filter(|(field, _)| field != "key" && field != "plain").collect(),
    })
}
