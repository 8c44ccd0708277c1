//! # torch-not-allowed
//!
//! A package that is no extension of PyTorch allows only some of its releases, and this is none of them: pip finds no set of versions, or
//! has warned and gone on.
//!
//! ## How it is decided
//! The row of the package's version has the range that its metadata names. What is installed has the metadata itself, by which
//! environment-incomplete judges; this rule is for files that ask for packages and for logs.
//!
//! ## How to fix it
//! A release of the package that allows the PyTorch that is here, or a PyTorch that it allows.
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
        Some(false) => {
            Draft::new(label(package), format!("{} allows torch {range}, and not {}.", label(package), label(torch)))
                .about(package)
                .symptom(format!("{} requires torch{range}, but you have another", package.name))
                .evidence(package_evidence(context, package))
                .evidence(package_evidence(context, torch))
                .evidence(Evidence::new(
                    format!("{} requires torch {range}", package.name),
                    format!("knowledge: {}", context.knowledge.cite_build(file, row)),
                ))
                .cause(range)
                .found()
        }
    }
}
