//! Members of a package that were not read, and why.

use std::fmt;

use super::super::Error;

/// A member that could contain GPU code, but was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its path in the package.
    pub path: String,
    /// What kept it from being read.
    pub why: SkipReason,
}

/// What keeps a member from being read; it displays as a lower-case fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It is not a binary, whatever its name says: a linker script, for example.
    NotABinary,
    /// It may be one, but is damaged, hostile or unsupported.
    Unreadable(String),
}

impl Skipped {
    /// Whether it may contain device code, as far as is known.
    pub fn may_hold_code(&self) -> bool {
        self.why != SkipReason::NotABinary
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotABinary => Error::NotABinary.fmt(f),
            Self::Unreadable(why) => f.write_str(why),
        }
    }
}

impl From<Error> for SkipReason {
    fn from(error: Error) -> Self {
        match error {
            Error::NotABinary => Self::NotABinary,
            error => Self::Unreadable(error.to_string()),
        }
    }
}

impl From<String> for SkipReason {
    fn from(why: String) -> Self {
        Self::Unreadable(why)
    }
}

impl From<&str> for SkipReason {
    fn from(why: &str) -> Self {
        Self::Unreadable(why.to_owned())
    }
}
