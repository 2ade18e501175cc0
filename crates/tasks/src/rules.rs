//! `casefile rules`: every named rule by which words become values, and figures become questions.

use serde::Serialize;

/// A named rule.
#[derive(Debug, Serialize)]
pub struct Rule {
    /// The stage it belongs to.
    pub stage: &'static str,
    /// Its name, as readings and comparisons give it.
    pub name: String,
    /// What it says.
    pub explains: String,
    /// An example.
    pub example: String,
}

/// All rules, by stage and name.
pub fn run() -> Vec<Rule> {
    let reading = read::rules().into_iter().map(|rule| Rule {
        stage: "read",
        name: rule.name.to_string(),
        explains: rule.explains.to_string(),
        example: rule.example.to_string(),
    });
    let comparing = compare::rules().iter().map(|rule| Rule {
        stage: "compare",
        name: rule.name.to_string(),
        explains: rule.words.to_string(),
        example: rule.example.to_string(),
    });
    let mut rules: Vec<Rule> = reading.chain(comparing).collect();
    rules.sort_by(|a, b| (a.stage, &a.name).cmp(&(b.stage, &b.name)));
    rules
}
