//! Why a token, certificate or evidence record is not accepted: one code and one sentence.

use std::fmt;

/// Why something is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Stable code, one of [`crate::codes`].
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl Fault {
    /// A fault.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for Fault {}
