//! # driver-stub-library
//!
//! The loader picks a CUDA toolkit's stub libcuda, which is only for linking and has no functionality.
//!
//! ## How it is decided
//! cuInit returns 34, or the loaded library is in a stubs folder.
//!
//! ## How to fix it
//! Remove the stubs folder from LD_LIBRARY_PATH.
//!
//! ## In a log
//! `CUDA driver is a stub library`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/warp#219; numba/numba#8985.

use crate::{
    facts::LibraryKind,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        stack::{Asked, not_asked},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-stub-library",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    if Asked::Cuda.code(context) != Some(34) && !Asked::Cuda.is_of(context, LibraryKind::Stub) {
        return Outcome::Holds;
    }
    let cuda = Asked::Cuda.short(context);
    let mut draft = Draft::new("CUDA driver", format!("the loader picks a stub {cuda} instead of the driver's own."))
        .symptom("CUDA driver is a stub library");
    draft.evidence.extend(Asked::Cuda.evidence(context));
    if context.variable("LD_LIBRARY_PATH").is_some() {
        draft = draft.evidence(context.variable_evidence("LD_LIBRARY_PATH"));
    }
    draft.found()
}
