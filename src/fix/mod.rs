//! Fixes: the smallest change that makes the rules pass. A plan is tried on a copy of the facts, and the same rules judge it.
//!
//! Each search is a file: `torch` (another build of torch and what moves with it), `requirements` (what packages require and do not
//! have), `driver`, `jetson` (JetPack and its builds of torch), `variables`, `ptxas` (another assembler for Triton), `packages` (other versions, and what rows say), `overwritten`, `damaged` (the same build again), and `advice` (what only a person can
//! do); `notes` is what is known of the tool; `grid` tries one build of torch from nothing. `dependents` says what moves with torch, `stack` what is wanted besides torch, `solved` which finding the fix of another one solves. `prove` judges a plan, `proofs` keeps the results, `commands` writes it for the user's own tool and shell.

mod advice;
mod again;
mod candidate;
mod candidates;
mod commands;
mod companions;
mod damaged;
mod dependents;
mod driver;
mod grid;
mod impossible;
mod jetson;
mod notes;
mod overwritten;
mod packages;
mod plan;
mod proofs;
mod prove;
mod ptxas;
mod requirements;
mod solved;
mod stack;
mod torch;
mod variables;

pub use candidate::Candidate;
pub use candidates::Wish;
pub use commands::{Lines, TORCH_INDEXES, lines};
pub use grid::{Tried, try_build};
pub use plan::{Change, Install, Plan};

use std::collections::{BTreeMap, BTreeSet};

use proofs::Proofs;

use crate::{
    facts::{DriverVersion, Environment, Fact, Facts, Os},
    finding::{Finding, Fix, Remedy},
    knowledge::Knowledge,
    parallel,
    rules::{Undecided, Verdicts},
    shell::NoWord,
};

/// What is known before anything is changed.
#[derive(Clone, Copy)]
pub struct Before<'b> {
    /// What was seen.
    pub facts: &'b Facts,
    /// The same with what the knowledge base claims.
    pub enriched: &'b Facts,
    /// Where the claims are from, and those about what a plan brings.
    pub knowledge: &'b Knowledge,
    /// What the rules say of it, none of it folded: of all environments that findings are about.
    pub verdicts: &'b Verdicts,
    /// How much that no rule is about would not run with a driver of this version: what a scan has read.
    pub refused: &'b (dyn Fn(&DriverVersion) -> usize + Sync),
}

/// What tells a finding from others: rule, environment and package.
type Key = (&'static str, Option<String>, Option<String>);

fn key(finding: &Finding) -> Key {
    (finding.rule, finding.environment.clone(), finding.trace.package.clone())
}

/// What every search works on.
struct Case<'c> {
    /// What was seen: a plan changes this, not what was concluded from it.
    facts: &'c Facts,
    /// The same with what the knowledge base claims.
    enriched: &'c Facts,
    knowledge: &'c Knowledge,
    /// The environment concerned, as enriched; nothing for the machine alone.
    environment: Option<&'c Environment>,
    /// The findings before about it and about the machine, none folded.
    before: Vec<&'c Finding>,
    /// The findings of the report, by rule, environment and package: each of them has fixes of its own.
    shown: &'c BTreeSet<Key>,
    /// What could not be decided before.
    undecided: &'c [Undecided],
    /// How much that no rule is about would not run with a driver of this version.
    refused: &'c (dyn Fn(&DriverVersion) -> usize + Sync),
    /// The plans that were judged.
    proofs: Proofs,
}

