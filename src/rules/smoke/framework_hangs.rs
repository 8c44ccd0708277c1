//! # framework-hangs
//!
//! torch hung while it was computing in its own environment.
//!
//! ## How it is decided
//! Each process of `--framework` must finish by its deadline (`--framework-timeout`); the step that was running then did not finish. After
//! two such steps the rest is not tried.
//!
//! ## How to fix it
//! If the import takes minutes, the disk or network drive is slow: allow more time once. Otherwise check what the process is waiting for
//! (`py-spy dump`), and check the kernel log for Xid messages.
//!
//! ## In a log
//! Nothing more is written.
//!
//! ## Sources
//! docs/framework.md.

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
    slug: "framework-hangs",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-hangs"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    steps(
        context,
        |step| match &step.outcome {
            StepOutcome::TimedOut { .. } => Some("no answer".to_owned()),
            _ => None,
        },
        |group, torch| {
            let said = group.steps.first().map(|(_, step)| said(&step.outcome)).unwrap_or_default();
            format!("{torch} hangs in {}: {said}.", names(group))
        },
    )
}
