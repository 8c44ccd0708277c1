//! # installed-twice
//!
//! The environment contains torch (or torchvision, torchaudio, triton) more than once, in different versions. Python imports the first one
//! that it finds; tools that read metadata may report, upgrade or remove the other one.
//!
//! ## How it is decided
//! The metadata folders in all package folders on the interpreter's search path are compared, in its order. Two of the same name in one
//! folder share their files, so one has overwritten the other: the one whose version matches the module's own counts. A virtual environment
//! with its own version ahead of the base Python's is common, and reported as information only.
//!
//! ## How to fix it
//! Remove both and install the version you want: repeat `pip uninstall` until none is left. To exclude packages that `pip install --user`
//! placed ahead of the environment's own, set PYTHONNOUSERSITE=1.
//!
//! ## In a log
//! `WARNING: Ignoring invalid distribution`; a version in `pip list` that differs from `torch.__version__`.
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
                None => format!("an unknown version in {}", other.at),
            };
            let also = others.iter().map(told).collect::<Vec<_>>().join(", ");
            let takes = match first.way {
                Way::SameFolder => "they share the same files, and one has overwritten the other",
                Way::OwnFolder => "the one from `pip install --user` comes first",
                _ => "the first one is used",
            };
            let summary = format!("{} is installed, and so is {also}: {takes}.", label(package));
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
