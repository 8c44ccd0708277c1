//! One build of torch tried from nothing: what the rules say of a new environment with it. `gpucheck matrix` asks this for a whole grid.

use super::{Candidate, Change, Plan, TORCH_INDEXES, commands, companions};
use crate::{
    enrich::enrich,
    facts::Facts,
    finding::{Command, Finding},
    knowledge::Knowledge,
    resolve,
    rules::{self, Judged},
};

/// A build and its judgement.
#[derive(Debug)]
pub struct Tried {
    /// The facts as they would be, with what the knowledge base claims.
    pub facts: Facts,
    /// What the rules find then, worst first.
    pub findings: Vec<Finding>,
    /// The lines that install it.
    pub commands: Vec<Command>,
}

/// Judges a build with its companions in the environments of `facts`, which have no torch yet.
pub fn try_build(facts: &Facts, knowledge: &Knowledge, candidate: &Candidate<'_>) -> Tried {
    let own_index = !candidate.build.pypi_default;
    let environment = facts.environments.first();
    let python = environment.and_then(|environment| environment.python.value().copied());
    let installs = companions::installs(knowledge, candidate, None, python, own_index, &[]);
    let plan = Plan {
        summary: format!("torch {}", candidate.build.full_version(candidate.release)),
        changes: installs.into_iter().map(Change::Install).collect(),
        index: own_index.then(|| format!("{TORCH_INDEXES}{}", candidate.build.index)),
        ..Plan::default()
    };
    let after = enrich(&plan.apply(facts, environment.map(|environment| environment.id.as_str())), knowledge);
    let findings = resolve::resolve(&rules::run(&after, knowledge, Judged::All).findings, &after);
    // Everything on these lines comes from rows: one that is not fit for a line makes none.
    let commands = commands::lines(&plan, environment, &facts.host).unwrap_or_default().commands;
    Tried { findings, commands, facts: after }
}

impl Tried {
    /// The findings that concern a GPU, or no GPU in particular.
    pub fn concerning<'t>(&'t self, gpu: &'t str) -> impl Iterator<Item = &'t Finding> {
        self.findings.iter().filter(move |finding| finding.gpus.is_empty() || finding.gpus.iter().any(|id| id == gpu))
    }
}
