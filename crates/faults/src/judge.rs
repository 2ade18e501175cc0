//! What must hold after a fault, whatever it was: nothing acknowledged is lost, the case verifies,
//! the program said what happened and what to do, and running it again completes the work and says
//! what the interrupted run had left.

use crate::done;
use crate::look::{self, Look, lossy};
use crate::route::Route;
use crate::scenario::Scenario;
use crate::trace::{Act, Aim, End, Run};
use nix::errno::Errno;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io;

/// Exit codes of casefile (`casefile --help`).
const DONE: i32 = 0;
const FOUND: i32 = 1;
const FAILED: i32 = 3;

/// What became of one fault.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What is wrong; empty where nothing is.
    pub(crate) faults: Vec<String>,
    /// How many items had been acknowledged before the fault ended the run.
    pub(crate) acknowledged: usize,
    /// Whether the run was to go on to acknowledge more.
    pub(crate) more_to_come: bool,
    /// Whether the interrupted run left something that the next opening had to speak of.
    pub(crate) left: bool,
}

/// Looks at everything after `run` met the fault of `aim`, and completes the work.
pub(crate) fn judge(scenario: &Scenario, aim: Aim, run: &Run) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    let Some(call) = &run.fired else {
        verdict.faults.push("the fault did not fire".into());
        return Ok(verdict);
    };
    let said = text(scenario, "said");
    let acknowledged = scenario.acknowledged(&said);
    verdict.acknowledged = acknowledged.len();
    verdict.more_to_come = acknowledged.len() < scenario.to_take_in();
    let told = call.path != "errors" && call.path != "said";
    match (run.end, aim.act) {
        (End::Killed, Act::Kill | Act::KillHalfway) => {}
        (End::Asked, _) => verdict.faults.extend(done::ill_answered(scenario)?),
        (End::Exit(DONE), _) if verdict.more_to_come && told => {
            verdict.faults.push("it ends with 0 and has not acknowledged every item".into());
        }
        (End::Exit(DONE), _) => {}
        // A problem or finding is named; a scrub says why it is not on record.
        (End::Exit(FOUND), _) if said.contains("\"code\":") => {}
        (End::Exit(FOUND), _) if said.contains("\"unrecorded\": \"") => {}
        (End::Exit(FAILED), _) if told => {
            verdict.faults.extend(ill_told(&text(scenario, "errors"), aim.act));
        }
        (End::Exit(FAILED), _) => {}
        (end, _) => verdict.faults.push(format!("it ends with {end:?}")),
    }
    after(scenario, &acknowledged, &mut verdict)?;
    Ok(verdict)
}

/// Looks at what is there, of which `acknowledged` was promised, and completes the work.
pub(crate) fn after(
    scenario: &Scenario,
    acknowledged: &BTreeSet<String>,
    verdict: &mut Verdict,
) -> io::Result<()> {
    let owed: BTreeSet<String> = scenario.earlier.union(acknowledged).cloned().collect();
    verdict.faults.extend(done::half_made(scenario)?);
    if scenario.route == Route::Seal {
        verdict.faults.extend(done::told_secrets(scenario)?);
    }
    let left = match scenario.route {
        // The case was harmed before: how far it is put back shows when the work is complete.
        Route::Repair => Some(look::at(&scenario.case())?),
        _ => examine(scenario, &owed, verdict)?,
    };
    complete(scenario, left, &owed, verdict)
}

/// What is wrong with what the program said of its failure: it must name a file and a remedy that
/// fits.
fn ill_told(errors: &str, act: Act) -> Option<String> {
    let line = errors.lines().last().unwrap_or_default();
    let told: Value = serde_json::from_str(line).unwrap_or_default();
    let word = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default();
    let (error, remedy) = (word("error"), word("remedy"));
    let named = [
        "case",
        "out",
        "new",
        "objects/",
        "standard output",
        " .:",
        "cosigner",
        "a file in .",
        ".unsealing-",
        "scratch",
    ];
    if !named.iter().any(|file| error.contains(file)) {
        return Some(format!("the message names no file: {errors}"));
    }
    let (Act::Fail(errno) | Act::FailOn(errno)) = act else {
        return remedy.is_empty().then(|| format!("no remedy: {errors}"));
    };
    let fits = match errno {
        Errno::ENOSPC | Errno::EDQUOT => remedy.contains("space"),
        Errno::EROFS => remedy.contains("read-only"),
        Errno::EMFILE => remedy.contains("open files"),
        Errno::EINTR => remedy.contains("again") && !remedy.contains("Check the disk"),
        _ => !remedy.is_empty(),
    };
    (!fits).then(|| format!("the remedy does not fit {errno:?}: {errors}"))
}

/// The case after something went wrong. Gives what the next opening has to speak
/// of; `None` where there is no case yet.
fn examine(
    scenario: &Scenario,
    owed: &BTreeSet<String>,
    verdict: &mut Verdict,
) -> io::Result<Option<Look>> {
    if scenario.route == Route::Init && !scenario.case().join("VERSION").exists() {
        return Ok(None);
    }
    let output = scenario.casefile(&["verify", "case"])?;
    if !output.status.success() && !is_begun_erasure(scenario, &lossy(&output.stdout)) {
        let said = lossy(&output.stdout);
        let failed = lossy(&output.stderr);
        verdict.faults.push(format!("verify ends with {}: {said}{failed}", output.status));
        return Ok(None);
    }
    let look = look::at(&scenario.case())?;
    if !owed.is_subset(&look.kept) {
        verdict.faults.push("an acknowledged item is lost".into());
    }
    if !owed.is_subset(&look.captured) {
        verdict.faults.push("an acknowledged record is lost".into());
    }
    verdict.left |= look.unfinished || look.beyond;
    Ok(Some(look))
}

