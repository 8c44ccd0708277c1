//! Whether what was asked of a scan is met.

use serde::Serialize;

use crate::facts::CodeTarget;

/// Whether what was asked of a scan is met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gate {
    /// The GPUs that everything that decides must run on.
    pub gpus: Vec<String>,
    /// The targets that every library with device code must hold throughout.
    pub required: Vec<CodeTarget>,
    /// Whether all of that is so.
    pub met: bool,
    /// Why not, beside what the findings say.
    pub reasons: Vec<String>,
    /// Why that cannot be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Whether the answer rests on a sample of some library.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
    /// The targets in which no device code that can run was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nothing_in: Vec<String>,
    /// The file of the baseline that it must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Whether nothing may be lost against the old release (`--diff --fail-on lost`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nothing_lost: bool,
}
