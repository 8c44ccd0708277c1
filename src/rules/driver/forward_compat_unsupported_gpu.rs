//! # forward-compat-unsupported-gpu
//!
//! A forward-compatibility libcuda is loaded, but this GPU does not support it: only data-center GPUs do.
//!
//! ## How it is decided
//! cuInit returns 804, on Linux: forward compatibility does not exist on Windows.
//!
//! ## How to fix it
//! Update the driver, use an image with an older CUDA version, or remove the compat folder from the loader's search path.
//!
//! ## In a log
//! `Error 804: forward compatibility was attempted on non supported HW`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); docs.nvidia.com forward compatibility; NVIDIA/nvidia-docker#1515.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, is_windows, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "forward-compat-unsupported-gpu",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if is_windows(context) {
        return Outcome::NotApplicable;
    }
    refuses(context, Asked::Cuda, &[804], || {
        Draft::new("CUDA driver", "forward compatibility was attempted on a GPU that does not support it: the driver is too old for this image's CUDA version.").symptom("Error 804: forward compatibility was attempted on non supported HW")
    })
}
