//! # version-not-on-index
//!
//! A requirements file asks for a version that the package index has never had, so nothing in the file can be installed.
//!
//! ## How it is decided
//! The knowledge base lists such versions that projects ask for: names of a model or of a repository's tag that were mistaken for a package
//! version. A build of torch (`2.7.1+cu128`) must be on one of the indexes that are asked: the default index has no local versions. A
//! requirements file that names no index may be meant for a command that does, so there it is a warning. Installed packages exist and are
//! not checked.
//!
//! ## How to fix it
//! Use the version that the finding names, or install the software the way its project describes.
//!
//! ## In a log
//! `ERROR: No matching distribution found for silero-vad==4.0.2`.
//!
//! ## Sources
//! The index's own list of versions, as of the date in the row.

use crate::{
    facts::{Environment, Origin, Resolver},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "version-not-on-index",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::PackageVersion],
    judge,
};

/// A file alone may be meant for a command that names an index; a command says all.
fn severity(environment: &Environment) -> Severity {
    let pip_alone = environment.steps.len() == 1
        && environment.image.is_none()
        && environment.steps.iter().all(|step| step.resolver == Resolver::Pip && step.indexes.is_empty());
    if pip_alone { Severity::Warning } else { Severity::Error }
}

fn judge(context: &Context<'_>) -> Outcome {
    let (Some((package, file)), Some((_, environment))) = (context.subject, context.environment) else {
        return Outcome::NotApplicable;
    };
    let Some(version) = package.version.value() else { return Outcome::NotApplicable };
    if let Some(why) = &package.unavailable {
        return Draft::new(label(package), format!("{} cannot be installed as requested: {why}.", label(package)))
            .about(package)
            .symptom(match package.installer.as_deref() {
                Some("conda") => "LibMambaUnsatisfiableError: Encountered problems while solving".to_owned(),
                _ => format!("ERROR: No matching distribution found for {}=={version}", package.name),
            })
            .evidence(package_evidence(context, package))
            .cause(version)
            .severity(severity(environment))
            .found();
    }
    // What comes from an address, a repository or a folder is not looked for on the index.
    let elsewhere = package.asked.as_ref().is_some_and(|asked| asked.source.is_some());
    if file.unpublished.is_empty() || environment.origin == Origin::Installed || elsewhere {
        return Outcome::NotApplicable;
    }
    let Some(row) = context.knowledge.unpublished(&package.name, version) else { return Outcome::Holds };
    let name = &file.package.name;
    Draft::new(label(package), format!("{} is not on the package index: {}.", label(package), row.there))
        .about(package)
        .symptom(format!("ERROR: No matching distribution found for {name}=={version}"))
        .evidence(package_evidence(context, package))
        .evidence(Evidence::new(&row.there, format!("knowledge: packages/{name}.toml, checked {}", row.verified)))
        .cause(version)
        .found()
}
