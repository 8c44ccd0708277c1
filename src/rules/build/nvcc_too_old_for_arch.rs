//! # nvcc-too-old-for-arch
//!
//! TORCH_CUDA_ARCH_LIST names an architecture that the nvcc in use does not support yet: extensions do not build.
//!
//! ## How it is decided
//! The list is parsed the way the installed torch parses it. The toolkit is the one that torch picks: CUDA_HOME, CUDA_PATH, the nvcc on
//! PATH, /usr/local/cuda, in this order. Each entry's architecture must have been introduced in that release or an earlier one.
//!
//! ## How to fix it
//! Remove the entry, or point CUDA_HOME at a newer toolkit of the same major version as torch's build.
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
        format!("the nvcc of CUDA {cuda} in {path} does not support {entries}: building an extension will fail.")
    })
}
