//! # driver-refuses-image
//!
//! The driver refuses to load kernels built for a GPU: the error that a program gets if its wheel lacks the GPU's architecture.
//!
//! ## How it is decided
//! cuModuleLoadData returned an error code for an image of gpucheck's own kernels, and no other image of them was loaded instead. With
//! `--image` the image is chosen by hand, to see what happens.
//!
//! ## How to fix it
//! 209 (no binary for GPU): use other machine code, or PTX. 222 (unsupported PTX version): update the driver. 221: the driver's PTX
//! compiler is missing from the container or the installation.
//!
//! ## In a log
//! `no kernel image is available for execution on the device`, `the provided PTX was compiled with an unsupported toolchain`.
//!
//! ## Sources
//! cuda.h; knowledge: errors.toml.

use crate::{
    facts::{ImageLoad, Smoke},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{Failure, SmokeRun, judge as runs},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-refuses-image",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-too-old-for-gpu"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run))
}

/// One finding per error code, with all modules that it prevented from running.
fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Vec<Draft> {
    let mut drafts: Vec<(u32, Draft)> = Vec::new();
    for (index, load) in run.smoke.images.iter().enumerate() {
        let Some(failure) = Failure::of(&load.answer) else { continue };
        if failure.is_not_judged(context.knowledge) || has_another(run.smoke, load) {
            continue;
        }
        let said = format!("{} for the {} kernels, {}", failure.said(), load.module, load.image);
        let log = load.log.as_ref().map_or_else(String::new, |log| format!(": {log}"));
        let evidence = run.evidence(said + &log, &format!("/images/{index}"));
        match drafts.iter_mut().find(|(code, _)| *code == failure.code) {
            Some((_, draft)) => draft.evidence.push(evidence),
            None => {
                let meaning = failure.meaning(context.knowledge);
                let meaning = if meaning.is_empty() { "." } else { &meaning };
                let draft =
                    Draft::new(&run.name, format!("the driver refuses to load the code for {}{meaning}", load.image));
                drafts.push((failure.code, draft.evidence(evidence).cause(failure.code).cause(load.image)));
            }
        }
    }
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

/// Whether the module's kernels were taken from another image.
fn has_another(smoke: &Smoke, load: &ImageLoad) -> bool {
    smoke.images.iter().any(|other| other.module == load.module && other.used)
}
