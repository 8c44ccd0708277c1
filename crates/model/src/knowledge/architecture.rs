//! Rows of `architectures.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{ComputeCapability, CudaVersion, DriverVersion};

/// `architectures.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchitectureFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// One compute capability a row.
    #[serde(default)]
    pub architecture: Vec<ArchitectureRow>,
    /// Which devices can run family-specific (`f`) code.
    #[serde(default)]
    pub family: Vec<FamilyRow>,
    /// Plain machine code that does not run although the capability would allow it.
    #[serde(default)]
    pub sass_exclusion: Vec<ExclusionRow>,
    /// Capabilities that are two names of one chip.
    #[serde(default)]
    pub same_chip: Vec<SameChipRow>,
}

/// One compute capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchitectureRow {
    /// The capability.
    pub capability: ComputeCapability,
    /// Generation: kepler, maxwell … rubin.
    pub generation: String,
    /// What people call it, a few names at most: parts of product names.
    #[serde(default)]
    pub products: Vec<String>,
    /// Whether it is an integrated (Jetson, Drive) GPU.
    #[serde(default)]
    pub tegra: bool,
    /// Single-precision multiply-adds that a multiprocessor can do in a clock.
    #[serde(default)]
    pub fp32_lanes: Option<u32>,
    /// First CUDA release that generates code for it.
    pub first_toolkit: Option<CudaVersion>,
    /// Last CUDA release that does; nothing while it is supported.
    pub last_toolkit: Option<CudaVersion>,
    /// First Linux driver that supports it.
    pub driver_first_linux: Option<DriverVersion>,
    /// First Windows driver that supports it.
    pub driver_first_windows: Option<DriverVersion>,
    /// Last driver branch that supports it; absent while it is supported.
    pub driver_last_branch: Option<u32>,
    /// Whether it works with the open kernel modules.
    pub open_kernel_modules: Option<OpenModules>,
    /// Which source says what besides toolkits.
    #[serde(default)]
    pub by: ArchitectureSources,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

impl ArchitectureRow {
    /// Whether a driver is of a branch that no longer supports it. Windows numbers a branch over several tens (581.57 is of branch 580), so a
    /// branch ends where the next ten begins.
    pub fn is_dropped_by(&self, driver: &DriverVersion) -> bool {
        self.driver_last_branch.is_some_and(|last| driver.branch() > last - last % 10 + 9)
    }
}

/// The keys of the sources that decide single fields of a row; the first of `source` decides the toolkits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchitectureSources {
    /// The first drivers.
    pub driver_first: Option<String>,
    /// The last driver branch.
    pub driver_last: Option<String>,
    /// The kernel modules.
    pub open_kernel_modules: Option<String>,
    /// The lanes.
    pub fp32_lanes: Option<String>,
}

/// Whether an architecture works with NVIDIA's open Linux kernel modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OpenModules {
    /// With nothing else.
    Required,
    /// With both.
    Supported,
    /// Never.
    Impossible,
}

/// Which devices can run code of one family-specific target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FamilyRow {
    /// Capability that the code was generated for.
    pub code: ComputeCapability,
    /// Capabilities that can run it.
    pub devices: Vec<ComputeCapability>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Plain machine code that a device cannot run although it is of the same major.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExclusionRow {
    /// Capabilities that the code was generated for.
    pub code: Vec<ComputeCapability>,
    /// Devices that cannot run it.
    pub devices: Vec<ComputeCapability>,
    /// CUDA release of the binary from which on they can.
    pub lifted_from: Option<CudaVersion>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Two names of one chip: code for either runs on both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SameChipRow {
    /// The capabilities.
    pub capabilities: Vec<ComputeCapability>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
