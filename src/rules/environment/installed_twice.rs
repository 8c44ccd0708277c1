//! # installed-twice
//!
//! The environment has torch (or torchvision, torchaudio, triton) more than once, in different versions. Python takes the first that it
//! finds; tools that read metadata may report, upgrade or remove the other one.
//!
//! ## How it is decided
//! The metadata folders of all folders of packages that the interpreter looks through, in its order. Two of one name in the same folder
//! share their files, so that one has overwritten the other: the one that the module's own version agrees with counts. That a virtual
//! environment has its own version before that of the Python it was made from is usual, and good to know only.
//!
//! ## How to fix it
//! Remove both and install the one that is wanted: `pip uninstall` until there is none left. What `pip install --user` has put before the
//! environment's own is left out with PYTHONNOUSERSITE=1.
//!
//! ## In a log
//! `WARNING: Ignoring invalid distribution`; a version in `pip list` that is not that of `torch.__version__`.
//!
//! ## Sources
//! Python Packaging User Guide, recording installed projects; Python documentation, module `site`.

use crate::{
    facts::{Elsewhere, Way},
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, shared::label},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "installed-twice",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let drafts: Vec<Draft> = environment
        .packages
        .iter()
        .filter_map(|package| {
            let others: Vec<&Elsewhere> = environment
                .elsewhere
                .iter()
                .filter(|other| other.package == package.name)
                .filter(|other| matches!(other.way, Way::SameFolder | Way::OtherFolder | Way::OwnFolder))
                .collect();
            let first = others.first()?;
            let told = |other: &&Elsewhere| match &other.version {
                Some(version) => format!("{version} in {}", other.at),
                None => format!("one of unknown version in {}", other.at),
            };
            let also = others.iter().map(told).collect::<Vec<_>>().join(", ");
            let takes = match first.way {
                Way::SameFolder => "their files are the same, and one has overwritten the other",
                Way::OwnFolder => "that of `pip install --user` comes first",
                _ => "the first is taken",
            };
            let summary = format!("{} is there, and also {also}: {takes}.", label(package));
            let usual = others.iter().all(|other| other.way == Way::OtherFolder);
            let severity = if usual { Severity::Info } else { Severity::Warning };
            let draft = Draft::new(label(package), summary).about(package).severity(severity);
            let own = Evidence::new(label(package), &package.at).at(context.pointer(&package.name));
            let evidence = |draft: Draft, other: &&Elsewhere| {
                let version = other.version.as_deref().unwrap_or("unknown");
                draft.cause(version).evidence(Evidence::new(told(other), &other.at))
            };
            Some(others.iter().fold(draft.evidence(own), evidence))
        })
        .collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
