//! # driver-answers-nonsense
//!
//! What comes back from a library of the driver is no answer.
//!
//! ## How it is decided
//! The process that asks it printed something else than its report.
//!
//! ## How to fix it
//! Find out what is loaded as libnvidia-ml.so.1 and libcuda.so.1: it is not NVIDIA's.
//!
//! ## In a log
//! Nothing that programs have in common.
//!
//! ## Sources
//! gpucheck asks each library in a process of its own with a deadline (docs/probing.md).

use crate::{
    facts::ContactOutcome,
    finding::Severity,
    rules::{Context, Judges, Outcome, Rule, Scope, stack::strange},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-answers-nonsense",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    strange(context, |answer| matches!(answer, ContactOutcome::Garbled { .. }), "gives no answer that makes sense.")
}
