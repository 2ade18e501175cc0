//! Names that nearly every reader knows, until a gazetteer stands here: countries, some cities, and
//! words that make a run of names a person, a people or a body.
//!
//! Never may a place from one report enter: only what a general atlas has.

use crate::lexicon::list;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Countries, and areas spoken of as one, in lower case.
pub static COUNTRIES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("countries"));

/// Cities and regions that are spoken of without a word for what they are.
pub static CITIES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("cities"));

/// Words that no name of a place has in it.
pub static NEVER: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("never part of a place"));

/// Peoples and their countries, as in "the Syrian civil war".
pub static PEOPLES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    list("peoples and their countries").into_iter().filter_map(|p| p.split_once('=')).collect()
});

/// Nouns that can head a source: "a military source", "activists in …".
pub static HEADS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("heads of a source"));

/// Nouns that end a headline as its source.
pub static LAST: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("ends of a headline"));

/// Words that make the number after them a name: "resolution 2254", "MiG 29", "aged 12".
pub static LABELS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| list("before a label"));
