//! Compares the knowledge base with real packages: what a wheel or an environment says, and what the rows say about it, fact by fact.

mod companions;
mod compare;
mod evidence;
mod packages;
mod release;
mod tags;
mod torch;

use serde::Serialize;

pub use compare::{pinned, spelled};
pub use evidence::{Evidence, of_environment, of_wheel, of_wheel_source};
pub use packages::Contents;
pub use release::Build;
pub use tags::WheelTags;
pub use torch::{Measured, measured, python_marker};

use crate::knowledge::{Knowledge, PackageFile};

/// Packages with rows of releases, in `torch.toml`; all others have rows of builds.
const RELEASES: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// The result of comparing one fact with its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Row and package say the same.
    Agree,
    /// They do not.
    Disagree,
    /// The knowledge base says nothing of it.
    NoRow,
    /// What was read from the package does not show it.
    Unknown,
}

/// One fact, as the row has it and as the package has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is about: `machine code`, `triton`.
    pub fact: &'static str,
    /// Whether they agree.
    pub outcome: Outcome,
    /// What the row says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// What the package says; where it does not tell, why not.
    pub package: String,
}

/// Every fact of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The file or environment.
    pub target: String,
    /// Name and version of the package, with its build: `torch 2.7.1+cu126`.
    pub package: String,
    /// The row that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The facts.
    pub checks: Vec<Check>,
    /// Members that could not be read, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<(String, String)>,
    /// Whether these are libraries that an environment should have: then the package is not what it says it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub damaged: bool,
}

impl Verified {
    /// How many facts have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }
}

/// Whether there is any row to compare with the package of this normalised name.
pub fn has_rows(knowledge: &Knowledge, name: &str) -> bool {
    let rows = |file: &PackageFile| !file.build.is_empty() || !file.ptxas.is_empty();
    RELEASES.contains(&name) || knowledge.package_file(name).is_some_and(rows)
}

/// Compares the rows with what a package says about itself.
pub fn verify(knowledge: &Knowledge, evidence: &Evidence) -> Verified {
    let mut verified = Verified {
        target: evidence.target.clone(),
        package: format!("{} {}", evidence.name, evidence.full_version()),
        row: None,
        checks: Vec::new(),
        unread: evidence.unread.clone(),
        damaged: evidence.damaged,
    };
    match evidence.name.as_str() {
        "torch" => torch::verify(knowledge, evidence, &mut verified),
        "torchvision" | "torchaudio" => companions::verify(knowledge, evidence, &mut verified),
        _ => packages::verify(knowledge, evidence, &mut verified),
    }
    verified
}
