//! Rules over the pages: what they promise exists, and what exists is on them.
//!
//! A page that nobody checks is wrong within a month; each of these says one thing about the tree
//! that the tree itself can answer.

use crate::{Place, Tree, crates};

/// The page that shows the whole.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Most lines of it: read in one go, or not read.
const ARCHITECTURE_LIMIT_LINES: usize = 150;

/// Top folders of the repository: a path that opens with one of them is a claim about the tree,
/// while `objects/ab` or `text/html` is not.
const TOP_FOLDERS: [&str; 7] = ["crates", "docs", "tests", "benches", "fuzz", ".ci", ".config"];

/// Words with one meaning.
const GLOSSARY: &str = "docs/GLOSSARY.md";

/// Below this heading stand words that later stages need: kept free, not yet in use.
const GLOSSARY_RESERVED: &str = "## Reserved";

/// Where decisions stand.
const DECISIONS: &str = "docs/decisions/";

/// What a newcomer types, as README.md has to show it.
const README_COMMANDS: [&str; 2] = ["cargo run --release -- demo", "./test"];

/// Pages that every project owes its readers.
const OWED: [&str; 9] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "deny.toml",
    "docs/GLOSSARY.md",
    "docs/decisions/README.md",
];

/// The pages that every project owes its readers are there.
pub(crate) fn owed(tree: &Tree) -> Vec<Place> {
    OWED.into_iter()
        .filter(|page| tree.text(page).is_none())
        .map(|page| (page.to_owned(), 0, "is not there".to_owned()))
        .collect()
}

/// ARCHITECTURE.md is short, names every crate, and names no path that is not there.
pub(crate) fn architecture(tree: &Tree) -> Vec<Place> {
    let Some(page) = tree.text(ARCHITECTURE) else { return Vec::new() };
    let mut places = Vec::new();
    let mut say = |line, text| places.push((ARCHITECTURE.to_owned(), line, text));
    let lines = page.lines().count();
    if lines > ARCHITECTURE_LIMIT_LINES {
        say(0, format!("{lines} lines, of {ARCHITECTURE_LIMIT_LINES}"));
    }
    let spans: Vec<_> = code_spans(page);
    for name in crates::names(tree) {
        let path = format!("crates/{name}");
        if !spans.iter().any(|(_, span)| *span == name || span.starts_with(&path)) {
            say(0, format!("does not name the crate `{name}`"));
        }
    }
    for (line, span) in spans {
        let top = span.split('/').next().unwrap_or_default();
        let path = span.contains('/') && TOP_FOLDERS.contains(&top);
        let plain = !span.contains([' ', '*', '…', '<', '{']);
        if path && plain && !tree.holds(span) {
            say(line, format!("`{span}` is not there"));
        }
    }
    places
}

/// A relative link in a page leads to a file that exists.
pub(crate) fn links(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (path, text) in tree.texts(".md") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (at, line) in (1..).zip(text.lines()) {
            for rest in line.split("](").skip(1) {
                let target = rest.split([')', '#', ' ']).next().unwrap_or_default();
                if target.is_empty() || target.contains(':') || tree.holds(&join(folder, target)) {
                    continue;
                }
                places.push((path.to_owned(), at, format!("`{target}` is not there")));
            }
        }
    }
    places
}

/// A word of the glossary is used in the code or on another page.
pub(crate) fn glossary(tree: &Tree) -> Vec<Place> {
    let Some(page) = tree.text(GLOSSARY) else { return Vec::new() };
    let mut used = String::new();
    for (_, text) in tree.texts("").filter(|(path, _)| is_prose(path)) {
        used.push_str(&text.to_lowercase());
    }
    (1..)
        .zip(page.lines().take_while(|line| !line.starts_with(GLOSSARY_RESERVED)))
        .filter_map(|(at, line)| Some((at, line.strip_prefix("- **")?.split_once("**")?.0)))
        .filter(|(_, word)| !used.contains(&word.to_lowercase()))
        .map(|(at, word)| (GLOSSARY.to_owned(), at, format!("`{word}` is used nowhere")))
        .collect()
}

/// Every stable code (a text constant in a file or module `codes`) is explained in `docs/format`.
pub(crate) fn codes(tree: &Tree) -> Vec<Place> {
    let pages: Vec<&str> = tree
        .texts(".md")
        .filter(|(path, _)| path.starts_with("docs/format/"))
        .map(|(_, text)| text)
        .collect();
    let mut places = Vec::new();
    for source in tree.sources.iter().filter(|source| source.krate() != Some("tidy")) {
        for (name, code, line) in &source.codes {
            let span = format!("`{code}`");
            if !pages.iter().any(|page| page.contains(&span)) {
                let text = format!("{name}: {span} is explained on no page of docs/format");
                places.push((source.path.clone(), *line, text));
            }
        }
    }
    places
}

/// Decisions are numbered without a gap, and each is in the list.
pub(crate) fn decisions(tree: &Tree) -> Vec<Place> {
    let list = tree.text(&format!("{DECISIONS}README.md")).unwrap_or_default();
    let mut places = Vec::new();
    let files = tree.texts(".md").filter_map(|(path, _)| path.strip_prefix(DECISIONS));
    for (number, file) in (1..).zip(files.filter(|file| *file != "README.md")) {
        let path = format!("{DECISIONS}{file}");
        if !file.starts_with(&format!("{number:04}-")) {
            places.push((path.clone(), 0, format!("the next number is {number:04}")));
        }
        if !list.contains(&format!("]({file})")) {
            places.push((path, 0, "is not in the list of decisions".to_owned()));
        }
    }
    places
}

/// README.md shows the two commands that get a newcomer going.
pub(crate) fn readme(tree: &Tree) -> Vec<Place> {
    let Some(page) = tree.text("README.md") else { return Vec::new() };
    README_COMMANDS
        .into_iter()
        .filter(|command| !page.lines().any(|line| line.trim_start().ends_with(command)))
        .map(|command| ("README.md".to_owned(), 0, format!("does not show `{command}`")))
        .collect()
}

/// Where a glossary word can be in use: code and pages, but not the glossary, nor these rules.
fn is_prose(path: &str) -> bool {
    let readable = [".rs", ".md", ".toml"].iter().any(|ending| path.ends_with(ending));
    readable && path != GLOSSARY && !path.starts_with("crates/tidy/")
}

/// What stands between backticks on a page: line, text.
fn code_spans(page: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    for (at, line) in (1..).zip(page.lines()).filter(|(_, line)| !line.starts_with("```")) {
        spans.extend(line.split('`').skip(1).step_by(2).map(|span| (at, span)));
    }
    spans
}

/// The path that `target` means on a page in `folder`.
fn join(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
