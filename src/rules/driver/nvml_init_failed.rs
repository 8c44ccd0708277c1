//! # nvml-init-failed
//!
//! NVML failed to initialize, for a reason that no other rule covers.
//!
//! ## How it is decided
//! nvmlInit returns a code that no other rule covers.
//!
//! ## How to fix it
//! Restart the machine and reinstall the driver first; then look up the code in NVIDIA's NVML documentation.
//!
//! ## In a log
//! `Failed to initialize NVML: …`.
//!
//! ## Sources
//! nvml.h.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        stack::{Asked, in_container, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "nvml-init-failed",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-library-version-mismatch", "driver-not-loaded", "container-no-gpu-flag"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    let code = match Asked::Nvml.code(context) {
        None | Some(4 | 9 | 18) => return Outcome::Holds,
        Some(17 | 999) if in_container(context) => return Outcome::Holds,
        Some(code) => code,
    };
    let mut draft = Draft::new(
        "NVIDIA driver",
        format!("the driver's management library (NVML) failed to initialize: code {code}."),
    )
    .cause(code);
    draft.evidence.extend(Asked::Nvml.evidence(context));
    draft.found()
}
