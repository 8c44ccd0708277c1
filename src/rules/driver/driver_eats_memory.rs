//! # driver-eats-memory
//!
//! A library of the driver takes memory without end: programs that use it bring the machine down.
//!
//! ## How it is decided
//! The memory that the process which asks really has is looked at twenty times a second; at 4 GiB, some ten times of what eight GPUs take,
//! it is ended.
//!
//! ## How to fix it
//! A fresh install of the driver, or another version of it; look for what is loaded with it (LD_PRELOAD).
//!
//! ## In a log
//! `Out of memory: Killed process` in the kernel's log.
//!
//! ## Sources
//! gpucheck asks each library in a process of its own (docs/probing.md).

use crate::{
    facts::ContactOutcome,
    finding::Severity,
    rules::{Context, Judges, Outcome, Rule, Scope, stack::strange},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-eats-memory",
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
        |answer| matches!(answer, ContactOutcome::TooMuchMemory { .. }),
        "takes memory without end: gpucheck has ended the process that asked it.",
    )
}
