//! # metadata-missing
//!
//! torch (or torchvision, torchaudio) can be imported here, and nothing says that it is installed: its folder lies among the packages
//! without metadata, or the metadata names another package. Tools that read metadata do not know it: pip would install a second one over
//! it, `pip uninstall` removes nothing, and what it requires is not known.
//!
//! ## How it is decided
//! A folder of packages has `torch/__init__.py`, and no metadata folder says that it is torch's. The version is that of `version.py`, and
//! the libraries that are judged are those in the folder. A folder without `__init__.py` is no torch; what conda installed is known to
//! conda.
//!
//! ## How to fix it
//! Install the same build again; where the folder was copied on purpose, copy its `.dist-info` folder as well.
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
            "{} has no metadata: Python imports {name} from {}, and pip does not know it.",
            label(package),
            package.at
        );
        Draft::new(label(package), summary)
            .about(package)
            .evidence(Evidence::new(format!("no metadata names {name}"), &package.at).at(context.pointer(name)))
    };
    let drafts: Vec<Draft> = bare.map(told).collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
