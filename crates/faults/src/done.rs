//! Whether what a write path is for is done: told by looking, before anybody runs it again.

use crate::look::{self, Look};
use crate::scenario::{Route, Scenario};
use crate::stage::{LATE, SEALED};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// Whether all of it is there. Where each item is acknowledged by itself, or nothing is changed,
/// there is nothing more to ask for.
pub(crate) fn is_done(scenario: &Scenario) -> io::Result<bool> {
    let case = scenario.case();
    let count = |kind: &str| Ok::<_, io::Error>(look::at(&case)?.count(kind));
    let made = scenario.made().is_some_and(|made| made.exists());
    Ok(match scenario.route {
        Route::Init => case.join("VERSION").exists(),
        Route::Capture | Route::Recover => true,
        Route::Seal => is_sealed(scenario, &look::at(&case)?)?,
        Route::Read => look::at(&case)?.read == scenario.earlier,
        Route::Scrub => count("scrub")? > 0,
        Route::Mirror => holds(scenario, "out")?,
        Route::Carry => {
            let keys = look::files(&scenario.place.join("out/private/sealed"))?;
            keys.is_empty() && holds(scenario, "out")?
        }
        Route::Repair => holds(scenario, "case")?,
        Route::Guard => {
            let out = look::files(&scenario.place.join("out"))?;
            out.iter().any(|name| name.ends_with(".checkpoint"))
        }
        Route::Cosign => count("cosigned")? > 0,
        Route::Timestamp => made && count("timestamp_request")? > 0,
        Route::Renew => made && count("timestamp_request")? > 1,
        Route::Stamp => count("timestamp")? > 1,
        Route::Enrol => count("enrolment")? > 1 && have_keys(&case)?,
        Route::Rotate => count("revocation")? > 0 && have_keys(&case)?,
        Route::Revoke => count("revocation")? > 0,
        Route::Approve => count("approval")? > 0,
        Route::Erase => {
            count("erasure")? > 0 && look::files(&case.join("private/sealed"))?.is_empty()
        }
        Route::ExportAll => {
            let parts = ["evidence", "timestamps", "cosigned"];
            let has = |part| look::files(&scenario.place.join("out/log").join(part));
            made && parts.into_iter().all(|part| has(part).is_ok_and(|files| !files.is_empty()))
        }
        _ => made,
    })
}

/// What is wrong with what a run made outside the case: under its final name it is whole.
pub(crate) fn half_made(scenario: &Scenario) -> io::Result<Option<String>> {
    let Some(made) = scenario.made().filter(|made| made.exists()) else { return Ok(None) };
    let whole = match scenario.route {
        Route::Unseal => fs::read(&made)? == fs::read(scenario.place.join("new/plain.txt"))?,
        Route::Receipt => same(&made, &scenario.place.join("new/receipts"))?,
        Route::Custody => fs::read_to_string(&made)?.trim_end().ends_with("</html>"),
        Route::Timestamp | Route::Renew => is_der(&fs::read(&made)?),
        Route::Vouch => is_remembered(scenario, &fs::read_to_string(&made)?)?,
        _ => holds(scenario, &made.to_string_lossy())?,
    };
    let what = format!("what is not whole has its final name: {}", made.display());
    Ok((!whole).then_some(what))
}

/// What is wrong when all was done: a new key signs, a revoked one does not, and what was to be
/// nowhere is nowhere.
pub(crate) fn at_the_end(scenario: &Scenario) -> io::Result<Option<String>> {
    let sign = || scenario.casefile(&["-C", "case", "--as", LATE, "capture", "earlier/0.txt"]);
    let wrong = match scenario.route {
        Route::Enrol | Route::Rotate | Route::Approve => !sign()?.status.success(),
        Route::Revoke => sign()?.status.success(),
        Route::Seal => {
            // What is sealed last is opened, with the identity alone.
            let last = (scenario.earlier.len() + scenario.to_seal).to_string();
            let words = ["-C", "case", "unseal", &last, "--identity", "new/me"];
            !scenario.casefile(&words)?.status.success()
        }
        Route::Erase => {
            let words = ["-C", "case", "unseal", SEALED, "--identity", "new/me"];
            scenario.casefile(&words)?.status.success()
        }
        Route::Vouch => {
            !scenario.casefile(&["-C", "case", "cosign", "add", "out"])?.status.success()
        }
        _ => false,
    };
    if wrong {
        return Ok(Some("in the end, it has not come to what it is for".into()));
    }
    told_secrets(scenario)
}

/// Where a file has bytes in it that must be nowhere.
pub(crate) fn told_secrets(scenario: &Scenario) -> io::Result<Option<String>> {
    if scenario.secret.is_empty() {
        return Ok(None);
    }
    // What is said names the files that were given, and may.
    let folder = if scenario.route == Route::Carry { "out" } else { "case" };
    let folder = scenario.place.join(folder);
    for path in look::files(&folder)? {
        let bytes = fs::read(folder.join(&path))?;
        if bytes.windows(scenario.secret.len()).any(|part| part == scenario.secret) {
            return Ok(Some(format!("what must be nowhere is in {path}")));
        }
    }
    Ok(None)
}

/// Whether the program says that a case, mirror or bundle holds.
fn holds(scenario: &Scenario, what: &str) -> io::Result<bool> {
    Ok(scenario.casefile(&["verify", what])?.status.success())
}

/// Every item that was to be sealed is on record, with a key file.
fn is_sealed(scenario: &Scenario, look: &Look) -> io::Result<bool> {
    let names = look::files(&scenario.case().join("private/sealed"))?;
    let keys: BTreeSet<String> = names.iter().flat_map(|name| look::digests(name)).collect();
    let sealed: Vec<&String> = look.captured.difference(&scenario.earlier).collect();
    Ok(sealed.len() >= scenario.to_seal && sealed.iter().all(|item| keys.contains(*item)))
}

/// Whether there is a file for each key but the first that was ever enrolled.
fn have_keys(case: &Path) -> io::Result<bool> {
    Ok(look::files(&case.join("private/actors"))?.len() >= look::at(case)?.count("enrolment"))
}

/// A cosigner that gave a checkpoint out signed has it on record as the one it signed last: else
/// it could be asked to sign another history.
fn is_remembered(scenario: &Scenario, answer: &str) -> io::Result<bool> {
    let logs = scenario.place.join("cosigner/logs");
    let files = look::files(&logs)?;
    let Some(last) = files.iter().find(|path| path.ends_with("/checkpoint")) else {
        return Ok(false);
    };
    Ok(fs::read_to_string(logs.join(last))? == answer)
}

/// Whether the bytes are one DER value, of a length that one or two bytes tell.
fn is_der(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
        [0x30, length, rest @ ..] => rest.len() == usize::from(*length),
        _ => false,
    }
}

/// Whether two folders hold the same files.
fn same(left: &Path, right: &Path) -> io::Result<bool> {
    let names = look::files(left)?;
    if names != look::files(right)? {
        return Ok(false);
    }
    for name in names {
        if fs::read(left.join(&name))? != fs::read(right.join(&name))? {
            return Ok(false);
        }
    }
    Ok(true)
}
