//! The bundle: what leaves the case, sealed, and the check that it holds.
//!
//! A BagIt bag (RFC 8493) of items and readings with the log's proofs, that a stranger checks with
//! `sha256sum`, `ssh-keygen` and a transparency-log verifier. A bare bag can be forged: its tag
//! manifest is signed, and logged. Openings of withheld fields never enter one unless they are
//! named.

pub mod bag;
pub mod codes;
pub mod cosigned;
mod documents;
pub mod error;
mod evidence;
mod exhibits;
pub mod layout;
mod manifests;
pub mod page;
pub mod readme;
mod records;
mod sealed;
mod seals;
pub mod stamps;
mod trust;
mod unfinished;
pub mod verify;
pub mod write;
pub mod zipped;

pub use cosigned::{Seen, Sighting};
pub use error::Error;
pub use stamps::Stamp;
pub use verify::{Report, Trusted, verify, verify_trusting};
pub use write::{About, Exhibit, Proved, Recorded, Row, Table, Writer};
