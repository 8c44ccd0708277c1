//! Why something cannot be part of a line to paste.

use std::fmt;

use crate::text;

/// What was wanted on a line and is not fit for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWord {
    /// The text, visible and in short.
    text: String,
    /// What it is not: `is not the name of a package (PEP 508)`.
    why: &'static str,
}

impl NoWord {
    pub(super) fn new(text: &str, why: &'static str) -> Self {
        Self { text: text::in_short(text, 120), why }
    }
}

impl fmt::Display for NoWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' {}", self.text, self.why)
    }
}

impl std::error::Error for NoWord {}
