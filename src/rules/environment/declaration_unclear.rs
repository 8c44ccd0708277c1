//! # declaration-unclear
//!
//! A file asks for something that gpucheck cannot read or does not understand, so that part of what would be installed is not known.
//!
//! ## How it is decided
//! Readers note what they pass over: a file that is included and is not there, an image whose contents no row has, the value of a variable
//! that nothing sets, an option that is not known. A project may have extras of which one is meant to be chosen. Where the answer hangs on it, the verdict is unknown and says what is needed. A missing
//! file is a warning where something for GPUs was read without it; where nothing was, the answer hangs on it. Anything else is a remark.
//!
//! ## How to fix it
//! Give what is missing: the file, the extra with `--extra NAME`, or a value with `--build-arg NAME=VALUE` or `--set NAME=VALUE`. If it is an image, check the environment
//! inside of it instead (`gpucheck doctor --root DIR`).
//!
//! ## In a log
//! Nothing, until what is missing is missed.
//!
//! ## Sources
//! The file itself.

use crate::{
    facts::{Environment, Gap, GapWeight},
    finding::{Evidence, Severity},
    knowledge::Knowledge,
    rules::{Context, Draft, Judges, Outcome, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "declaration-unclear",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

/// Whether a package has code for GPUs, or brings torch.
fn is_for_gpus(name: &str, environment: &Environment, knowledge: &Knowledge) -> bool {
    name == "torch"
        || knowledge.requires_torch(name, &[], environment.platform.value().copied()).is_some()
        || knowledge.package_file(name).is_some_and(|file| !file.build.is_empty())
}

/// Extras that nobody chose and that bring packages for GPUs.
fn left_open(environment: &Environment, knowledge: &Knowledge) -> Option<String> {
    let offers = environment.steps.iter().flat_map(|step| &step.offers);
    let names = offers
        .filter(|offer| offer.packages.iter().any(|name| is_for_gpus(name, environment, knowledge)))
        .map(|offer| offer.name.as_str());
    let names: Vec<&str> = names.take(12).collect();
    (!names.is_empty()).then(|| format!("the extra that is installed (--extra): {}", names.join(", ")))
}

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    if environment.steps.is_empty() && environment.gaps.is_empty() {
        return Outcome::NotApplicable;
    }
    let nothing =
        !environment.packages.iter().any(|package| is_for_gpus(&package.name, environment, context.knowledge));
    let decides = |gap: &&Gap| gap.weight == GapWeight::Decides || nothing && gap.weight == GapWeight::Missing;
    let deciding = environment.gaps.iter().filter(decides);
    let open = nothing.then(|| left_open(environment, context.knowledge)).flatten();
    let needs: Vec<String> = deciding.map(|gap| gap.what.clone()).chain(open).collect();
    if !needs.is_empty() {
        return Outcome::Needs(needs);
    }
    // A stale lock file, and what the tool refuses, have rules of their own.
    let own = |gap: &Gap| matches!(gap.weight, GapWeight::Stale | GapWeight::Refused);
    let gaps = environment.gaps.iter().enumerate().filter(|(_, gap)| !own(gap));
    let drafts = gaps.map(|(gap, said)| {
        let (summary, severity) = match said.weight {
            GapWeight::Missing => (format!("Not read: {}.", said.what), Severity::Warning),
            _ => (format!("Passed over: {}.", said.what), Severity::Info),
        };
        Draft::of_environment(environment, summary)
            .evidence(Evidence::new(&said.what, "declared").at(format!("/facts/environments/{index}/gaps/{gap}")))
            .cause(&said.what)
            .severity(severity)
    });
    let drafts: Vec<Draft> = drafts.collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
