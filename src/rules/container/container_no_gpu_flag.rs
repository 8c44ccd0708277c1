//! # container-no-gpu-flag
//!
//! The machine has a GPU, but this container was started without access to it: the driver's libraries are not inside.
//!
//! ## How it is decided
//! Inside a container, an NVIDIA GPU is on the PCI bus, but neither NVML nor libcuda is present. Of a Compose file or of `docker run`: the image
//! has a CUDA build of torch or a CUDA toolkit, and the container is started without asking for a GPU.
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
    finding::{Evidence, Severity},
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
    consequence_of: &["container-runtime-not-configured"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let declared = declared(context);
    if !declared.is_empty() {
        return Outcome::Findings(declared);
    }
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

/// Images with GPU software whose containers are started without a GPU.
fn declared(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (number, environment) in context.facts.environments.iter().enumerate() {
        let Some(image) = environment.image.as_deref().filter(|image| image.gpus == Some(false)) else { continue };
        let torch = environment.package("torch").and_then(|torch| torch.build.value()?.cuda);
        let Some(cuda) = torch.or_else(|| image.toolkits.first()?.version.value().copied()) else { continue };
        // Where NVIDIA's runtime is the default one, this variable is enough.
        if image.env_vars.get("NVIDIA_VISIBLE_DEVICES").is_some_and(|value| value != "void" && !value.is_empty()) {
            continue;
        }
        let held = match torch {
            Some(_) => format!("torch for CUDA {cuda}"),
            None => format!("CUDA {cuda}"),
        };
        drafts.push(
            Draft::of_environment(environment, format!("the container has {held} and is started without a GPU."))
                .evidence(
                    Evidence::new("no GPU is asked for", "declared")
                        .at(format!("/facts/environments/{number}/image/gpus")),
                )
                .symptom("Found no NVIDIA driver on your system")
                .severity(Severity::Warning),
        );
    }
    drafts
}
