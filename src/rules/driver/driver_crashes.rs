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
    facts::Answer,
    finding::Severity,
    rules::{
        Context, Draft, Outcome, Rule, Scope,
        stack::{Asked, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-crashes",
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
        .find(|asked| asked.contact(context).is_some_and(|contact| matches!(contact.answer, Answer::Crashed { .. })));
    let Some(asked) = asked else { return Outcome::Holds };
    let mut draft =
        Draft::new("NVIDIA driver", format!("{} ends the process that asks it.", asked.name())).cause(asked.name());
    draft.evidence.extend(asked.evidence(context));
    draft.found()
}
