//! # triton-ptxas-too-old
//!
//! The ptxas bundled with the installed triton does not support this GPU: PyTorch itself runs, but `torch.compile` and every Triton kernel
//! fail.
//!
//! ## How it is decided
//! By the triton version: for each range of versions, the knowledge base has the architectures that the bundled ptxas lists.
//!
//! ## How to fix it
//! Install a torch release with a newer triton, or set `TRITON_PTXAS_PATH` (since 3.3 for Blackwell also `TRITON_PTXAS_BLACKWELL_PATH`) to
//! the ptxas of a newer CUDA toolkit.
//!
//! ## In a log
//! `ptxas fatal   : Value 'sm_103a' is not defined for option 'gpu-name'`.
//!
//! ## Sources
//! `ptxas --help` of the compilers in the triton wheels from 2.0.0 to 3.9.0; ptxas.exe of triton-windows 3.1 to 3.8.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{gpu_name, label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "triton-ptxas-too-old",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["gpu-too-new-for-wheel", "gpu-too-old-for-wheel", "triton-windows-for-another-torch"],
    remedies: &[Remedy::Assembler, Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let triton = context.knowledge.triton_of(|name| context.package(name));
    let (Some(triton), Some((_, gpu))) = (triton, context.gpu) else { return Outcome::NotApplicable };
    let (Fact::Known { value: version, .. }, Some(&capability)) = (&triton.version, gpu.capability.value()) else {
        return Outcome::NotApplicable;
    };
    if context.has_variable_starting("TRITON_PTXAS") {
        return Outcome::NotApplicable;
    }
    let Some(row) = context.knowledge.triton_ptxas(&triton.name, version) else {
        return Outcome::NotApplicable;
    };
    // A newer ptxas than the row's may support a GPU that the knowledge base does not know; only a known GPU can be missing.
    let known = context.knowledge.architecture(capability).is_some();
    if row.capabilities.contains(&capability) || !known {
        return Outcome::Holds;
    }
    Draft::new(
        label(triton),
        format!(
            "the ptxas bundled with {} does not support {} (sm_{}): torch.compile and Triton kernels fail on it.",
            label(triton),
            gpu_name(gpu),
            capability.number()
        ),
    )
    .evidence(package_evidence(context, triton))
    .evidence(Evidence::new(
        format!("bundled ptxas {} has no sm_{}", row.ptxas, capability.number()),
        format!("knowledge: packages/{}, {}", context.knowledge.file_of(&triton.name), row.versions),
    ))
    .symptom("ptxas fatal: Value 'sm_…' is not defined for option 'gpu-name'")
    .cause(capability)
    .found()
}
