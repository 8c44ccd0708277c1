//! # framework-wrong-numbers
//!
//! torch computed on the GPU without an error, but the result is wrong.
//!
//! ## How it is decided
//! Each step of `--framework` is compared with the same computation in double precision on the CPU. The tolerance follows from the number
//! format (TF32 if torch uses it) and the length of the sums, so that no order of summation can exceed it.
//!
//! ## How to fix it
//! Do not trust any results from this GPU until the cause is found: run `gpucheck smoke` (its own kernels, without torch). If those results
//! are wrong too, the cause is the GPU, its memory or its power supply; if not, it is the build of torch or of the library that the step
//! uses.
//!
//! ## In a log
//! Nothing: losses become NaN, results differ between machines.
//!
//! ## Sources
//! docs/framework.md; Higham, Accuracy and Stability of Numerical Algorithms, section 3.1 (error of sums).

use crate::{
    facts::StepOutcome,
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Rule, Scope,
        steps::{judge as steps, names},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "framework-wrong-numbers",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    steps(
        context,
        |step| match &step.outcome {
            StepOutcome::Wrong { .. } => Some("wrong numbers".to_owned()),
            _ => None,
        },
        |group, torch| format!("{torch} computes wrong results on this GPU: {}.", names(group)),
    )
}
