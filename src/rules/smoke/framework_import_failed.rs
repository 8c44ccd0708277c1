//! # framework-import-failed
//!
//! torch cannot be imported in its own environment: no program that uses it can start.
//!
//! ## How it is decided
//! `--framework` runs the environment's own Python, whose first step is `import torch`. An exception is reported as is; a process that dies
//! is reported with its signal. The error text is looked up in `errors.toml`; if another finding explains it, this one is listed as its
//! consequence.
//!
//! ## How to fix it
//! Follow the error message: reinstall the missing library or package, or install matching packages if they belong to two torch releases.
//!
//! ## In a log
//! `ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory`
//!
//! ## Sources
//! docs/framework.md; the rows of `knowledge/errors.toml` and their sources.

use crate::{
    facts::StepOutcome,
    finding::Severity,
    rules::{
        Context, Judges, Outcome, Rule, Scope,
        steps::{judge as steps, said},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "framework-import-failed",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["library-damaged", "python-unsupported-by-torch"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    steps(
        context,
        |step| match &step.outcome {
            _ if !step.is_import() => None,
            StepOutcome::Failed { error } => Some(format!("{}: {}", error.class, error.message)),
            StepOutcome::Died { how, trace } => Some([std::slice::from_ref(how), trace].concat().join("\n")),
            _ => None,
        },
        |group, torch| {
            let error = group.steps.first().map(|(_, step)| said(&step.outcome)).unwrap_or_default();
            match group.row {
                Some(row) => format!("{torch} cannot be imported: {}.", row.meaning),
                None => format!("{torch} cannot be imported: {error}"),
            }
        },
    )
}
