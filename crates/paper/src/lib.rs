//! Small files on paper and back, for machines that no cable and no stick may touch: a page of QR
//! codes, and the text that any scanner makes of them (docs/format/paper.md).
//!
//! Every part tells its number, how many there are, and a checksum of its own, so that what is
//! missing is named. Pictures are never decoded here: a phone or `zbarimg` does that, and its text
//! is hostile. Nothing is done with the bytes that come out; who uses them checks their signatures.

mod page;
mod part;

pub use page::page;
pub use part::{BYTES_LIMIT, PARTS_LIMIT, ReadError, parts, read};
