//! Whether what a write path is for is done: told by looking, before anybody runs it again.

use crate::caller::ANSWER;
use crate::look::{self, Look};
use crate::parties;
use crate::route::Route;
use crate::scenario::Scenario;
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
        Route::Receive => {
            let look = look::at(&case)?;
            made && look.count("received") == 1 && scenario.new.is_subset(&look.captured)
        }
        Route::Acknowledge => count("acknowledged")? == 1,
        Route::RecoverySet => count("recovery")? > 0,
        Route::RecoveryEnrol => count("enrolment")? > 0 && have_keys(&case)?,
        Route::RecoveryRevoke => count("revocation")? > 0,
        Route::MirrorOcfl => holds(scenario, "out")?,
        Route::Know => {
            let folder = scenario.place.join("cosigner/logs");
            let known = look::files(&folder)?.into_iter().find(|path| path.ends_with("/vkey"));
            known.is_some_and(|path| {
                let known = fs::read_to_string(folder.join(path)).unwrap_or_default();
                known.trim_end() == scenario.line("new/log")
            })
        }
        Route::Send => count("cosigned")? > 0,
        Route::NewCosigner => made && scenario.place.join("out/COSIGNER").exists(),
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
        Route::Receive => is_believed(scenario)?,
        Route::RecoveryShare => same_file(scenario, "new/alice.share")?,
        Route::PaperWrite => same_file(scenario, "new/page")?,
        Route::PaperRead => same_file(scenario, "new/report")?,
        // The folder is no cosigner before it has this file.
        Route::NewCosigner if !made.join("COSIGNER").exists() => true,
        Route::NewCosigner => {
            let key = scenario.line("base/log/vkey");
            scenario.casefile(&["cosigner", "know", "out", &key])?.status.success()
        }
        Route::Vouch | Route::Serve => is_remembered(scenario, &fs::read_to_string(&made)?)?,
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
        Route::Enrol | Route::Rotate | Route::Approve | Route::RecoveryEnrol => {
            !sign()?.status.success()
        }
        Route::Revoke | Route::RecoveryRevoke => sign()?.status.success(),
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
        Route::Vouch | Route::Serve => {
            !scenario.casefile(&["-C", "case", "cosign", "add", "out"])?.status.success()
        }
        Route::Know => {
            let words = ["cosigner", "sign", "cosigner", "new/request", "signed"];
            !scenario.casefile(&words)?.status.success()
        }
        Route::RecoverySet => {
            scenario.open_shares("scratch")?;
            let by = ["--share", "scratch/alice.share", "--share", "scratch/bob.share"];
            let words = ["-C", "case", "recovery", "enrol", LATE, "--unprotected"];
            let enrolled = scenario.casefile(&[&words[..], &by].concat())?.status.success();
            !enrolled || !sign()?.status.success()
        }
        Route::MirrorOcfl => match parties::storage_root(&scenario.place.join("out/ocfl"))? {
            Err(fault) => return Ok(Some(fault)),
            Ok(found) => {
                let kept = look::at(&scenario.case())?.kept;
                !kept.iter().all(|object| found.contains(object))
            }
        },
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

/// Whether whoever gave the bundle takes the receipt for it.
fn is_believed(scenario: &Scenario) -> io::Result<bool> {
    let key = scenario.line("new/log");
    let words = ["-C", "giver", "acknowledge", "out", "--trust", &key];
    Ok(scenario.casefile(&words)?.status.success())
}

fn same_file(scenario: &Scenario, other: &str) -> io::Result<bool> {
    Ok(fs::read(scenario.place.join("out"))? == fs::read(scenario.place.join(other))?)
}

/// What is wrong with what a cosigner answered over the network: a signature that it does not
/// remember, or neither a signature nor a refusal.
pub(crate) fn ill_answered(scenario: &Scenario) -> io::Result<Option<String>> {
    let answer = fs::read(scenario.place.join(ANSWER)).unwrap_or_default();
    let answer = look::lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    if status == Some("500") {
        return Ok(None);
    }
    let line = answer.rsplit("\r\n\r\n").next().unwrap_or_default();
    let logs = scenario.place.join("cosigner/logs");
    let last = look::files(&logs)?.into_iter().find(|path| path.ends_with("/checkpoint"));
    let kept = last
        .map_or_else(String::new, |path| fs::read_to_string(logs.join(path)).unwrap_or_default());
    let remembered = status == Some("200") && !line.is_empty() && kept.ends_with(line);
    Ok((!remembered).then(|| format!("what was answered is not remembered: {answer:?}")))
}

/// What is not told of a folder in the making that an interrupted run left: run again, it must say
/// that, and what to do.
pub(crate) fn not_told(scenario: &Scenario) -> io::Result<Option<String>> {
    let out = scenario.place.join("out");
    let unfinished = scenario.route == Route::NewCosigner && !out.join("COSIGNER").exists();
    if !unfinished || look::files(&out)?.is_empty() {
        return Ok(None);
    }
    let told = look::lossy(&scenario.again()?.stderr);
    let all = ["unfinished", "Remove"].into_iter().all(|word| told.contains(word));
    Ok((!all).then(|| format!("run again, it does not say what to do: {told}")))
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
