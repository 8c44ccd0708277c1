//! # expected-gpu-missing
//!
//! The machine has fewer or different GPUs than `--expect` asks for.
//!
//! ## How it is decided
//! The GPUs that programs can use, according to the driver, are counted against each expectation, such as `8x H100`; with `--expect slurm`
//! those of this node's line in Slurm's gres.conf (where that has none, of its `Gres=` in slurm.conf). A type there that is no product's
//! name is the site's own, and any GPU counts for it. If the driver was not
//! queried (`--no-driver`, `--root`), does not report what programs can use, or the GPUs are assumed (`--gpu`), the result is undecided: a
//! gate that could not check does not pass; the verdict is `unknown` and the exit code is 1.
//!
//! ## How to fix it
//! Follow the other findings. If there are none, this is not the machine that was expected.
//!
//! ## In a log
//! Nothing: jobs simply get fewer GPUs.
//!
//! ## Sources
//! The option itself.

use crate::{
    facts::{Fact, Gpu},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        shared::gpu_name,
        stack::{Asked, is_real, named_alike},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "expected-gpu-missing",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    if context.facts.expected.is_empty() {
        return Outcome::NotApplicable;
    }
    if let Some(outcome) = not_seen(context) {
        return outcome;
    }
    let gpus = context.facts.gpus.value().map(Vec::as_slice).unwrap_or_default();
    let mut undecided = Vec::new();
    for expected in &context.facts.expected {
        let fits = |gpu: &&Gpu| {
            gpu.visible.value() != Some(&false)
                && gpu.trouble.value().is_none()
                && (expected.capability.is_none()
                    || gpu.name.value() == Some(&expected.name)
                    || (!expected.exact
                        && gpu.capability.value() == expected.capability.as_ref()
                        && named_alike(gpu, &expected.text)))
        };
        let possible: Vec<&Gpu> = gpus.iter().filter(fits).collect();
        let count = possible.iter().filter(|gpu| gpu.visible.value() == Some(&true)).count();
        let wanted = expected.count as usize;
        if count >= wanted {
            continue;
        }
        if possible.len() >= wanted {
            undecided.push(format!("whether programs can use {wanted} of {} {}", possible.len(), expected.text));
            continue;
        }
        let count = possible.len();
        let mut draft = Draft::new(
            format!("{}x {}", expected.count, expected.text),
            format!("{count} of {} expected {} are usable.", expected.count, expected.text),
        )
        .cause(count)
        .evidence(
            Evidence::new(format!("--expect '{}x {}'", expected.count, expected.text), "--expect")
                .at("/facts/expected"),
        );
        for gpu in gpus {
            draft = draft
                .evidence(Evidence::new(gpu_name(gpu), gpu.name.via().map(ToString::to_string).unwrap_or_default()));
        }
        return draft.found();
    }
    if undecided.is_empty() { Outcome::Holds } else { Outcome::Needs(undecided) }
}

/// Ends the rule if it is unknown which GPUs programs can use.
fn not_seen(context: &Context<'_>) -> Option<Outcome> {
    let needs = |what: String| Some(Outcome::Needs(vec![what]));
    if Asked::BOTH.into_iter().all(|asked| asked.contact(context).is_none()) {
        let why = match &context.facts.cuda {
            Fact::Unknown { why } => why.as_str(),
            _ => "not queried",
        };
        return needs(format!("the driver's own list of GPUs ({why})"));
    }
    match &context.facts.gpus {
        Fact::Unknown { why } => needs(format!("the GPUs of this machine ({why})")),
        Fact::Known { value, .. } if !value.iter().all(is_real) => {
            needs("detected GPUs instead of assumed ones".to_owned())
        }
        _ => None,
    }
}
