//! Rules over Rust files: what they may say and how long they may get.
//!
//! The sizes are those of the house style; a limit is raised here, with a decision, or not at all.

use crate::source::Source;
use crate::{Place, Tree};
use std::collections::BTreeMap;

/// Most lines of a file without its tests: what a reader takes in at one sitting.
const FILE_LIMIT_LINES: usize = 500;

/// Most columns of a line (`rustfmt.toml` says the same, but leaves text and comments alone).
const LINE_LIMIT_COLUMNS: usize = 100;

/// Most lines of a function: one screen.
const FUNCTION_LIMIT_LINES: usize = 70;

/// Most lines of a crate without its tests: eight full files.
const CRATE_LIMIT_LINES: usize = 8 * FILE_LIMIT_LINES;

/// Parts of a name that say nothing, wherever they stand in it.
const EMPTY_PARTS: [&str; 6] = ["util", "utils", "helper", "helpers", "manager", "managers"];

/// Words that say nothing as a whole name, or as the verb of one.
const EMPTY_VERBS: [&str; 4] = ["process", "handle", "handler", "common"];

/// Macros that stand for code to be written.
const UNFINISHED_MACROS: [&str; 2] = ["todo", "unimplemented"];

/// Types whose order differs from run to run.
const RANDOM_TYPES: [&str; 2] = ["HashMap", "HashSet"];

/// Every `.rs` file parses: what cannot be read cannot be held to the rules.
pub(crate) fn parses(tree: &Tree) -> Vec<Place> {
    each(tree, |source| source.error.iter().map(|error| (1, error.clone())).collect())
}

/// A file opens with `//!`.
pub(crate) fn purpose(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        let said = source.text.lines().next().is_some_and(|line| line.starts_with("//! "));
        let text = "opens without `//!`: what is it for, and what must never happen here?";
        if said { Vec::new() } else { vec![(1, text.to_owned())] }
    })
}

/// A file has at most 500 lines without its tests.
pub(crate) fn file_length(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        let lines = source.lines();
        let long = lines > FILE_LIMIT_LINES;
        let text = format!("{lines} lines without tests, of {FILE_LIMIT_LINES}");
        if long { vec![(0, text)] } else { Vec::new() }
    })
}

/// A line of code has at most 100 columns. Tests may quote longer ones.
pub(crate) fn line_width(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        (1..)
            .zip(source.text.lines())
            .filter(|(at, _)| !source.in_tests(*at))
            .map(|(at, line)| (at, line.chars().count()))
            .filter(|(_, columns)| *columns > LINE_LIMIT_COLUMNS)
            .map(|(at, columns)| (at, format!("{columns} columns, of {LINE_LIMIT_COLUMNS}")))
            .collect()
    })
}

/// A function has at most 70 lines.
pub(crate) fn function_length(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        let long = |lines: usize| !source.only_tests && lines > FUNCTION_LIMIT_LINES;
        source
            .functions
            .iter()
            .filter(|(_, _, lines)| long(*lines))
            .map(|(name, at, lines)| {
                (*at, format!("`{name}` has {lines} lines, of {FUNCTION_LIMIT_LINES}"))
            })
            .collect()
    })
}

/// The crate that holds one file for each verb: it grows with them, and nobody reads it whole.
const ONE_FILE_A_VERB: &str = "tasks";

/// A crate has at most 4,000 lines without its tests.
pub(crate) fn crate_length(tree: &Tree) -> Vec<Place> {
    let mut lines = BTreeMap::<&str, usize>::new();
    for source in &tree.sources {
        if let Some(krate) = source.krate() {
            *lines.entry(krate).or_default() += source.lines();
        }
    }
    lines
        .into_iter()
        .filter(|(krate, lines)| *krate != ONE_FILE_A_VERB && *lines > CRATE_LIMIT_LINES)
        .map(|(krate, lines)| {
            (format!("crates/{krate}"), 0, format!("{lines} lines, of {CRATE_LIMIT_LINES}"))
        })
        .collect()
}

/// A name of a file, module, function or type says what the thing is.
pub(crate) fn vague_name(tree: &Tree) -> Vec<Place> {
    let mut places = each(tree, |source| {
        source
            .names
            .iter()
            .filter_map(|(name, at)| vague_word(name).map(|word| (*at, vague_text(name, word))))
            .collect()
    });
    for path in tree.files.keys() {
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if let Some(word) = vague_word(stem) {
                places.push((path.clone(), 0, vague_text(part, word)));
            }
        }
    }
    places
}

/// Nothing is left for later in silence: no empty macro, no test that is skipped.
pub(crate) fn unfinished(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        let mut found = Vec::new();
        for word in &source.words {
            if word.called_as_macro && UNFINISHED_MACROS.contains(&word.text.as_str()) {
                found.push((word.line, format!("`{}!` stands for code to be written", word.text)));
            }
            if word.opens_attribute && word.text == "ignore" {
                found.push((word.line, "a test that does not run tests nothing".to_owned()));
            }
        }
        found
    })
}

/// No map or set whose order is random.
pub(crate) fn random_order(tree: &Tree) -> Vec<Place> {
    each(tree, |source| {
        source
            .words
            .iter()
            .filter(|word| RANDOM_TYPES.contains(&word.text.as_str()))
            .map(|word| (word.line, format!("`{}` has no order: use a BTree", word.text)))
            .collect()
    })
}

/// Looks at every Rust file.
fn each(tree: &Tree, look: impl Fn(&Source) -> Vec<(usize, String)>) -> Vec<Place> {
    let mut places = Vec::new();
    for source in &tree.sources {
        places.extend(look(source).into_iter().map(|(at, text)| (source.path.clone(), at, text)));
    }
    places
}

fn vague_text(name: &str, word: &str) -> String {
    format!("`{name}`: `{word}` does not say what it is or does")
}

/// The word in `name` that says nothing. Names are split at `_`, `-` and inner capitals.
fn vague_word(name: &str) -> Option<&'static str> {
    let mut words = vec![String::new()];
    let mut last_lower = false;
    for letter in name.chars() {
        let cut = matches!(letter, '_' | '-') || (last_lower && letter.is_uppercase());
        if cut && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !matches!(letter, '_' | '-')) {
            word.extend(letter.to_lowercase());
        }
        last_lower = letter.is_lowercase();
    }
    let first = words.first()?;
    let part = EMPTY_PARTS.into_iter().find(|empty| words.iter().any(|word| word == empty));
    let verb = EMPTY_VERBS.into_iter().find(|empty| first == empty);
    part.or(verb.filter(|verb| *verb != "common" || words.len() == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing() {
        for (name, expect) in [
            ("util", Some("util")),
            ("text_utils", Some("utils")),
            ("FileManager", Some("manager")),
            ("process", Some("process")),
            ("process_file", Some("process")),
            ("handleEvent", Some("handle")),
            ("common", Some("common")),
            ("common_prefix", None),
            ("in_process", None),
            ("processor_count", None),
            ("utility_bill", None),
            ("manage", None),
        ] {
            assert_eq!(vague_word(name), expect, "{name}");
        }
    }
}
