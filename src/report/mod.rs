//! The report: everything that a command has to say, as one structure. `render` writes it.

mod change;
mod command;
mod computing;
mod fields;
mod fleet;
mod installed;
mod machines;
pub mod needs;
mod problems;
mod runs_on;
pub mod scan;
#[cfg(feature = "schema")]
pub mod schema;
mod statements;
mod subjects;
mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    facts::{Environment, Facts, Location},
    finding::{Finding, Severity},
    knowledge::{Knowledge, Online},
    readiness::Readiness,
    rules::{Undecided, code::Execution},
};

use self::scan::Scan;
pub use change::{Aspect, Change, EnvironmentChange, Mended, Moved, TargetChange};
pub use command::CommandName;
pub(crate) use fields::{make_all_visible, make_fleet_visible, make_needs_visible, make_visible};
pub use fleet::{Cause, Fleet, FleetCounts, FleetFix, FleetUndecided, Nodes, Pool, Trait, TraitValue, UnreadReport};
pub use installed::{Cured, Installed, Kept, MovedPackage};
pub use machines::{
    InstallFor, MachineCell, MachineReport, MachineRow, MachineTable, Machines, RowKind, Served, ServesAll,
};
pub use problems::{Open, Part, Place, Problem, Problems};
pub use runs_on::runs_on;
pub use statements::{PageStatement, StandingOf, statements};
pub use subjects::subjects;
pub use table::{Cell, CellStatus, Matrix, Table};

/// Number of the JSON contract. Within a number keys keep their meaning, and new ones may come.
pub const SCHEMA: u32 = 1;

/// Everything a command has to say.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Number of the contract that the keys keep.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    pub schema: u32,
    /// Version of gpucheck.
    pub version: &'static str,
    /// The knowledge base that was used.
    pub knowledge: KnowledgeStamp,
    /// The command that it answers.
    pub command: CommandName,
    /// The whole in one word.
    pub verdict: Verdict,
    /// The user's labels for this machine, to tell the reports of many apart.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What was examined, a line each, for people.
    pub subjects: Vec<Subject>,
    /// What was seen; can be judged again with `--replay`.
    pub facts: Facts,
    /// What the command has to say beside facts and findings.
    #[serde(flatten)]
    pub body: Body,
    /// What is wrong, worst first.
    pub findings: Vec<Finding>,
    /// Which GPU can run what, for each judged environment.
    pub runs_on: Vec<RunsOn>,
    /// The eight lines that people check an installation with, for each judged environment and GPU.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<Readiness>,
    /// What pages say in their prose, right or wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<PageStatement>,
    /// How many rules ran, and which could not.
    pub checks: Checks,
    /// Wall time of the command in milliseconds.
    pub elapsed_ms: f64,
}

/// What one kind of command says and others do not, in keys of its own.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "schema::BodyKeys"))]
#[serde(untagged)]
pub enum Body {
    /// For a machine and what is installed there, facts and findings say everything.
    Doctor,
    /// What `check` says would become of environments that are there.
    Installed {
        /// One for each way in which the files or the command change it.
        installed: Vec<Installed>,
    },
    /// What `scan` read, and what became of it.
    Scan(Box<Scan>),
    /// What `matrix` tabulates.
    Matrix {
        /// The table.
        matrix: Matrix,
    },
}

/// Which knowledge base a report rests on.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KnowledgeStamp {
    /// Newest date on which a row was verified.
    pub date: String,
    /// Hash of its content.
    pub hash: String,
    /// Overlay folders, in order of precedence.
    pub overlays: Vec<String>,
    /// What was read from indexes, because a person asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<Online>,
}

impl KnowledgeStamp {
    /// Of the rows in force.
    pub fn of(knowledge: &Knowledge) -> Self {
        Self {
            date: knowledge.date.clone(),
            hash: knowledge.hash.clone(),
            overlays: knowledge.overlays.clone(),
            online: knowledge.online.clone(),
        }
    }
}

