//! # driver-hangs
//!
//! A library of the driver gives no answer: the driver, the GPU or the fabric hangs.
//!
//! ## How it is decided
//! The process that asks it is ended at its deadline (`--probe-timeout`).
//!
//! ## How to fix it
//! Look at the kernel's log for Xid messages; restart the machine.
//!
//! ## In a log
//! Programs wait for ever at their first CUDA call; nvidia-smi hangs.
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
    slug: "driver-hangs",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    strange(
        context,
        |answer| matches!(answer, ContactOutcome::TimedOut { .. }),
        "gives no answer: programs will wait for ever at their first call.",
    )
}
