//! # smoke-no-device
//!
//! CUDA lists no GPU, so no kernel could be run.
//!
//! ## How it is decided
//! `gpucheck smoke` runs on the devices that cuDeviceGetCount lists. The rules about the driver say why it lists none; without a GPU
//! nothing is wrong, and nothing is known to work. A gate that had nothing to check does not pass: the verdict is `unknown` and the exit
//! code is 1.
//!
//! ## How to fix it
//! Read the other findings; run it on the machine with the GPU.
//!
//! ## In a log
//! Nothing: it appears only in the smoke run.
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
