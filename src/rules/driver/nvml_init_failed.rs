//! # nvml-init-failed
//!
//! NVML cannot start, for a reason that no other rule knows.
//!
//! ## How it is decided
//! nvmlInit returns a code other than those with a rule of their own.
//!
//! ## How to fix it
//! Search for the code in NVIDIA's documentation of NVML; a restart and a fresh install of the driver come first.
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
    let mut draft =
        Draft::new("NVIDIA driver", format!("the driver's management library cannot start: code {code}.")).cause(code);
    draft.evidence.extend(Asked::Nvml.evidence(context));
    draft.found()
}
