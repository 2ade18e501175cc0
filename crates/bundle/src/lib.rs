//! The bundle: what leaves the case, sealed.
//!
//! A BagIt bag (RFC 8493) of items and readings with the log's proofs, that a stranger checks with
//! `sha256sum`, `ssh-keygen` and a transparency-log verifier. A bare bag can be forged: its tag
//! manifest is signed, and logged. Openings of withheld fields never enter one unless they are
//! named. The crate `verifier` says how one is laid out.

pub mod error;
pub mod page;
mod readme;
mod unfinished;
mod write;

pub use error::Error;
pub use write::{About, Exhibit, Proved, Recorded, Row, Sighting, Table, Writer};
