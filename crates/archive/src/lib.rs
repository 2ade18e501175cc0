//! The case on disk: objects, custody log, private openings and keys.
//!
//! The only crate that writes evidence. Its one write path, told as a crash story
//! (docs/format/case.md):
//!
//! 1. objects: written under a temporary name, made durable, named without replacing, folder
//!    durable;
//! 2. openings of withheld fields and key files of sealed items durable;
//! 3. entry bundles and hash tiles durable;
//! 4. checkpoint durable: **only now is anything acknowledged**.
//!
//! A kill before 4 leaves the old state (what was written beyond it is set aside at the next
//! opening, never deleted); a kill after 4 leaves the new one. Nothing kept is ever rewritten.

mod agent;
pub mod batch;
pub mod case;
pub mod codes;
pub mod cores;
pub mod durable;
pub mod error;
pub mod guard;
pub mod keys;
pub mod layout;
pub mod log;
pub mod objects;
pub mod recover;
pub mod sealed;
pub mod signers;
pub mod standing;

pub use batch::{Batch, Kept};
pub use case::{Case, Writer};
pub use error::Error;
pub use keys::{Keys, Passphrase};
