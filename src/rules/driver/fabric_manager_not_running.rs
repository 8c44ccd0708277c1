//! # fabric-manager-not-running
//!
//! The GPUs are connected by NVSwitch, and CUDA is waiting for the fabric manager, which is not running or has a different version than the
//! driver.
//!
//! ## How it is decided
//! cuInit returns 802 (system not yet initialized). NVSwitch bridges on the bus and a running nv-fabricmanager are shown as evidence. Not with Windows' driver (WSL too), which has no fabric manager.
//!
//! ## How to fix it
//! Start the fabric manager in exactly the driver's version.
//!
//! ## In a log
//! `Error 802: system not yet initialized`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/cloud-native-docs, gpu-operator/troubleshooting.rst; gpustack/gpustack#1254.

use crate::{
    facts::{Fact, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::driver_os,
        stack::{Asked, refuses},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "fabric-manager-not-running",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if driver_os(context) == Some(Os::Windows) {
        return Outcome::NotApplicable;
    }
    refuses(context, Asked::Cuda, &[802], || {
        let kernel = &context.facts.kernel;
        let mut draft = Draft::new(
            "CUDA driver",
            "the GPU fabric is not ready: the fabric manager is not running, or its version differs from the driver's.",
        )
        .symptom("Error 802: system not yet initialized");
        if let Fact::Known { value, via } = &kernel.nvswitches {
            let fact = format!("{value} NVSwitch bridges on the bus");
            draft = draft.evidence(Evidence::new(fact, via).at("/facts/kernel/nvswitches"));
        }
        if let Fact::Known { value, via } = &kernel.fabric_manager {
            let runs = if *value { "a fabric manager is running" } else { "no fabric manager is running" };
            draft = draft.evidence(Evidence::new(runs, via).at("/facts/kernel/fabric_manager"));
        }
        draft
    })
}
