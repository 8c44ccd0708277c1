//! # driver-too-old-for-cuda-runtime
//!
//! The driver is too old for the CUDA release that the PyTorch build uses.
//!
//! ## How it is decided
//! By the build's own CUDA release and minor-version compatibility: every CUDA 12.x program runs on drivers from 525.60.13 (Linux) on,
//! every 13.x program from 580 on. The "CUDA Version" that nvidia-smi prints is not an upper limit, and the CUDA version of the image or of
//! /usr/local/cuda does not matter.
//!
//! ## How to fix it
//! Update the driver (for a container, on the host; for WSL2, the Windows driver), or install a build for an older CUDA major version.
//!
//! ## In a log
//! `The NVIDIA driver on your system is too old (found version 12080)`, or `CUDA driver version is insufficient for CUDA runtime
//! version`.
//!
//! ## Sources
//! CUDA Toolkit release notes, minimum driver for minor-version compatibility; CUDA compatibility guide.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, driver_os, has_gpu, label, needs_driver, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-cuda-runtime",
    scope: Scope::Environment,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild, Remedy::Driver, Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let Some(cuda) = torch.build.value().and_then(|build| build.cuda) else { return Outcome::NotApplicable };
    let Some(os) = driver_os(context) else { return Outcome::NotApplicable };
    let Some(floor) = context.knowledge.runtime_floor(cuda, os) else {
        return Outcome::Needs(vec![format!("the minimum driver for CUDA {cuda}: not in the knowledge base")]);
    };
    let driver = match &context.facts.driver {
        Fact::Known { value, .. } => value,
        Fact::Unknown { .. } if has_gpu(context) => return needs_driver(),
        _ => return Outcome::NotApplicable,
    };
    if driver.version >= floor.driver {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        label(torch),
        format!(
            "{} runs on CUDA {cuda}, which needs driver {} or newer; driver {} is too old.",
            label(torch),
            floor.driver,
            driver.version
        ),
    )
    .evidence(package_evidence(context, torch))
    .symptom("The NVIDIA driver on your system is too old")
    .cause(format!("CUDA {}", cuda.major))
    .cause(&floor.driver);
    draft.evidence.extend(driver_evidence(context));
    draft
        .evidence(Evidence::new(
            format!("CUDA {}.x: driver {} or newer", cuda.major, floor.driver),
            format!("knowledge: {}", floor.source),
        ))
        .found()
}
