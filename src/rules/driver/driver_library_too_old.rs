//! # driver-library-too-old
//!
//! A driver library lacks a function that every driver of recent years has.
//!
//! ## How it is decided
//! The loader does not find the function in the library.
//!
//! ## How to fix it
//! Update the driver, or remove the stray old copy from the loader's search path.
//!
//! ## In a log
//! `undefined symbol: cuDeviceGetUuid`.
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
