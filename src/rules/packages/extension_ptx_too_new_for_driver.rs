//! # extension-ptx-too-new-for-driver
//!
//! The only code that a package contains for this GPU is PTX, or compressed code, that this driver is too old for.
//!
//! ## How it is decided
//! As for extension-arch-missing, taking the driver into account: it compiles PTX up to the ISA version of its own CUDA release, and
//! decompresses zstd from branch R550 on. CUDA's minor-version compatibility does not cover PTX.
//!
//! ## How to fix it
//! Update the driver, or install a version of the package that was built with an older CUDA toolkit or with machine code for the GPU.
//!
//! ## In a log
//! `the provided PTX was compiled with an unsupported toolchain`.
//!
//! ## Sources
//! CUDA Compatibility guide; PTX ISA, release notes.

use crate::{
    compat::Reach,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::on_gpu,
        shared::{driver_evidence, gpu_name, label},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-ptx-too-new-for-driver",
    scope: Scope::PackageOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &["gpu-too-new-for-wheel", "driver-too-old-for-gpu", "driver-too-old-for-cuda-runtime"],
    remedies: &[Remedy::Driver, Remedy::PackageVersion],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let what = match on_gpu.reach {
        Reach::IsaTooNew(isa) => format!("its PTX uses ISA version {isa}, which the driver cannot compile"),
        Reach::ZstdTooNew => "its code is compressed with zstd, which the driver cannot decompress".to_owned(),
        _ => return Outcome::Holds,
    };
    let gpu = context.gpu.map(|(_, gpu)| gpu_name(gpu)).unwrap_or_default();
    let summary = format!("{} cannot run on {gpu}: {what}.", label(on_gpu.package));
    let mut draft = Draft::new(label(on_gpu.package), summary)
        .about(on_gpu.package)
        .symptom("the provided PTX was compiled with an unsupported toolchain")
        .cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence;
    draft.evidence.extend(driver_evidence(context));
    draft.found()
}
