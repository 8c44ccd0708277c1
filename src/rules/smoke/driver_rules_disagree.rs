//! # driver-rules-disagree
//!
//! The driver and the compatibility rules disagree about some code: one of the two is wrong, and the driver decides.
//!
//! ## How it is decided
//! The driver was asked to load images of gpucheck's kernels and, with `--load`, fatbins of the installed libraries. For each of them the
//! rules say whether it runs on this GPU with this driver. An error code that means the GPU is busy or full does not count.
//!
//! ## How to fix it
//! If the driver refuses code that should run, the driver is broken or newer than gpucheck's knowledge base; please report it with
//! `--format json`.
//!
//! ## In a log
//! Nothing: it appears only in the smoke run.
//!
//! ## Sources
//! docs/evidence/compat.md; docs/smoke.md.

use crate::{
    compat::{self, Jit},
    facts::{ContactOutcome, CudaVersion, Image},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{Failure, SmokeRun, driver, judge as runs},
    },
};

/// `CUDA_ERROR_JIT_COMPILATION_DISABLED`
const JIT_DISABLED: u32 = 223;

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-rules-disagree",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run).into_iter().collect())
}

fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Option<Draft> {
    let mut evidence = Vec::new();
    let in_fatbins = driver(context.facts);
    // CUDA_FORCE_PTX_JIT makes the driver skip machine code in fatbins, but it still loads a standalone cubin (driver 580.159.04 on an
    // H200, 2026-11-26).
    let by_itself = match in_fatbins.jit {
        Jit::Forced => compat::DriverSupport { jit: Jit::WhereNeeded, ..in_fatbins.clone() },
        _ => in_fatbins.clone(),
    };
    for (index, load) in run.smoke.images.iter().enumerate() {
        let image = Image { code: load.image, isa: load.isa, compression: Default::default() };
        if let Some(differs) = differs(context, run, &load.answer, &[image], None, &by_itself) {
            let what = format!("the {} kernels, {}: {differs}", load.module, load.image);
            evidence.push(run.evidence(what, &format!("/images/{index}")));
        }
    }
    for (index, load) in run.smoke.libraries.iter().enumerate() {
        let environment = context.facts.environments.iter().find(|environment| environment.id == load.environment);
        let package = environment.and_then(|environment| environment.package(&load.package));
        let built_with = package.and_then(|package| package.build.value()?.cuda);
        if let Some(differs) = differs(context, run, &load.answer, &load.images, built_with, &in_fatbins) {
            let images: Vec<String> = load.images.iter().map(|image| image.code.to_string()).collect();
            let what = format!("{} ({} fatbins with {}): {differs}", load.path, load.like_it, images.join(", "));
            evidence.push(run.evidence(what, &format!("/libraries/{index}")));
        }
    }
    if evidence.is_empty() {
        return None;
    }
    let mut draft = Draft::new(&run.name, "the driver and the compatibility rules disagree about some code.");
    draft.causes = evidence.iter().map(|evidence| evidence.fact.clone()).collect();
    draft.evidence = evidence;
    Some(draft)
}

/// How the driver's answer differs from the rules'; `None` if it does not differ or says nothing.
fn differs(
    context: &Context<'_>,
    run: &SmokeRun<'_>,
    answer: &ContactOutcome,
    images: &[Image],
    built_with: Option<CudaVersion>,
    driver: &compat::DriverSupport,
) -> Option<String> {
    let device = run.smoke.device.as_ref()?.capability?;
    let taken = match answer {
        ContactOutcome::Ready => true,
        ContactOutcome::Failed { .. } => {
            let failure = Failure::of(answer)?;
            // A disabled compiler says nothing about the code.
            if failure.code == JIT_DISABLED || failure.is_not_judged(context.knowledge) {
                return None;
            }
            false
        }
        _ => return None,
    };
    let coverage = compat::one_fatbin(context.knowledge, images, device, built_with, driver);
    let should = coverage.native + coverage.compiled > 0;
    match (taken, should) {
        (true, false) => Some("the driver loads it, but by the rules it should not run on this GPU".to_owned()),
        (false, true) => {
            let said = Failure::of(answer).map(|failure| failure.said()).unwrap_or_default();
            Some(format!("by the rules it should run on this GPU, but {said}"))
        }
        _ => None,
    }
}
