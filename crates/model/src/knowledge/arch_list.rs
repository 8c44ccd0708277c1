//! Rows of `arch_list.toml`: what TORCH_CUDA_ARCH_LIST may hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `arch_list.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchListFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// One parser for each range of torch versions.
    #[serde(default)]
    pub parser: Vec<ParserRow>,
}

/// What the parser of a range of torch versions knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ParserRow {
    /// PEP 440 range of torch.
    pub versions: String,
    /// Values; each may be followed by `+PTX`.
    pub values: Vec<String>,
    /// Whether the word `native`, alone, stands for the GPUs that are there.
    #[serde(default)]
    pub native: bool,
    /// Names and the values that replace them, in the order of replacement.
    pub names: Vec<(String, String)>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
