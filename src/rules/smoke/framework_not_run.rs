//! # framework-not-run
//!
//! torch was supposed to run on a GPU but did not get that far: nothing is known to be wrong, and nothing is known to work.
//!
//! ## How it is decided
//! `--framework` was requested, but there is no environment, no torch or no Python that starts; or torch was imported but no step computed,
//! because there is no GPU; or a step was refused because the GPU is busy or full. A gate that could not check does not pass: the verdict
//! is `unknown` and the exit code is 1.
//!
//! ## How to fix it
//! Select the intended environment (PATH, `--python`), install torch in it, and run it on the machine with the GPU while the GPU is free.
//!
//! ## In a log
//! Nothing: it appears only with `--framework`.
//!
//! ## Sources
//! docs/framework.md; knowledge: errors.toml.

use crate::{
    facts::{Fact, Framework, StepOutcome},
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Rule, Scope,
        steps::{refused, said},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "framework-not-run",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(why) = Framework::obstacle(&context.facts.framework) {
        return Outcome::Needs(vec![format!("a run of torch in its own Python ({why})")]);
    }
    let Fact::Known { value, .. } = &context.facts.framework else { return Outcome::NotApplicable };
    if let Some(step) = refused(context, value) {
        return Outcome::Needs(vec![format!("a GPU that torch can use ({}: {})", step.name, said(&step.outcome))]);
    }
    let computed = value.steps.iter().any(|step| {
        let tried = matches!(step.outcome, StepOutcome::Passed { .. }) || step.outcome.is_bad();
        tried && !step.prepares()
    });
    if computed || value.steps.iter().any(|step| step.outcome.is_bad()) {
        return Outcome::Holds;
    }
    Outcome::Needs(vec!["a step of torch that computes".to_owned()])
}
