//! # framework-step-failed
//!
//! torch was asked to compute on the GPU, in its own environment, and a step raised an exception.
//!
//! ## How it is decided
//! `--framework` runs small steps one after another: matrix products, a convolution and an LSTM through cuDNN, attention, a CUDA graph,
//! torch.compile, 4-bit weights. The exception's text is looked up in `errors.toml`, and steps that fail for one reason are one
//! finding. Where another finding explains it (`gpu-too-new-for-wheel` explains `no kernel image is available`), this one is folded
//! under it and confirms it. A full or busy GPU is no finding, nor is a machine without one.
//!
//! ## How to fix it
//! By what the error says. An error that no finding explains is one that the files do not show: report it with `--format json`.
//!
//! ## In a log
//! The same error as the evidence quotes.
//!
//! ## Sources
//! docs/framework.md; the rows of `knowledge/errors.toml` with theirs.

use crate::{
    facts::StepOutcome,
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Rule, Scope,
        steps::{judge as steps, names, said},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "framework-step-failed",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    steps(
        context,
        |step| match &step.outcome {
            StepOutcome::Failed { error } if !step.is_import() => Some(format!("{}: {}", error.class, error.message)),
            _ => None,
        },
        |group, torch| {
            let error = group.steps.first().map(|(_, step)| said(&step.outcome)).unwrap_or_default();
            match group.row {
                Some(row) => format!("{torch} fails at {}: {}.", names(group), row.meaning),
                None => format!("{torch} fails at {}: {error}", names(group)),
            }
        },
    )
}
