//! What asking the driver's own libraries led to: NVML (management) and the CUDA driver API.

use gpucheck_model::facts::DriverVersion;
use serde::{Deserialize, Serialize};

use super::fact::Fact;

/// One attempt to get an answer from a library of the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Contact {
    /// The library that the loader took; absent when it found none.
    pub library: Fact<DriverLibrary>,
    /// How it ended.
    pub answer: ContactOutcome,
    /// Whether the loader also finds it by its name without a version (`libcuda.so`), which some programs ask for. Only WSL is
    /// looked at: there the two differ.
    #[serde(default)]
    pub plain_name: Fact<bool>,
    /// What became of the process after its whole answer.
    #[serde(default, skip_serializing_if = "Aftermath::is_quiet")]
    pub aftermath: Aftermath,
}

/// What a process did that had given its whole answer: nothing notable if it exited cleanly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Aftermath {
    /// How it died, where it did not end well: by which signal or exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub died: Option<String>,
    /// After how many milliseconds it was ended, because it did not end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hung_ms: Option<u64>,
    /// Processes that it started or was, which still run and keep its output open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_running: Vec<u32>,
}

impl Aftermath {
    /// Whether there is nothing to report.
    pub fn is_quiet(&self) -> bool {
        *self == Self::default()
    }
}

/// A library of the driver as it was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DriverLibrary {
    /// The file itself, symbolic links resolved, as shown to people.
    pub path: String,
    /// The driver version in its file name (`libcuda.so.580.95.05`).
    pub version: Fact<DriverVersion>,
    /// Where it comes from.
    pub kind: LibraryKind,
}

/// Where a libcuda or libnvidia-ml comes from, judging by its location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LibraryKind {
    /// The installed driver.
    Driver,
    /// A forward-compatibility package (`…/compat/libcuda.so.1`).
    Compat,
    /// A toolkit's stub for linking (`…/stubs/libcuda.so`), which can do nothing.
    Stub,
    /// The one that Windows lends to WSL (`/usr/lib/wsl/lib`).
    Wsl,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ContactOutcome {
    /// It answered.
    Ready,
    /// A call returned an error code.
    Failed {
        /// The call: `nvmlInit`, `cuInit` …
        call: String,
        /// The code as a number, known or not.
        code: u32,
        /// Its name in NVIDIA's header, where this program knows it.
        name: Option<String>,
    },
    /// The library does not exist.
    NoLibrary,
    /// It exists, but cannot be loaded.
    Unloadable {
        /// What the loader says.
        why: String,
    },
    /// It lacks a function that every driver of interest has.
    MissingFunction {
        /// The function.
        name: String,
    },
    /// The process that asked it died.
    Crashed {
        /// By which signal or exit code.
        how: String,
    },
    /// It did not answer in time.
    TimedOut {
        /// After how many milliseconds.
        after_ms: u64,
        /// Process that could not be ended.
        left_running: Option<u32>,
    },
    /// It took more memory than any answer needs, and was ended.
    TooMuchMemory {
        /// The limit in bytes.
        limit: u64,
    },
    /// It returned something that is not an answer.
    Garbled {
        /// What is wrong with it.
        what: String,
    },
}

impl Contact {
    /// The code of a call that failed.
    pub fn code_of(&self, call: &str) -> Option<u32> {
        match &self.answer {
            ContactOutcome::Failed { call: failed, code, .. } if failed == call => Some(*code),
            _ => None,
        }
    }

    /// Whether it answered.
    pub fn is_ready(&self) -> bool {
        self.answer == ContactOutcome::Ready
    }
}
