//! # open-kernel-modules-required
//!
//! The GPU works with the open kernel module only, and the proprietary one is loaded: Blackwell and later.
//!
//! ## How it is decided
//! The loaded module's version line lacks the word Open (or its licence is NVIDIA), and the architecture's row says that the open
//! module is required.
//!
//! ## How to fix it
//! Install the open flavour of the same branch.
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
        format!("{name} works with the open kernel module only, and the proprietary one is loaded.")
    })
}
