//! What happened when torch itself was asked to compute, in an environment's own Python (`--framework`): each step as it ended, not what
//! that means.

use gpucheck_model::facts::CudaVersion;
use serde::{Deserialize, Serialize};

use super::fact::Fact;

/// One run of all steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Framework {
    /// Id of the environment.
    pub environment: String,
    /// What torch reports about itself and the GPU; `None` if it could not be imported.
    #[serde(default)]
    pub torch: Option<FrameworkTorch>,
    /// The steps in their order, each with how it ended.
    pub steps: Vec<FrameworkStep>,
    /// How many processes it took: a step that crashes, hangs or spoils the GPU's context ends its process.
    pub processes: u32,
    /// Microseconds that all of it took.
    pub micros: u64,
    /// Processes that its processes started and that still run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_running: Vec<u32>,
}

/// torch as it describes itself once it is imported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct FrameworkTorch {
    /// `torch.__version__`.
    pub version: String,
    /// `torch.version.cuda`.
    pub cuda: Option<CudaVersion>,
    /// `torch.backends.cudnn.version()`: 90501 is 9.5.1.
    pub cudnn: Option<u64>,
    /// `torch.cuda.is_available()`.
    pub available: Option<bool>,
    /// `torch.cuda.device_count()`.
    pub devices: Option<u32>,
    /// Name of the first GPU.
    pub name: Option<String>,
    /// Its compute capability.
    pub capability: Option<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FrameworkStep {
    /// Its name: `import`, `matmul-fp16`, `lstm` …
    pub name: String,
    /// How it ended.
    pub outcome: StepOutcome,
    /// Microseconds that it took.
    #[serde(default)]
    pub micros: u64,
    /// Warnings that Python gave meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl FrameworkStep {
    /// Name of the first step, which all others need: torch is imported.
    pub const IMPORT: &str = "import";
    /// Name of the second, which those on a GPU need: torch finds one.
    pub const DEVICE: &str = "device";

    /// Whether it is the import of torch.
    pub fn is_import(&self) -> bool {
        self.name == Self::IMPORT
    }

    /// Whether it only prepares, and computes nothing.
    pub fn prepares(&self) -> bool {
        [Self::IMPORT, Self::DEVICE].contains(&self.name.as_str())
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum StepOutcome {
    /// Its result is right.
    Passed {
        /// What it found: a deviation, a version.
        detail: Option<String>,
    },
    /// Its result is too far from the reference.
    Wrong {
        /// By how much.
        what: String,
    },
    /// It raised an exception.
    Failed {
        /// The exception.
        error: PythonError,
    },
    /// Its process died.
    Died {
        /// By which signal or exit code.
        how: String,
        /// Where it was in Python, as far as that was reported.
        trace: Vec<String>,
    },
    /// It did not end in time.
    TimedOut {
        /// After how many milliseconds of the process.
        after_ms: u64,
        /// Process that could not be ended.
        left_running: Option<u32>,
    },
    /// It does not apply here.
    Skipped {
        /// Why not.
        why: String,
    },
    /// It was not tried.
    NotRun {
        /// Why not.
        why: String,
    },
}

/// An exception as Python has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PythonError {
    /// Its class.
    pub class: String,
    /// Its message, shortened.
    pub message: String,
    /// The last calls that led to it, innermost last.
    #[serde(default)]
    pub trace: Vec<String>,
}

impl StepOutcome {
    /// Whether it was tried and did not do what it should.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Wrong { .. } | Self::Failed { .. } | Self::Died { .. } | Self::TimedOut { .. })
    }
}

impl Framework {
    /// The reason given when it was not requested.
    pub const NOT_ASKED: &str = "not asked for (--framework)";

    /// Why it could not be run although it was requested.
    pub fn obstacle(fact: &Fact<Self>) -> Option<&str> {
        match fact {
            // Facts that are older than this one do not have it at all.
            Fact::Unknown { why } if why != Self::NOT_ASKED && *fact != Fact::default() => Some(why),
            _ => None,
        }
    }

    /// A step by its name.
    pub fn step(&self, name: &str) -> Option<&FrameworkStep> {
        self.steps.iter().find(|step| step.name == name)
    }
}
