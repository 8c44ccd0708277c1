//! # lock-stale
//!
//! The lock file has a version that the project no longer accepts: somebody changed `pyproject.toml` and did not lock again. What is judged is what
//! the lock file has. `uv sync` and `poetry install` lock again or stop; an image that is built with `--frozen` gets the old version.
//!
//! ## How it is decided
//! Each requirement of the project that is in force, with the extras and groups that are chosen, is held against the locked versions of the
//! package. It is a warning for torch and for packages that the knowledge base knows to have code for GPUs, a remark for others.
//!
//! ## How to fix it
//! Lock again: `uv lock`, `poetry lock`.
//!
//! ## In a log
//! uv: `The lockfile at uv.lock needs to be updated, but --locked was provided`. Poetry: `pyproject.toml changed significantly since
//! poetry.lock was last generated`.
//!
//! ## Sources
//! The two files; uv's documentation of `uv lock --check`, Poetry's of `poetry check --lock`.

use crate::{
    facts::GapWeight,
    finding::{Evidence, Severity},
    rules::{Context, Draft, Judges, Outcome, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "lock-stale",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    let stale = environment.gaps.iter().enumerate().filter(|(_, gap)| gap.weight == GapWeight::Stale);
    let drafts: Vec<Draft> = stale
        .map(|(number, gap)| {
            let name = gap.what.split_whitespace().next().unwrap_or_default();
            let has_code = name == "torch" || context.knowledge.package_file(name).is_some();
            let severity = if has_code { Severity::Warning } else { Severity::Info };
            let summary =
                format!("The lock file has {}: it is older than the project, and has to be locked again.", gap.what);
            let pointer = format!("/facts/environments/{index}/gaps/{number}");
            Draft::new(name, summary)
                .evidence(Evidence::new(format!("locked: {}", gap.what), "declared").at(pointer))
                .cause(name)
                .severity(severity)
        })
        .collect();
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
