//! # driver-too-old-for-ptx
//!
//! For this GPU the build contains only PTX, and the PTX is newer than this driver can compile. Minor-version compatibility does not cover
//! PTX.
//!
//! ## How it is decided
//! Each PTX entry states its ISA version; the driver compiles versions up to that of its own CUDA release.
//!
//! ## How to fix it
//! Update the driver to the CUDA release of the PTX, or install a build with machine code for the GPU.
//!
//! ## In a log
//! `the provided PTX was compiled with an unsupported toolchain` (error 222), `Unsupported .version 8.7; current version is '8.4'`.
//!
//! ## Sources
//! CUDA compatibility guide; PTX ISA release history.

use crate::{
    compat::Reach,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-ptx",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &["driver-too-old-for-gpu", "driver-too-old-for-cuda-runtime"],
    remedies: &[Remedy::TorchBuild, Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let on_gpu = match torch_on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let Reach::IsaTooNew(isa) = on_gpu.reach else { return Outcome::Holds };
    let needed = context.knowledge.ptx_cuda(isa).map_or_else(String::new, |cuda| format!(" (CUDA {cuda})"));
    let mut draft = Draft::new(
        label(on_gpu.torch),
        format!(
            "for {}, {} contains only PTX with ISA version {isa}{needed}, which this driver cannot compile.",
            gpu_name(on_gpu.gpu),
            label(on_gpu.torch)
        ),
    )
    .symptom("the provided PTX was compiled with an unsupported toolchain")
    .cause(isa)
    .cause(on_gpu.capability);
    draft.evidence = on_gpu.evidence(context);
    draft.evidence.extend(driver_evidence(context));
    if let Some(cuda) = context.knowledge.ptx_cuda(isa) {
        draft = draft.evidence(Evidence::new(format!("PTX ISA {isa} came with CUDA {cuda}"), "knowledge: cuda.toml"));
    }
    draft.found()
}
