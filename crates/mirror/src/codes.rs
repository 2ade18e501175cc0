//! Codes of the findings about stores; docs/format/findings.md says what each means and what to do.
//! What is found in any mirror has its code in `archive::codes`.

/// The storage root, or an object in it, is not as a mirror writes it.
pub const OCFL_INVALID: &str = "ocfl-invalid";
/// A content file does not have the digests that its inventory lists.
pub const OCFL_CONTENT_DAMAGED: &str = "ocfl-content-damaged";
