//! # no-nvidia-gpu
//!
//! The machine has no NVIDIA GPU, and software for one is installed: it computes on the CPU or fails. CUDA runs on NVIDIA's GPUs only.
//!
//! ## How it is decided
//! A GPU of another maker is there (on the PCI bus, or in the log that was read) and none of NVIDIA's, and PyTorch in the environment is a
//! build with CUDA; or a log of macOS shows an error of CUDA. A machine without any GPU is not reported: there, a build with CUDA is used
//! for the CPU on purpose.
//!
//! ## How to fix it
//! For AMD's GPUs install PyTorch's build for ROCm, for Intel's the one for XPU; on a Mac use the device `mps`. Without a GPU, the CPU build
//! is smaller.
//!
//! ## In a log
//! `Found no NVIDIA driver on your system`, with a GPU named that is not NVIDIA's; `Torch not compiled with CUDA enabled` on macOS.
//!
//! ## Sources
//! PyTorch's "Get Started" (builds for ROCm, XPU and macOS); vendor ids of the PCI Code and ID Assignment Specification;
//! NVIDIA/k8s-device-plugin#812.

use crate::{
    facts::{Fact, How, Os},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
        stack::{has_no_gpu, sees_gpu},
        symptom,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "no-nvidia-gpu",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let facts = context.facts;
    // One that an option names is meant for another machine.
    if sees_gpu(context) || facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()) {
        return Outcome::NotApplicable;
    }
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let mac =
        facts.host.platform.value().is_some_and(|platform| platform.os == Os::Macos) && symptom::is_fault(context);
    let others = match &facts.host.other_gpus {
        Fact::Known { value, via } if has_no_gpu(context) || via.how == How::Log => Some((value, via)),
        _ => None,
    };
    let cuda = torch.build.value().is_some_and(|build| build.cuda.is_some());
    let (summary, evidence) = match others.and_then(|(value, via)| Some((value.first()?, via))) {
        Some((gpu, via)) if cuda => (
            format!(
                "the machine has no NVIDIA GPU but {gpu}, which {} cannot use: it is a build for CUDA.",
                label(torch)
            ),
            Evidence::new(gpu, via).at("/facts/host/other_gpus"),
        ),
        _ if mac => (
            "macOS has no CUDA: no NVIDIA GPU can be used there.".to_owned(),
            Evidence::new("macOS", facts.host.platform.via().map(ToString::to_string).unwrap_or_default())
                .at("/facts/host/platform"),
        ),
        _ => return Outcome::NotApplicable,
    };
    Draft::new("GPU", summary)
        .evidence(evidence)
        .evidence(package_evidence(context, torch))
        .symptom("Found no NVIDIA driver on your system")
        .found()
}
