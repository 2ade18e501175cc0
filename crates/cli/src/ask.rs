//! The passphrase: from a file, the environment, or a prompt. Never from the command line, which
//! every user of the machine can see.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use tasks::{Error, Passphrase, keys};

/// Most bytes of a passphrase file: a passphrase is a sentence.
const FILE_LIMIT_BYTES: u64 = 4096;

/// Variable that holds the passphrase.
const VARIABLE: &str = "CASEFILE_PASSPHRASE";

/// Variable that holds the passphrase of an actor who is being enrolled.
const NEW_VARIABLE: &str = "CASEFILE_NEW_PASSPHRASE";

/// The passphrase of a case that has one, or `None` where nobody can be asked.
pub(crate) fn passphrase(file: Option<&Path>) -> Result<Option<Passphrase>, Error> {
    if let Some(given) = given(file, VARIABLE)? {
        return Ok(Some(given));
    }
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    prompt("Passphrase: ").map(Some)
}

/// A passphrase for a new case, asked for twice.
pub(crate) fn new_passphrase(file: Option<&Path>) -> Result<Passphrase, Error> {
    if let Some(given) = given(file, VARIABLE)? {
        return Ok(given);
    }
    let how = format!("Give it in {VARIABLE} or with --passphrase-file FILE");
    twice("a new case", &how)
}

/// A passphrase for another actor's keys: theirs, not that of whoever enrols them.
pub(crate) fn passphrase_of_another(file: Option<&Path>) -> Result<Passphrase, Error> {
    if let Some(given) = given(file, NEW_VARIABLE)? {
        return Ok(given);
    }
    let how = format!("Give it in {NEW_VARIABLE} or with --new-passphrase-file FILE");
    twice("the new actor", &how)
}

/// Asks twice for the passphrase of new keys.
fn twice(whose: &str, how: &str) -> Result<Passphrase, Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::asked(
            format!("{whose} needs a passphrase for its keys, and nobody can be asked"),
            format!("{how}, or leave the keys in the open with --unprotected."),
        ));
    }
    let first = prompt(&format!("Passphrase for the keys of {whose}: "))?;
    let second = prompt("Once more: ")?;
    if keys::same(&first, &second) {
        Ok(first)
    } else {
        Err(Error::asked("the two passphrases differ", "Run it again."))
    }
}

fn given(file: Option<&Path>, variable: &str) -> Result<Option<Passphrase>, Error> {
    let text = match file {
        Some(path) => {
            let mut text = String::new();
            let opened = std::fs::File::open(path).map_err(Error::io("open", path))?;
            let mut limited = opened.take(FILE_LIMIT_BYTES);
            limited.read_to_string(&mut text).map_err(Error::io("read", path))?;
            Some(text.lines().next().unwrap_or_default().to_string())
        }
        None => std::env::var(variable).ok(),
    };
    match text {
        Some(text) if text.is_empty() => {
            Err(Error::asked("the passphrase is empty", "Choose one of several words."))
        }
        text => Ok(text.map(keys::passphrase)),
    }
}

fn prompt(words: &str) -> Result<Passphrase, Error> {
    let text =
        rpassword::prompt_password(words).map_err(Error::io("ask at", Path::new("terminal")))?;
    if text.is_empty() {
        return Err(Error::asked("the passphrase is empty", "Choose one of several words."));
    }
    Ok(keys::passphrase(text))
}
