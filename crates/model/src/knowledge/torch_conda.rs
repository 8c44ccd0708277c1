//! Rows of `torch.toml` about conda's builds of torch, which are not those of the wheels.

use serde::{Deserialize, Serialize};

use super::{
    TorchFile,
    problem::{Places, Problem},
    validate::Table,
};
use crate::facts::{CudaVersion, Platform, Target};

/// Builds of a channel that hold the same code: one CUDA release, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CondaRow {
    /// Name of the channel: `conda-forge`.
    pub channel: String,
    /// Releases that have such a build, oldest first.
    pub versions: Vec<String>,
    /// Platforms that have it.
    pub platforms: Vec<Platform>,
    /// CUDA release that it was built with; absent for builds without CUDA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda: Option<CudaVersion>,
    /// Machine code.
    #[serde(default)]
    pub sass: Vec<Target>,
    /// PTX.
    #[serde(default)]
    pub ptx: Vec<Target>,
    /// Packages whose version says which CUDA is wanted: `pytorch-cuda`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected_by: Vec<String>,
    /// Versions of such a package that go with it: `>=12.1,<12.2`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub selected: String,
    /// Channels, one of which has to be asked, too, for what it requires.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// Whether it is only taken where a driver serves its CUDA major (`__cuda`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_driver: bool,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What the rows must hold beyond their types.
pub(super) fn conda(file: &TorchFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "conda", &file.sources);
    for (index, row) in file.conda.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        let ascending = |targets: &[Target]| targets.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        if !ascending(&row.sass) || !ascending(&row.ptx) {
            table.fault(index, "sass", "targets must be unique and in ascending order");
        }
        if row.versions.is_empty() || row.platforms.is_empty() {
            table.fault(index, "versions", "it needs a version and a platform");
        }
        if row.cuda.is_some() == row.sass.is_empty() {
            table.fault(index, "sass", "a build with CUDA has machine code, and no other has");
        }
        if row.cuda.is_some() == row.selected.is_empty() || row.selected.is_empty() != row.selected_by.is_empty() {
            table.fault(index, "selected", "a build with CUDA is selected by a package in a range of versions");
        }
    }
    table.problems
}
