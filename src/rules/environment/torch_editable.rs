//! # torch-editable
//!
//! torch is an editable install: Python takes it from a folder of sources, and what it was built for changes with every build there. No
//! version names it, and nothing that is known of releases is known of it.
//!
//! ## How it is decided
//! By `direct_url.json`, by the `.pth` file that the install has left, or by an `.egg-link`. The libraries that are judged are those in that
//! folder; where nothing names the folder they stay unknown. Where torch itself lies among the packages as well, it comes before what a
//! `.pth` file leads to: that is good to know only.
//!
//! ## How to fix it
//! Nothing needs fixing for those who build torch themselves. Else `pip uninstall torch`, and install a release.
//!
//! ## In a log
//! `Editable project location` in `pip show torch`.
//!
//! ## Sources
//! PEP 610; PEP 660; setuptools, development mode.

use crate::{
    facts::{Package, Way},
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        broken::{torch_broken, unseen},
        shared::label,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-editable",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["library-damaged"],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(torch) = context.package("torch") else { return Outcome::NotApplicable };
    let Some(folder) = torch.editable.as_deref() else { return left(context, torch) };
    let place = if folder.is_empty() { "a folder that nothing names" } else { folder };
    let judged = if unseen(context, torch) || torch_broken(context).is_some() {
        "its libraries could not be judged"
    } else {
        "its libraries there are those that were judged"
    };
    Draft::new(label(torch), format!("{} is an editable install that leads to {place}: {judged}.", label(torch)))
        .about(torch)
        .severity(if unseen(context, torch) { Severity::Error } else { Severity::Warning })
        .evidence(Evidence::new(format!("leads to {place}"), &torch.at).at(context.pointer("torch")))
        .found()
}

/// What an editable install has left behind beside another one.
fn left(context: &Context<'_>, torch: &Package) -> Outcome {
    let elsewhere = context.environment.into_iter().flat_map(|(_, environment)| &environment.elsewhere);
    let mut left = elsewhere.filter(|other| other.package == "torch" && other.way == Way::EditableLeft);
    let Some(other) = left.next() else { return Outcome::Holds };
    let summary = format!(
        "{} speaks of an editable install of torch, but the torch that lies beside it comes first: that one is judged.",
        other.at
    );
    Draft::new(label(torch), summary)
        .about(torch)
        .severity(Severity::Info)
        .cause("left behind")
        .evidence(Evidence::new("names an editable install", &other.at).at(context.pointer("torch")))
        .found()
}
