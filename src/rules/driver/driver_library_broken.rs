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
    rules::{Context, Outcome, Rule, Scope, stack::strange},
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
    strange(context, |answer| matches!(answer, Answer::Unloadable { .. }), "cannot be loaded.")
}
