//! Trusted time: requests for timestamps, tokens (RFC 3161), evidence records (RFC 4998).
//!
//! A token says that some bytes existed at a time, by the word and key of an authority outside the
//! case, so that a log made up later is found out. Bytes in, verdicts out: no I/O, no network, no
//! clock. Every token is hostile until [`verify::verify`] has said otherwise; no input may panic,
//! and nothing may pass because a part of it was not there to be checked.

pub mod algorithm;
pub mod certificate;
pub mod chain;
pub mod codes;
pub mod evidence;
pub mod fault;
pub mod kept;
pub mod request;
pub mod revocation;
pub mod time;
mod tlv;
pub mod token;
pub mod verify;

pub use algorithm::Hash;
pub use certificate::Certificate;
pub use fault::Fault;
pub use request::Question;
pub use revocation::Crl;
pub use token::Token;
pub use verify::{Given, Verified, verify};

#[cfg(test)]
mod tests;
