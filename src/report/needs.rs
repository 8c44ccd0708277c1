//! What `needs` answers: for each thing that was asked about, the lowest driver on each system, the GPUs that it serves, and what decides
//! each of the two. Every answer was given by the rules that judge a machine with that GPU and that driver.

use serde::Serialize;

use super::{CommandName, KnowledgeStamp, Verdict};
use crate::{
    facts::{ComputeCapability, DriverVersion},
    finding::Finding,
};

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Needs {
    /// Number of the contract that the keys keep.
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Version of gpucheck.
    pub version: &'static str,
    /// The knowledge base that was used.
    pub knowledge: KnowledgeStamp,
    /// The command that it answers.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "needs")))]
    pub command: CommandName,
    /// `ok`: every subject serves a GPU. `error`: one serves none, or does not work whatever the GPU is. `unknown`: one of them could not be
    /// read far enough.
    pub verdict: Verdict,
    /// What was asked about, in the order of the command line.
    pub subjects: Vec<NeedsOf>,
    /// Wall time of the command in milliseconds.
    pub elapsed_ms: f64,
}

/// One environment, package, file or image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NeedsOf {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SubjectOf,
    /// The systems that it exists for.
    pub systems: Vec<SystemNeeds>,
    /// What is wrong with it whatever the GPU and the driver are, and a declared gate that is another than the floor found.
    pub findings: Vec<Finding>,
    /// What the image itself requires of a driver: its `NVIDIA_REQUIRE_CUDA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// What nodes with a feature of the site's can run it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Feature>,
}

/// What a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SubjectOf {
    /// A Python environment.
    Environment,
    /// What files or a command would install.
    Declared,
    /// A wheel or other files with code.
    Package,
    /// An environment of a container image.
    Image,
}

/// An operating system, by whose driver counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum NeedsSystem {
    /// Linux.
    Linux,
    /// Linux inside WSL2, with the driver of Windows.
    Wsl,
    /// Windows.
    Windows,
}

impl NeedsSystem {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Wsl => "WSL2",
            Self::Windows => "Windows",
        }
    }
}

/// What it needs on one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SystemNeeds {
    /// The system.
    pub system: NeedsSystem,
    /// The lowest driver on which some GPU is served; nothing where no driver is too old, or no GPU is served.
    pub driver: Option<DriverVersion>,
    /// GPUs that it serves, by the driver that they need.
    pub served: Vec<ServedGpus>,
    /// GPUs of which nothing is known, with the reason.
    pub unknown: Vec<LackingGpus>,
    /// GPUs that it does not serve with any driver, with the reason.
    pub not_served: Vec<LackingGpus>,
    /// What could not be read, and could ask for more than what is said here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// Why there is no answer for this system at all: there is no wheel for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// GPUs of one compute capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GpuClass {
    /// The compute capability.
    pub capability: ComputeCapability,
    /// What products of it are called.
    pub products: Vec<String>,
}

/// GPUs that are served with the same drivers, for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServedGpus {
    /// The GPUs, by capability.
    pub gpus: Vec<GpuClass>,
    /// The lowest driver; nothing where no driver that is known of is too old.
    pub driver: Option<DriverVersion>,
    /// The last branch of the driver that supports these GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_branch: Option<u32>,
    /// What makes an older driver fail.
    pub decided_by: Decides,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The rule that finds the older driver wanting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// Whether the driver has to compile its PTX for these GPUs, which have no machine code in it.
    pub from_ptx: bool,
}

/// GPUs that are not served, or of which that is not known, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LackingGpus {
    /// The GPUs, by capability.
    pub gpus: Vec<GpuClass>,
    /// Why.
    pub why: String,
    /// The rule that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

/// What decides which driver is the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Decides {
    /// No driver that is known of is too old.
    Nothing,
    /// The first driver that supports the GPU.
    Gpu,
    /// The CUDA runtime, by minor-version compatibility.
    Runtime,
    /// The version of its PTX, which the driver must compile.
    Ptx,
    /// Code compressed with zstd, which the driver must unpack.
    Zstd,
    /// A known problem of a package with older drivers.
    Problem,
}

impl Decides {
    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nothing => "no driver is too old",
            Self::Gpu => "the GPU's first driver",
            Self::Runtime => "CUDA runtime",
            Self::Ptx => "PTX version",
            Self::Zstd => "zstd compression",
            Self::Problem => "known problem",
        }
    }
}

/// What nodes with one feature of a Slurm cluster are, and whether it runs there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Feature {
    /// Name of the feature, in letters, digits and `_-.` alone.
    pub name: String,
    /// The machine that it stands for, as it was described.
    pub machine: String,
    /// Whether it runs there.
    pub answer: FeatureAnswer,
    /// Why not, or what is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether nodes with a feature can run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FeatureAnswer {
    /// Yes.
    Runs,
    /// Yes with a driver that is new enough; the description says none.
    Driver,
    /// No.
    Fails,
    /// It is not known.
    Unknown,
}

impl Needs {
    /// The verdict over all subjects.
    pub fn verdict_of(subjects: &[NeedsOf]) -> Verdict {
        use crate::finding::Severity;
        let one = |subject: &NeedsOf| {
            let worst = subject.findings.iter().map(|finding| finding.severity).max();
            let any = |has: fn(&SystemNeeds) -> bool| subject.systems.iter().any(has);
            match worst {
                Some(Severity::Error) => Verdict::Error,
                _ if !any(|system| !system.served.is_empty()) => match any(|system| !system.unknown.is_empty()) {
                    true => Verdict::Unknown,
                    false => Verdict::Error,
                },
                Some(Severity::Warning) => Verdict::Warning,
                _ if any(|system| !system.open.is_empty()) => Verdict::Unknown,
                _ => Verdict::Ok,
            }
        };
        Verdict::worst(subjects.iter().map(one))
    }
}
