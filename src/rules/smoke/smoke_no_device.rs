//! # smoke-no-device
//!
//! GPUs were to compute, and CUDA shows none: nothing could be tried.
//!
//! ## How it is decided
//! `gpucheck smoke` runs on what cuDeviceGetCount lists. Why it lists nothing is what the rules about the driver say; without a GPU there is
//! nothing wrong, and nothing known to be right: a gate that had nothing to look at stays shut, with the verdict `unknown` and exit code 1.
//!
//! ## How to fix it
//! Read the other findings; run it where the GPU is.
//!
//! ## In a log
//! Nothing: it shows in the smoke run alone.
//!
//! ## Sources
//! docs/smoke.md.

use crate::{
    facts::Smoke,
    finding::Severity,
    rules::{Context, Judges, Outcome, Rule, Scope, smoke_runs::had_no_device},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-no-device",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(why) = Smoke::obstacle(&context.facts.smoke) {
        return Outcome::Needs(vec![format!("a GPU that CUDA can use ({why})")]);
    }
    if had_no_device(context.facts) {
        return Outcome::Needs(vec!["a GPU that CUDA can use".to_owned()]);
    }
    Outcome::NotApplicable
}
