//! Rows of `tools.toml`: what to know about installing with a certain tool.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Manager;

/// `tools.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Notes, in the order in which they are shown.
    #[serde(default)]
    pub note: Vec<ToolRow>,
}

/// A note on a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolRow {
    /// The tool.
    pub tool: Manager,
    /// The note; `{cuda}` stands for the CUDA release of the torch that is installed, `{python}` for the Python. It is left out where they
    /// are not known.
    pub note: String,
    /// Only for builds that the default index does not have (or only for those that it has).
    pub index: Option<bool>,
    /// Only for an environment that is there (or only for one that is still to be made).
    pub installed: Option<bool>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
