//! # open-kernel-modules-unsupported
//!
//! The open kernel module is loaded, and the GPU is too old for it: Volta and older have no GSP processor.
//!
//! ## How it is decided
//! The loaded module's version line has the word Open, and the architecture's row says that the open module cannot work.
//!
//! ## How to fix it
//! Install the proprietary flavour; branch 580 is the last for these GPUs.
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
        format!("{name} does not work with the open kernel module, which is loaded.")
    })
}
