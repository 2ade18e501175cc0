//! Clearing up after a crash, at the opening of a case for writing, before anything new is written.
//!
//! Nothing that could matter is deleted. Files in `objects/incoming` never were acknowledged and
//! never had a name: they go. Log files beyond the checkpoint are signed records that were on their
//! way: they are set aside, in case it is the checkpoint that was put back by an old backup.

use crate::log::Log;
use crate::{Error, codes, durable, layout, objects, sealed};
use actors::Roster;
use record::Finding;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Clears up in a case whose log has this roster, and says what there was to clear.
pub fn clear_up(root: &Path, log: &Log, roster: &Roster) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let incoming = layout::at(root, layout::INCOMING);
    durable::must_be_own(&incoming)?;
    let unfinished = objects::names(&incoming)?;
    for name in &unfinished {
        durable::remove_if_there(&incoming.join(name))?;
    }
    if !unfinished.is_empty() {
        findings.push(Finding::notice(
            codes::UNFINISHED_REMOVED,
            layout::INCOMING,
            format!(
                "{} unfinished file(s) of an interrupted run removed; none had been acknowledged: \
                 take them in again",
                unfinished.len()
            ),
        ));
    }
    let beyond = log.files_beyond()?;
    if !beyond.is_empty() {
        let aside = set_aside(root, log.size(), &beyond, [layout::LOG, layout::UNACKNOWLEDGED])?;
        findings.push(Finding::notice(
            codes::SET_ASIDE,
            &aside,
            format!(
                "{} log file(s) beyond the checkpoint (size {}) set aside: records of an \
                 interrupted run that were never acknowledged",
                beyond.len(),
                log.size()
            ),
        ));
    }
    // They name leaves that the next commit makes anew, about other items: left where they are,
    // they would stand against those, and go out with a bundle that discloses the field.
    let mut openings = objects::names(&layout::at(root, layout::OPENINGS))?;
    openings.retain(|name| layout::openings_index(name).is_none_or(|first| first >= log.size()));
    if !openings.is_empty() {
        let places = [layout::OPENINGS, layout::OPENINGS_UNACKNOWLEDGED];
        let aside = set_aside(root, log.size(), &openings, places)?;
        findings.push(Finding::notice(
            codes::SET_ASIDE,
            &aside,
            format!(
                "{} file(s) of withheld values set aside: their records were never acknowledged",
                openings.len()
            ),
        ));
    }
    findings.extend(sealed::clear_up(root, log, roster)?);
    Ok(findings)
}

/// Moves the files `beyond` from one folder of the case to a new one below another, and gives its
/// place.
pub(crate) fn set_aside(
    root: &Path,
    size: u64,
    beyond: &[String],
    [from, to]: [&str; 2],
) -> Result<String, Error> {
    // The first free number: earlier ones are kept.
    let mut number = 1;
    let mut folder = format!("{to}/{size}-{number}");
    while durable::is_folder(&layout::at(root, &folder))? {
        number += 1;
        folder = format!("{to}/{size}-{number}");
    }
    let mut folders = BTreeSet::new();
    for file in beyond {
        let from = layout::at(root, from).join(file);
        let to = layout::at(root, &folder).join(file);
        for path in [&from, &to] {
            let parent = path.parent().expect("a log file lies in a folder");
            durable::make_folders(parent)?;
            folders.insert(parent.to_path_buf());
        }
        fs::rename(&from, &to).map_err(Error::io("set aside", &from))?;
    }
    durable::sync_folders(&folders)?;
    Ok(folder)
}
