//! # container-no-gpu-flag
//!
//! The machine has a GPU, but this container was started without access to it: the driver's libraries are not inside.
//!
//! ## How it is decided
//! Inside a container, an NVIDIA GPU is on the PCI bus, but neither NVML nor libcuda is present.
//!
//! ## How to fix it
//! Start the container with `--gpus all` (docker), `deploy.resources.reservations.devices` (compose) or the GPU resource
//! (kubernetes).
//!
//! ## In a log
//! `Found no NVIDIA driver on your system`; `nvidia-smi: command not found`.
//!
//! ## Sources
//! NVIDIA/nvidia-docker#1034; NVIDIA/cloud-native-docs.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, in_container, on_the_bus},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-no-gpu-flag",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let asked = Asked::BOTH.into_iter().all(|asked| asked.contact(context).is_some());
    if !in_container(context) || !on_the_bus(context) || !asked {
        return Outcome::NotApplicable;
    }
    if !Asked::BOTH.into_iter().all(|asked| asked.is_missing(context)) {
        return Outcome::Holds;
    }
    let mut draft = Draft::new("container", "the container was started without access to the machine's GPU.")
        .symptom("Found no NVIDIA driver on your system");
    draft.evidence.extend(Asked::BOTH.into_iter().filter_map(|asked| asked.evidence(context)));
    if context.variable("NVIDIA_VISIBLE_DEVICES").is_some() {
        draft = draft.evidence(context.variable_evidence("NVIDIA_VISIBLE_DEVICES"));
    }
    draft.found()
}
