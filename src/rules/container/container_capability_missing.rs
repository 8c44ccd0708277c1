//! # container-capability-missing
//!
//! The container got only part of the driver: libcuda without NVML, or NVML without libcuda.
//!
//! ## How it is decided
//! Inside a container, one of the two libraries answers and the other is missing. NVIDIA_DRIVER_CAPABILITIES decides which are provided:
//! compute provides libcuda, utility provides NVML.
//!
//! ## How to fix it
//! Start the container with `NVIDIA_DRIVER_CAPABILITIES=compute,utility`.
//!
//! ## In a log
//! nvidia-smi works and torch says `Found no NVIDIA driver on your system`.
//!
//! ## Sources
//! NVIDIA/nvidia-container-toolkit, internal/config/image/capabilities.go.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, in_container, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-capability-missing",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if !in_container(context) || not_asked(context).is_some() {
        return Outcome::NotApplicable;
    }
    let (lacks, severity, part) = match (Asked::Nvml.is_missing(context), Asked::Cuda.is_missing(context)) {
        (false, true) if Asked::Nvml.is_ready(context) => (Asked::Cuda, Severity::Error, "compute"),
        (true, false) if Asked::Cuda.is_ready(context) => (Asked::Nvml, Severity::Warning, "utility"),
        _ => return Outcome::Holds,
    };
    let mut draft = Draft::new("container", format!("the container got the driver without its {part} libraries."))
        .symptom("Found no NVIDIA driver on your system")
        .severity(severity)
        .cause(part);
    draft.evidence.extend(lacks.evidence(context));
    let value = context.variable("NVIDIA_DRIVER_CAPABILITIES").unwrap_or("not set");
    draft.evidence(Evidence::new(format!("NVIDIA_DRIVER_CAPABILITIES: {value}"), "environment variable")).found()
}
