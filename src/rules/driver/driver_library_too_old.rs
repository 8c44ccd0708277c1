//! # driver-library-too-old
//!
//! A library of the driver lacks a function that every driver of the last years has.
//!
//! ## How it is decided
//! The loader does not find the function in it.
//!
//! ## How to fix it
//! Update the driver, or take the stray old copy out of the loader's way.
//!
//! ## In a log
//! `undefined symbol: cuDeviceGetUuid`.
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
    slug: "driver-library-too-old",
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
        |answer| matches!(answer, ContactOutcome::MissingFunction { .. }),
        "lacks a function that every current driver has.",
    )
}
