//! # smoke-wrong-results
//!
//! This GPU computes wrong results: nothing that runs on it can be trusted.
//!
//! ## How it is decided
//! The results of gpucheck's kernels on fresh random inputs are compared with a reference in double precision, each with a tolerance
//! derived from the number of its roundings (docs/smoke.md). Result buffers start with a pattern that no calculation produces, and bytes
//! after each buffer must stay unchanged.
//!
//! ## How to fix it
//! Run it again with the same seed. The same error in the same place points to the software: the driver, or its compiler if the code came
//! from PTX. A different error each time points to the hardware: memory, power, heat, overclocking.
//!
//! ## In a log
//! `nan` in losses; results that differ from run to run.
//!
//! ## Sources
//! docs/smoke.md.

use crate::{
    facts::{KernelOutcome, KernelRun},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{SmokeRun, judge as judge_runs, runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-wrong-results",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    match judge_runs(context, |run| of_run(run).into_iter().collect()) {
        // Missing results do not count as correct.
        Outcome::Holds
            if runs(context).is_ok_and(|runs| runs.iter().any(|run| run.not_judged(context.knowledge).is_some())) =>
        {
            Outcome::Needs(vec!["a run while the GPU is free (gpucheck smoke)".to_owned()])
        }
        outcome => outcome,
    }
}

fn of_run(run: &SmokeRun<'_>) -> Option<Draft> {
    let wrong: Vec<_> = run
        .smoke
        .kernels
        .iter()
        .enumerate()
        .filter_map(|(index, kernel)| Some((index, kernel, said(kernel)?)))
        .collect();
    let names: Vec<&str> = wrong.iter().map(|(_, kernel, _)| kernel.kernel.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let mut draft = Draft::new(&run.name, format!("computes wrong results in {}.", names.join(", ")));
    draft.causes = names.iter().map(|name| (*name).to_owned()).collect();
    for (index, kernel, said) in &wrong {
        let image = kernel.image.map_or_else(String::new, |image| format!(" ({image})"));
        draft.evidence.push(run.evidence(format!("{}{image}: {said}", kernel.kernel), &format!("/kernels/{index}")));
    }
    Some(draft.evidence(run.seed()))
}

/// What is wrong with a kernel's results; `None` if they are correct or missing.
fn said(kernel: &KernelRun) -> Option<String> {
    match &kernel.outcome {
        KernelOutcome::Wrong { count, of, at, got, expected, tolerance } => Some(format!(
            "{count} of {of} results are wrong; the first, {at}, is {got} instead of {expected} (tolerance {tolerance})"
        )),
        KernelOutcome::Overrun { buffer, bytes } => {
            Some(format!("{bytes} bytes after its buffer {buffer} were overwritten"))
        }
        _ => None,
    }
}
