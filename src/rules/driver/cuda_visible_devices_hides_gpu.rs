//! # cuda-visible-devices-hides-gpu
//!
//! CUDA_VISIBLE_DEVICES hides every GPU: it is empty, begins with -1, or begins with an entry that does not exist.
//!
//! ## How it is decided
//! The variable is parsed the way CUDA parses it: an entry that does not exist ends the list. A finding is reported if none of the GPUs
//! that the driver lists remain.
//!
//! ## How to fix it
//! Unset the variable, or set it to a GPU that exists.
//!
//! ## In a log
//! `No CUDA GPUs are available`; `no CUDA-capable device is detected`.
//!
//! ## Sources
//! CUDA Programming Guide 13.4.3, section 5.2.

use crate::{
    finding::Severity,
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, stack::visible_devices},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cuda-visible-devices-hides-gpu",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((text, visible)) = visible_devices(context) else { return Outcome::NotApplicable };
    if visible.kept > 0 {
        return Outcome::Holds;
    }
    Draft::new("CUDA_VISIBLE_DEVICES", format!("CUDA_VISIBLE_DEVICES='{text}' hides every GPU."))
        .evidence(context.variable_evidence("CUDA_VISIBLE_DEVICES"))
        .symptom("No CUDA GPUs are available")
        .cause(visible.invalid.unwrap_or_default())
        .found()
}
