//! The files of the driver's user space in the loader's folders: what each is for, and whether it is whole. None is loaded.

use std::fmt;

use gpucheck_model::facts::DriverVersion;
use serde::{Deserialize, Serialize};

use super::{contact::LibraryKind, fact::Fact};

/// Libraries of the driver that programs, or the driver itself, ask the loader for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DriverPart {
    /// The CUDA driver API.
    Cuda,
    /// The management library.
    Nvml,
    /// The compiler of PTX, which libcuda loads when a program has no machine code for the GPU.
    PtxJit,
    /// The compiler of NVVM IR, which libcuda loads for link-time optimization at run time.
    Nvvm,
    /// The same for programs built before CUDA 12.0 (branch 575 and newer).
    Nvvm70,
}

impl DriverPart {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Cuda, Self::Nvml, Self::PtxJit, Self::Nvvm, Self::Nvvm70];

    /// The name under which programs load it.
    pub const fn soname(self) -> &'static str {
        match self {
            Self::Cuda => "libcuda.so.1",
            Self::Nvml => "libnvidia-ml.so.1",
            Self::PtxJit => "libnvidia-ptxjitcompiler.so.1",
            Self::Nvvm => "libnvidia-nvvm.so.4",
            Self::Nvvm70 => "libnvidia-nvvm70.so.4",
        }
    }

    /// The name without its number: the start of every file of this library.
    pub const fn family(self) -> &'static str {
        match self {
            Self::Cuda => "libcuda.so",
            Self::Nvml => "libnvidia-ml.so",
            Self::PtxJit => "libnvidia-ptxjitcompiler.so",
            Self::Nvvm => "libnvidia-nvvm.so",
            Self::Nvvm70 => "libnvidia-nvvm70.so",
        }
    }
}

/// One such file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriverFile {
    /// Which library it is.
    pub part: DriverPart,
    /// The file itself, links resolved, as shown to people; the link where it leads nowhere.
    pub path: String,
    /// The driver version in its file name.
    pub version: Fact<DriverVersion>,
    /// Where it comes from.
    pub kind: LibraryKind,
    /// What is wrong with it; `None` if its headers and its length fit a library for this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub damage: Option<FileDamage>,
}

/// Why a file is not the library that it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum FileDamage {
    /// It has no content.
    Empty,
    /// It is shorter than its own headers say.
    CutOff {
        /// Its length.
        bytes: u64,
        /// The length that its headers need.
        needed: u64,
    },
    /// It is not a library.
    NotALibrary {
        /// What is missing.
        what: String,
    },
    /// It is for another processor, or for 32-bit programs.
    OtherMachine,
    /// It is a folder, a pipe or a device.
    NotAFile,
    /// It is a link to a missing file, or to itself.
    Dangling,
    /// It exists with its version in its name, but the link that programs load is missing.
    Unlinked,
    /// It cannot be read by this user.
    Unreadable {
        /// What the system says.
        why: String,
    },
}

impl FileDamage {
    /// Whether the loader goes on to its next folder; at any other it gives up.
    pub fn is_passed_over(&self) -> bool {
        matches!(self, Self::OtherMachine | Self::Dangling | Self::Unlinked | Self::Unreadable { .. })
    }
}

impl fmt::Display for FileDamage {
    /// As the end of a sentence that begins with the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty (0 bytes)"),
            Self::CutOff { bytes, needed } => write!(f, "is truncated ({bytes} bytes of at least {needed})"),
            Self::NotALibrary { what } => write!(f, "is not a library ({what})"),
            Self::OtherMachine => f.write_str("is for another processor, or for 32-bit programs"),
            Self::NotAFile => f.write_str("is not a regular file"),
            Self::Dangling => f.write_str("is a broken symbolic link"),
            Self::Unlinked => f.write_str("has no symbolic link with the name that programs load"),
            Self::Unreadable { why } => write!(f, "cannot be read ({why})"),
        }
    }
}
