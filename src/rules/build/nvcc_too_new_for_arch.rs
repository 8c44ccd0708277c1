//! # nvcc-too-new-for-arch
//!
//! TORCH_CUDA_ARCH_LIST names an architecture that the nvcc which compiles here has dropped: extensions do not build.
//!
//! ## How it is decided
//! As nvcc-too-old-for-arch, by the last release that generates code for the architecture.
//!
//! ## How to fix it
//! Take the entry out; for a GPU of that architecture, point CUDA_HOME at an older toolkit and take a torch of its major version.
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
        row.last_toolkit.filter(|last| *last < cuda).map(|last| format!("until CUDA {last}"))
    };
    nvcc::judge(context, lacks, |cuda, path, entries| {
        format!(
            "the nvcc of CUDA {cuda} in {path} no longer knows {entries}: building an extension ends with an error."
        )
    })
}
