//! # device-ordinal-out-of-range
//!
//! CUDA_VISIBLE_DEVICES names a GPU that does not exist: CUDA ignores it and every entry after it.
//!
//! ## How it is decided
//! The variable is parsed the way CUDA parses it. A finding is reported if an entry does not exist and at least one GPU before it does.
//!
//! ## How to fix it
//! List only GPUs that exist.
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
        format!("GPU '{entry}' does not exist; CUDA ignores it and every entry after it in '{text}'."),
    )
    .evidence(context.variable_evidence("CUDA_VISIBLE_DEVICES"))
    .symptom("CUDA error: invalid device ordinal")
    // An entry before it may be a UUID, which differs between machines, so only the number of entries counts.
    .cause(entry)
    .cause(visible.kept)
    .found()
}
