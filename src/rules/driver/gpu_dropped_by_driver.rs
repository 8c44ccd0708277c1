//! # gpu-dropped-by-driver
//!
//! The driver's branch no longer supports this GPU: Maxwell, Pascal and Volta end with branch 580, Kepler with 470.
//!
//! ## How it is decided
//! The knowledge base has the last driver branch for each architecture; the first number of the driver version is its branch.
//!
//! ## How to fix it
//! Install the last branch that supports the GPU (580 is a long-term branch) and pin it.
//!
//! ## In a log
//! `NVRM: The NVIDIA GPU … installed in this system is supported through the NVIDIA 580.xx Legacy drivers.`
//!
//! ## Sources
//! NVIDIA's CUDA toolkit, driver and architecture matrix.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, gpu_name, needs_driver},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-dropped-by-driver",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let Some(&capability) = gpu.capability.value() else { return Outcome::NotApplicable };
    let Some(row) = context.knowledge.architecture(capability) else {
        return Outcome::NotApplicable;
    };
    let Some(last) = row.driver_last_branch else { return Outcome::NotApplicable };
    let driver = match &context.facts.driver {
        Fact::Known { value, .. } => value,
        Fact::Absent { .. } => return Outcome::NotApplicable,
        Fact::Unknown { .. } => return needs_driver(),
    };
    if !row.is_dropped_by(&driver.version) {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        gpu_name(gpu),
        format!(
            "driver {} no longer supports {} (sm_{}): branch {last} is the last one that does.",
            driver.version,
            gpu_name(gpu),
            capability.number()
        ),
    )
    .symptom("NVRM: The NVIDIA GPU installed in this system is supported through the NVIDIA Legacy drivers")
    .cause(capability)
    .cause(last);
    draft.evidence.extend(driver_evidence(context));
    draft
        .evidence(Evidence::new(
            format!("sm_{}: last driver branch {last}", capability.number()),
            format!("knowledge: {}", context.knowledge.cite_architecture(row, row.by.driver_last.as_ref())),
        ))
        .found()
}
