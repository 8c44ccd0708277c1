//! # wsl-container-library-missing
//!
//! Inside a container under WSL, CUDA does not start, because a library that the Windows driver has since R555 was not brought into the
//! container: NVML and nvidia-smi answer all the same.
//!
//! ## How it is decided
//! In a container under WSL, cuInit returns 500 (`named symbol not found`), and the driver is not known to be older than 555.
//!
//! ## How to fix it
//! Update what starts the container: the NVIDIA Container Toolkit to 1.14.4 or newer, Docker Desktop to 4.31 or newer. Then start the
//! container again. Nothing inside the container has to change.
//!
//! ## In a log
//! `Error 500: named symbol not found`; `cuInit returned 500`; `CUDA_ERROR_NOT_FOUND`.
//!
//! ## Sources
//! NVIDIA/nvidia-container-toolkit#520; release notes of Docker Desktop 4.31.0; cuda.h.

use crate::{
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::driver_evidence,
        stack::{Asked, in_container, lacks_library_of_wsl, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "wsl-container-library-missing",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["wsl-linux-driver-installed"],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if !in_container(context) || context.facts.host.wsl.value().is_none() {
        return Outcome::NotApplicable;
    }
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    if !lacks_library_of_wsl(context) {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        "CUDA driver",
        "the container was started without libnvdxgdmal.so.1, which the Windows driver has since R555: CUDA cannot start in it.",
    )
    .symptom("Error 500: named symbol not found")
    .evidence(Evidence::new("inside a container under WSL", "the kernel and the container").at("/facts/host"));
    draft.evidence.extend(Asked::Cuda.evidence(context));
    draft.evidence.extend(driver_evidence(context));
    draft.found()
}
