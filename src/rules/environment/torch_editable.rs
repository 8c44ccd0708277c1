//! # torch-editable
//!
//! torch is an editable install: Python imports it from a source folder, and what it was built for changes with every build there. It has
//! no fixed version, and nothing known about releases applies to it.
//!
//! ## How it is decided
//! By `direct_url.json`, by the `.pth` file that the install created, or by an `.egg-link`. The libraries in that folder are the ones that
//! are checked; if nothing names the folder, they stay unknown. If torch itself is also among the packages, it takes precedence over the
//! folder that a `.pth` file points to; this is reported as information only.
//!
//! ## How to fix it
//! Nothing needs fixing if you build torch yourself. Otherwise run `pip uninstall torch` and install a release.
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
    let place = if folder.is_empty() { "an unknown folder" } else { folder };
    let judged = if unseen(context, torch) || torch_broken(context).is_some() {
        "its libraries could not be checked"
    } else {
        "the libraries there were checked"
    };
    Draft::new(label(torch), format!("{} is an editable install from {place}: {judged}.", label(torch)))
        .about(torch)
        .severity(if unseen(context, torch) { Severity::Error } else { Severity::Warning })
        .evidence(Evidence::new(format!("points to {place}"), &torch.at).at(context.pointer("torch")))
        .found()
}

/// Traces of an editable install next to a regular one.
fn left(context: &Context<'_>, torch: &Package) -> Outcome {
    let elsewhere = context.environment.into_iter().flat_map(|(_, environment)| &environment.elsewhere);
    let mut left = elsewhere.filter(|other| other.package == "torch" && other.way == Way::EditableLeft);
    let Some(other) = left.next() else { return Outcome::Holds };
    let summary = format!(
        "{} refers to an editable install of torch, but the torch next to it takes precedence and was checked.",
        other.at
    );
    Draft::new(label(torch), summary)
        .about(torch)
        .severity(Severity::Info)
        .cause("left behind")
        .evidence(Evidence::new("refers to an editable install", &other.at).at(context.pointer("torch")))
        .found()
}
