//! The names of all rules, each with one sentence and one example of our own.
//!
//! Never may a figure carry the name of a rule that is not listed here (a test holds it).

use crate::Rule;

/// Every named rule, by name.
pub fn rules() -> Vec<Rule> {
    TABLE
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once('\t')?;
            let (explains, example) = rest.split_once('\t')?;
            Some(Rule { name, explains, example })
        })
        .collect()
}

/// One rule a line, sorted by name: name, explanation and example, tabs between.
const TABLE: &str = include_str!("rules.tsv");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        let names: Vec<_> = rules().into_iter().map(|r| r.name).collect();
        assert_eq!(names.len(), TABLE.lines().count(), "a line without two tabs");
        assert!(names.windows(2).all(|w| matches!(w, [a, b] if a < b)), "{names:?}");
    }
}
