//! # triton-ptxas-too-old
//!
//! The ptxas inside the installed triton does not know this GPU: PyTorch itself runs, `torch.compile` and every Triton kernel fail.
//!
//! ## How it is decided
//! By the triton version: the knowledge base has, for each range of versions, the architectures that the bundled ptxas lists.
//!
//! ## How to fix it
//! A torch release that brings a newer triton, or `TRITON_PTXAS_PATH` (since 3.3 for Blackwell also `TRITON_PTXAS_BLACKWELL_PATH`)
//! set to the ptxas of a newer CUDA toolkit.
//!
//! ## In a log
//! `ptxas fatal   : Value 'sm_103a' is not defined for option 'gpu-name'`.
//!
//! ## Sources
//! `ptxas --help` of the compilers inside the triton wheels from 2.0.0 to 3.9.0.

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
    consequence_of: &["gpu-too-new-for-wheel", "gpu-too-old-for-wheel"],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(triton), Some((_, gpu))) = (context.package("triton").or(context.package("pytorch-triton")), context.gpu)
    else {
        return Outcome::NotApplicable;
    };
    let (Fact::Known { value: version, .. }, Some(&capability)) = (&triton.version, gpu.capability.value()) else {
        return Outcome::NotApplicable;
    };
    if context.has_variable_starting("TRITON_PTXAS") {
        return Outcome::NotApplicable;
    }
    let Some(row) = context.knowledge.triton_ptxas(version) else {
        return Outcome::NotApplicable;
    };
    // A newer ptxas than the row's may serve a GPU that the knowledge base has never seen; only a known GPU can be missing.
    let known = context.knowledge.architecture(capability).is_some();
    if row.capabilities.contains(&capability) || !known {
        return Outcome::Holds;
    }
    Draft::new(
        label(triton),
        format!(
            "the ptxas inside {} does not know {} (sm_{}): torch.compile and Triton kernels fail there.",
            label(triton),
            gpu_name(gpu),
            capability.number()
        ),
    )
    .evidence(package_evidence(context, triton))
    .evidence(Evidence::new(
        format!("bundled ptxas {} has no sm_{}", row.ptxas, capability.number()),
        format!("knowledge: packages/triton.toml, {}", row.versions),
    ))
    .symptom("ptxas fatal: Value 'sm_…' is not defined for option 'gpu-name'")
    .cause(capability)
    .found()
}
