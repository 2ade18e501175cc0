//! Every rule sees what it is there to see: a clean tree gives nothing, and one planted violation gives
//! findings of that rule alone. Forbidden words are spelled in halves, so that this file is clean.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A small repository that keeps every rule: path, text.
const CLEAN: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\n    \"crates/record\", # the nouns\n    \
         \"crates/archive\", # writes evidence\n]\n",
    ),
    ("crates/record/Cargo.toml", "[dependencies]\nserde = \"1\"\n\n[lints]\nworkspace = true\n"),
    ("crates/record/clippy.toml", FENCE),
    ("crates/record/src/lib.rs", LIB),
    (
        "crates/archive/Cargo.toml",
        "[dependencies]\nrecord.workspace = true\n\n[lints]\nworkspace = true\n",
    ),
    ("crates/archive/src/lib.rs", "//! Writes items to disk; never rewrites one.\n"),
    (
        "crates/archive/src/codes.rs",
        "//! Codes of findings.\n\n/// Gone.\npub const GONE: &str = \"object-gone\";\n",
    ),
    (
        "ARCHITECTURE.md",
        "`record` is in `crates/record/src/lib.rs`, and `archive` writes `CASE/log`.\n",
    ),
    (
        "README.md",
        "# x\n\n    cargo run --release -- demo\n    ./test\n\n[log](CHANGELOG.md#top)\n",
    ),
    ("CHANGELOG.md", "# Changes\n"),
    ("CONTRIBUTING.md", "# How to\n"),
    ("LICENSE-APACHE", "x\n"),
    ("LICENSE-MIT", "x\n"),
    ("deny.toml", "[bans]\n"),
    (
        "docs/GLOSSARY.md",
        "# Words\n\n- **item**: preserved bytes.\n\n## Reserved\n\n- **stratum**: later.\n",
    ),
    (
        "docs/format/object.md",
        "`object-gone`: an object is not there. See [words](../GLOSSARY.md).\n",
    ),
    ("docs/decisions/README.md", "- [1](0001-crates.md)\n"),
    ("docs/decisions/0001-crates.md", "# Small crates\n"),
];

const LIB: &str = "//! Nouns. Never I/O.\n\n/// Sums an item.\npub fn sum(a: u64) -> u64 {\n    a\n}\n\n\
                   #[cfg(test)]\nmod tests {\n    #[test]\n    fn sums() {}\n}\n";

const FENCE: &str = "disallowed = [\n\"std::collections::HashMap\", \"std::collections::HashSet\",\n\
    \"std::fs::File\", \"std::fs::read\", \"std::fs::write\", \"std::net::TcpStream\",\n\
    \"std::process::Command\", \"std::time::Instant::now\", \"std::time::SystemTime::now\"]\n";

const INNER_CODES: &str =
    "one.\n\n/// Codes.\npub mod codes {\n    /// Lost.\n    pub const LOST: &str = \"lost\";\n}\n";

