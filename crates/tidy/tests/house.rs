//! The house rules, held against this repository. Nothing here may be switched off for one file: a
//! rule that is wrong is changed, with a decision.

use std::path::Path;

#[test]
fn this_repository_keeps_the_house_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let findings = tidy::check(&root).unwrap();
    let list: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} places break a house rule:\n{}", list.len(), list.join("\n"));
}
