//! # ptx-jit-only
//!
//! gpucheck's kernels run on this GPU only after the driver has compiled them from PTX: the driver accepts none of their machine code for
//! it.
//!
//! ## How it is decided
//! The kernels were loaded from PTX, because none of their machine code is for this GPU, because the driver refused it, or because
//! `--image` or CUDA_FORCE_PTX_JIT requested it. The compile time is reported; the cache of compiled code was off.
//!
//! ## How to fix it
//! Nothing to fix if this was requested. A program spends this time once for each of its modules, then uses the result from the cache
//! (`~/.nv/ComputeCache`).
//!
//! ## In a log
//! Nothing: it appears only in the smoke run.
//!
//! ## Sources
//! CUDA C++ Programming Guide, Just-in-Time Compilation.

use crate::{
    facts::CodeKind,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "ptx-jit-only",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(run).into_iter().collect())
}

fn of_run(run: &SmokeRun<'_>) -> Option<Draft> {
    let compiled = |(_, load): &(usize, &crate::facts::ImageLoad)| load.used && load.image.kind == CodeKind::Ptx;
    let loads: Vec<_> = run.smoke.images.iter().enumerate().filter(compiled).collect();
    let (_, first) = loads.first()?;
    let total: u64 = loads.iter().map(|(_, load)| load.micros).sum();
    let why = if run.smoke.asked.is_some() { " as requested" } else { "" };
    let summary = format!("runs code that the driver compiled from PTX{why}, in {} ms.", total.div_ceil(1000));
    let mut draft = Draft::new(&run.name, summary).cause(first.image);
    for (index, load) in &loads {
        let code = load.binary.map_or_else(String::new, |binary| format!(" to code for {binary}"));
        let time = load.micros.div_ceil(1000);
        let said = format!("the {} kernels: {} compiled{code} in {time} ms", load.module, load.image);
        draft.evidence.push(run.evidence(said, &format!("/images/{index}")));
    }
    if run.smoke.asked.is_some() {
        draft.severity = Some(Severity::Info);
    }
    Some(draft)
}
