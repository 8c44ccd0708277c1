//! # torch-replaced
//!
//! A command that names another package replaces the PyTorch that is installed, because that package requires another version of it. Nothing
//! in the command says so: what was chosen with care (a build for one CUDA release) is gone afterwards, and packages that were compiled for
//! it break.
//!
//! ## How it is decided
//! Before and after: the environment has torch, the steps of the command or of the file bring another version or build of it, and no request
//! of theirs names torch. Which torch a package requires is a row of the knowledge base, or the pin of the file.
//!
//! ## How to fix it
//! Ask for a version of the package that goes with the torch that is there, or name torch, its version and its index on the same command
//! line. `pip install --no-deps` leaves torch alone, but the package may then not load.
//!
//! ## In a log
//! `Attempting uninstall: torch`, `Successfully uninstalled torch-2.7.1+cu128`.
//!
//! ## Sources
//! pip's documentation of dependency resolution; the rows of `knowledge/packages/`.

use crate::{
    facts::Origin,
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-replaced",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(torch), Some((_, environment))) = (context.package("torch"), context.environment) else {
        return Outcome::NotApplicable;
    };
    if environment.changes.is_none() || !matches!(environment.origin, Origin::Declared(_)) {
        return Outcome::NotApplicable;
    }
    let (Some(before), Some(place)) = (&torch.replaces, torch.request) else { return Outcome::Holds };
    let request = environment.steps.get(place.step).and_then(|step| step.requests.get(place.request));
    let Some(request) = request else { return Outcome::Holds };
    let after = torch.build.value().map(|build| &build.version).or(torch.version.value());
    let same = after.is_some_and(|after| after == before);
    // A file that names torch, or torch's own parts, means it; a lock file names everything.
    if same || torch.asked.is_some() || request.name == "torch" {
        return Outcome::Holds;
    }
    let after = after.map_or("another version", String::as_str);
    let summary = format!("{} replaces torch {before} with {after}.", request.asked.text);
    Draft::new(label(torch), summary)
        .evidence(package_evidence(context, torch))
        .evidence(Evidence::new(format!("torch {before} is installed"), environment.found_by.clone()))
        .cause(&request.name)
        .cause(python::public_version(before))
        .found()
}
