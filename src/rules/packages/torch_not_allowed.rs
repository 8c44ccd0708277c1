//! # torch-not-allowed
//!
//! A package that is not a PyTorch extension allows only some PyTorch releases, and the requested one is not among them: pip finds no
//! matching set of versions, or has warned and carried on.
//!
//! ## How it is decided
//! The knowledge-base row for the package's version has the range that its metadata names. Installed packages have the metadata itself,
//! which environment-incomplete checks; this rule is for requirement files and logs.
//!
//! ## How to fix it
//! Install a release of the package that allows this PyTorch, or a PyTorch that the package allows.
//!
//! ## In a log
//! `ERROR: ResolutionImpossible`; `moshi 0.2.8 requires torch<2.7,>=2.2.0, but you have torch 2.8.0 which is incompatible.`
//!
//! ## Sources
//! METADATA of the packages.

use crate::{
    finding::{Evidence, Severity},
    python::{self, Requirement},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::extension,
        shared::{label, package_evidence, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-not-allowed",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["environment-incomplete"],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some((_, file))) = (extension(context), context.subject) else {
        return Outcome::NotApplicable;
    };
    let (Some(row), Some(torch)) = (package_row(context, package), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let names_torch = |line: &String| line.parse::<Requirement>().is_ok_and(|requirement| requirement.name == "torch");
    let Some(range) = row.torch.as_ref().filter(|_| !row.links_torch && !package.requires.iter().any(names_torch))
    else {
        return Outcome::NotApplicable;
    };
    let version = torch.build.value().map(|build| &build.version).or(torch.version.value());
    match version.and_then(|version| python::in_range(range, version)) {
        None => Outcome::NotApplicable,
        Some(true) => Outcome::Holds,
        Some(false) => Draft::new(
            label(package),
            format!("{} allows torch {range}, which excludes {}.", label(package), label(torch)),
        )
        .about(package)
        .symptom(format!("{} requires torch{range}, but you have another", package.name))
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .evidence(Evidence::new(
            format!("{} requires torch {range}", package.name),
            format!("knowledge: {}", context.knowledge.cite_build(file, row)),
        ))
        .cause(range)
        .found(),
    }
}
