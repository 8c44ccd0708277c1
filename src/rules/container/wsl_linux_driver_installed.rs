//! # wsl-linux-driver-installed
//!
//! A Linux driver is installed inside WSL and hides the one that Windows provides: CUDA finds no device.
//!
//! ## How it is decided
//! Inside WSL, the first libcuda on the loader's search path, or the one that was loaded, is not the one in /usr/lib/wsl/lib.
//!
//! ## How to fix it
//! Remove the Linux driver packages from WSL; install only the CUDA toolkit there.
//!
//! ## In a log
//! `no CUDA-capable device is detected`, while nvidia-smi works.
//!
//! ## Sources
//! CUDA on WSL User Guide; Genesis-Embodied-AI/genesis-world#114.

use crate::{
    facts::LibraryKind,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, stack::Asked},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "wsl-linux-driver-installed",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.facts.host.wsl.value().is_none() {
        return Outcome::NotApplicable;
    }
    let loaded = Asked::Cuda.contact(context).and_then(|contact| contact.library.value());
    // The order of folders does not tell which of two the loader picks: its cache decides.
    let listed = context.facts.driver_libraries.value().and_then(|libraries| {
        libraries.iter().find(|library| library.kind == LibraryKind::Driver && library.path.contains("libcuda"))
    });
    let Some(library) = loaded.or(listed) else { return Outcome::NotApplicable };
    if library.kind != LibraryKind::Driver {
        return Outcome::Holds;
    }
    Draft::new("WSL", "a Linux driver inside WSL hides the one that Windows provides.")
        .evidence(Evidence::new("the libcuda that the loader picks is not the Windows driver's", &library.path))
        .symptom("no CUDA-capable device is detected")
        .found()
}
