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
    facts::Answer,
    finding::Severity,
    rules::{
        Context, Draft, Outcome, Rule, Scope,
        stack::{Asked, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-hangs",
    scope: Scope::Machine,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    let asked = Asked::BOTH
        .into_iter()
        .find(|asked| asked.contact(context).is_some_and(|contact| matches!(contact.answer, Answer::TimedOut { .. })));
    let Some(asked) = asked else { return Outcome::Holds };
    let mut draft = Draft::new(
        "NVIDIA driver",
        format!("{} gives no answer: programs will wait for ever at their first call.", asked.name()),
    )
    .cause(asked.name());
    draft.evidence.extend(asked.evidence(context));
    draft.found()
}
