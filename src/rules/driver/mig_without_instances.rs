//! # mig-without-instances
//!
//! MIG mode is enabled, but there are no MIG instances: CUDA has no device to run on.
//!
//! ## How it is decided
//! NVML reports that MIG mode is enabled and that there are no instances.
//!
//! ## How to fix it
//! Create instances, or disable MIG mode.
//!
//! ## In a log
//! `No CUDA GPUs are available`.
//!
//! ## Sources
//! docs.nvidia.com MIG User Guide; nvml.h.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::gpu_name},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "mig-without-instances",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    match &gpu.mig {
        Fact::Known { value, via } if value.current && value.instances == 0 => {
            Draft::new(gpu_name(gpu), format!("{} is in MIG mode but has no instances.", gpu_name(gpu)))
                .evidence(Evidence::new("MIG enabled, 0 instances", via).at(format!("/facts/gpus/value/{index}/mig")))
                .symptom("No CUDA GPUs are available")
                .found()
        }
        Fact::Known { .. } => Outcome::Holds,
        _ => Outcome::NotApplicable,
    }
}
