//! # gpu-lost
//!
//! The GPU has fallen off the bus: it no longer answers the driver.
//!
//! ## How it is decided
//! NVML returns code 15 (GPU is lost) for the device.
//!
//! ## How to fix it
//! Power-cycle the machine completely; then check power, cables, slot, heat and firmware. No package fixes this.
//!
//! ## In a log
//! `GPU has fallen off the bus` (Xid 79); `GPU is lost. Reboot the system to recover this GPU`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/cloud-native-docs, gpu-operator/troubleshooting.rst.

use crate::{
    finding::Severity,
    rules::{Context, Judges, Outcome, Remedy, Rule, Scope, stack::troubled},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-lost",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    troubled(context, 15, "GPU is lost. Reboot the system to recover this GPU", |name| {
        format!("{name} has fallen off the bus.")
    })
}
