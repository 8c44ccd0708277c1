//! # gpu-not-in-driver
//!
//! A GPU is on the PCI bus, but the driver, which is working, does not list it: the GPU failed to start, has lost power, or is reserved.
//!
//! ## How it is decided
//! NVML answers; the GPU is on the bus, bound to nvidia or to no driver, and not in NVML's list. Not checked inside a container, where the
//! driver's list is shorter on purpose.
//!
//! ## How to fix it
//! The kernel log says why (NVRM, Xid).
//!
//! ## In a log
//! `No devices were found`; fewer GPUs in nvidia-smi than in the machine.
//!
//! ## Sources
//! NVIDIA/open-gpu-kernel-modules, osapi.c.

use crate::{
    facts::How,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::gpu_name,
        stack::{Asked, in_container},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-not-in-driver",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[
        "open-kernel-modules-required",
        "open-kernel-modules-unsupported",
        "gpu-dropped-by-driver",
        "driver-too-old-for-gpu",
        "nouveau-conflict",
        "gpu-passed-through",
        "bios-above-4g-decoding",
        "gpu-lost",
        "no-kernel-module-for-all-gpus",
    ],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let passed = gpu.bound.value().is_some_and(|bound| bound == "vfio-pci");
    if !Asked::Nvml.is_ready(context) || in_container(context) || passed || !gpu.seen_by.contains(&How::Pci) {
        return Outcome::NotApplicable;
    }
    if gpu.seen_by.contains(&How::Nvml) {
        return Outcome::Holds;
    }
    let address = gpu.pci_address.value().cloned().unwrap_or_default();
    Draft::new(gpu_name(gpu), format!("{} is on the PCI bus, but the driver does not list it.", gpu_name(gpu)))
        .evidence(
            Evidence::new("on the PCI bus, not in NVML's list", address)
                .at(format!("/facts/gpus/value/{index}/seen_by")),
        )
        .symptom("nvidia-smi: No devices were found")
        .found()
}
