//! # smoke-kernel-failed
//!
//! A kernel that is known to be correct ended with an error on this GPU: the cause is the hardware, the driver or the GPU's memory, not the
//! software that fails on it.
//!
//! ## How it is decided
//! A kernel launch, or waiting for it, returned an error code (700 illegal address, 702 launch timed out, 715 illegal instruction, 719
//! launch failed, 214 uncorrectable memory error …) that does not mean that the GPU is busy or full.
//!
//! ## How to fix it
//! Check the kernel log for Xid messages (`journalctl -k`); try without overclocking; try another driver; then check the card's power and
//! seating.
//!
//! ## In a log
//! `CUDA error: an illegal memory access was encountered`, `unspecified launch failure`.
//!
//! ## Sources
//! cuda.h; knowledge: errors.toml.

use crate::{
    facts::KernelOutcome,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{Failure, SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-kernel-failed",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["gpu-lost", "gpu-needs-reset"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run))
}

/// One finding per error code.
fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Vec<Draft> {
    let mut drafts: Vec<(u32, Draft)> = Vec::new();
    for (index, kernel) in run.smoke.kernels.iter().enumerate() {
        let KernelOutcome::Failed { call, code, name } = &kernel.outcome else { continue };
        let failure = Failure { call, code: *code, name: name.as_deref() };
        if failure.is_not_judged(context.knowledge) {
            continue;
        }
        let evidence = run.evidence(format!("{}: {}", kernel.kernel, failure.said()), &format!("/kernels/{index}"));
        match drafts.iter_mut().find(|(known, _)| known == code) {
            Some((_, draft)) => draft.evidence.push(evidence),
            None => {
                let meaning = failure.meaning(context.knowledge);
                let meaning = if meaning.is_empty() { "." } else { &meaning };
                let draft = Draft::new(&run.name, format!("cannot run {}{meaning}", kernel.kernel));
                drafts.push((*code, draft.evidence(evidence).cause(*code)));
            }
        }
    }
    let seed = |(_, draft): (u32, Draft)| draft.evidence(run.seed());
    drafts.into_iter().map(seed).collect()
}
