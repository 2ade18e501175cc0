//! Rules over the text of every file, whatever its kind.
//!
//! The patterns are spelled in two halves, so that this file is not a finding of its own rules.

use crate::{Place, Tree};

/// Marks that say "come back to this".
const MARKS: [&str; 3] = [concat!("FIX", "ME"), concat!("TO", "DO:"), concat!("XX", "X:")];

/// Folders that exist on one machine only; looked for at the start of a path.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/fa", "rm/"),
    concat!("/tmp/ba", "sh_jobs"),
    concat!("/ro", "ot/."),
    concat!("/ho", "me/"),
];

/// Hosts that serve packages: a build names packages, never the place they came from.
const REGISTRY_HOSTS: [&str; 8] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("deb.de", "bian.org"),
    concat!("security.de", "bian.org"),
    concat!("proxy.go", "lang.org"),
];

/// Written by cargo, and full of its index's address.
const LOCK_FILE: &str = "Cargo.lock";

/// A note to come back is an issue, not a comment.
pub(crate) fn fixme(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (path, line, text) in lines(tree) {
        for mark in MARKS.into_iter().filter(|mark| text.contains(mark)) {
            places.push((path.to_owned(), line, format!("`{mark}` belongs in an issue")));
        }
    }
    places
}

/// No path of one machine and no address of a package registry.
pub(crate) fn machine_path(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (path, line, text) in lines(tree) {
        for pattern in MACHINE_PATHS.into_iter().filter(|pattern| starts_a_path(text, pattern)) {
            places.push((path.to_owned(), line, format!("`{pattern}` is a path of one machine")));
        }
        for host in REGISTRY_HOSTS.into_iter().filter(|host| text.contains(host)) {
            places.push((path.to_owned(), line, format!("`{host}` is the host of a registry")));
        }
    }
    places
}

/// Every line of every text file: path, line number, text.
fn lines(tree: &Tree) -> impl Iterator<Item = (&str, usize, &str)> {
    tree.texts("")
        .filter(|(path, _)| !path.ends_with(LOCK_FILE))
        .flat_map(|(path, text)| (1..).zip(text.lines()).map(move |(at, line)| (path, at, line)))
}

/// Whether `pattern` stands in `text` as the start of a path, not in the middle of one.
fn starts_a_path(text: &str, pattern: &str) -> bool {
    text.match_indices(pattern).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|mark| mark.is_alphanumeric() || "._-}/".contains(mark))
    })
}
