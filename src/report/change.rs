//! What a change to files does to what they ask for: both states were judged, and this is where they differ.

use serde::Serialize;

use super::{CellStatus, scan::Presence};
use crate::{facts::Location, finding::Severity};

/// A change, for all machines that it was judged for. The reports of the machines have the findings that are new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// The state before, as it was named: `main`, a file.
    pub base: String,
    /// Its commit, where it is a revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// How bad what it makes worse is; nothing where it makes nothing worse.
    pub worse: Option<Severity>,
    /// Environments that it changes, adds or removes.
    pub environments: Vec<EnvironmentChange>,
    /// How many environments are what they were.
    pub unchanged: usize,
    /// What it mends.
    pub mended: Vec<Mended>,
    /// How many findings, warnings or errors, were there before and still are.
    pub remain: usize,
    /// What of the state before could not be read: each file with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// One environment that files declare: a file, a stage of a Dockerfile, an extra of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnvironmentChange {
    /// Its name.
    pub name: String,
    /// Whether it is in both states.
    pub presence: Presence,
    /// What is another now.
    pub moved: Vec<Moved>,
    /// The machines for which the answer is another now.
    pub targets: Vec<TargetChange>,
}

/// Something that is another now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// What it is.
    pub what: Aspect,
    /// Its name, for a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it was; nothing where there was none, or it was not known.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// How bad that is by itself.
    pub worse: Option<Severity>,
}

/// What can change in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The image that it starts from.
    Image,
    /// The version of Python.
    Python,
    /// The version of torch and its build.
    Torch,
    /// The CUDA release that torch is built for.
    Cuda,
    /// The same, where the major version is another: what was compiled for the one before does not load.
    CudaMajor,
    /// The oldest driver that it runs on.
    Driver,
    /// The version of another package with code for GPUs.
    Package,
}

/// What becomes of an environment on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TargetChange {
    /// The machine, or the GPU that stands for a generation.
    pub target: String,
    /// What became of it; nothing where the environment is new.
    pub before: Option<CellStatus>,
    /// What becomes of it; nothing where the environment is gone.
    pub after: Option<CellStatus>,
    /// Slug of the rule that decides it now, where one found something.
    pub rule: Option<&'static str>,
    /// How bad that is.
    pub worse: Option<Severity>,
}

/// A finding of the state before that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mended {
    /// Slug of the rule.
    pub rule: &'static str,
    /// How bad it was.
    pub severity: Severity,
    /// What it was about.
    pub subject: String,
    /// The environment.
    pub environment: Option<String>,
    /// The cause, in one sentence.
    pub summary: String,
    /// Its place in the state before.
    pub location: Option<Location>,
    /// The machines that had it.
    pub targets: Vec<String>,
    /// Why it is accepted now, if that is all that became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}
