//! # open-kernel-modules-unsupported
//!
//! The open kernel module is loaded, but the GPU is too old for it: Volta and older GPUs have no GPU System Processor (GSP).
//!
//! ## How it is decided
//! The loaded module's version line contains the word Open, and the architecture's knowledge-base row says that the open module cannot
//! work.
//!
//! ## How to fix it
//! Install the proprietary kernel module; branch 580 is the last one for these GPUs.
//!
//! ## In a log
//! `NVRM: installed in this system is not supported by open nvidia.ko because it does not include the required GPU System
//! Processor (GSP).`
//!
//! ## Sources
//! NVIDIA/open-gpu-kernel-modules, osapi.c; NVIDIA Driver Installation Guide.

use crate::{
    facts::KernelModule,
    finding::Severity,
    knowledge::OpenModules,
    rules::{Context, Judges, Outcome, Remedy, Rule, Scope, stack::flavour},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "open-kernel-modules-unsupported",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["no-kernel-module-for-all-gpus"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let symptom = "NVRM: nvidia.ko because it does not include the required GPU System Processor (GSP)";
    flavour(context, OpenModules::Impossible, KernelModule::Open, symptom, |name| {
        format!("{name} does not work with the loaded open kernel module.")
    })
}
