//! # driver-no-permission
//!
//! This user lacks permission to use the driver: the device nodes cannot be opened.
//!
//! ## How it is decided
//! NVML returns code 4 (insufficient permissions).
//!
//! ## How to fix it
//! Give the user access to /dev/nvidia*. Under SELinux, start the container without its label.
//!
//! ## In a log
//! `Failed to initialize NVML: Insufficient Permissions`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/cloud-native-docs, container-toolkit/troubleshooting.md.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-no-permission",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    refuses(context, Asked::Nvml, &[4], || {
        Draft::new("NVIDIA driver", "this user has no permission to use the driver.")
            .symptom("Failed to initialize NVML: Insufficient Permissions")
    })
}
