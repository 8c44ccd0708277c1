//! # driver-hangs
//!
//! A driver library does not respond: the driver, the GPU or the fabric hangs.
//!
//! ## How it is decided
//! The process that queries the library is killed at its deadline (`--probe-timeout`).
//!
//! ## How to fix it
//! Check the kernel log for Xid messages; restart the machine.
//!
//! ## In a log
//! Programs hang on their first CUDA call; nvidia-smi hangs.
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
        "does not respond; programs will hang on their first CUDA call.",
    )
}
