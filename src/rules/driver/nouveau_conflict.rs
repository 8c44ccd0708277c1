//! # nouveau-conflict
//!
//! Another kernel driver, nouveau, has claimed the GPU, so NVIDIA's driver cannot use it.
//!
//! ## How it is decided
//! The kernel's link from the PCI device to its driver names nouveau or nova_core.
//!
//! ## How to fix it
//! Prevent nouveau from loading, and restart.
//!
//! ## In a log
//! `NVRM: This can occur when another driver was loaded and obtained ownership of the NVIDIA device(s).`
//!
//! ## Sources
//! NVIDIA/nvidia-installer, misc.c; NVIDIA/open-gpu-kernel-modules, kernel-open/nvidia/nv.c.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::gpu_name},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "nouveau-conflict",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    match &gpu.bound {
        Fact::Known { value, via } if value == "nouveau" || value.starts_with("nova") => {
            Draft::new(gpu_name(gpu), format!("the kernel driver {value} has claimed {}.", gpu_name(gpu)))
                .evidence(
                    Evidence::new(format!("bound to {value}"), via).at(format!("/facts/gpus/value/{index}/bound")),
                )
                .symptom("NVRM: obtained ownership of the NVIDIA device(s)")
                .cause(value)
                .found()
        }
        Fact::Known { .. } => Outcome::Holds,
        _ => Outcome::NotApplicable,
    }
}
