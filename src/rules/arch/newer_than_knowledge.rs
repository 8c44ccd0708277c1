//! # newer-than-knowledge
//!
//! The installed torch is newer than every release that the knowledge base knows. It is judged all the same, by what its own libraries
//! hold; what is not written in them (which releases belong to it, what is published beside it) is not known.
//!
//! ## How it is decided
//! The version is compared with the newest release in the knowledge base.
//!
//! ## How to fix it
//! Nothing needs fixing. A newer gpucheck knows more; `--knowledge DIR` lays rows of your own over its own.
//!
//! ## In a log
//! Nothing.
//!
//! ## Sources
//! `knowledge/torch.toml`: `gpucheck kb list` says when its rows were checked.

use crate::{
    facts::{Extent, Fact},
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::{label, main_libraries, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "newer-than-knowledge",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let Some(version) = torch.version.value() else { return Outcome::NotApplicable };
    let knowledge = context.knowledge;
    let newest = knowledge.newest_torch().filter(|_| knowledge.is_newer_torch(version));
    let Some(newest) = newest else { return Outcome::Holds };
    let read = main_libraries(context, torch).find_map(|library| match &library.code {
        Fact::Known { value, via } if value.extent != Extent::Claim => Some(via),
        _ => None,
    });
    let judged = match read {
        Some(_) => "it is judged by what its own libraries hold",
        None => "and none of its libraries could be read, so which GPUs it runs on is not known",
    };
    let date = &knowledge.date;
    let summary = format!("{} is newer than the knowledge base of {date}; {judged}.", label(torch));
    let draft = Draft::new(label(torch), summary).evidence(package_evidence(context, torch)).evidence(Evidence::new(
        format!("the newest release that is known: torch {}", newest.version),
        format!("knowledge: torch.toml, checked {}", newest.verified),
    ));
    let draft = match read {
        Some(via) => draft.evidence(Evidence::new("device code of its main library", via)),
        None => draft,
    };
    draft.cause(python::public_version(version)).found()
}