impl Case<'_> {
    /// Whether the environment or the machine is Windows', whose driver numbers count; WSL counts as Windows here.
    fn driver_os(&self) -> Os {
        let host = &self.facts.host;
        match host.wsl.value() {
            Some(_) => Os::Windows,
            None => host.platform.value().map_or(Os::Linux, |platform| platform.os),
        }
    }

    /// The environment variables that programs of the environment see: an image's own, else those of the machine.
    fn variables(&self) -> &BTreeMap<String, String> {
        let image = self.environment.and_then(|environment| environment.image.as_deref());
        image.map_or(&self.facts.env_vars, |image| &image.env_vars)
    }

    /// The version of the GNU C library that wheels meet: an image's own, else that of the machine.
    fn glibc(&self) -> &Fact<String> {
        let image = self.environment.and_then(|environment| environment.image.as_deref());
        image.map_or(&self.facts.host.glibc, |image| &image.glibc)
    }

    /// What carries out a plan with what is known of the tool, or why there is nothing to paste.
    fn lines(&self, plan: &Plan) -> Result<Lines, NoWord> {
        let mut lines = commands::lines(plan, self.environment, &self.facts.host)?;
        if let Some(environment) = self.environment.filter(|_| plan.installs().next().is_some()) {
            lines.notes.extend(notes::of(self.knowledge, environment, plan));
        }
        Ok(lines)
    }

    /// What writes lines for the environment.
    fn writer(&self) -> commands::Writer<'_> {
        commands::Writer::of(self.environment, &self.facts.host)
    }
}

/// Whether a search of this kind can remove a finding.
fn has_remedy(finding: &Finding, remedy: Remedy) -> bool {
    finding.trace.remedies.contains(&remedy)
}

/// Adds to each finding what would remove it, best first. No environment's fixes depend on another's: they are searched at once.
pub fn attach(findings: &mut [Finding], before: &Before<'_>) {
    let Before { facts, enriched, knowledge, verdicts, refused } = *before;
    let shown: BTreeSet<Key> = findings.iter().map(key).collect();
    let mut by_environment: BTreeMap<Option<&str>, Vec<&Finding>> = BTreeMap::new();
    for finding in &verdicts.findings {
        by_environment.entry(finding.environment.as_deref()).or_default().push(finding);
    }
    let mut groups: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        groups.entry(finding.environment.clone()).or_default().push(index);
    }
    let groups: Vec<(Option<String>, Vec<usize>)> = groups.into_iter().collect();
    let all = &*findings;
    let with_fixes = |(id, own): &(Option<String>, Vec<usize>)| -> Vec<Finding> {
        let id = id.as_deref();
        let about = [None, id].into_iter().take(if id.is_some() { 2 } else { 1 });
        let case = Case {
            facts,
            enriched,
            knowledge,
            environment: enriched.environments.iter().find(|candidate| Some(candidate.id.as_str()) == id),
            before: about.filter_map(|id| by_environment.get(&id)).flatten().copied().collect(),
            shown: &shown,
            undecided: &verdicts.unknown,
            refused,
            proofs: Proofs::default(),
        };
        let mut own: Vec<Finding> = own.iter().filter_map(|index| all.get(*index)).cloned().collect();
        search(&case, &mut own.iter_mut().collect::<Vec<_>>());
        own
    };
    let done = parallel::map(&groups, with_fixes);
    for (index, finding) in groups.into_iter().zip(done).flat_map(|((_, places), own)| places.into_iter().zip(own)) {
        if let Some(place) = findings.get_mut(index) {
            *place = finding;
        }
    }
}

/// Every search, for the findings about one environment or the machine.
fn search(case: &Case<'_>, own: &mut [&mut Finding]) {
    ptxas::attach(case, own);
    packages::attach(case, own);
    torch::attach(case, own);
    requirements::attach(case, own);
    driver::attach(case, own);
    jetson::attach(case, own);
    variables::attach(case, own);
    overwritten::attach(case, own);
    damaged::attach(case, own);
    advice::attach(case, own);
    solved::attach(case, own);
}

/// Adds a fix unless the finding already has one with the same lines.
fn add(finding: &mut Finding, fix: &Fix) {
    let known = finding
        .fixes
        .iter()
        .any(|other| other.commands == fix.commands && other.edits == fix.edits && other.summary == fix.summary);
    if !known {
        finding.fixes.push(fix.clone());
    }
}
