//! # torch-not-installed
//!
//! There is a GPU and a Python environment, but no PyTorch in it yet.
//!
//! ## How it is decided
//! No distribution called `torch` was found in the environment, and none of another framework with code for GPUs. Where a folder of
//! packages could not be listed, nobody knows.
//!
//! ## How to fix it
//! The line that is given installs the newest release that has code for the GPU and runs on the driver.
//!
//! ## In a log
//! `ModuleNotFoundError: No module named 'torch'`.
//!
//! ## Sources
//! Python Packaging User Guide, recording installed projects.

use crate::{
    facts::{Elsewhere, Package, Unlisted, Way},
    finding::Severity,
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::has_gpu},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-not-installed",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    // What comes first in a folder that could not be listed is what Python would take.
    if !environment.unlisted.is_empty() {
        let told = |folder: &Unlisted| format!("torch: could not look into {}: {}", folder.path, folder.why);
        return Outcome::Needs(environment.unlisted.iter().map(told).collect());
    }
    if !has_gpu(context) {
        return Outcome::NotApplicable;
    }
    if environment.package("torch").is_some() {
        return Outcome::Holds;
    }
    let before = |other: &&Elsewhere| other.package == "torch" && other.way == Way::Pythonpath;
    if let Some(other) = environment.elsewhere.iter().find(before) {
        return Outcome::Needs(vec![format!("the torch in {}: nothing tells its version", other.at)]);
    }
    // Where another framework is installed, nobody may want PyTorch.
    let uses_gpus = |package: &Package| {
        context.knowledge.package_file(&package.name).is_some_and(|file| !file.package.main.is_empty())
    };
    if environment.packages.iter().any(uses_gpus) {
        return Outcome::NotApplicable;
    }
    Draft::of_environment(environment, "PyTorch is not installed here yet.").found()
}
