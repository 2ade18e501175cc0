//! The chain of custody: what the records of a log prove about each item, in order, and that in
//! the forms that people, courts and other institutions' systems read.
//!
//! A pure function of records. It never says more than they do: their order is proved, their times
//! are what a machine claimed, and a withheld field is called withheld. Nothing here may open a
//! file, ask a clock, or leave something out without a word.

pub mod case_uco;
pub mod certificate;
pub mod chain;
mod identity;
mod jsonld;
mod moment;
pub mod premis;
pub mod report;
pub mod ro_crate;
pub mod visible;
mod words;

pub use chain::{Before, Chain, Grounds, Held, Kind, Step};

/// The version of these forms. Whoever checks a document makes it again in its form: one that has
/// been handed out is never changed, but followed by a new one.
pub const FORM: u32 = 1;
