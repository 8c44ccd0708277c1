//! # nvcc-too-new-for-arch
//!
//! TORCH_CUDA_ARCH_LIST names an architecture that the nvcc in use no longer supports: extensions do not build.
//!
//! ## How it is decided
//! As for nvcc-too-old-for-arch, by the last release that generates code for the architecture.
//!
//! ## How to fix it
//! Remove the entry. For a GPU of that architecture, point CUDA_HOME at an older toolkit and install a torch built for its major version.
//!
//! ## In a log
//! `nvcc fatal   : Unsupported gpu architecture 'compute_60'`.
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
    slug: "nvcc-too-new-for-arch",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Variables, Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let lacks = |row: &ArchitectureRow, cuda| {
        row.last_toolkit.filter(|last| *last < cuda).map(|last| format!("up to CUDA {last}"))
    };
    nvcc::judge(context, lacks, |cuda, path, entries| {
        format!("the nvcc of CUDA {cuda} in {path} no longer supports {entries}: building an extension will fail.")
    })
}
