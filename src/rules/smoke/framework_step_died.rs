//! # framework-step-died
//!
//! The process died while torch was computing in its own environment: from a signal, without an exception.
//!
//! ## How it is decided
//! Each step of `--framework` is announced before it begins. If its process ends without a result, the signal is attributed to the step
//! that had begun; the steps after it run in another process.
//!
//! ## How to fix it
//! SIGSEGV and SIGABRT usually come from libraries that do not match (two CUDA major versions, two versions of cuDNN or NCCL, another
//! libstdc++), SIGILL from a build for a different CPU. Try the step in a fresh environment with only torch installed.
//!
//! ## In a log
//! `Segmentation fault (core dumped)`, `Illegal instruction`.
//!
//! ## Sources
//! docs/framework.md; signal(7).

use crate::{
    facts::StepOutcome,
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Rule, Scope,
        steps::{judge as steps, names},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "framework-step-died",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-crashes", "environment-incomplete", "torch-companion-mismatch"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    steps(
        context,
        |step| match &step.outcome {
            StepOutcome::Died { how, trace } if !step.is_import() => {
                Some([std::slice::from_ref(how), trace].concat().join("\n"))
            }
            _ => None,
        },
        |group, torch| {
            let how = group.steps.first().and_then(|(_, step)| match &step.outcome {
                StepOutcome::Died { how, .. } => Some(how.as_str()),
                _ => None,
            });
            format!("{torch} dies in {}: {}.", names(group), how.unwrap_or_default())
        },
    )
}
