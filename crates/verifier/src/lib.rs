//! The check of a bundle: how one is laid out, and whether it holds.
//!
//! Sees no case and nothing that writes one: given the bundle and the keys that one trusts, it goes
//! by the pages in `docs/format` alone. It never writes into the bundle, and never calls one good
//! of which a proof is missing.

pub mod bag;
pub mod codes;
mod cosigned;
pub mod documents;
mod error;
mod evidence;
pub mod exhibits;
pub mod layout;
mod manifests;
pub mod origins;
mod receipt;
mod records;
mod sealed;
mod seals;
mod stamps;
mod trust;
mod verify;
pub mod zipped;

pub use cosigned::Seen;
pub use error::Error;
pub use manifests::digest_of;
pub use origins::{OtherLog, other_logs};
pub use receipt::Receipt;
pub use stamps::Stamp;
pub use verify::{Report, Trusted, verify, verify_trusting};
