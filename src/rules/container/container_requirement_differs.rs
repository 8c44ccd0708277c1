//! # container-requirement-differs
//!
//! What the image requires of a driver (NVIDIA_REQUIRE_CUDA) is not what its software needs: containers start with a driver that is too old
//! for it, or are refused with one that would do.
//!
//! ## How it is decided
//! `gpucheck needs` finds the lowest driver with which the software of the image runs on some GPU. The requirement is evaluated as NVIDIA's
//! container runtime does, for the first version of each known driver branch, for the lowest driver and for the one below it. An alternative
//! that depends on the brand of the GPU decides nothing. It is a warning if a driver that is too old certainly meets the requirement, and
//! information if one that would do certainly does not. NVIDIA_DISABLE_REQUIRE switches the requirement off.
//!
//! ## How to fix it
//! Set NVIDIA_REQUIRE_CUDA in the Dockerfile to what `gpucheck needs --format nvidia-require` prints. Images of nvidia/cuda bring a
//! requirement for their own CUDA release, whatever is installed in them later: by minor-version compatibility, PyTorch's wheels need less, and
//! a wheel for a newer CUDA major version needs more.
//!
//! ## In a log
//! Too strict: `nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8`. Too lax: the container starts, and then `CUDA
//! driver version is insufficient for CUDA runtime version`.
//!
//! ## Sources
//! NVIDIA/libnvidia-container 5823754b, src/cli/dsl.c, and 09df17a2, src/cli/configure.c; NVIDIA/nvidia-container-toolkit d34b3046,
//! internal/requirements.

use std::collections::BTreeSet;

use crate::{
    compat::{RequirementFacts, requirement_met},
    facts::DriverVersion,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-requirement-differs",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

const VARIABLE: &str = "NVIDIA_REQUIRE_CUDA";
const DISABLED: &str = "NVIDIA_DISABLE_REQUIRE";

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(lowest), Some((_, environment))) = (&context.facts.lowest_driver, context.environment) else {
        return Outcome::NotApplicable;
    };
    let Some(text) = context.variable(VARIABLE).filter(|text| !text.trim().is_empty()) else {
        return Outcome::NotApplicable;
    };
    if context.variable(DISABLED).is_some_and(|value| matches!(value, "1" | "true" | "True" | "TRUE")) {
        return Outcome::NotApplicable;
    }
    let branches = context.knowledge.driver_branches().map(|branch| DriverVersion::of(branch, 0, 0));
    let drivers: BTreeSet<DriverVersion> = branches.chain([lowest.clone(), lowest.below()]).collect();
    let met = |driver: &DriverVersion| {
        let cuda = context.knowledge.driver_cuda(driver).map(|cuda| cuda.to_string());
        let version = driver.to_string();
        requirement_met(text, RequirementFacts { cuda: cuda.as_deref(), driver: Some(&version) })
    };
    let first = text.split_whitespace().next().unwrap_or_default();
    let let_in = drivers.iter().find(|driver| *driver < lowest && met(driver) == Some(true));
    let refused = drivers.iter().rfind(|driver| *driver >= lowest && met(driver) == Some(false));
    let (severity, said) = match (let_in, refused) {
        (Some(old), _) => (
            Severity::Warning,
            format!(
                "the image requires {first}, which driver {old} meets, but its software needs driver {lowest} or newer."
            ),
        ),
        (None, Some(refused)) => (
            Severity::Info,
            format!(
                "the image requires {first} and is not started with driver {refused}, but its software runs from driver {lowest} on."
            ),
        ),
        (None, None) => return Outcome::Holds,
    };
    Draft::of_environment(environment, said)
        .severity(severity)
        .cause(first)
        .cause(lowest)
        .evidence(context.variable_evidence(VARIABLE))
        .evidence(Evidence::new(format!("the lowest driver with which it runs is {lowest}"), "gpucheck needs"))
        .found()
}
