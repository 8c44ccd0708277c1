//! Rows of `failures.toml`: how the driver fails, and what each failure looks like.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `failures.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FailureFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// One way to fail a row.
    #[serde(default)]
    pub failure: Vec<FailureRow>,
}

/// One way in which a driver, a container or a program of it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FailureRow {
    /// Its name.
    pub name: String,
    /// Slug of the rule that finds it on a machine, where there is one.
    pub rule: Option<String>,
    /// Codes of the CUDA driver or runtime that it shows as.
    #[serde(default)]
    pub cuda: Vec<u32>,
    /// Codes of NVML that it shows as.
    #[serde(default)]
    pub nvml: Vec<u32>,
    /// What logs and programs say: pieces of text that do not change from case to case.
    #[serde(default)]
    pub texts: Vec<String>,
    /// What causes it.
    pub cause: String,
    /// How to tell it from others.
    pub tell: String,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
