//! What outside authorities say about a case: its timestamps and the evidence records that follow
//! from them, read from its log and objects and checked again each time.
//!
//! Nothing is written here, and nothing kept: what does not follow from the case is not so.

pub mod evidence;
pub mod stamps;
