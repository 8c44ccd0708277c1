//! # framework-step-died
//!
//! torch was asked to compute, in its own environment, and the process died: no exception, a signal.
//!
//! ## How it is decided
//! Each step of `--framework` is told before it begins. When its process ends without a word, the step that had begun gets the signal; the
//! steps behind it are run by another process.
//!
//! ## How to fix it
//! SIGSEGV and SIGABRT usually come from libraries that do not belong together (two CUDA majors, two versions of cuDNN or NCCL, another
//! libstdc++), SIGILL from a build for another processor. Try the step in a fresh environment with torch alone.
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
