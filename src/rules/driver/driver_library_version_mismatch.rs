//! # driver-library-version-mismatch
//!
//! The driver's libraries and its kernel module are of different versions: after an update without a restart, or because two
//! drivers are installed.
//!
//! ## How it is decided
//! NVML says so (code 18), or the version in the file name of the driver's libraries differs from that of the loaded module.
//!
//! ## How to fix it
//! Restart; without one, load the module anew. If it stays after that, two drivers are installed: remove one.
//!
//! ## In a log
//! `Failed to initialize NVML: Driver/library version mismatch`.
//!
//! ## Sources
//! NVIDIA's nvml.h and cuda.h (13.5.37); NVIDIA/open-gpu-kernel-modules, osapi.c (API mismatch).

use crate::{
    facts::LibraryKind,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Outcome, Remedy, Rule, Scope, stack::Asked},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-library-version-mismatch",
    scope: Scope::Machine,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let by_nvml = Asked::Nvml.code(context) == Some(18);
    let module = context.facts.kernel.version.value();
    let libraries = context.facts.driver_libraries.value().map(Vec::as_slice).unwrap_or_default();
    // The loader takes the first; a second, older copy behind it does no harm.
    let first = libraries.iter().find(|library| library.kind == LibraryKind::Driver);
    let other = first.and_then(|library| Some((library, library.version.value()?)));
    let differs = match (module, other) {
        (Some(module), Some((library, version))) if version != module => Some((module, library, version)),
        (Some(_), Some(_)) if !by_nvml => return Outcome::Holds,
        _ => None,
    };
    if !by_nvml && differs.is_none() {
        return Outcome::NotApplicable;
    }
    let summary = match differs {
        Some((module, _, version)) => {
            format!("the driver's libraries are of version {version}, the loaded kernel module of version {module}.")
        }
        None => "the driver's libraries and the loaded kernel module are of different versions.".to_owned(),
    };
    let mut draft =
        Draft::new("NVIDIA driver", summary).symptom("Failed to initialize NVML: Driver/library version mismatch");
    draft.evidence.extend(Asked::Nvml.evidence(context).filter(|_| by_nvml));
    if let Some((module, library, version)) = differs {
        let via = context.facts.kernel.version.via().map(ToString::to_string).unwrap_or_default();
        draft = draft
            .evidence(Evidence::new(format!("library version {version}"), &library.path).at("/facts/driver_libraries"))
            .evidence(Evidence::new(format!("module version {module}"), via).at("/facts/kernel/version"));
    }
    draft.found()
}
