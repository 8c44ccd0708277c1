//! # driver-too-old-for-zstd
//!
//! The build's device code for this GPU is compressed with zstd, which drivers before branch 550 cannot decompress.
//!
//! ## How it is decided
//! The fatbin headers state the compression of exactly those images that the driver would select.
//!
//! ## How to fix it
//! Update the driver to branch 550 or newer, or install a build with a different compression.
//!
//! ## In a log
//! `CUDA error: device kernel image is invalid`.
//!
//! ## Sources
//! nvcc manual, `--compress-mode`: the compressed modes need a driver of CUDA 12.4 or newer.

use crate::{
    compat::Reach,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-zstd",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &["driver-too-old-for-gpu", "driver-too-old-for-cuda-runtime"],
    remedies: &[Remedy::TorchBuild, Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match torch_on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    if on_gpu.reach != Reach::ZstdTooNew {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        label(on_gpu.torch),
        format!(
            "{} contains code for {} that is compressed with zstd, which this driver cannot decompress.",
            label(on_gpu.torch),
            gpu_name(on_gpu.gpu)
        ),
    )
    .symptom("CUDA error: device kernel image is invalid")
    .cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence(context);
    draft.evidence.extend(driver_evidence(context));
    if let Some(branch) = context.knowledge.zstd_branch() {
        draft = draft
            .evidence(Evidence::new(format!("zstd fatbins: driver branch {branch} or newer"), "knowledge: cuda.toml"));
    }
    draft.found()
}
