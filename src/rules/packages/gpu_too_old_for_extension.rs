//! # gpu-too-old-for-extension
//!
//! PyTorch supports the GPU, but another package's own code requires a newer one, no matter what it was compiled for.
//!
//! ## How it is decided
//! The knowledge-base row for the installed version names the minimum compute capability that the package's own code accepts.
//!
//! ## How to fix it
//! Do without the package: for example, use PyTorch's scaled dot product attention instead of FlashAttention. No other build of the package
//! helps.
//!
//! ## In a log
//! `RuntimeError: FlashAttention only supports Ampere GPUs or newer.`
//!
//! ## Sources
//! The packages' own checks and documentation, named in their rows.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::row_evidence,
        shared::{gpu_name, label, package_evidence, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "gpu-too-old-for-extension",
    scope: Scope::PackageOnGpu,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &["gpu-too-old-for-wheel"],
    remedies: &[Remedy::PackageVersion, Remedy::Removal],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some((package, _)), Some((index, gpu))) = (context.subject, context.gpu) else {
        return Outcome::NotApplicable;
    };
    let Some(row) = package_row(context, package) else { return Outcome::NotApplicable };
    let Some(minimum) = row.minimum else { return Outcome::NotApplicable };
    let Some(&capability) = gpu.capability.value() else {
        return Outcome::Needs(vec![format!("the compute capability of {} (--gpu)", gpu_name(gpu))]);
    };
    if capability >= minimum {
        return Outcome::Holds;
    }
    let summary =
        format!("{} needs compute capability {minimum} or newer; {} has {capability}.", label(package), gpu_name(gpu));
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .symptom("RuntimeError: FlashAttention only supports Ampere GPUs or newer.")
        .evidence(package_evidence(context, package))
        .evidence(
            Evidence::new(
                format!("{}: compute capability {capability}", gpu_name(gpu)),
                gpu.capability.via().map(ToString::to_string).unwrap_or_default(),
            )
            .at(format!("/facts/gpus/value/{index}")),
        )
        .cause(capability);
    draft.evidence.extend(row_evidence(context, row, format!("minimum compute capability {minimum}")));
    draft.found()
}
