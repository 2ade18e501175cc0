//! What casefile does, one file per verb. The only place where the stages meet.
//!
//! Each verb takes plain data and gives plain data back; words for people are the shells' business
//! (`cli`).

pub mod capture;
pub mod catalogue;
pub mod cosign;
pub mod cosigner;
pub mod custody;
pub mod demo;
pub mod error;
pub mod evidence;
pub mod export;
pub mod figures;
pub mod init;
pub mod log;
pub mod mirror;
mod outside;
pub mod passages;
pub mod read;
pub mod receipt;
pub mod repair;
pub mod rules;
pub mod scrub;
pub mod show;
pub mod stamps;
pub mod timestamp;
pub mod verify;

pub use archive::{Passphrase, keys};
pub use error::Error;
pub use reader;

/// Program and version, as every record names it.
pub const TOOL: &str = concat!("casefile ", env!("CARGO_PKG_VERSION"));

/// Asks for the passphrase of the case's keys; called only where they are encrypted.
pub type Ask<'a> = &'a mut dyn FnMut() -> Result<Option<Passphrase>, Error>;

/// Hears how far long work has come: done, of how many (0 where that is not known), and on what.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64, &str) + Send);

/// Opens the case at `root` for writing.
pub fn open_writer(root: &std::path::Path, ask: Ask<'_>) -> Result<archive::Writer, Error> {
    let passphrase = if keys::are_sealed(root) { ask()? } else { None };
    Ok(archive::Writer::open(root, passphrase, TOOL)?)
}
