//! Codes of the problems in a reading; docs/format/reading.md says what each means and what to do.

/// The item has no bytes.
pub const EMPTY_ITEM: &str = "empty-item";
/// No reader knows this kind of file.
pub const UNKNOWN_FORMAT: &str = "unknown-format";
/// The item is longer than what is read.
pub const READ_LIMIT: &str = "read-limit";
/// The encoding was guessed from the bytes.
pub const ENCODING_GUESSED: &str = "encoding-guessed";
/// Bytes that mean nothing in the item's encoding.
pub const ENCODING_ERRORS: &str = "encoding-errors";
/// A date that can be read in two ways.
pub const DATE_AMBIGUOUS: &str = "date-ambiguous";
/// The page is too large or too deeply nested for the search for its main text.
pub const EXTRACTOR_SKIPPED: &str = "extractor-skipped";
/// The search for the main text broke down.
pub const EXTRACTOR_FAILED: &str = "extractor-failed";
/// The main text could not be found again in the page.
pub const MAIN_NOT_FOUND: &str = "main-not-found";
/// Only a part of the main text could be found again in the page.
pub const MAIN_INCOMPLETE: &str = "main-incomplete";
/// There are more figures than a reading holds.
pub const FIGURES_LIMIT: &str = "figures-limit";
