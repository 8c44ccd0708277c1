//! # smoke-not-judged
//!
//! The GPU is busy, full, or closed to other programs, so it could not be tested. This is not a defect.
//!
//! ## How it is decided
//! A call returned a code that says so: out of memory (2), device unavailable (46: another program has exclusive use of it, or its compute
//! mode prohibits access), or one of the multi-process service's codes (805 to 810).
//!
//! ## How to fix it
//! Try again when the GPU is free: nvidia-smi lists the processes that use it.
//!
//! ## In a log
//! Nothing: it appears only in the smoke run.
//!
//! ## Sources
//! cuda.h; knowledge: errors.toml.

use crate::{
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-not-judged",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run).into_iter().collect())
}

fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Option<Draft> {
    let failure = run.not_judged(context.knowledge)?;
    let mut draft = Draft::new(&run.name, format!("could not be tested{}", failure.meaning(context.knowledge)));
    draft.evidence.push(run.evidence(failure.said(), ""));
    if let Some(mode) = run.smoke.device.as_ref().and_then(|device| device.compute_mode).filter(|mode| *mode != 0) {
        let what = if mode == 2 { "prohibited" } else { "one process at a time" };
        draft.evidence.push(run.evidence(format!("compute mode: {what}"), "/device/compute_mode"));
    }
    Some(draft.cause(failure.code))
}
