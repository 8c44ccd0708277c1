//! # extension-arch-missing
//!
//! PyTorch may run on this GPU, but another package's compiled libraries contain no code for it.
//!
//! ## How it is decided
//! As for PyTorch itself: the package's main libraries (listed in the knowledge base) are read, and the one with the least support for the
//! GPU decides; some packages ship other libraries for GPUs that those do not support. If the libraries were not read, the knowledge-base
//! row for the installed version is used, and the report says so. PTX that was compiled for one architecture only (`compute_90a`) and PTX
//! that is only linker input (`__nv_relfatbin`) do not count.
//!
//! ## How to fix it
//! Install a version of the package with code for the GPU. If the package selects its library by PyTorch's CUDA release (bitsandbytes),
//! install another build of PyTorch. If there is none, build from source with `TORCH_CUDA_ARCH_LIST` or the package's own variable.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device`.
//!
//! ## Sources
//! The wheels themselves; CUDA C++ Programming Guide, compute capabilities and just-in-time compilation.

use crate::{
    compat::Reach,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::on_gpu,
        shared::{gpu_name, label},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-arch-missing",
    scope: Scope::PackageOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[
        "gpu-too-new-for-wheel",
        "gpu-too-old-for-wheel",
        "gpu-too-old-for-extension",
        "gpu-too-old-for-toolkit",
    ],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let device = format!("sm_{}", on_gpu.capability.number());
    let lack = match on_gpu.reach {
        Reach::Nothing => format!("contains no code that {device} can run"),
        Reach::Partial(some, all) => format!("contains code that {device} can run in only {some} of its {all} fatbins"),
        _ => return Outcome::Holds,
    };
    let gpu = context.gpu.map(|(_, gpu)| gpu_name(gpu)).unwrap_or_default();
    let optional = context.subject.is_some_and(|(_, file)| file.package.optional);
    let summary =
        format!("{} was not built for {gpu} ({device}): {} {lack}.", label(on_gpu.package), on_gpu.library.path);
    let mut draft = Draft::new(label(on_gpu.package), summary)
        .about(on_gpu.package)
        .symptom("CUDA error: no kernel image is available for execution on the device")
        .severity(if optional { Severity::Warning } else { Severity::Error })
        .cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence;
    draft.found()
}
