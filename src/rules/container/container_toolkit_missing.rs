//! # container-toolkit-missing
//!
//! Docker is installed, but the NVIDIA Container Toolkit is not: containers cannot use the GPU.
//!
//! ## How it is decided
//! Outside of a container, with a GPU that the driver lists: docker is present, but neither nvidia-ctk nor nvidia-container-runtime is.
//!
//! ## How to fix it
//! Install the toolkit and configure Docker to use it. If no container needs the GPU, there is nothing to fix.
//!
//! ## In a log
//! `could not select device driver "" with capabilities: [[gpu]]`.
//!
//! ## Sources
//! NVIDIA/nvidia-docker#1034, #1642.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, in_container, sees_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-toolkit-missing",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Fact::Known { value: tools, via } = &context.facts.host.container_tools else { return Outcome::NotApplicable };
    let has = |name: &str| tools.iter().any(|tool| tool.starts_with(name));
    if in_container(context) || !has("docker") || !Asked::Nvml.is_ready(context) || !sees_gpu(context) {
        return Outcome::NotApplicable;
    }
    if has("nvidia-ctk") || has("nvidia-container-runtime") {
        return Outcome::Holds;
    }
    Draft::new("docker", "docker is installed without the NVIDIA Container Toolkit: its containers cannot use the GPU.")
        .evidence(Evidence::new(tools.join(", "), via).at("/facts/host/container_tools"))
        .symptom("could not select device driver \"\" with capabilities: [[gpu]]")
        .found()
}
