//! # driver-eats-memory
//!
//! A driver library allocates memory without limit: programs that use it can bring the machine down.
//!
//! ## How it is decided
//! The resident memory of the process that queries the library is checked twenty times a second; at 4 GiB, some ten times what eight GPUs
//! need, the process is killed.
//!
//! ## How to fix it
//! Reinstall the driver, or try another version of it; check what else is loaded into the process (LD_PRELOAD).
//!
//! ## In a log
//! `Out of memory: Killed process` in the kernel's log.
//!
//! ## Sources
//! gpucheck queries each library in a separate process (docs/probing.md).

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
        "allocates memory without limit: gpucheck killed the process that queried it.",
    )
}
