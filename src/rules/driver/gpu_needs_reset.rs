//! # gpu-needs-reset
//!
//! The GPU needs a reset before it works again.
//!
//! ## How it is decided
//! NVML returns code 16 (GPU requires reset) for the device.
//!
//! ## How to fix it
//! Reset the GPU or restart the machine.
//!
//! ## In a log
//! `GPU requires reset`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37).

use crate::{
    finding::Severity,
    rules::{Context, Judges, Outcome, Remedy, Rule, Scope, stack::troubled},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-needs-reset",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    troubled(context, 16, "GPU requires reset", |name| format!("{name} needs a reset."))
}
