//! # smoke-not-started
//!
//! The GPU is listed, but programs cannot create a CUDA context to compute on it.
//!
//! ## How it is decided
//! A call before the first kernel (cuInit, cuDeviceGet, cuDevicePrimaryCtxRetain) returned an error code that does not mean that the GPU is
//! busy or full, or the process could not start.
//!
//! ## How to fix it
//! The finding names the cause of the code. Restarting the machine clears what a crashed program left behind in the driver.
//!
//! ## In a log
//! `CUDA error` at the first `.cuda()` although `torch.cuda.is_available()` says True.
//!
//! ## Sources
//! cuda.h; knowledge: errors.toml.

use crate::{
    facts::ContactOutcome,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{Failure, SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-not-started",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[
        "driver-library-version-mismatch",
        "compat-lib-shadows-driver",
        "forward-compat-unsupported-gpu",
        "fabric-manager-not-running",
        "uvm-not-ready",
        "driver-no-permission",
        "gpu-lost",
        "gpu-needs-reset",
        "cuda-init-failed",
        "mig-without-instances",
    ],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run).into_iter().collect())
}

fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Option<Draft> {
    let (said, meaning, cause) = match &run.smoke.answer {
        ContactOutcome::Failed { code, .. } => {
            let failure = Failure::of(&run.smoke.answer)?;
            if failure.is_not_judged(context.knowledge) {
                return None;
            }
            (failure.said(), failure.meaning(context.knowledge), code.to_string())
        }
        ContactOutcome::NoLibrary => ("libcuda is no longer there".to_owned(), String::new(), "no-library".to_owned()),
        ContactOutcome::Unloadable { why } => {
            (format!("libcuda cannot be loaded: {why}"), String::new(), "unloadable".to_owned())
        }
        ContactOutcome::MissingFunction { name } => (format!("libcuda has no {name}"), String::new(), name.clone()),
        // A process that ended midway is covered by other rules.
        ContactOutcome::Garbled { what } if run.smoke.step.is_none() => {
            (what.clone(), String::new(), "garbled".to_owned())
        }
        _ => return None,
    };
    let step = run.smoke.step.as_ref().map_or_else(String::new, |step| format!(" ({step})"));
    let draft = Draft::new(
        &run.name,
        format!("cannot be initialized for computing{step}{}", if meaning.is_empty() { "." } else { &meaning }),
    );
    Some(draft.evidence(run.evidence(said, "/answer")).cause(cause))
}
