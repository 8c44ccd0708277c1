//! # knowledge-conflict
//!
//! The installed torch contains different architectures from those that the knowledge base lists for its build. The binary takes
//! precedence; either the build is not the official one (but from a Linux distribution, conda, or your own), or a row is wrong.
//!
//! ## How it is decided
//! The architectures that most fatbins of torch's main library contain are compared with the row for the same version, variant and
//! platform.
//!
//! ## How to fix it
//! Nothing needs fixing on your side. If the package is the official wheel, the row is wrong: please report it.
//!
//! ## In a log
//! Nothing.
//!
//! ## Sources
//! `knowledge/torch.toml`; its rows name their sources.

use std::collections::BTreeSet;

use crate::{
    compat,
    facts::{CodeTarget, Extent, Fact},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::{describe, label, main_libraries},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "knowledge-conflict",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(torch), Some((_, environment))) = (context.package("torch"), context.environment) else {
        return Outcome::NotApplicable;
    };
    let (Some(build), Some(&platform)) = (torch.build.value(), environment.platform.value()) else {
        return Outcome::NotApplicable;
    };
    let Some((release, row)) = context.knowledge.torch_build(&build.version, platform) else {
        return Outcome::NotApplicable;
    };
    let Some(claimed) = context.knowledge.torch_code(row) else { return Outcome::NotApplicable };
    let measured = main_libraries(context, torch).find_map(|library| match &library.code {
        Fact::Known { value, via } if value.extent != Extent::Claim => Some((value, via)),
        _ => None,
    });
    let Some((code, via)) = measured else { return Outcome::NotApplicable };
    let general = compat::general(context.knowledge, code);
    let expected: BTreeSet<CodeTarget> = claimed.sass.keys().chain(claimed.ptx.keys()).copied().collect();
    if general == expected {
        return Outcome::Holds;
    }
    Draft::new(
        label(torch),
        format!("{} does not match the knowledge base; the binary takes precedence.", label(torch)),
    )
    .evidence(Evidence::new(describe(context.knowledge, code), via).at(context.pointer("torch")))
    .evidence(Evidence::new(
        describe(context.knowledge, &claimed),
        format!("knowledge: {}", context.knowledge.cite_torch(release, row)),
    ))
    .cause(describe(context.knowledge, code))
    .found()
}
