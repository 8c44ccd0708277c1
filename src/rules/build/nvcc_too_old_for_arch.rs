//! # nvcc-too-old-for-arch
//!
//! TORCH_CUDA_ARCH_LIST names an architecture that the nvcc which compiles here does not know yet: extensions do not build.
//!
//! ## How it is decided
//! The list is read as the installed torch reads it. The toolkit is the one that torch takes: CUDA_HOME, CUDA_PATH, the nvcc on PATH,
//! /usr/local/cuda, in this order. Each entry's architecture must begin with that release or an earlier one.
//!
//! ## How to fix it
//! Take the entry out, or point CUDA_HOME at a newer toolkit of the same major version as torch's build.
//!
//! ## In a log
//! `nvcc fatal   : Unsupported gpu architecture 'compute_120'`.
//!
//! ## Sources
//! Targets of eighteen ptxas releases (knowledge/architectures.toml); torch/utils/cpp_extension.py, `_find_cuda_home`.

use crate::{
    finding::Severity,
    knowledge::ArchitectureRow,
    rules::{Context, Judges, Outcome, Remedy, Rule, Scope, nvcc},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "nvcc-too-old-for-arch",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Variables, Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let lacks = |row: &ArchitectureRow, cuda| {
        row.first_toolkit.filter(|first| cuda < *first).map(|first| format!("from CUDA {first} on"))
    };
    nvcc::judge(context, lacks, |cuda, path, entries| {
        format!("the nvcc of CUDA {cuda} in {path} does not know {entries}: building an extension ends with an error.")
    })
}
