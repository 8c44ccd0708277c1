//! What a command says of several targets: the report of each machine, judged alone, and what serves all of them.

use serde::Serialize;

use super::{CellStatus, Change, CommandName, KnowledgeStamp, Report, Verdict};
use crate::finding::Command;

/// Several machines. Each has the report that it would have alone.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Machines {
    /// Number of the contract that the keys keep.
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Version of gpucheck.
    pub version: &'static str,
    /// The knowledge base that was used.
    pub knowledge: KnowledgeStamp,
    /// The command that it answers.
    pub command: CommandName,
    /// The worst of the machines.
    pub verdict: Verdict,
    /// The machines in the order in which they were named.
    pub targets: Vec<MachineReport>,
    /// What was tried on each of them; nothing where the reports say it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<MachineTable>,
    /// What a change to files does, where that is asked: the reports then have the findings that are new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What serves all of them.
    pub serves_all: ServesAll,
    /// Wall time of the command in milliseconds.
    pub elapsed_ms: f64,
}

/// One machine.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineReport {
    /// As it was named.
    pub target: String,
    /// What the command says of it.
    pub report: Report,
}

/// What was tried on each machine: builds of torch, or installed environments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineTable {
    /// What the rows are.
    pub kind: RowKind,
    /// A row for each thing that was tried.
    pub rows: Vec<MachineRow>,
}

/// What the rows of a table of machines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// Builds of torch.
    Torch,
    /// Installed environments.
    Environment,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineRow {
    /// Its name: `torch 2.7.1+cu126`, or an environment.
    pub name: String,
    /// What becomes of it on each machine, in the order of the targets.
    pub cells: Vec<MachineCell>,
    /// What that amounts to for all of them: the worst.
    pub all: CellStatus,
}

/// What becomes of it on one machine: on the card that it suits least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineCell {
    /// The answer in a word.
    pub status: CellStatus,
    /// Why, in a sentence.
    pub reason: String,
    /// Slug of the rule that decided, where one found something.
    pub rule: Option<&'static str>,
}

/// What serves all machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServesAll {
    /// Whether what the command was asked about serves all.
    pub answer: Served,
    /// In a sentence.
    pub text: String,
    /// The targets that it does not serve, or of which that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<String>,
    /// The build of torch that serves all; nothing where there is none, or it was not looked for.
    pub build: Option<String>,
    /// What installs that build, for the machines that share the lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub install: Vec<InstallFor>,
    /// What was not verified of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<String>,
}

/// Whether all are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Served {
    /// All.
    Yes,
    /// At least one is not.
    No,
    /// None is known not to be, and of some it is not known.
    Unknown,
}

/// Lines that some machines share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstallFor {
    /// The targets.
    pub targets: Vec<String>,
    /// The lines.
    pub commands: Vec<Command>,
}

impl Verdict {
    /// How bad it is, for the worst of several.
    pub(super) const fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Unknown => 1,
            Self::Warning => 2,
            Self::Error => 3,
        }
    }

    /// The worst of several; unknown where there is none.
    pub fn worst(of: impl Iterator<Item = Self>) -> Self {
        of.max_by_key(|verdict| verdict.rank()).unwrap_or(Self::Unknown)
    }
}
