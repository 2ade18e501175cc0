//! `casefile unseal`: a sealed item opened and checked by who holds an identity of a recipient.

use crate::{Error, catalogue, recovery};
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

/// What an item is opened with.
#[derive(Debug, Clone, Copy)]
pub enum With<'a> {
    /// The identities in a file.
    Identity(&'a Path),
    /// The recovery key that the shares in these files make.
    Shares(&'a [PathBuf]),
}

/// Opens the item that `wanted` names, and checks it whole. With `out`, its plain bytes are put
/// there; nothing may have that name.
pub fn run(
    root: &Path,
    wanted: &str,
    with: With<'_>,
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
    let identities = match with {
        With::Identity(path) => unseal::identities(path)?,
        With::Shares(files) => recovery::meet(root, files)?,
    };
    let file = unseal::key_file(&case, &sealed, &identities)?;
    let plain = unseal::open(&case, &sealed, &file, out)?;
    let fields = file.openings.into_iter().map(|one| (one.field, one.value));
    Ok(Outcome {
        number: item.number,
        plain,
        out: out.map(Path::to_path_buf),
        fields: fields.filter(|(field, _)| field != "key" && field != "plain").collect(),
    })
}
