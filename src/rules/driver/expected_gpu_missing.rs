//! # expected-gpu-missing
//!
//! Fewer or other GPUs are here than `--expect` asks for.
//!
//! ## How it is decided
//! The GPUs that programs can see are counted against each expectation, such as `8x H100`.
//!
//! ## How to fix it
//! Whatever the other findings say; without one, the machine is not the one that was meant.
//!
//! ## In a log
//! Nothing: jobs are just short of GPUs.
//!
//! ## Sources
//! The option.

use crate::{
    facts::Gpu,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Outcome, Rule, Scope, shared::gpu_name, stack::named_alike},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "expected-gpu-missing",
    scope: Scope::Machine,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.facts.expected.is_empty() {
        return Outcome::NotApplicable;
    }
    let gpus = context.facts.gpus.value().map(Vec::as_slice).unwrap_or_default();
    for expected in &context.facts.expected {
        let fits = |gpu: &&Gpu| {
            gpu.visible.value() != Some(&false)
                && gpu.trouble.value().is_none()
                && (gpu.name.value() == Some(&expected.name)
                    || (!expected.exact
                        && gpu.capability.value() == Some(&expected.capability)
                        && named_alike(gpu, &expected.text)))
        };
        let count = gpus.iter().filter(fits).count();
        if count < expected.count as usize {
            let mut draft = Draft::new(
                format!("{}x {}", expected.count, expected.text),
                format!("{count} of {} expected {} are usable here.", expected.count, expected.text),
            )
            .cause(count)
            .evidence(
                Evidence::new(format!("--expect '{}x {}'", expected.count, expected.text), "--expect")
                    .at("/facts/expected"),
            );
            for gpu in gpus {
                draft = draft.evidence(Evidence::new(
                    gpu_name(gpu),
                    gpu.name.via().map(ToString::to_string).unwrap_or_default(),
                ));
            }
            return draft.found();
        }
    }
    Outcome::Holds
}
