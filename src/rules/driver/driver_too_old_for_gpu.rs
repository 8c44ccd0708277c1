//! # driver-too-old-for-gpu
//!
//! The driver is older than the GPU and does not support it, so no program can use the GPU.
//!
//! ## How it is decided
//! For each architecture, the knowledge base has the first driver that supports it. With an older driver the GPU cannot work, whatever the
//! software.
//!
//! ## How to fix it
//! Update the driver. For a container, update the host's driver; under WSL2, update the Windows driver.
//!
//! ## In a log
//! `nvidia-smi` prints `No devices were found`.
//!
//! ## Sources
//! CUDA Toolkit release notes (toolkit drivers); device lists of NVIDIA's open kernel modules by release.

use crate::{
    facts::{Fact, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, driver_os, gpu_name, needs_driver},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-gpu",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let Some(&capability) = gpu.capability.value() else { return Outcome::NotApplicable };
    let Some(row) = context.knowledge.architecture(capability) else {
        return Outcome::NotApplicable;
    };
    let floor = match driver_os(context) {
        Some(Os::Windows) => &row.driver_first_windows,
        Some(Os::Linux) => &row.driver_first_linux,
        _ => return Outcome::NotApplicable,
    };
    let Some(floor) = floor else { return Outcome::NotApplicable };
    let driver = match &context.facts.driver {
        Fact::Known { value, .. } => value,
        Fact::Absent { .. } => return Outcome::NotApplicable,
        Fact::Unknown { .. } => return needs_driver(),
    };
    if driver.version >= *floor {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        gpu_name(gpu),
        format!(
            "driver {} does not support {} (sm_{}), which needs {floor} or newer.",
            driver.version,
            gpu_name(gpu),
            capability.number()
        ),
    )
    .symptom("nvidia-smi: No devices were found")
    .cause(capability)
    .cause(floor);
    draft.evidence.extend(driver_evidence(context));
    draft
        .evidence(Evidence::new(
            format!("sm_{}: first driver {floor}", capability.number()),
            format!("knowledge: {}", context.knowledge.cite_architecture(row, row.by.driver_first.as_ref())),
        ))
        .evidence(
            Evidence::new(
                format!("{}: compute capability {capability}", gpu_name(gpu)),
                gpu.capability.via().map(ToString::to_string).unwrap_or_default(),
            )
            .at(format!("/facts/gpus/value/{index}")),
        )
        .found()
}
