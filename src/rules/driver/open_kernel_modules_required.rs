//! # open-kernel-modules-required
//!
//! The GPU (Blackwell or later) works only with the open kernel module, but the proprietary one is loaded.
//!
//! ## How it is decided
//! The loaded module's version line does not contain the word Open (or its license is NVIDIA), and the architecture's knowledge-base row
//! says that the open module is required.
//!
//! ## How to fix it
//! Install the open kernel module of the same branch.
//!
//! ## In a log
//! `NVRM: installed in this system requires use of the NVIDIA open kernel modules.`; nvidia-smi: `No devices were found`.
//!
//! ## Sources
//! NVIDIA Driver Installation Guide, kernel modules; /proc/driver/nvidia/version.

use crate::{
    facts::KernelModule,
    finding::Severity,
    knowledge::OpenModules,
    rules::{Context, Judges, Outcome, Remedy, Rule, Scope, stack::flavour},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "open-kernel-modules-required",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["no-kernel-module-for-all-gpus"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let symptom = "NVRM: installed in this system requires use of the NVIDIA open kernel modules";
    flavour(context, OpenModules::Required, KernelModule::Proprietary, symptom, |name| {
        format!("{name} works only with the open kernel module, but the proprietary one is loaded.")
    })
}
