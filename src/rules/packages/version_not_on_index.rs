//! # version-not-on-index
//!
//! A file asks for a version that the package index has never had, so nothing of the file can be installed.
//!
//! ## How it is decided
//! The knowledge base lists such versions, where projects ask for them: names of a model or of a repository's tag that were taken for
//! the version of a package. What is installed is there, and is not judged.
//!
//! ## How to fix it
//! The version that is named, or the software by its real way.
//!
//! ## In a log
//! `ERROR: No matching distribution found for silero-vad==4.0.2`.
//!
//! ## Sources
//! The index's own list of versions, on the day that the row names.

use crate::{
    facts::Origin,
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

fn judge(context: &Context<'_>) -> Outcome {
    let (Some((package, file)), Some((_, environment))) = (context.subject, context.environment) else {
        return Outcome::NotApplicable;
    };
    let Some(version) = package.version.value() else { return Outcome::NotApplicable };
    if file.unpublished.is_empty() || environment.origin == Origin::Installed {
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
