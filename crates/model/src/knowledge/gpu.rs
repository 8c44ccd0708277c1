//! Rows of `gpus.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::{ComputeCapability, DriverVersion, Platform};

/// `gpus.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GpuFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// One product a row.
    #[serde(default)]
    pub gpu: Vec<GpuRow>,
}

/// One product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GpuRow {
    /// As the driver reports it.
    pub name: String,
    /// Other names that people use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// PCI device ids of vendor 10de, four lower-case hex digits.
    #[serde(default)]
    pub pci: Vec<String>,
    /// Compute capability.
    pub capability: ComputeCapability,
    /// Memory sizes it is sold with, in GB.
    #[serde(default)]
    pub memory_gb: Vec<u32>,
    /// Chips.
    #[serde(default)]
    pub chip: Vec<String>,
    /// The platforms of the machines that it is built into; empty where any machine can have it.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// Whether it stands for its generation where no GPU is named.
    #[serde(default)]
    pub typical: bool,
    /// First driver of each branch that lists it.
    #[serde(default)]
    pub driver_first: Vec<DriverVersion>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}
