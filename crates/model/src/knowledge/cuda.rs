//! Rows of `cuda.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{CudaVersion, DriverVersion, PtxIsa, Target};

/// `cuda.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CudaFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Minor-version compatibility: the floor of each CUDA major.
    #[serde(default)]
    pub runtime: Vec<RuntimeRow>,
    /// Toolkit releases.
    #[serde(default)]
    pub toolkit: Vec<ToolkitRow>,
    /// PTX ISA versions.
    #[serde(default)]
    pub ptx: Vec<PtxRow>,
    /// CUDA release that each driver branch reports.
    #[serde(default)]
    pub driver: Vec<DriverRow>,
    /// Driver branches and their lifetimes.
    #[serde(default)]
    pub branch: Vec<BranchRow>,
    /// What compressed fatbins need.
    #[serde(default)]
    pub compression: Vec<CompressionRow>,
}

/// The oldest driver on which programs of a CUDA major run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuntimeRow {
    /// CUDA major release.
    pub major: u16,
    /// Oldest Linux driver.
    pub linux: DriverVersion,
    /// Oldest Windows driver.
    pub windows: DriverVersion,
    /// Before CUDA 11 each release has a minimum of its own: those of releases before the last one of the major.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierRelease>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The oldest driver for one release of a CUDA major that has no minor-version compatibility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EarlierRelease {
    /// Its number behind the major one.
    pub minor: u16,
    /// Oldest Linux driver.
    pub linux: DriverVersion,
    /// Oldest Windows driver.
    pub windows: DriverVersion,
}

/// A CUDA toolkit release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ToolkitRow {
    /// Full version, `12.8.1`.
    pub version: String,
    /// Release day or month.
    pub released: Option<String>,
    /// Driver that NVIDIA names for all features; absent when not verified.
    pub min_driver_linux: Option<DriverVersion>,
    /// The same on Windows.
    pub min_driver_windows: Option<DriverVersion>,
    /// Newest PTX ISA that it writes.
    pub ptx_isa: Option<PtxIsa>,
    /// Targets of its ptxas.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Fields that are not known, each with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A PTX ISA version and the CUDA release that a driver must report to compile it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PtxRow {
    /// ISA version.
    pub isa: PtxIsa,
    /// First CUDA release that knows it.
    pub cuda: CudaVersion,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// CUDA release that a driver branch reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DriverRow {
    /// Branch.
    pub branch: u32,
    /// CUDA release of its user-mode part.
    pub cuda: CudaVersion,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Lifetime of a driver branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BranchRow {
    /// Branch.
    pub branch: u32,
    /// Long Term Support, Production, New Feature.
    pub kind: String,
    /// Month of its end, where announced.
    pub eol: Option<String>,
    /// Month in which NVIDIA listed it as ended, where the month of its end was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Newest version seen.
    pub newest: Option<DriverVersion>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What a way of compressing fatbin entries needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CompressionRow {
    /// `zstd`.
    pub kind: String,
    /// First driver branch that unpacks it.
    pub branch: u32,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
