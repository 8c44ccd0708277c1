//! # gpu-too-new-for-wheel
//!
//! The installed PyTorch build has no machine code for this GPU and no PTX that the driver could compile, because the GPU is newer than the
//! build.
//!
//! ## How it is decided
//! The fatbins of torch's main library (`libtorch_cuda.so`, `torch_cuda.dll`) are counted. Machine code `sm_XY` runs on devices of the same
//! major compute capability with the same or a later minor version; PTX `compute_XY` runs on every later device. An architecture that only
//! a few fatbins contain does not count. The CUDA version of the system, of the image or of nvidia-smi does not matter.
//!
//! ## How to fix it
//! Install the build of the same version that has the code. Include the local version (`+cu128`), or pip reports that the requirement is
//! already satisfied. If such a build exists, there is no need to wait for a release, use a nightly or build from source.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device`, or the warning `… with CUDA capability sm_120 is not
//! compatible with the current PyTorch installation`.
//!
//! ## Sources
//! CUDA C++ Programming Guide, sections on binary and PTX compatibility; `torch/cuda/__init__.py` of torch 2.15.0.

use crate::{
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Remedy, Rule, Scope,
        shared::{gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-too-new-for-wheel",
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
    if !on_gpu.reach.lacks() || !on_gpu.gpu_is_newer(context) {
        return Outcome::Holds;
    }
    let summary = format!(
        "{} was not built for {} (sm_{}): its main library {}.",
        label(on_gpu.torch),
        gpu_name(on_gpu.gpu),
        on_gpu.capability.number(),
        on_gpu.lack()
    );
    on_gpu.no_kernel_image(context, summary).found()
}
