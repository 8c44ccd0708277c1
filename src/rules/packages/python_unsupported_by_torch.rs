//! # python-unsupported-by-torch
//!
//! This PyTorch release has no wheels for this Python version.
//!
//! ## How it is decided
//! The knowledge base lists the Python versions for which each release has wheels on this platform; free-threaded versions are listed
//! separately.
//!
//! ## How to fix it
//! Install a release with wheels for this Python version; if none supports the GPU, use another Python version.
//!
//! ## In a log
//! `ERROR: Could not find a version that satisfies the requirement torch`.
//!
//! ## Sources
//! File names of the wheels of each release.

use crate::{
    finding::{Evidence, Severity},
    knowledge::python_range,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "python-unsupported-by-torch",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(torch), Some((index, environment))) = (context.package("torch"), context.environment) else {
        return Outcome::NotApplicable;
    };
    let (Some(version), Some(&python)) = (torch.version.value(), environment.python.value()) else {
        return Outcome::NotApplicable;
    };
    let Some(release) = context.knowledge.torch_release(version) else { return Outcome::NotApplicable };
    let wheels = environment.platform.value().map_or(&*release.python, |&platform| release.python_on(platform));
    if wheels.contains(&python) {
        return Outcome::Holds;
    }
    Draft::new(label(torch), format!("torch {} has no wheels for Python {python}.", release.version))
        .evidence(package_evidence(context, torch))
        .evidence(
            Evidence::new(
                format!("Python {python}"),
                environment.python.via().map(ToString::to_string).unwrap_or_default(),
            )
            .at(format!("/facts/environments/{index}/python")),
        )
        .evidence(Evidence::new(
            format!("torch {}: wheels for Python {}", release.version, python_range(wheels)),
            format!("knowledge: torch.toml, {}", release.version),
        ))
        .symptom("ERROR: Could not find a version that satisfies the requirement torch")
        .cause(python)
        .found()
}
