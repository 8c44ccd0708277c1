//! # smoke-hangs
//!
//! The GPU did not respond when it was asked to compute: programs will hang.
//!
//! ## How it is decided
//! The process that runs the kernels is killed at its deadline (`--smoke-timeout`). It had reported what it was doing.
//!
//! ## How to fix it
//! Check the kernel log for Xid messages (`journalctl -k`), reset the GPU or restart the machine. If compiling PTX is what takes so long, a
//! slow CPU may be the reason: allow more time once.
//!
//! ## In a log
//! Nothing more is written; nvidia-smi may hang too.
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
    slug: "smoke-hangs",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-hangs", "gpu-lost"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| {
        let libraries =
            run.smoke.libraries.iter().map(|load| (&load.answer, Some(format!("loading code of {}", load.path))));
        let kernels = std::iter::once((&run.smoke.answer, run.smoke.step.clone()));
        kernels.chain(libraries).filter_map(|(answer, step)| hang(run, answer, step)).collect()
    })
}

fn hang(run: &SmokeRun<'_>, answer: &ContactOutcome, step: Option<String>) -> Option<Draft> {
    let ContactOutcome::TimedOut { after_ms, left_running } = answer else { return None };
    let step = step.unwrap_or_else(|| "the first step".to_owned());
    let left = match left_running {
        Some(pid) => format!("; process {pid} cannot be killed"),
        None => String::new(),
    };
    let draft = Draft::new(&run.name, format!("does not respond while {step}."))
        .evidence(run.evidence(format!("no answer within {after_ms} ms{left}"), "/answer"));
    Some(draft.evidence(run.seed()).cause(step))
}