/// What is done to the clean tree.
enum Plant {
    /// A file is added or replaced.
    Put(&'static str, String),
    /// Nine files with the same text are added to a folder.
    Fill(&'static str, String),
    /// The first text in a file becomes the second.
    Edit(&'static str, &'static str, String),
    /// A file goes.
    Drop(&'static str),
}
use Plant::{Drop, Edit, Fill, Put};

#[test]
fn nothing_is_found_in_a_clean_tree() {
    assert_eq!(found(None), Vec::<String>::new());
}

#[test]
fn every_rule_sees_each_of_its_planted_violations() {
    for (rule, plant) in planted() {
        let found = found(Some(&plant));
        let rules: BTreeSet<&str> =
            found.iter().filter_map(|line| line.split(": ").nth(1)).collect();
        assert_eq!(rules, BTreeSet::from([rule]), "planted for {rule}, found: {found:#?}");
    }
}

#[test]
fn every_rule_has_a_planted_violation() {
    let planted: BTreeSet<&str> = planted().iter().map(|(rule, _)| *rule).collect();
    let rules: BTreeSet<&str> = tidy::RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(planted, rules);
}

#[test]
fn a_tree_that_is_not_there_is_an_error_and_not_a_clean_one() {
    assert!(tidy::check(Path::new("no/such/tree")).is_err());
}

fn planted() -> Vec<(&'static str, Plant)> {
    [in_manifests(), in_code(), in_names(), in_pages()].into_iter().flatten().collect()
}

fn in_manifests() -> Vec<(&'static str, Plant)> {
    const RECORD: &str = "crates/record/Cargo.toml";
    const ARCHIVE: &str = "crates/archive/Cargo.toml";
    let renamed = "a = { package = \"casefile-tasks\", path = \"../tasks\" }\n";
    vec![
        ("network-fence", edit(RECORD, "serde = \"1\"", "ureq.workspace = true")),
        ("dependency-direction", edit(RECORD, "serde = \"1\"", "archive.workspace = true")),
        ("dependency-direction", edit(ARCHIVE, "record.workspace = true\n", renamed)),
        (
            "dependency-direction",
            edit(ARCHIVE, "[lints]", "[target.'cfg(unix)'.dependencies]\nread = \"1\"\n\n[lints]"),
        ),
        (
            "dependency-direction",
            edit(RECORD, "[lints]", "[dev-dependencies]\narchive = \"1\"\n\n[lints]"),
        ),
        ("lints-inherited", edit(RECORD, "[lints]\nworkspace = true\n", "")),
        ("lints-inherited", edit(RECORD, "workspace = true", "workspace = false")),
        ("pure-fence", Drop("crates/record/clippy.toml")),
        ("pure-fence", edit("crates/record/clippy.toml", "\"std::fs::File\", ", "")),
        (
            "pure-fence",
            edit(
                "crates/record/src/lib.rs",
                "pub fn",
                "#[allow(clippy::disallowed_methods)]\npub fn",
            ),
        ),
        ("member-comment", edit("Cargo.toml", " # the nouns", "")),
        ("member-comment", edit("Cargo.toml", "    \"crates/record\", # the nouns\n", "")),
    ]
}

fn in_code() -> Vec<(&'static str, Plant)> {
    const LIB: &str = "crates/record/src/lib.rs";
    let after = |code: String| edit(LIB, "#[cfg(test)]", &format!("{code}\n#[cfg(test)]"));
    let constants = "/// One.\npub const ONE: u8 = 1;\n";
    let long = |lines: usize| format!("//! Long.\n{}", "// line\n".repeat(lines));
    vec![
        ("parses", after("pub fn (".to_owned())),
        ("file-purpose", edit(LIB, "//! Nouns. Never I/O.\n", "")),
        ("file-length", Put("crates/record/src/long.rs", long(500))),
        ("crate-length", Fill("crates/record/src", long(450))),
        ("line-width", after(format!("// {}", "x".repeat(98)))),
        ("function-length", after(format!("fn long() {{\n{}}}", "    // line\n".repeat(69)))),
        (
            "function-length",
            after(format!(
                "impl Item {{\nfn long() {{\n{constants}{}}}\n}}",
                "// line\n".repeat(67)
            )),
        ),
        ("unfinished", after(format!("fn later() {{\n    {}!()\n}}", concat!("to", "do")))),
        ("unfinished", edit(LIB, "#[test]", concat!("#[test]\n    #[ig", "nore = \"slow\"]"))),
        ("random-order", after(format!("fn map(a: std::collections::{}) {{}}", "HashMap<u8, u8>"))),
        ("random-order", edit(LIB, "fn sums() {}", "fn sums(a: HashSet<u8>) {}")),
        ("fixme", after(format!("// {}", concat!("FIX", "ME: later")))),
        ("machine-path", after(format!("// in {}", concat!("/wo", "rk/x")))),
        ("machine-path", edit("README.md", "# x", concat!("# on crates", ".io"))),
    ]
}

fn in_names() -> Vec<(&'static str, Plant)> {
    const LIB: &str = "crates/record/src/lib.rs";
    let named = |code: &str| edit(LIB, "#[cfg(test)]", &format!("{code}\n#[cfg(test)]"));
    vec![
        ("vague-name", Put("crates/record/src/text_utils.rs", "//! Text.\n".to_owned())),
        ("vague-name", Put("tests/common.sh", String::new())),
        ("vague-name", named("fn handle_item() {}")),
        ("vague-name", named("struct ItemManager;")),
        ("vague-name", named("mod process {}")),
        ("vague-name", named("struct A;\nimpl A {\n    fn helper(&self) {}\n}")),
    ]
}

fn in_pages() -> Vec<(&'static str, Plant)> {
    const PAGE: &str = "ARCHITECTURE.md";
    vec![
        ("architecture-page", edit(PAGE, "`archive`", "it")),
        ("architecture-page", edit(PAGE, "`CASE/log`", "`crates/record/src/gone.rs`")),
        ("architecture-page", edit(PAGE, "writes", &"\n".repeat(150))),
        ("page-link", edit("README.md", "CHANGELOG.md", "docs/gone.md")),
        ("page-link", edit("docs/format/object.md", "../GLOSSARY.md", "GLOSSARY.md")),
        ("glossary-word", edit("docs/GLOSSARY.md", "**item**", "**exhibit**")),
        ("code-listed", edit("docs/format/object.md", "`object-gone`", "`object-going`")),
        ("code-listed", edit("crates/archive/src/lib.rs", "one.\n", INNER_CODES)),
        ("decision-listed", edit("docs/decisions/README.md", "(0001-crates.md)", "(README.md)")),
        ("decision-listed", Put("docs/decisions/0003-x.md", String::new())),
        ("readme-commands", edit("README.md", "cargo run --release -- demo", "make")),
        ("house-page", Drop("CONTRIBUTING.md")),
        ("house-page", Drop("LICENSE-MIT")),
    ]
}

fn edit(path: &'static str, old: &'static str, new: &str) -> Plant {
    Edit(path, old, new.to_owned())
}

/// What is found in the clean tree once `plant` is in it.
fn found(plant: Option<&Plant>) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for (path, text) in CLEAN {
        write(path, text);
    }
    match plant {
        Some(Put(path, text)) => write(path, text),
        Some(Fill(folder, text)) => {
            (0..9).for_each(|number| write(&format!("{folder}/long_{number}.rs"), text));
        }
        Some(Edit(path, old, new)) => {
            let text = fs::read_to_string(root.path().join(path)).unwrap();
            assert!(text.contains(old), "{path} has no {old:?} to plant at");
            write(path, &text.replacen(old, new, 1));
        }
        Some(Drop(path)) => fs::remove_file(root.path().join(path)).unwrap(),
        None => {}
    }
    tidy::check(root.path()).unwrap().iter().map(ToString::to_string).collect()
}
