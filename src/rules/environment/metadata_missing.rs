//! # metadata-missing
//!
//! torch (or torchvision, torchaudio) can be imported, but is not recorded as installed: its folder is among the packages without metadata,
//! or the metadata names another package. Tools that read metadata do not see it: pip would install a second one over it, `pip uninstall`
//! removes nothing, and its requirements are unknown.
//!
//! ## How it is decided
//! A package folder contains `torch/__init__.py`, but no metadata folder for torch. The version is taken from `version.py`, and the
//! libraries in that folder are the ones that are checked. A folder without `__init__.py` does not count as torch; packages that conda
//! installed are read from conda's records.
//!
//! ## How to fix it
//! Reinstall the same build; if the folder was copied on purpose, copy its `.dist-info` folder as well.
//!
//! ## In a log
//! `importlib.metadata.PackageNotFoundError: No package metadata was found for torch`; `WARNING: Skipping torch as it is not installed.`
//!
//! ## Sources
//! Python Packaging User Guide, recording installed projects.

use crate::{
    facts::{Listing, Package},
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Remedy, Rule, Scope, shared::label},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "metadata-missing",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::Reinstall],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let bare = environment.packages.iter().filter(|package| package.listing == Some(Listing::Module));
    let told = |package: &Package| {
        let name = &package.name;
        let summary = format!(
            "{} has no metadata: Python imports {name} from {}, but pip does not see it.",
            label(package),
            package.at
        );
        Draft::new(label(package), summary)
            .about(package)
            .evidence(Evidence::new(format!("no metadata for {name}"), &package.at).at(context.pointer(name)))
    };
    let drafts: Vec<Draft> = bare.map(told).collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
