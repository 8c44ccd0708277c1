//! # bios-above-4g-decoding
//!
//! The firmware gave a region of the GPU's memory no address, so the driver cannot start the GPU. GPUs need room above 4 GiB: the settings
//! are called Above 4G Decoding (or 64-bit MMIO) and Resizable BAR.
//!
//! ## How it is decided
//! In the kernel's list of the PCI device, the GPU's registers (BAR 0), its memory (BAR 1) or another region has no address, and the driver
//! does not list the GPU.
//!
//! ## How to fix it
//! Turn on Above 4G Decoding in the firmware's setup, and turn off the compatibility support module (CSM), which prevents it. In a virtual
//! machine, give the guest a larger 64-bit window and UEFI firmware. Where the setup cannot do it: update the firmware, or start Linux with
//! `pci=realloc`.
//!
//! ## In a log
//! `NVRM: This PCI I/O region assigned to your NVIDIA device is invalid: NVRM: BAR1 is 0M @ 0x0 (PCI:0000:01:00.0)`;
//! `BAR 1: no space for`; `BAR 1: failed to assign`; `This device cannot find enough free resources that it can use. (Code 12)`.
//!
//! ## Sources
//! NVIDIA/open-gpu-kernel-modules df1c9a3d, kernel-open/nvidia/nv-pci.c and #862; drivers/pci/setup-bus.c of Linux.

use crate::{
    facts::{Fact, How},
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::gpu_name},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "bios-above-4g-decoding",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["gpu-passed-through"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let Fact::Known { value, via } = &gpu.unplaced else { return Outcome::NotApplicable };
    // A device that is given to a virtual machine has its addresses there.
    if gpu.bound.value().is_some_and(|bound| bound == "vfio-pci") {
        return Outcome::NotApplicable;
    }
    if value.is_empty() || gpu.seen_by.contains(&How::Nvml) {
        return Outcome::Holds;
    }
    let regions: Vec<_> = value.iter().map(|bar| format!("BAR {bar}")).collect();
    let name = gpu_name(gpu);
    let summary = format!(
        "the firmware gave {} of {name} no address: its memory does not fit below 4 GiB, and the driver cannot start it.",
        regions.join(" and ")
    );
    Draft::new(name, summary)
        .evidence(
            Evidence::new(format!("no address for {}", regions.join(", ")), via)
                .at(format!("/facts/gpus/value/{index}/unplaced")),
        )
        .symptom("NVRM: This PCI I/O region assigned to your NVIDIA device is invalid")
        .found()
}
