//! # cuda-runtime-bundled
//!
//! A package contains its own copy of the CUDA runtime (libcudart).
//!
//! ## How it is decided
//! A library in a scanned package is named `libcudart.so` or `cudart64.dll`, with or without a version and the hash that auditwheel or
//! delvewheel adds. NVIDIA's own runtime packages, stubs, and a file that is scanned by itself are excluded.
//!
//! ## How to fix it
//! This is not an error: the copy works alongside others. To ship a smaller package, depend on NVIDIA's (`nvidia-cuda-runtime-cu12`) and
//! exclude the copy (`auditwheel repair --exclude libcudart.so.12`), or link the runtime statically.
//!
//! ## In a log
//! Nothing.
//!
//! ## Sources
//! pytorch/ao#2892 and uccl-project/uccl#1038, which removed it from their wheels.

use crate::{
    finding::{Evidence, Severity},
    python::file_name,
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, is_cuda_runtime},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "cuda-runtime-bundled",
    scope: Scope::Environment,
    judges: Judges::Artifacts,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

/// Distributions whose purpose is to provide the runtime.
const OWNERS: [&str; 3] = ["nvidia-cuda-runtime", "cuda-cudart", "cudatoolkit"];

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    let mut copies = Vec::new();
    for (number, package) in environment.packages.iter().enumerate() {
        if OWNERS.iter().any(|owner| package.name.starts_with(owner)) {
            continue;
        }
        for (library, copy) in package.libraries.iter().enumerate() {
            if is_cuda_runtime(&copy.path) && copy.path != package.at {
                let pointer = format!("/facts/environments/{index}/packages/{number}/libraries/{library}");
                let evidence = Evidence::new(format!("the package contains {}", copy.path), &package.at).at(pointer);
                copies.push((copy.path.as_str(), evidence));
            }
        }
    }
    let Some((first, _)) = copies.first() else { return Outcome::Holds };
    let more = match copies.len() {
        1 => String::new(),
        several => format!(" and {} more", several - 1),
    };
    let summary = format!("the package contains its own copy of the CUDA runtime: {first}{more}.");
    let draft = Draft::of_environment(environment, summary);
    copies.into_iter().fold(draft, |draft, (path, evidence)| draft.cause(file_name(path)).evidence(evidence)).found()
}
