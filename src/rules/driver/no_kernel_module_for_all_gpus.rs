//! # no-kernel-module-for-all-gpus
//!
//! On Linux, one NVIDIA kernel module serves the whole machine. Blackwell GPUs need the open one; Maxwell, Pascal and Volta need the
//! proprietary one. No installation supports both in one machine, even if a wheel contains code for both.
//!
//! ## How it is decided
//! From the architectures of the GPUs that were detected or asked for. It does not occur on Windows or under WSL2.
//!
//! ## How to fix it
//! Use the cards in two machines, pass one of them through to a virtual machine with its own driver, or remove the older card.
//!
//! ## In a log
//! `NVRM: installed in this system requires use of the NVIDIA open kernel modules`, or `NVRM: … is not supported by open nvidia.ko`.
//!
//! ## Sources
//! NVIDIA Driver Installation Guide, kernel modules; README of NVIDIA's open kernel modules.

use crate::{
    facts::{Gpu, Os},
    finding::{Evidence, Severity},
    knowledge::OpenModules,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::{driver_os, gpu_name},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "no-kernel-module-for-all-gpus",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(Os::Linux), Some(gpus)) = (driver_os(context), context.facts.gpus.value()) else {
        return Outcome::NotApplicable;
    };
    let rows = || {
        gpus.iter().filter_map(|gpu| {
            let row = context.knowledge.architecture(*gpu.capability.value()?)?;
            Some((gpu, row))
        })
    };
    let with = |wanted: OpenModules| rows().filter(move |(_, row)| row.open_kernel_modules == Some(wanted));
    let (Some((open, open_row)), Some((closed, closed_row))) =
        (with(OpenModules::Required).next(), with(OpenModules::Impossible).next())
    else {
        return Outcome::NotApplicable;
    };
    let named = |gpu: &Gpu| gpu.named;
    let all_named = with(OpenModules::Required).chain(with(OpenModules::Impossible)).all(|(gpu, _)| named(gpu));
    Draft::new(
        format!("{} and {}", gpu_name(closed), gpu_name(open)),
        format!(
            "{} works only with the open kernel module and {} only with the proprietary one: on Linux, no driver \
             installation supports both in one machine.",
            gpu_name(open),
            gpu_name(closed)
        ),
    )
    .evidence(Evidence::new(
        format!("{}: open kernel module required", gpu_name(open)),
        format!(
            "knowledge: {}",
            context.knowledge.cite_architecture(open_row, open_row.by.open_kernel_modules.as_ref())
        ),
    ))
    .evidence(Evidence::new(
        format!("{}: open kernel module impossible", gpu_name(closed)),
        format!(
            "knowledge: {}",
            context.knowledge.cite_architecture(closed_row, closed_row.by.open_kernel_modules.as_ref())
        ),
    ))
    .symptom("NVRM: installed in this system requires use of the NVIDIA open kernel modules")
    .severity(if all_named { Severity::Error } else { Severity::Warning })
    .found()
}
