//! # framework-step-failed
//!
//! A step raised an exception while torch was computing on the GPU in its own environment.
//!
//! ## How it is decided
//! `--framework` runs small steps one after another: matrix products, a convolution and an LSTM through cuDNN, attention, a CUDA graph,
//! torch.compile, 4-bit weights. The exception's text is looked up in `errors.toml`, and steps that fail for the same reason become one
//! finding. If another finding explains it (`gpu-too-new-for-wheel` explains `no kernel image is available`), this one is listed as its
//! consequence and confirms it. A full or busy GPU is not a finding, and neither is a machine without a GPU.
//!
//! ## How to fix it
//! Follow the error message. An error that no finding explains cannot be seen in the files: report it with `--format json`.
//!
//! ## In a log
//! The same error that the evidence quotes.
//!
//! ## Sources
//! docs/framework.md; the rows of `knowledge/errors.toml` and their sources.

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
