//! The example of a commitment on the page about leaves: what it says is what we and `sha256sum`
//! make of it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may start programs"
)]

use record::{Opening, canonical};
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/format/leaf.md");

/// The lines of the page that are set in as code, from the one that begins so.
fn code_from(start: &str) -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .filter_map(|line| line.strip_prefix("    "))
        .skip_while(move |line| !line.starts_with(start))
}

fn commitment_on_the_page() -> &'static str {
    let (_, after) = PAGE.split_once("the commitment in the leaf is `").unwrap();
    after.split_once('`').unwrap().0
}

#[test]
fn the_opening_on_the_page_has_the_commitment_on_the_page() {
    let line = code_from(r#"{"field":"collector","salt":"0"#).next().unwrap();
    let opening: Opening = canonical::from_bytes(line.as_bytes()).unwrap();
    assert_eq!(opening.commitment().to_string(), commitment_on_the_page());
}

#[test]
fn the_commands_on_the_page_give_the_commitment_on_the_page() {
    let commands: Vec<_> = code_from("salt=").take(2).collect();
    let out = match Command::new("sh").args(["-ec", &commands.join("\n")]).output() {
        Ok(out) => out,
        Err(error) => return eprintln!("skipped: no sh: {error}"),
    };
    assert!(out.status.success(), "{out:?}");
    assert_eq!(out.stdout, format!("{}  -\n", commitment_on_the_page()).into_bytes());
}
