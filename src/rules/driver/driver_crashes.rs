//! # driver-crashes
//!
//! A library of the driver ends the process that asks it.
//!
//! ## How it is decided
//! The process that asks it died by a signal or an error code.
//!
//! ## How to fix it
//! Install the driver again; two drivers over one another are the usual cause.
//!
//! ## In a log
//! `Segmentation fault` in nvidia-smi or at `import torch`.
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
    slug: "driver-crashes",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    strange(context, |answer| matches!(answer, ContactOutcome::Crashed { .. }), "ends the process that asks it.")
}
