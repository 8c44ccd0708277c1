//! # driver-library-broken
//!
//! A library of the driver is there and cannot be loaded: cut off, of another architecture, or lacking what it needs itself.
//!
//! ## How it is decided
//! The loader's own message.
//!
//! ## How to fix it
//! Install the driver again.
//!
//! ## In a log
//! `libcuda.so.1: file too short`; `wrong ELF class: ELFCLASS32`.
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
    slug: "driver-library-broken",
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
    let asked = Asked::BOTH.into_iter().find(|asked| {
        asked.contact(context).is_some_and(|contact| matches!(contact.answer, Answer::Unloadable { .. }))
    });
    let Some(asked) = asked else { return Outcome::Holds };
    let mut draft = Draft::new("NVIDIA driver", format!("{} cannot be loaded.", asked.name())).cause(asked.name());
    draft.evidence.extend(asked.evidence(context));
    draft.found()
}
