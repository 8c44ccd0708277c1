//! # torch-not-installed
//!
//! The machine has a GPU, but PyTorch is not installed in the Python environment, and something wants it.
//!
//! ## How it is decided
//! The environment contains no distribution named `torch`, nor another framework with GPU code. It is wanted where an installed package
//! requires it, and where nothing but installers is there yet. An environment with other software gets no advice about PyTorch. If a package
//! folder could not be listed, the result is unknown.
//!
//! ## How to fix it
//! The suggested command installs the newest release that has code for the GPU and runs on the driver.
//!
//! ## In a log
//! `ModuleNotFoundError: No module named 'torch'`.
//!
//! ## Sources
//! Python Packaging User Guide, recording installed projects.

use crate::{
    facts::{Elsewhere, Environment, Origin, Package, Unlisted, Way},
    finding::Severity,
    python::Requirement,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{COMPANIONS, has_gpu, is_new},
    },
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
    // A folder that could not be listed may contain the torch that Python would import.
    if !environment.unlisted.is_empty() {
        let told = |folder: &Unlisted| format!("the contents of {}: {}", folder.path, folder.why);
        return Outcome::Needs(environment.unlisted.iter().map(told).collect());
    }
    // What files do not ask for is not missing.
    let declared = matches!(environment.origin, Origin::Declared(_)) && environment.changes.is_none();
    if !has_gpu(context) || declared {
        return Outcome::NotApplicable;
    }
    if environment.package("torch").is_some() {
        return Outcome::Holds;
    }
    let before = |other: &&Elsewhere| other.package == "torch" && other.way == Way::Pythonpath;
    if let Some(other) = environment.elsewhere.iter().find(before) {
        return Outcome::Needs(vec![format!("the version of the torch in {}", other.at)]);
    }
    // If another framework is installed, PyTorch may not be wanted.
    let uses_gpus = |package: &Package| {
        context.knowledge.package_file(&package.name).is_some_and(|file| !file.package.main.is_empty())
    };
    let new = environment.origin == Origin::Hypothetical || is_new(environment);
    let other = environment.packages.iter().any(uses_gpus);
    if !is_required(environment) && (other || !new) {
        return Outcome::NotApplicable;
    }
    Draft::of_environment(environment, "PyTorch is not installed in this environment.").found()
}

/// Whether something in an environment requires torch.
fn is_required(environment: &Environment) -> bool {
    let requires = |package: &Package| {
        package.requires.iter().any(|line| line.parse::<Requirement>().is_ok_and(|asked| asked.name == "torch"))
    };
    environment.packages.iter().any(|package| COMPANIONS.contains(&package.name.as_str()) || requires(package))
}
