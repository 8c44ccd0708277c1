//! # cpu-only-torch
//!
//! The installed PyTorch is a build without CUDA, so no GPU is used.
//!
//! ## How it is decided
//! `torch/version.py` says `cuda = None`. METADATA does not show it: the wheels for Windows and ARM list the same nvidia packages. On
//! Windows, `pip install torch` always installs such a build.
//!
//! ## How to fix it
//! Install the build of the same version with CUDA from PyTorch's own index.
//!
//! ## In a log
//! `AssertionError: Torch not compiled with CUDA enabled`; `torch.cuda.is_available()` is False.
//!
//! ## Sources
//! `torch/version.py` and METADATA of the wheels from 1.13.0 to 2.15.0.

use crate::{
    facts::Fact,
    finding::Severity,
    python::{self, TorchVariant},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cpu-only-torch",
    scope: Scope::Environment,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let Some(gpus) = context.facts.gpus.value().filter(|gpus| !gpus.is_empty()) else {
        return Outcome::NotApplicable;
    };
    let build = match &torch.build {
        Fact::Known { value, .. } => value,
        _ => return Outcome::Needs(vec![format!("the build of {}", label(torch))]),
    };
    if build.cuda.is_some() {
        return Outcome::Holds;
    }
    // A CPU build may be intended even if the machine has a GPU.
    let asked = gpus.iter().any(|gpu| gpu.named);
    let what = match python::torch_variant(&build.version) {
        TorchVariant::OtherGpus => "is a build for GPUs that are not NVIDIA's, without CUDA, and cannot use the GPU",
        _ => "is a build without CUDA and cannot use the GPU",
    };
    Draft::new(label(torch), format!("{} {what}.", label(torch)))
        .evidence(package_evidence(context, torch))
        .symptom("AssertionError: Torch not compiled with CUDA enabled")
        .severity(if asked { Severity::Error } else { Severity::Warning })
        .found()
}
