//! # gpu-passed-through
//!
//! The GPU is reserved for a virtual machine: it is bound to the kernel driver vfio-pci, and programs on this machine cannot use it.
//!
//! ## How it is decided
//! The kernel's link from the PCI device to its driver names vfio-pci.
//!
//! ## How to fix it
//! Nothing to fix if a virtual machine is meant to have it.
//!
//! ## In a log
//! Nothing: the GPU is simply not listed.
//!
//! ## Sources
//! Linux kernel documentation, VFIO.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, shared::gpu_name},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-passed-through",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    match &gpu.bound {
        Fact::Known { value, via } if value == "vfio-pci" => {
            Draft::new(gpu_name(gpu), format!("{} is reserved for a virtual machine.", gpu_name(gpu)))
                .evidence(Evidence::new("bound to vfio-pci", via).at(format!("/facts/gpus/value/{index}/bound")))
                .found()
        }
        Fact::Known { .. } => Outcome::Holds,
        _ => Outcome::NotApplicable,
    }
}
