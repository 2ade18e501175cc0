//! What casefile does, one file per verb. The only place where the stages meet.
//!
//! Each verb takes plain data and gives plain data back; words for people are the shells' business
//! (`cli`).

pub mod acknowledge;
pub mod actor;
pub mod capture;
pub mod catalogue;
pub mod cosign;
pub mod cosigner;
pub mod custody;
pub mod demo;
pub mod erase;
pub mod error;
pub mod export;
pub mod figures;
pub mod init;
pub mod log;
pub mod mirror;
mod origins;
mod outside;
pub mod paper;
pub mod passages;
pub mod read;
pub mod receipt;
pub mod receive;
pub mod recovery;
pub mod repair;
pub mod rules;
pub mod scrub;
pub mod show;
pub mod timestamp;
pub mod transfers;
pub mod unseal;
pub mod verify;

pub use archive::{Passphrase, keys};
pub use error::Error;
pub use reader;
pub use stamped::{evidence, stamps};
use std::path::Path;

/// Program and version, as every record names it.
pub const TOOL: &str = concat!("casefile ", env!("CARGO_PKG_VERSION"));

/// Who signs, and how to ask for the passphrase of their keys.
pub struct Signing {
    /// Name of the actor, or a key's fingerprint; whoever opened the case where there is none.
    pub actor: Option<String>,
    passphrase: Box<dyn FnMut() -> Result<Option<Passphrase>, Error>>,
}

impl Signing {
    /// `passphrase` is called only where the keys are encrypted.
    pub fn new(
        actor: Option<String>,
        passphrase: impl FnMut() -> Result<Option<Passphrase>, Error> + 'static,
    ) -> Self {
        Self { actor, passphrase: Box::new(passphrase) }
    }

    /// Asks for the passphrase of the keys at `place`, if they need one.
    pub(crate) fn passphrase(
        &mut self,
        root: &Path,
        place: &str,
    ) -> Result<Option<Passphrase>, Error> {
        if keys::are_sealed(root, place) { (self.passphrase)() } else { Ok(None) }
    }
}

/// Who signs, for a verb that records something.
pub type Ask<'a> = &'a mut Signing;

/// Hears how far long work has come: done, of how many (0 where that is not known), and on what.
pub type Progress<'a> = &'a mut (dyn FnMut(u64, u64, &str) + Send);

/// Opens the case at `root` for writing.
pub fn open_writer(root: &Path, ask: Ask<'_>) -> Result<archive::Writer, Error> {
    let place = archive::signers::place_of(root, ask.actor.as_deref())?;
    let passphrase = ask.passphrase(root, &place)?;
    Ok(archive::Writer::open_with(root, &place, passphrase, TOOL)?)
}
