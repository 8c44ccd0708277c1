//! # newer-than-knowledge
//!
//! The installed torch is newer than every release in the knowledge base. It is still checked by what its own libraries contain; anything
//! not written in them (which releases match it, what else is published) is unknown.
//!
//! ## How it is decided
//! The version is compared with the newest release in the knowledge base.
//!
//! ## How to fix it
//! Nothing needs fixing. A newer gpucheck knows more; `--knowledge DIR` overlays your own rows on the built-in ones.
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
        Some(_) => "it is checked by what its own libraries contain",
        None => "none of its libraries could be read, so which GPUs it supports is unknown",
    };
    let date = &knowledge.date;
    let summary = format!("{} is newer than the knowledge base of {date}; {judged}.", label(torch));
    let draft = Draft::new(label(torch), summary).evidence(package_evidence(context, torch)).evidence(Evidence::new(
        format!("newest known release: torch {}", newest.version),
        format!("knowledge: torch.toml, checked {}", newest.verified),
    ));
    let draft = match read {
        Some(via) => draft.evidence(Evidence::new("device code of its main library", via)),
        None => draft,
    };
    draft.cause(python::public_version(version)).found()
}
