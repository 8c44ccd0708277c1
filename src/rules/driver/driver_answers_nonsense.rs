//! # driver-answers-nonsense
//!
//! A driver library returned something that is not a valid answer.
//!
//! ## How it is decided
//! The process that queries the library printed something other than its report.
//!
//! ## How to fix it
//! Find out what is loaded as libnvidia-ml.so.1 and libcuda.so.1: it is not NVIDIA's library.
//!
//! ## In a log
//! No message common to all programs.
//!
//! ## Sources
//! gpucheck queries each library in a separate process with a deadline (docs/probing.md).

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
    strange(context, |answer| matches!(answer, ContactOutcome::Garbled { .. }), "does not return a valid answer.")
}
