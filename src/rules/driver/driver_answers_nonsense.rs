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
    facts::Answer,
    finding::Severity,
    rules::{
        Context, Draft, Outcome, Rule, Scope,
        stack::{Asked, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-answers-nonsense",
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
        .find(|asked| asked.contact(context).is_some_and(|contact| matches!(contact.answer, Answer::Garbled { .. })));
    let Some(asked) = asked else { return Outcome::Holds };
    let mut draft =
        Draft::new("NVIDIA driver", format!("{} gives no answer that makes sense.", asked.name())).cause(asked.name());
    draft.evidence.extend(asked.evidence(context));
    draft.found()
}
