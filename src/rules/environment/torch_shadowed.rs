//! # torch-shadowed
//!
//! Python finds another torch (or torchvision, torchaudio, triton) before the installed one: in a folder named by PYTHONPATH, or in the
//! current folder. Programs then run with that one, whatever `pip` says is installed.
//!
//! ## How it is decided
//! The folders in PYTHONPATH and the current folder are searched for `torch/__init__.py` and `torch.py`, as Python does before it searches
//! the installed packages. With PYTHONPATH, the libraries in its folder are checked. The current folder matters for programs started there
//! with `-c` or `-m` and for scripts located in it; in that case the installed package is still the one that is checked. With
//! PYTHONSAFEPATH, the current folder is ignored. A PYTHONHOME that is not the environment's own folder is reported, too.
//!
//! ## How to fix it
//! Unset PYTHONPATH, change to another folder (the usual culprit is a checkout of PyTorch's sources), or rename the folder or file that
//! shadows the package.
//!
//! ## In a log
//! `ImportError: Failed to load PyTorch C extensions: It appears that PyTorch has loaded the torch/_C folder of the PyTorch repository
//! rather than the C extensions which are expected in the torch._C namespace`; `AttributeError: module 'torch' has no attribute …`.
//!
//! ## Sources
//! Python documentation, "The initialization of the sys.path module search path"; PyTorch, `torch/__init__.py`.

use crate::{
    facts::{Elsewhere, Environment, Origin, Way},
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, broken::torch_broken},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-shadowed",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    let before: Vec<&Elsewhere> = environment
        .elsewhere
        .iter()
        .filter(|other| matches!(other.way, Way::Pythonpath | Way::CurrentFolder))
        .filter(|other| other.way == Way::Pythonpath || environment.package(&other.package).is_some())
        .collect();
    let Some(first) = before.first() else { return other_home(context, environment) };
    let told = |other: &&Elsewhere| match other.way {
        Way::Pythonpath => format!("PYTHONPATH makes Python import {} from {}", other.package, other.at),
        _ => format!("programs started in the current folder import {} from {}", other.package, other.at),
    };
    let shown: Vec<String> = before.iter().map(told).collect();
    // If the torch that is loaded instead cannot be read, it may be anything.
    let unseen = first.way == Way::Pythonpath
        && first.package == "torch"
        && (environment.package("torch").is_none() || torch_broken(context).is_some());
    let severity = if unseen { Severity::Error } else { Severity::Warning };
    let mut draft = Draft::of_environment(environment, format!("{}.", shown.join("; "))).severity(severity);
    for other in before {
        let installed = match environment.package(&other.package) {
            Some(package) => format!("{} takes precedence over {}", other.at, package.at),
            None => format!("{} exists", other.at),
        };
        let source = if other.way == Way::Pythonpath { "PYTHONPATH" } else { "the current folder" };
        draft = draft.cause(&other.package).evidence(Evidence::new(installed, source));
    }
    draft.found()
}

/// A PYTHONHOME that points to a Python other than the environment's own.
fn other_home(context: &Context<'_>, environment: &Environment) -> Outcome {
    let home = context.variable("PYTHONHOME").map(|home| home.trim_end_matches('/'));
    let Some(home) = home.filter(|home| !home.is_empty() && *home != environment.id) else { return Outcome::Holds };
    // A bare package folder has no Python of its own, and planned or requested packages are not started here.
    if environment.interpreter.value().is_none() || environment.origin != Origin::Installed {
        return Outcome::Holds;
    }
    let summary = format!(
        "PYTHONHOME is {home}: Python loads its standard library from there, and outside of a virtual environment its packages, too."
    );
    Draft::of_environment(environment, summary)
        .severity(Severity::Info)
        .cause("PYTHONHOME")
        .evidence(context.variable_evidence("PYTHONHOME"))
        .found()
}
