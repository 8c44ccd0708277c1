//! # project-not-installed
//!
//! The project's files say what it needs, and nothing of it is installed here yet.
//!
//! ## How it is decided
//! Neither the folder nor one above it has an environment (`.venv`, `venv`, `env`, `.conda`, `envs/NAME`, `.pixi/envs/NAME`), none is active
//! (VIRTUAL_ENV, CONDA_PREFIX) and none was named. Then the report is what `gpucheck check` says of the files: a Python that merely is on PATH
//! says nothing about the project.
//!
//! ## How to fix it
//! Install the project as its files say (`uv sync`, `pixi install`, `conda env create`, or a virtual environment with
//! `pip install -r requirements.txt`), then run `gpucheck` again. If its environment lies elsewhere, name it: `gpucheck --python PATH`.
//!
//! ## In a log
//! `ModuleNotFoundError` for whatever is imported first.
//!
//! ## Sources
//! uv's documentation on project environments and on their discovery; pixi's on `.pixi/envs`.

use crate::{
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "project-not-installed",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(folder) = &context.facts.not_installed else { return Outcome::NotApplicable };
    let summary = "Nothing is installed for this project yet, so this is about what its files ask for. Install it and run gpucheck again, or \
                   name its environment with --python.";
    Draft { local: true, ..Draft::new(folder.clone(), summary) }
        .evidence(Evidence::new(
            "no environment in the folder or above it, and none is active",
            "looked for .venv, venv, env, .conda, envs/*, .pixi/envs/*, VIRTUAL_ENV and CONDA_PREFIX".to_owned(),
        ))
        .found()
}
