//! The command that a report answers.

use std::fmt;

use serde::Serialize;

/// A command that ends in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CommandName {
    /// What is wrong here.
    Doctor,
    /// What to install.
    Recommend,
    /// What runs where.
    Matrix,
    /// Whether a GPU computes.
    Smoke,
    /// What was scanned can run on.
    Scan,
    /// What files and commands ask for.
    Check,
    /// What a log shows.
    Explain,
    /// What drivers and GPUs something needs.
    Needs,
    /// What many machines have.
    Merge,
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Doctor => "doctor",
            Self::Recommend => "recommend",
            Self::Matrix => "matrix",
            Self::Smoke => "smoke",
            Self::Scan => "scan",
            Self::Check => "check",
            Self::Explain => "explain",
            Self::Needs => "needs",
            Self::Merge => "merge",
        })
    }
}
