//! # framework-hangs
//!
//! torch was asked to compute, in its own environment, and gave no answer.
//!
//! ## How it is decided
//! Each process of `--framework` has until its deadline (`--framework-timeout`); the step that it is at then did not end. After two such
//! steps the rest is not tried.
//!
//! ## How to fix it
//! An import that takes minutes is a slow disk or network drive: give it more time once. Otherwise look at what the process waits for
//! (`py-spy dump`), and at the kernel's log for Xid messages.
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
