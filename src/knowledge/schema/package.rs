//! Rows of `packages/*.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::ComputeCapability;

/// One file of `packages/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// The package.
    pub package: PackageRow,
    /// Assemblers that it carries, by version.
    #[serde(default)]
    pub ptxas: Vec<PtxasRow>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageRow {
    /// Normalised name.
    pub name: String,
    /// Libraries that decide which GPUs it runs on, relative to site-packages.
    pub main: Vec<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What the assembler inside a range of versions can generate code for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PtxasRow {
    /// PEP 440 range of the package.
    pub versions: String,
    /// CUDA release of the assembler.
    pub ptxas: String,
    /// What it lists.
    pub capabilities: Vec<ComputeCapability>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
