//! The house rules as a test.
//!
//! What a compiler cannot hold the project to stands here as rules over its files: who may depend
//! on whom, how long things get, what a page promises. A rule reads and reports; nothing here may
//! ever change a file, run a program or open the network, so that a clean report says something
//! about the tree and nothing about the machine.

mod code;
mod crates;
mod pages;
mod source;
mod text;
mod tree;

pub use tree::{Tree, TreeError};

use std::fmt;
use std::path::Path;

/// One place that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path of the file, from the root of the repository, with `/` between its parts.
    pub path: String,
    /// Line, counted from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Name of the rule, one of [`RULES`].
    pub rule: &'static str,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// A house rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name, as findings carry it.
    pub name: &'static str,
    /// What it asks for, in one sentence.
    pub asks: &'static str,
    /// What looks for places that break it.
    look: fn(&Tree) -> Vec<Place>,
}

/// A place that breaks the rule being looked at: path, line, message.
pub(crate) type Place = (String, usize, String);

const fn rule(name: &'static str, asks: &'static str, look: fn(&Tree) -> Vec<Place>) -> Rule {
    Rule { name, asks, look }
}

/// Every rule. A test plants a violation of each and sees that it alone is reported.
pub const RULES: &[Rule] = &[
    rule("dependency-direction", "a crate depends only on those it may see", crates::direction),
    rule("network-fence", "libraries that connect stay in one crate", crates::network),
    rule("pure-fence", "a pure crate is fenced off disk, network, clock", crates::pure_fence),
    rule("lints-inherited", "every crate takes the lints of the workspace", crates::lints),
    rule("member-comment", "every crate is a member, with its purpose beside it", crates::comments),
    rule("parses", "every .rs file parses", code::parses),
    rule("file-purpose", "a file opens with //!, its purpose", code::purpose),
    rule("file-length", "a file has at most 500 lines without its tests", code::file_length),
    rule("line-width", "a line of code has at most 100 columns", code::line_width),
    rule("function-length", "a function has at most 70 lines", code::function_length),
    rule(
        "crate-length",
        "a crate but `tasks` has at most 4,000 lines without its tests",
        code::crate_length,
    ),
    rule("vague-name", "a name says what the thing is", code::vague_name),
    rule("unfinished", "nothing is left for later in silence", code::unfinished),
    rule("random-order", "no map or set whose order is random", code::random_order),
    rule("fixme", "a note to come back is an issue, not a comment", text::fixme),
    rule("machine-path", "no path of one machine, no address of a registry", text::machine_path),
    rule("architecture-page", "ARCHITECTURE.md is short, whole and true", pages::architecture),
    rule("page-link", "a link in a page leads to a file that exists", pages::links),
    rule("glossary-word", "a word of the glossary is in use", pages::glossary),
    rule("code-listed", "every stable code is explained in docs/format", pages::codes),
    rule("decision-listed", "decisions are numbered and listed", pages::decisions),
    rule("readme-commands", "README.md shows the two commands", pages::readme),
    rule("house-page", "the pages that every project owes are there", pages::owed),
];

/// Everything in the tree below `root` that breaks a rule, in order of path, line and rule.
///
/// # Errors
/// Where a folder or file cannot be read: an unread file is not a clean one.
pub fn check(root: &Path) -> Result<Vec<Finding>, TreeError> {
    let tree = Tree::load(root)?;
    let mut findings = Vec::new();
    for rule in RULES {
        for (path, line, message) in (rule.look)(&tree) {
            findings.push(Finding { path, line, rule: rule.name, message });
        }
    }
    findings.sort();
    Ok(findings)
}
