//! `casefile init`: a new case with its keys.

use crate::{Error, TOOL};
use archive::case::New;
use archive::{Case, Passphrase};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The new case.
#[derive(Debug, Serialize)]
pub struct Made {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name.
    pub case: String,
    /// Name of its log.
    pub log: String,
    /// The log's verifier key: to be written down outside the case, since whoever holds it can tell
    /// this log from one made anew (`casefile verify --trust`).
    pub log_key: String,
    /// Public key of the actor.
    pub actor_key: String,
    /// Whether the secret keys are encrypted.
    pub protected: bool,
}

/// Makes a case in `folder`. `name` defaults to the folder's own name.
pub fn run(
    folder: &Path,
    name: Option<String>,
    actor: Option<String>,
    passphrase: Option<Passphrase>,
) -> Result<Made, Error> {
    let own = || folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let case = name
        .or_else(own)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Error::asked("the case has no name", "Give it one with --name NAME."))?;
    let protected = passphrase.is_some();
    let actor_name = actor.unwrap_or_else(|| "collector".into());
    archive::case::create(folder, New { case, actor_name, passphrase, tool: TOOL.into() })?;
    let made = Case::open(folder)?;
    let genesis = made.genesis()?;
    Ok(Made {
        folder: folder.to_path_buf(),
        case: genesis.case,
        log: made.log().origin().into(),
        log_key: made.log().verifier().told(),
        actor_key: genesis.actor_key,
        protected,
    })
}
