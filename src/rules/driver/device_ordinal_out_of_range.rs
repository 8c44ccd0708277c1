//! # device-ordinal-out-of-range
//!
//! CUDA_VISIBLE_DEVICES names a GPU that is not there: it and everything behind it in the list are dropped.
//!
//! ## How it is decided
//! The variable is read as CUDA reads it; it is a finding when an entry does not exist and some GPU is left before it.
//!
//! ## How to fix it
//! Name GPUs that exist.
//!
//! ## In a log
//! `CUDA error: invalid device ordinal`.
//!
//! ## Sources
//! CUDA Programming Guide 13.4.3, section 5.2.

use crate::{
    finding::Severity,
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, stack::visible_devices},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "device-ordinal-out-of-range",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["cuda-visible-devices-hides-gpu"],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((text, visible)) = visible_devices(context) else { return Outcome::NotApplicable };
    let Some(entry) = visible.invalid.as_deref().filter(|_| visible.kept > 0) else { return Outcome::Holds };
    Draft::new(
        "CUDA_VISIBLE_DEVICES",
        format!("there is no GPU '{entry}': it and what stands behind it in '{text}' are dropped."),
    )
    .evidence(context.variable_evidence("CUDA_VISIBLE_DEVICES"))
    .symptom("CUDA error: invalid device ordinal")
    // What stands before it may be a UUID, which is of one machine.
    .cause(entry)
    .cause(visible.kept)
    .found()
}
