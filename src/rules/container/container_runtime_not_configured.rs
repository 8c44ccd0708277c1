//! # container-runtime-not-configured
//!
//! NVIDIA's container toolkit is installed, but the container engine does not use it: containers start without the GPU.
//!
//! ## How it is decided
//! Inside a Kubernetes pod to which the device plugin has given a GPU (NVIDIA_VISIBLE_DEVICES names one), the GPU is on the PCI bus, but
//! neither NVML nor libcuda is present: the pod runs under a runtime that ignores the variable. On a machine, where the driver lists a GPU
//! and the toolkit is installed: no configuration of docker, containerd, CRI-O or podman and no CDI specification names NVIDIA. That is only
//! informational, since `docker run --gpus` works without.
//!
//! ## How to fix it
//! Run `nvidia-ctk runtime configure` for the engine (`--runtime=containerd`, `crio` or `docker`), add `--set-as-default` on the nodes of a
//! cluster or give the pod `runtimeClassName: nvidia`, and restart the engine.
//!
//! ## In a log
//! `Incompatible platform detected`; `If this is a GPU node, did you configure the NVIDIA Container Toolkit?`; `Unknown runtime specified
//! nvidia`; `unresolvable CDI devices nvidia.com/gpu`.
//!
//! ## Sources
//! NVIDIA/k8s-device-plugin, cmd/nvidia-device-plugin and #655; NVIDIA/nvidia-container-toolkit d34b3046, cmd/nvidia-ctk/runtime;
//! NVIDIA/cloud-native-docs.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, in_container, on_the_bus, sees_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-runtime-not-configured",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

const GIVEN: &str = "NVIDIA_VISIBLE_DEVICES";
/// What the variable says where devices are given as mounts instead.
const MOUNTS: &str = "/var/run/nvidia-container-devices";

fn judge(context: &Context<'_>) -> Outcome {
    if in_container(context) { pod(context) } else { machine(context) }
}

fn pod(context: &Context<'_>) -> Outcome {
    let kubernetes = context.facts.host.container.value().is_some_and(|kind| kind == "kubernetes");
    let asked = Asked::BOTH.into_iter().all(|asked| asked.contact(context).is_some());
    // `all` is what images say of themselves.
    let given = |value: &&str| {
        *value == MOUNTS
            || value.starts_with(|c: char| c.is_ascii_digit())
            || value.starts_with("GPU-")
            || value.starts_with("MIG-")
    };
    if !kubernetes || !asked || !on_the_bus(context) || context.variable(GIVEN).filter(given).is_none() {
        return Outcome::NotApplicable;
    }
    if !Asked::BOTH.into_iter().all(|asked| asked.is_missing(context)) {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        "container runtime",
        "the pod was given a GPU, but its container runtime did not bring it in: it is not configured for NVIDIA.",
    )
    .evidence(context.variable_evidence(GIVEN))
    .symptom("If this is a GPU node, did you configure the NVIDIA Container Toolkit?");
    draft.evidence.extend(Asked::BOTH.into_iter().filter_map(|asked| asked.evidence(context)));
    draft.found()
}

fn machine(context: &Context<'_>) -> Outcome {
    let (Fact::Known { value: tools, .. }, Fact::Known { value: configs, via }) =
        (&context.facts.host.container_tools, &context.facts.host.container_configs)
    else {
        return Outcome::NotApplicable;
    };
    let toolkit = tools.iter().any(|tool| tool.starts_with("nvidia-"));
    let engine = tools.iter().any(|tool| !tool.starts_with("nvidia-"));
    if !toolkit || !engine || !Asked::Nvml.is_ready(context) || !sees_gpu(context) {
        return Outcome::NotApplicable;
    }
    if !configs.is_empty() {
        return Outcome::Holds;
    }
    Draft::new(
        "container runtime",
        "NVIDIA's container toolkit is installed, but no container engine is configured to use it: `docker run --gpus` works, the runtime \
         `nvidia` and Kubernetes do not.",
    )
    .evidence(Evidence::new("no file names NVIDIA", via).at("/facts/host/container_configs"))
    .symptom("Unknown runtime specified nvidia")
    .severity(Severity::Info)
    .found()
}
