//! # driver-too-old-for-container-image
//!
//! The container image requires a newer driver than the machine has: NVIDIA's container runtime reads the requirement from the image's
//! variable NVIDIA_REQUIRE_CUDA and does not start the container.
//!
//! ## How it is decided
//! The requirement is a list of alternatives (`cuda>=12.6 brand=tesla,driver>=535,driver<536`): none of them is met by the driver's version
//! and the CUDA release that it supports. An alternative that also depends on the GPU's brand counts as met if only the brand is unknown.
//! NVIDIA_DISABLE_REQUIRE turns the check off.
//!
//! ## How to fix it
//! Update the driver on the machine that runs the container, or use an image of an older CUDA release. Where minor-version compatibility
//! covers the difference (the same CUDA major version), `NVIDIA_DISABLE_REQUIRE=1` starts the container all the same.
//!
//! ## In a log
//! `nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.6, please update your driver to a newer version, or use an earlier
//! cuda container`.
//!
//! ## Sources
//! NVIDIA/libnvidia-container 61bfaf38, src/cli/dsl.c; NVIDIA/nvidia-container-toolkit d34b3046, internal/config/image/cuda_image.go and #152.

use crate::{
    compat::{RequirementFacts, requirement_met},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver, driver_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-too-old-for-container-image",
    scope: Scope::Environment,
    judges: Judges::Everything,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

const REQUIRED: &str = "NVIDIA_REQUIRE_CUDA";
const DISABLED: &str = "NVIDIA_DISABLE_REQUIRE";
/// What Go's `strconv.ParseBool` takes for true.
const TRUE: [&str; 6] = ["1", "t", "T", "TRUE", "true", "True"];

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    // On the machine itself the variable says nothing: the runtime reads an image's.
    let image = environment.image.is_some() || context.facts.host.container.value().is_some();
    let Some(text) = context.variable(REQUIRED).filter(|_| image) else { return Outcome::NotApplicable };
    if context.variable(DISABLED).is_some_and(|value| TRUE.contains(&value)) {
        return Outcome::NotApplicable;
    }
    let support = driver(context);
    let version = support.version.as_ref().map(ToString::to_string);
    let cuda = support.cuda.map(|cuda| cuda.to_string());
    match requirement_met(text, RequirementFacts { cuda: cuda.as_deref(), driver: version.as_deref() }) {
        Some(false) => {}
        Some(true) => return Outcome::Holds,
        None => return Outcome::NotApplicable,
    }
    let first = text.split_whitespace().next().unwrap_or_default();
    let supports = cuda.map_or_else(String::new, |cuda| format!(", which supports CUDA {cuda},"));
    let version = version.map_or_else(|| "the driver".to_owned(), |version| format!("driver {version}"));
    let summary =
        format!("the image requires {first}: {version}{supports} is too old, and the container is not started.");
    let mut draft = Draft::of_environment(environment, summary)
        .evidence(context.variable_evidence(REQUIRED))
        .symptom(format!("unsatisfied condition: {first}, please update your driver to a newer version"))
        .cause(first);
    draft.evidence.extend(driver_evidence(context));
    // Inside of a running container it did start.
    if environment.image.is_none() {
        draft = draft.severity(Severity::Info);
    }
    draft.found()
}
