//! Findings: what a check has to say about the evidence.
//!
//! A finding is about the evidence (a damaged object, a stripped signature), an error about the
//! machine (a disk that is full). They are never mixed: a check that could not run is an error, not
//! a finding.

use serde::{Deserialize, Serialize};

/// One verdict of a check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// How grave it is.
    pub grade: Grade,
    /// Stable code, such as `object-damaged`; docs/format lists them all.
    pub code: String,
    /// What it is about: a path in the case or bundle, a leaf, an item.
    pub place: String,
    /// What was found and what to do, in one or two sentences.
    pub message: String,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The evidence or its proof is not whole: the check fails.
    Fault,
    /// Worth knowing; what is recorded is whole and provable all the same.
    Notice,
}

impl Finding {
    /// A finding that fails the check.
    pub fn fault(code: &str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            grade: Grade::Fault,
            code: code.into(),
            place: place.into(),
            message: message.into(),
        }
    }

    /// A finding worth knowing that fails nothing.
    pub fn notice(code: &str, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            grade: Grade::Notice,
            code: code.into(),
            place: place.into(),
            message: message.into(),
        }
    }
}

/// Whether nothing in `findings` fails the check.
pub fn passes(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.grade != Grade::Fault)
}
