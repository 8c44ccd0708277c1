//! # nvml-cuda-disagree
//!
//! NVML lists a GPU that CUDA does not list, and no known cause explains it.
//!
//! ## How it is decided
//! Both libraries answer. A GPU in NVML's list is missing from CUDA's, CUDA_VISIBLE_DEVICES is not set, and the GPU is not in MIG mode.
//!
//! ## How to fix it
//! Check the GPU's compute mode (nvidia-smi -q) and the kernel log.
//!
//! ## In a log
//! `torch.cuda.device_count()` is lower than the number of GPUs in nvidia-smi.
//!
//! ## Sources
//! nvml.h, cuda.h (compute modes).

use crate::{
    facts::How,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, shared::gpu_name, stack::Asked},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "nvml-cuda-disagree",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[
        "gpu-lost",
        "gpu-needs-reset",
        "mig-without-instances",
        "open-kernel-modules-required",
        "open-kernel-modules-unsupported",
        "gpu-dropped-by-driver",
    ],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let both = Asked::BOTH.into_iter().all(|asked| asked.is_ready(context));
    let variable = context.variable("CUDA_VISIBLE_DEVICES").is_some();
    let mig = gpu.mig.value().is_some_and(|mig| mig.current);
    if !both || variable || mig || !gpu.seen_by.contains(&How::Nvml) {
        return Outcome::NotApplicable;
    }
    if gpu.seen_by.contains(&How::Cuda) {
        return Outcome::Holds;
    }
    Draft::new(gpu_name(gpu), format!("NVML lists {}, but CUDA does not.", gpu_name(gpu)))
        .evidence(
            Evidence::new("listed by NVML but not by CUDA", "NVML and cuDeviceGet")
                .at(format!("/facts/gpus/value/{index}/seen_by")),
        )
        .found()
}
