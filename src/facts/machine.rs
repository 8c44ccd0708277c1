//! The machine: host, driver, GPUs and CUDA toolkits.

use gpucheck_model::facts::{ComputeCapability, CudaVersion, DriverVersion, Platform};
use serde::{Deserialize, Serialize};

use super::fact::{Fact, How};

/// Shells that lines to paste are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ShellKind {
    /// POSIX shells: sh, bash, zsh, dash.
    Sh,
    /// PowerShell, of Windows and elsewhere.
    PowerShell,
    /// Windows' command prompt, cmd.exe.
    Cmd,
}

/// The system that programs run on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Host {
    /// Operating system and processor.
    pub platform: Fact<Platform>,
    /// Name of the distribution or of the Windows edition.
    pub distribution: Fact<String>,
    /// Kernel release.
    pub kernel: Fact<String>,
    /// Version of the GNU C library, `2.36`.
    pub glibc: Fact<String>,
    /// Kind of container, when inside one: docker, podman, kubernetes, lxc, systemd-nspawn …
    pub container: Fact<String>,
    /// WSL version (2) when inside the Windows Subsystem for Linux.
    pub wsl: Fact<u8>,
    /// Programs of a container engine that are installed: docker, podman, the NVIDIA container toolkit's nvidia-ctk.
    #[serde(default)]
    pub container_tools: Fact<Vec<String>>,
    /// GPUs of other makers, by maker and PCI id: `AMD 1002:744c`.
    #[serde(default)]
    pub other_gpus: Fact<Vec<String>>,
    /// Files through which a container engine is told of NVIDIA's GPUs; none where engines are configured without them.
    #[serde(default)]
    pub container_configs: Fact<Vec<String>>,
    /// The shell that the user pastes into, where it was named.
    #[serde(default, skip_serializing_if = "Fact::is_unknown")]
    pub shell: Fact<ShellKind>,
}

/// The NVIDIA driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Driver {
    /// Its version.
    pub version: DriverVersion,
    /// CUDA version that its user-mode part reports.
    pub cuda: Fact<CudaVersion>,
}

/// One GPU, seen or assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gpu {
    /// Name inside this report: `gpu0`.
    pub id: String,
    /// Product name as the driver says it, or as it was asked for.
    pub name: Fact<String>,
    /// PCI device id of vendor 10de, four lower-case hex digits.
    pub pci_device: Fact<String>,
    /// PCI address, `0000:01:00.0`.
    pub pci_address: Fact<String>,
    /// Compute capability, when the driver or an option says it.
    pub capability: Fact<ComputeCapability>,
    /// Memory in bytes.
    pub memory: Fact<u64>,
    /// Whether programs of this user can see it.
    pub visible: Fact<bool>,
    /// Kernel driver that has it: nvidia, nouveau, vfio-pci; absent when none has.
    #[serde(default)]
    pub bound: Fact<String>,
    /// Regions of its memory (PCI BARs) that the firmware gave no address to, by number.
    #[serde(default)]
    pub unplaced: Fact<Vec<u8>>,
    /// Multi-instance mode; absent on GPUs without it.
    #[serde(default)]
    pub mig: Fact<Mig>,
    /// Whether its memory corrects errors; absent on GPUs that cannot.
    #[serde(default)]
    pub ecc: Fact<bool>,
    /// Whether the driver stays initialised while no program uses it (Linux).
    #[serde(default)]
    pub persistence: Fact<bool>,
    /// Whether a display is shown with it.
    #[serde(default)]
    pub display: Fact<bool>,
    /// What the driver answered instead of giving the device: a lost GPU, one that needs a reset.
    #[serde(default)]
    pub trouble: Fact<Trouble>,
    /// Which sources list it.
    #[serde(default)]
    pub seen_by: Vec<How>,
    /// Its UUID, kept only where `--identify` asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Whether the user named it: then its failing is an error even beside a GPU that works.
    pub named: bool,
}

impl Gpu {
    /// A GPU of which nothing is known, for the same reason.
    pub fn unknown(id: impl Into<String>, why: &str) -> Self {
        Self {
            id: id.into(),
            name: Fact::unknown(why),
            pci_device: Fact::unknown(why),
            pci_address: Fact::unknown(why),
            capability: Fact::unknown(why),
            memory: Fact::unknown(why),
            visible: Fact::unknown(why),
            bound: Fact::unknown(why),
            unplaced: Fact::unknown(why),
            mig: Fact::unknown(why),
            ecc: Fact::unknown(why),
            persistence: Fact::unknown(why),
            display: Fact::unknown(why),
            trouble: Fact::unknown(why),
            seen_by: Vec::new(),
            uuid: None,
            named: false,
        }
    }
}

/// GPUs that must be there, as `--expect` names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expected {
    /// How many.
    pub count: u32,
    /// As it was asked for: `H100`.
    pub text: String,
    /// The product that was found by it.
    pub name: String,
    /// Its compute capability; nothing where any GPU will do, because nobody said more than how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ComputeCapability>,
    /// Whether only this very product will do, because the whole name was given.
    pub exact: bool,
}

/// State of the multi-instance mode of a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mig {
    /// Whether it is on.
    pub current: bool,
    /// Whether it will be on after the next reset.
    pub pending: bool,
    /// Instances that programs can use.
    pub instances: u32,
}

/// A call about one device that returned an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trouble {
    /// The call.
    pub call: String,
    /// The code as a number, known or not.
    pub code: u32,
    /// Its name in NVIDIA's header, where this program knows it.
    pub name: Option<String>,
}