impl Report {
    /// What `check` says of environments that are there.
    pub fn installed(&self) -> &[Installed] {
        match &self.body {
            Body::Installed { installed } => installed,
            Body::Doctor | Body::Scan(_) | Body::Matrix { .. } => &[],
        }
    }

    /// What `scan` has to say, where it is its report.
    pub fn scan(&self) -> Option<&Scan> {
        match &self.body {
            Body::Scan(scan) => Some(scan),
            Body::Doctor | Body::Installed { .. } | Body::Matrix { .. } => None,
        }
    }
}

/// The whole report in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing worse than information.
    Ok,
    /// Something is slow, fragile or wrong.
    Warning,
    /// Something cannot run.
    Error,
    /// Nothing was found, but something that matters could not be checked.
    Unknown,
}

impl Verdict {
    /// From the findings, and whether something could not be decided.
    pub fn of(findings: &[Finding], undecided: bool) -> Self {
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => Self::Error,
            Some(Severity::Warning) => Self::Warning,
            _ if undecided => Self::Unknown,
            _ => Self::Ok,
        }
    }
}

/// How much there was to judge: a green mark is shown only if something was examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Examined {
    /// Neither a GPU nor a driver nor software for GPUs.
    Nothing,
    /// Software for GPUs, or a driver, and no GPU to judge it for.
    NoGpu,
    /// A GPU that was only named, and no software for it.
    NoSoftware,
    /// A GPU.
    Gpu,
}

impl Examined {
    /// Of these facts.
    pub fn of(facts: &Facts) -> Self {
        let software = |environment: &Environment| {
            environment.packages.iter().any(|package| package.name == "torch" || !package.libraries.is_empty())
        };
        if let Some(gpus) = facts.gpus.value().filter(|gpus| !gpus.is_empty()) {
            let named = gpus.iter().all(|gpu| gpu.named && gpu.seen_by.is_empty());
            return if named && !facts.environments.iter().any(software) { Self::NoSoftware } else { Self::Gpu };
        }
        let driver = facts.driver_files.value().is_some_and(|files| !files.is_empty());
        let any = facts.driver.value().is_some() || driver || facts.environments.iter().any(software);
        if any { Self::NoGpu } else { Self::Nothing }
    }
}

/// What a line is about; reports write it as a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SubjectKind {
    /// The operating system.
    System,
    /// NVIDIA's driver.
    Driver,
    /// A GPU, or that there is none.
    #[serde(rename = "GPU")]
    Gpu,
    /// An installed toolkit.
    #[serde(rename = "CUDA toolkit")]
    Toolkit,
    /// A Python environment that is judged.
    Environment,
    /// More about the line before.
    #[serde(rename = "")]
    More,
}

impl SubjectKind {
    /// The label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Driver => "Driver",
            Self::Gpu => "GPU",
            Self::Toolkit => "CUDA toolkit",
            Self::Environment => "Environment",
            Self::More => "",
        }
    }
}

/// A line about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subject {
    /// What it is about.
    pub label: SubjectKind,
    /// Id in the facts, for GPUs and environments.
    pub id: Option<String>,
    /// What is known of it.
    pub text: String,
    /// More, a line each.
    pub notes: Vec<String>,
}

impl Subject {
    fn new(label: SubjectKind, text: String) -> Self {
        Self { label, id: None, text, notes: Vec::new() }
    }
}

/// What one GPU can run in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunsOn {
    /// Id of the environment.
    pub environment: String,
    /// Id of the GPU.
    pub gpu: String,
    /// What runs there: `torch 2.7.1+cu126`.
    pub subject: String,
    /// By which code.
    pub how: Execution,
}

/// Bookkeeping of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checks {
    /// Judgements made.
    pub ran: usize,
    /// Rules that had nothing to look at.
    pub not_applicable: usize,
    /// Rules that could not decide, and what they lack.
    pub unknown: Vec<Undecided>,
    /// Findings that were ignored, with the reason given.
    pub suppressed: Vec<Suppressed>,
    /// What is to be ignored and was not found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<Suppressed>,
}

/// A finding that the configuration ignores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suppressed {
    /// Its slug.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Where that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}
