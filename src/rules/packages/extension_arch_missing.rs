//! # extension-arch-missing
//!
//! PyTorch may run on this GPU, but the compiled part of another package holds no code for it.
//!
//! ## How it is decided
//! As for PyTorch itself: the main libraries of the package are read (which those are is knowledge), and the one that can do least on
//! the GPU decides; some packages bring other libraries for GPUs that those do not serve. Where they were not read, the row of the
//! installed version speaks, and the report says so. PTX that was compiled for one architecture only (`compute_90a`) and PTX that is
//! link input (`__nv_relfatbin`) count for nothing.
//!
//! ## How to fix it
//! A version of the package with code for the GPU; where it chooses among its libraries by PyTorch's CUDA release (bitsandbytes),
//! another build of PyTorch; where there is none, a build from source with `TORCH_CUDA_ARCH_LIST` or the package's own variable.
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
        Reach::Nothing => format!("holds nothing that {device} can run"),
        Reach::Partial(some, all) => format!("holds code that {device} can run in {some} of its {all} fatbins only"),
        _ => return Outcome::Holds,
    };
    let gpu = context.gpu.map(|(_, gpu)| gpu_name(gpu)).unwrap_or_default();
    let optional = context.subject.is_some_and(|(_, file)| file.package.optional);
    let summary =
        format!("{} was not built for {gpu} ({device}): its {} {lack}.", label(on_gpu.package), on_gpu.library.path);
    let mut draft = Draft::new(label(on_gpu.package), summary)
        .about(on_gpu.package)
        .symptom("CUDA error: no kernel image is available for execution on the device")
        .severity(if optional { Severity::Warning } else { Severity::Error })
        .cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence;
    draft.found()
}
