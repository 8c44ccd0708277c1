//! # extension-needs-ptx-jit
//!
//! A package's compiled libraries contain no machine code for this GPU, only PTX that the driver compiles at first use.
//!
//! ## How it is decided
//! As for extension-arch-missing: the only code in the main library that the GPU can use is PTX. For a package with few kernels, compiling
//! takes seconds; packages that need many minutes have a finding of their own.
//!
//! ## How to fix it
//! No fix is needed as long as the driver's cache is kept: in containers, put `CUDA_CACHE_PATH` on a volume; leave `CUDA_CACHE_DISABLE`
//! unset.
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
    let summary = format!(
        "{} runs on {gpu} only after the driver has compiled its {code} PTX at first use.",
        label(on_gpu.package)
    );
    let mut draft = Draft::new(label(on_gpu.package), summary).about(on_gpu.package).cause(code);
    draft.evidence = on_gpu.evidence;
    draft.found()
}
