//! # nvml-cuda-disagree
//!
//! NVML lists a GPU that CUDA does not, and nothing that is known explains it.
//!
//! ## How it is decided
//! Both libraries answer. A GPU of NVML's list is missing in CUDA's, CUDA_VISIBLE_DEVICES is not set, and the GPU is not in
//! multi-instance mode.
//!
//! ## How to fix it
//! Look at the GPU's compute mode (nvidia-smi -q) and the kernel's log.
//!
//! ## In a log
//! `torch.cuda.device_count()` is less than nvidia-smi shows.
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
    Draft::new(gpu_name(gpu), format!("NVML lists {}, CUDA does not.", gpu_name(gpu)))
        .evidence(
            Evidence::new("listed by NVML, not by CUDA", "NVML and cuDeviceGet")
                .at(format!("/facts/gpus/value/{index}/seen_by")),
        )
        .found()
}
