//! # torch-shadowed
//!
//! Python finds another torch (or torchvision, torchaudio, triton) before the installed one: a folder that PYTHONPATH names has one, or
//! the current folder does. Programs then run with that one, whatever `pip` says is installed.
//!
//! ## How it is decided
//! The folders of PYTHONPATH and the current folder are searched for `torch/__init__.py` and `torch.py`, as Python does before it looks at
//! what is installed. With PYTHONPATH the libraries that are judged are those in its folder. The current folder counts for what is started
//! there with `-c` or `-m` and for scripts that lie in it; what is judged is then the installed package. Not with PYTHONSAFEPATH. A
//! PYTHONHOME that is not the environment's own folder is said, too.
//!
//! ## How to fix it
//! Unset PYTHONPATH, or leave the folder (a checkout of PyTorch's sources is the usual one), or rename what lies in it.
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
        Way::Pythonpath => format!("PYTHONPATH makes Python take {} from {}", other.package, other.at),
        _ => format!("what is started in the current folder takes {} from {}", other.package, other.at),
    };
    let shown: Vec<String> = before.iter().map(told).collect();
    // What is loaded instead and cannot be looked at may be anything.
    let unseen = first.way == Way::Pythonpath
        && first.package == "torch"
        && (environment.package("torch").is_none() || torch_broken(context).is_some());
    let severity = if unseen { Severity::Error } else { Severity::Warning };
    let mut draft = Draft::of_environment(environment, format!("{}.", shown.join("; "))).severity(severity);
    for other in before {
        let installed = match environment.package(&other.package) {
            Some(package) => format!("{} comes before {}", other.at, package.at),
            None => format!("{} is there", other.at),
        };
        let source = if other.way == Way::Pythonpath { "PYTHONPATH" } else { "the current folder" };
        draft = draft.cause(&other.package).evidence(Evidence::new(installed, source));
    }
    draft.found()
}

/// PYTHONHOME that leads to another Python than the environment's own.
fn other_home(context: &Context<'_>, environment: &Environment) -> Outcome {
    let home = context.variable("PYTHONHOME").map(|home| home.trim_end_matches('/'));
    let Some(home) = home.filter(|home| !home.is_empty() && *home != environment.id) else { return Outcome::Holds };
    // A bare folder of packages is nobody's, and what a plan or a file speaks of is not started here.
    if environment.interpreter.value().is_none() || environment.origin != Origin::Installed {
        return Outcome::Holds;
    }
    let summary = format!(
        "PYTHONHOME is {home}: Python takes its own library from there, and outside of a virtual environment its packages, too."
    );
    Draft::of_environment(environment, summary)
        .severity(Severity::Info)
        .cause("PYTHONHOME")
        .evidence(context.variable_evidence("PYTHONHOME"))
        .found()
}
