//! The first half of a watched run, in the child: waits for its watcher, asks the kernel to stop it
//! at every watched call, and becomes the program.

use crate::calls::WATCHED;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use std::error::Error;
use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The hidden first argument that makes this program a launcher.
pub(crate) const VERB: &str = "launch";

/// Becomes `program` with what follows it, and returns only where that failed.
pub(crate) fn become_watched(words: &[OsString]) -> Result<(), Box<dyn Error>> {
    let (program, arguments) = words.split_first().ok_or("no program is named")?;
    // The watcher holds on before it writes this byte: a filter without one would fail the calls.
    std::io::stdin().lock().read_exact(&mut [0])?;
    let rules = WATCHED.iter().map(|watched| (watched.number, Vec::new())).collect();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Trace(0),
        std::env::consts::ARCH.try_into()?,
    )?;
    let program_of_filter: BpfProgram = filter.try_into()?;
    apply_filter(&program_of_filter)?;
    Err(Command::new(program).args(arguments).exec().into())
}
