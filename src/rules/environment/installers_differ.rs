//! # installers-differ
//!
//! pip and uv install different builds of PyTorch from the same file: pip takes the best version of all indexes together, uv the first index
//! that has the package.
//!
//! ## How it is decided
//! For files that are judged as pip's and name an additional index: the build that uv would take is worked out by uv's rule and compared.
//!
//! ## How to fix it
//! Name the build (`torch==2.7.1+cu128`), or in a uv project the index for the package (`[tool.uv.sources]`).
//!
//! ## In a log
//! uv: `only versions matching … were found on the first index`.
//!
//! ## Sources
//! pip's documentation of `--extra-index-url`; uv's of `--index-strategy`.

use crate::{
    facts::Resolver,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "installers-differ",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let (Some(torch), Some(otherwise)) = (environment.package("torch"), &environment.otherwise) else {
        return Outcome::NotApplicable;
    };
    let other = match otherwise.resolver {
        Resolver::Pip => "pip",
        Resolver::Uv => "uv",
        Resolver::Poetry => "Poetry",
        Resolver::Conda => "conda",
        Resolver::Lock => "the lock file",
    };
    let summary = match (&otherwise.torch, &otherwise.why) {
        (Some(version), _) => format!("pip installs {}, {other} installs torch {version}.", label(torch)),
        (None, Some(why)) => format!("pip installs {}, {other} refuses: {why}.", label(torch)),
        (None, None) => format!("pip installs {}, {other} finds none.", label(torch)),
    };
    Draft::new(label(torch), summary).evidence(package_evidence(context, torch)).cause(other).found()
}
