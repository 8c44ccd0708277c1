//! # arch-list-invalid
//!
//! TORCH_CUDA_ARCH_LIST contains an entry that the installed torch rejects: extensions do not build.
//!
//! ## How it is decided
//! The list is parsed the way `torch/utils/cpp_extension.py` of that torch version parses it: separators are `;` and space; values have the
//! form `12.0`, `9.0a` or `8.6+PTX`, or are one of torch's names; and each must be in that version's own table.
//!
//! ## How to fix it
//! Use compute capabilities that this torch accepts, separated by `;`.
//!
//! ## In a log
//! `ValueError: Unknown CUDA arch (sm_120) or GPU not supported`.
//!
//! ## Sources
//! torch/utils/cpp_extension.py of the wheels named in knowledge/arch_list.toml.

use crate::{
    compat::arch_list,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::arch_list_of},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "arch-list-invalid",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((text, torch, parser)) = arch_list_of(context) else { return Outcome::NotApplicable };
    let Some(items) = arch_list(text, parser) else { return Outcome::Holds };
    let refused: Vec<&str> = items.iter().filter(|item| item.code.is_none()).map(|item| item.text.as_str()).collect();
    if refused.is_empty() {
        return Outcome::Holds;
    }
    let quoted: Vec<String> = refused.iter().map(|item| format!("'{item}'")).collect();
    Draft::new(
        "TORCH_CUDA_ARCH_LIST",
        format!(
            "torch {torch} rejects {} in TORCH_CUDA_ARCH_LIST: building an extension will fail.",
            quoted.join(", ")
        ),
    )
    .evidence(context.variable_evidence("TORCH_CUDA_ARCH_LIST"))
    .evidence(Evidence::new(
        format!("torch {torch} accepts {}", parser.values.join(" ")),
        format!("knowledge: arch_list.toml, torch {}", parser.versions),
    ))
    .symptom("ValueError: Unknown CUDA arch or GPU not supported")
    .cause(refused.join(";"))
    .found()
}
