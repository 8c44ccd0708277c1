//! # cuda-init-failed
//!
//! CUDA failed to initialize, for a reason that no other rule covers.
//!
//! ## How it is decided
//! cuInit returns a code that no other rule covers; codes that no header names count too. `no device` (100) counts if NVML lists a GPU that
//! no variable hides.
//!
//! ## How to fix it
//! Restart the machine and reinstall the driver first; then look up the code in cuda.h.
//!
//! ## In a log
//! `Unexpected error from cudaGetDeviceCount()`.
//!
//! ## Sources
//! cuda.h.

use crate::{
    facts::Os,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::driver_os,
        stack::{Asked, is_windows, lacks_library_of_wsl, not_asked, sees_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cuda-init-failed",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[
        "driver-library-version-mismatch",
        "driver-not-loaded",
        "nvml-init-failed",
        "cuda-visible-devices-hides-gpu",
        "mig-without-instances",
        "container-no-gpu-flag",
        "wsl-linux-driver-installed",
        "driver-no-permission",
        "container-cgroup-lost-gpu",
        "gpu-lost",
        "open-kernel-modules-required",
        "open-kernel-modules-unsupported",
        "nouveau-conflict",
    ],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    let known: &[u32] = match driver_os(context) {
        Some(Os::Windows) if is_windows(context) => &[34, 803],
        Some(Os::Windows) => &[34, 803, 804],
        _ => &[34, 802, 803, 804, 999],
    };
    let code = match Asked::Cuda.code(context) {
        None => return Outcome::Holds,
        Some(100) if !sees_gpu(context) => return Outcome::Holds,
        Some(_) if lacks_library_of_wsl(context) => return Outcome::Holds,
        Some(code) if known.contains(&code) => return Outcome::Holds,
        Some(code) => code,
    };
    let mut draft =
        Draft::new("CUDA driver", format!("CUDA failed to initialize: cuInit returned {code}.")).cause(code);
    draft.evidence.extend(Asked::Cuda.evidence(context));
    draft.evidence.extend(Asked::Nvml.evidence(context));
    draft.found()
}
