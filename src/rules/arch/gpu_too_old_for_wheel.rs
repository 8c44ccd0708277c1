//! # gpu-too-old-for-wheel
//!
//! The installed PyTorch build dropped this GPU's architecture: it contains code only for later GPUs.
//!
//! ## How it is decided
//! As for gpu-too-new-for-wheel, for a GPU that the build's CUDA release could still have supported or has itself dropped. CUDA 13 cannot
//! generate code for Maxwell, Pascal and Volta; the cu128 and later builds drop some of them earlier.
//!
//! ## How to fix it
//! Install the newest build that still has the code. For Maxwell, Pascal and Volta that is a cu126 build.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device`, or `PyTorch no longer supports this GPU because it is
//! too old`.
//!
//! ## Sources
//! CUDA C++ Programming Guide, sections on binary and PTX compatibility; `torch/cuda/__init__.py` of torch 2.7.1 and 2.15.0.

use crate::{
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Remedy, Rule, Scope,
        shared::{gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-too-old-for-wheel",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match torch_on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    if !on_gpu.reach.lacks() || on_gpu.gpu_is_newer(context) {
        return Outcome::Holds;
    }
    let tegra = context.knowledge.architecture(on_gpu.capability).is_some_and(|row| row.tegra);
    let why = if tegra { "was built for desktop GPUs, not for" } else { "no longer supports" };
    let summary = format!(
        "{} {why} {} (sm_{}): its main library {}.",
        label(on_gpu.torch),
        gpu_name(on_gpu.gpu),
        on_gpu.capability.number(),
        on_gpu.lack()
    );
    on_gpu.no_kernel_image(context, summary).found()
}
