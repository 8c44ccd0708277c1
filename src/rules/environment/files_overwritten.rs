//! # files-overwritten
//!
//! Two packages in the environment own the same file. The one installed last has overwritten the other's file, and removing either one
//! breaks the one that remains: `nvidia-cudnn-cu12` and `nvidia-cudnn-cu13` do this to each other, and so do `onnxruntime` and
//! `onnxruntime-gpu`.
//!
//! ## How it is decided
//! The shared libraries listed in the packages' RECORD files are compared with each other.
//!
//! ## How to fix it
//! Remove one of the two, then reinstall the other so that its files are restored. Keep the one with GPU code if the other has none,
//! otherwise the one that another package requires.
//!
//! ## In a log
//! `CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH`; `undefined symbol: ncclCommWindowDeregister`; `CUDAExecutionProvider is not in available
//! provider names`.
//!
//! ## Sources
//! Python Packaging User Guide, recording installed projects; file lists of the nvidia-cudnn, nvidia-nccl and onnxruntime wheels.

use std::collections::BTreeMap;

use crate::{
    facts::{Environment, Library, Package},
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::label},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "files-overwritten",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["nccl-symbol-mismatch"],
    remedies: &[Remedy::Overwritten],
    judge,
};

/// The first two packages that own the same library, the library, and how many such libraries they have.
pub fn overwritten(environment: &Environment) -> Option<(&Package, &Package, &str, usize)> {
    let mut owners: BTreeMap<&str, &Package> = BTreeMap::new();
    let mut found: Option<(&Package, &Package, &str, usize)> = None;
    for package in &environment.packages {
        // Libraries that only a row claims were not seen.
        let seen = |library: &&Library| library.code.via().is_none_or(|via| !via.how.is_claim());
        for library in package.libraries.iter().filter(seen) {
            let Some(owner) = owners.insert(&library.path, package).filter(|owner| owner.name != package.name) else {
                continue;
            };
            match &mut found {
                None => found = Some((owner, package, &library.path, 1)),
                Some((one, other, _, count)) if one.name == owner.name && other.name == package.name => *count += 1,
                Some(_) => {}
            }
        }
    }
    found
}

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let read = environment.packages.iter().filter(|package| !package.libraries.is_empty()).count();
    if read < 2 {
        return Outcome::NotApplicable;
    }
    let Some((one, other, path, count)) = overwritten(environment) else { return Outcome::Holds };
    let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
    let summary = format!("{} and {} both own {path}{more}: one has overwritten the other.", label(one), label(other));
    let record = |package: &Package| {
        Evidence::new(format!("{} owns {path}", label(package)), format!("RECORD in {}", package.at))
            .at(context.pointer(&package.name))
    };
    Draft::of_environment(environment, summary)
        .symptom("CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH, undefined symbols, or a provider that is not available")
        .evidence(record(one))
        .evidence(record(other))
        .cause(&one.name)
        .cause(&other.name)
        .found()
}
