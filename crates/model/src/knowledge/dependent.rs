//! Rows of `dependents.toml`: packages that bring software for GPUs although nobody names it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Platform;

/// `dependents.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DependentFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// The packages.
    #[serde(default)]
    pub dependent: Vec<DependentRow>,
}

/// A package that requires torch or another package with rows of its own, itself or by what it requires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DependentRow {
    /// Normalised name.
    pub name: String,
    /// The extra without which it does not.
    pub extra: Option<String>,
    /// Only on these platforms; empty: everywhere. A package that brings something else elsewhere has other rows for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
    /// Normalised names of what comes with it: torch, and packages that have a file in `packages/`.
    pub brings: Vec<String>,
    /// PEP 440 range of torch that its newest version leaves; nothing: the newest torch came with it.
    pub torch: Option<String>,
    /// Whether what comes has the version of the package itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_version: bool,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
