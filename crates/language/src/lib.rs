//! English as reports of armed conflict write it: words, sentences, numbers, hedges, names, places,
//! days, and who says something.
//!
//! Pure, and ignorant of what a number counts: that is for the reader of figures to say. Nothing
//! here may look at bytes, encodings or HTML; all offsets are byte offsets in the text given. The
//! words themselves are data (`lexicon.txt`).

pub mod calendar;
pub mod gazetteer;
pub mod headline;
pub mod hedges;
pub mod lexicon;
pub mod names;
pub mod numbers;
pub mod place;
pub mod sentences;
pub mod tokens;
pub mod when;
pub mod who;
