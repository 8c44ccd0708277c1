//! Rows of `jetson.toml`: the driver of a Jetson comes with its operating system, and so do the builds of torch that run on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{ComputeCapability, CudaVersion, DriverVersion, PythonVersion};

/// `jetson.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JetsonFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// One release of Jetson Linux a row, oldest first.
    #[serde(default)]
    pub jetpack: Vec<JetpackRow>,
    /// Builds of torch for the Jetsons of a JetPack, outside PyTorch's own index.
    #[serde(default)]
    pub torch: Vec<JetsonTorchRow>,
}

/// A release of JetPack with its Jetson Linux (L4T) and its driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JetpackRow {
    /// Version of JetPack, `6.2`.
    pub version: String,
    /// Release of Jetson Linux, as `/etc/nv_tegra_release` has it: `36.4.3` for R36, revision 4.3.
    pub l4t: String,
    /// The driver that it brings, as its kernel module and `nvidia-smi` say it.
    pub driver: DriverVersion,
    /// The CUDA release of that driver.
    pub cuda: CudaVersion,
    /// Compute capabilities of the Jetsons that it is for.
    pub capabilities: Vec<ComputeCapability>,
    /// Python of its Ubuntu.
    pub python: PythonVersion,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Where the builds of torch are that are made for a JetPack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct JetsonTorchRow {
    /// Major version of JetPack.
    pub jetpack: u16,
    /// The CUDA release of the driver that they need.
    pub cuda: CudaVersion,
    /// What to take, as the end of a sentence; no line, because no rule can try it.
    pub summary: String,
    /// A line to paste, where there is one.
    pub line: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
