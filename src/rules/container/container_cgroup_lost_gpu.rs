//! # container-cgroup-lost-gpu
//!
//! The container had access to the GPU and lost it: its device permissions were rewritten without the container engine's knowledge.
//!
//! ## How it is decided
//! Inside a container, NVML is present and returns 999 (unknown error).
//!
//! ## How to fix it
//! Restart the container; pass GPUs through CDI to prevent it from happening again.
//!
//! ## In a log
//! `Failed to initialize NVML: Unknown Error`, after it worked.
//!
//! ## Sources
//! NVIDIA/cloud-native-docs, container-toolkit/troubleshooting.md; NVIDIA/nvidia-container-toolkit#1133.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, in_container, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-cgroup-lost-gpu",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if !in_container(context) {
        return Outcome::NotApplicable;
    }
    refuses(context, Asked::Nvml, &[17, 999], || {
        Draft::new("container", "the container has lost its permission to use the GPU.")
            .symptom("Failed to initialize NVML: Unknown Error")
    })
}
