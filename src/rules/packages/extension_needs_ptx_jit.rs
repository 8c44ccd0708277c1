//! # extension-needs-ptx-jit
//!
//! The compiled part of a package holds no machine code for this GPU, but PTX that the driver compiles when it is first used.
//!
//! ## How it is decided
//! As extension-arch-missing: what the GPU can use of the main library is PTX. A package with few kernels needs seconds for it; those
//! that need many minutes have a finding of their own.
//!
//! ## How to fix it
//! Nothing needs fixing as long as the driver's cache is kept: `CUDA_CACHE_PATH` on a volume in containers, `CUDA_CACHE_DISABLE` unset.
//!
//! ## In a log
//! Nothing; the first call takes longer.
//!
//! ## Sources
//! CUDA C++ Programming Guide, just-in-time compilation and environment variables.

use crate::{
    compat::Reach,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        extension::on_gpu,
        shared::{gpu_name, label},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-needs-ptx-jit",
    scope: Scope::PackageOnGpu,
    judges: Judges::Everything,
    severity: Severity::Info,
    consequence_of: &["gpu-too-new-for-wheel", "gpu-too-old-for-wheel"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let Reach::Compiled(code) = on_gpu.reach else { return Outcome::Holds };
    let gpu = context.gpu.map(|(_, gpu)| gpu_name(gpu)).unwrap_or_default();
    let summary =
        format!("{} runs on {gpu} after the driver has compiled its {code} PTX, at first use.", label(on_gpu.package));
    let mut draft = Draft::new(label(on_gpu.package), summary).about(on_gpu.package).cause(code);
    draft.evidence = on_gpu.evidence;
    draft.found()
}
