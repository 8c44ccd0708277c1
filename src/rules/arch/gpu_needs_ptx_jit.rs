//! # gpu-needs-ptx-jit
//!
//! PyTorch contains no machine code for this GPU, only PTX that the driver compiles: the first start takes minutes, and so does the first
//! start after every driver update and every time the cache is cleared.
//!
//! ## How it is decided
//! As for gpu-too-new-for-wheel: nine tenths of the fatbins are usable, but not through machine code.
//!
//! ## How to fix it
//! Install a build with machine code for the GPU. To keep this build, enlarge the cache: `CUDA_CACHE_MAXSIZE=4294967296`.
//!
//! ## In a log
//! Nothing; the program seems to hang at its first CUDA call.
//!
//! ## Sources
//! CUDA C++ Programming Guide, just-in-time compilation and environment variables.

use crate::{
    compat::Reach,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-needs-ptx-jit",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Everything,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match torch_on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let Reach::Compiled(code) = on_gpu.reach else { return Outcome::Holds };
    let summary = format!(
        "{} runs on {} only after the driver has compiled its {code} PTX, which takes minutes at the first start.",
        label(on_gpu.torch),
        gpu_name(on_gpu.gpu),
    );
    let mut draft = Draft::new(label(on_gpu.torch), summary).cause(code).cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence(context);
    draft.found()
}
