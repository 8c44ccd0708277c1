//! # driver-no-permission
//!
//! The driver refuses this user: the device nodes may not be opened.
//!
//! ## How it is decided
//! NVML returns code 4, insufficient permissions.
//!
//! ## How to fix it
//! Let the user open /dev/nvidia*; in a container under SELinux, start it without its label.
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
        Draft::new("NVIDIA driver", "the driver refuses this user.")
            .symptom("Failed to initialize NVML: Insufficient Permissions")
    })
}