/// Whether the one fault of a case is the key of an item that is erased on record: the next opening
/// destroys it (docs/format/case.md, "Erasure").
fn is_begun_erasure(scenario: &Scenario, said: &str) -> bool {
    let mut faults = said.lines().filter(|line| line.starts_with("FAULT"));
    scenario.route == Route::Erase
        && faults.next().is_some_and(|fault| fault.contains("sealed-key-kept"))
        && faults.next().is_none()
}

/// Runs the same again: it must come to its end, say what had been left behind and nothing else,
/// and leave everything whole.
fn complete(
    scenario: &Scenario,
    left: Option<Look>,
    owed: &BTreeSet<String>,
    verdict: &mut Verdict,
) -> io::Result<()> {
    if !verdict.faults.is_empty() {
        return Ok(());
    }
    let once = [
        Route::Enrol,
        Route::Revoke,
        Route::Approve,
        Route::Stamp,
        Route::RecoveryEnrol,
        Route::RecoveryRevoke,
    ];
    let is_done = once.contains(&scenario.route) && done::is_done(scenario)?;
    if let Some(made) = scenario.made().filter(|made| made.exists()) {
        verdict.faults.extend(done::not_told(scenario)?);
        // It was made after all: a person would name another, or be content.
        if made.is_dir() { fs::remove_dir_all(made)? } else { fs::remove_file(made)? }
    }
    if scenario.route == Route::Init {
        return start_over(scenario, left.is_some(), verdict);
    }
    let output = match is_done {
        // It is on record, and would be refused a second time.
        true => scenario.casefile(&["-C", "case", "--json", "capture", "earlier/0.txt"])?,
        false => scenario.again()?,
    };
    let said = lossy(&output.stdout);
    if !output.status.success() {
        let failed = lossy(&output.stderr);
        verdict.faults.push(format!("run again, it ends with {}: {failed}{said}", output.status));
        return Ok(());
    }
    let left = left.unwrap_or_default();
    for (code, is_left) in [("unfinished-removed", left.unfinished), ("set-aside", left.beyond)] {
        // What a repair left half copied is in its own way, and goes without a word.
        let own = scenario.route == Route::Repair && code == "unfinished-removed";
        if !own && said.contains(&format!("\"{code}\"")) != is_left {
            let not = if is_left { "does not say" } else { "says without cause" };
            verdict.faults.push(format!("run again, it {not} `{code}`: {said}"));
        }
    }
    let all = owed.union(&scenario.new).cloned().collect();
    let look = examine(scenario, &all, verdict)?.unwrap_or_default();
    if look.unfinished || look.beyond {
        verdict.faults.push("run again, it leaves something unfinished".into());
    }
    if !done::is_done(scenario)? {
        verdict.faults.push("run again, it has not done what it is for".into());
    }
    verdict.faults.extend(done::half_made(scenario)?);
    verdict.faults.extend(done::at_the_end(scenario)?);
    Ok(())
}

/// What is wrong with how a case is met that may be harmed: empty where it is whole, `None` where
/// the harm is named. A case that is said to hold must have every item that it records.
pub(crate) fn silence(scenario: &Scenario) -> io::Result<Option<String>> {
    if !scenario.case().join("VERSION").exists() {
        return Ok(Some(String::new()));
    }
    let output = scenario.casefile(&["verify", "case"])?;
    let (said, failed) = (lossy(&output.stdout), lossy(&output.stderr));
    match output.status.code() {
        Some(DONE) => {
            let look = look::at(&scenario.case())?;
            let all = look.captured.is_subset(&look.kept);
            return Ok(Some(if all { String::new() } else { "harm in silence".into() }));
        }
        Some(FOUND) if said.contains("FAULT") => {}
        Some(FAILED) if !failed.is_empty() => {}
        _ => return Ok(Some(format!("verify ends with {}: {failed}", output.status))),
    }
    // Going on in a harmed case is refused, or does no more harm; it never breaks down.
    let again = scenario.again()?;
    match again.status.code() {
        Some(DONE | FOUND | FAILED) => Ok(None),
        _ => Ok(Some(format!("run again: {}: {}", again.status, lossy(&again.stderr)))),
    }
}

/// An interrupted `init` is no case: run again it must say that, and what to do; that is done here.
fn start_over(scenario: &Scenario, is_case: bool, verdict: &mut Verdict) -> io::Result<()> {
    if is_case {
        return Ok(());
    }
    let mut output = scenario.again()?;
    if output.status.code() == Some(FAILED) {
        let told = lossy(&output.stderr);
        if !told.contains("unfinished") || !told.contains("Remove") {
            verdict.faults.push(format!("run again, it does not say what to do: {told}"));
        }
        fs::remove_dir_all(scenario.case())?;
        output = scenario.again()?;
    }
    if output.status.success() {
        examine(scenario, &BTreeSet::new(), verdict)?;
    } else {
        verdict.faults.push(format!("run again, it ends with {}", output.status));
    }
    Ok(())
}

fn text(scenario: &Scenario, name: &str) -> String {
    fs::read(scenario.place.join(name)).map(|bytes| lossy(&bytes)).unwrap_or_default()
}
