//! # wsl-libcuda-not-found
//!
//! Windows provides its driver to WSL, but the loader does not search the folder that contains it.
//!
//! ## How it is decided
//! Inside WSL, libcuda is in /usr/lib/wsl/lib, but loading libcuda.so.1 finds none.
//!
//! ## How to fix it
//! Add /usr/lib/wsl/lib to the loader's search path.
//!
//! ## In a log
//! `libcuda.so: cannot open shared object file`.
//!
//! ## Sources
//! microsoft/WSL (it writes /etc/ld.so.conf.d/ld.wsl.conf); microsoft/WSL#5663.

use crate::{
    facts::LibraryKind,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, stack::Asked},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "wsl-libcuda-not-found",
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
    let lent = context
        .facts
        .driver_libraries
        .value()
        .and_then(|libraries| libraries.iter().find(|library| library.kind == LibraryKind::Wsl));
    let Some(lent) = lent.filter(|_| Asked::Cuda.is_missing(context)) else { return Outcome::Holds };
    Draft::new("WSL", "the loader does not find the driver that Windows provides.")
        .evidence(Evidence::new("the driver's library", &lent.path))
        .symptom("libcuda.so: cannot open shared object file: No such file or directory")
        .found()
}
