//! # smoke-dies
//!
//! The process that was computing on the GPU died inside the driver.
//!
//! ## How it is decided
//! The process that runs the kernels died from a signal or exception inside a libcuda call, exited without a complete answer, or used so
//! much memory (8 GiB) that it was killed. It had reported what it was doing.
//!
//! ## How to fix it
//! Reinstall the driver; if it dies again, try another version.
//!
//! ## In a log
//! `Segmentation fault` without a Python traceback.
//!
//! ## Sources
//! docs/smoke.md.

use crate::{
    facts::ContactOutcome,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-dies",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-crashes", "driver-answers-nonsense"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| {
        let libraries =
            run.smoke.libraries.iter().map(|load| (&load.answer, Some(format!("loading code of {}", load.path))));
        let kernels = std::iter::once((&run.smoke.answer, run.smoke.step.clone()));
        kernels.chain(libraries).filter_map(|(answer, step)| death(run, answer, step)).collect()
    })
}

fn death(run: &SmokeRun<'_>, answer: &ContactOutcome, step: Option<String>) -> Option<Draft> {
    let how = match answer {
        ContactOutcome::Crashed { how } => how.clone(),
        ContactOutcome::TooMuchMemory { limit } => format!("used more than {} GiB of memory", limit >> 30),
        ContactOutcome::Garbled { what } if step.is_some() => what.clone(),
        _ => return None,
    };
    let step = step.unwrap_or_else(|| "the first step".to_owned());
    let draft = Draft::new(&run.name, format!("the process died while {step}."))
        .evidence(run.evidence(format!("the process ended: {how}"), "/answer"));
    Some(draft.evidence(run.seed()).cause(step).cause(how))
}
