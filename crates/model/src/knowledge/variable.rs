//! Rows of `variables.toml`: environment variables, what reads them and what they may hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Level;

/// `variables.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VariableFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Variables that something reads.
    #[serde(default)]
    pub variable: Vec<VariableRow>,
    /// Variables that people set and nothing reads.
    #[serde(default)]
    pub unread: Vec<UnreadRow>,
}

/// A variable, for a range of versions of what reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VariableRow {
    /// Its name.
    pub name: String,
    /// What reads it: `driver`, or the normalised name of a package.
    pub read_by: String,
    /// Versions of the reader (the CUDA release, for the driver) for which the row holds; all when absent.
    pub versions: Option<String>,
    /// The values that mean something; any when empty.
    #[serde(default)]
    pub values: Vec<String>,
    /// What a value looks like, if it is not one of a list.
    pub format: Option<String>,
    /// What happens when it is not set.
    pub default: Option<String>,
    /// What it does.
    pub effect: String,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A variable that people set and nothing reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnreadRow {
    /// Its name.
    pub name: String,
    /// What does not read it, though people think it does: `driver`, or the normalised name of a package.
    pub of: String,
    /// Versions of that which do not read it; all when absent.
    pub versions: Option<String>,
    /// The variable that does what was meant, with the same value.
    pub instead: Option<String>,
    /// Severity of setting it although it does nothing; absent: info.
    pub severity: Option<Level>,
    /// A note for people.
    pub note: String,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
