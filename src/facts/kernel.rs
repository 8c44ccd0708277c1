//! What the kernel shows of NVIDIA's driver in its files: no library is called.

use gpucheck_model::facts::DriverVersion;
use serde::{Deserialize, Serialize};

use super::fact::Fact;

/// The kernel side of the driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Kernel {
    /// Version of the loaded kernel module; absent when none is loaded.
    pub version: Fact<DriverVersion>,
    /// Flavour of the loaded module.
    pub flavour: Fact<KernelModule>,
    /// Those loaded modules that matter: `nvidia`, `nvidia_uvm`, `nouveau`, `vfio_pci` …
    pub loaded: Fact<Vec<String>>,
    /// Version of the module that is installed for the running kernel, loaded or not; absent when none was built for it. Below a
    /// `--root` where no kernel runs, that of the module that its kernels have.
    pub installed: Fact<DriverVersion>,
    /// Flavour of that module.
    pub installed_flavour: Fact<KernelModule>,
    /// Device nodes: `/dev/nvidia0`, `/dev/nvidiactl`, `/dev/nvidia-uvm`, `/dev/dxg`.
    pub nodes: Fact<Vec<String>>,
    /// Whether the firmware admits signed modules only.
    pub secure_boot: Fact<bool>,
    /// NVSwitch bridges on the PCI bus.
    pub nvswitches: Fact<u32>,
    /// Whether a fabric manager runs.
    pub fabric_manager: Fact<bool>,
}

impl Kernel {
    /// Whether a module of this name is loaded; `None` when unknown.
    pub fn has_loaded(&self, name: &str) -> Option<bool> {
        self.loaded.value().map(|loaded| loaded.iter().any(|module| module == name))
    }

    /// Whether this device node exists; `None` when unknown.
    pub fn has_node(&self, name: &str) -> Option<bool> {
        self.nodes.value().map(|nodes| nodes.iter().any(|node| node == name))
    }
}

/// Flavours of NVIDIA's Linux kernel module. Blackwell needs the open one, Volta and older the proprietary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KernelModule {
    /// "NVIDIA UNIX Open Kernel Module", Dual MIT/GPL.
    Open,
    /// The closed one.
    Proprietary,
}
