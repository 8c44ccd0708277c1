//! # driver-crashes
//!
//! A driver library crashes the process that queries it.
//!
//! ## How it is decided
//! The process that queries the library was killed by a signal or exited with an error code.
//!
//! ## How to fix it
//! Reinstall the driver; the usual cause is two drivers installed over each other.
//!
//! ## In a log
//! `Segmentation fault` in nvidia-smi or at `import torch`.
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
    slug: "driver-crashes",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    strange(context, |answer| matches!(answer, ContactOutcome::Crashed { .. }), "crashes the process that queries it.")
}
