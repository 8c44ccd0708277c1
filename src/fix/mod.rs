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
    facts::{Environment, Fact, Facts, Os},
    finding::{Finding, Fix, Remedy},
    knowledge::Knowledge,
    rules::{Undecided, Verdicts},
    shell::NoWord,
};

/// What is known before anything is changed.
#[derive(Debug, Clone, Copy)]
pub struct Before<'b> {
    /// What was seen.
    pub facts: &'b Facts,
    /// The same with what the knowledge base claims.
    pub enriched: &'b Facts,
    /// Where the claims are from, and those about what a plan brings.
    pub knowledge: &'b Knowledge,
    /// What the rules say of it, none of it folded: of all environments that findings are about.
    pub verdicts: &'b Verdicts,
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
    /// All findings before, none folded.
    before: &'c [Finding],
    /// The findings of the report, by rule, environment and package: each of them has fixes of its own.
    shown: BTreeSet<Key>,
    /// What could not be decided before.
    undecided: &'c [Undecided],
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

/// Adds to each finding what would remove it, best first.
pub fn attach(findings: &mut [Finding], before: &Before<'_>) {
    let Before { facts, enriched, knowledge, verdicts } = *before;
    let shown: BTreeSet<Key> = findings.iter().map(key).collect();
    let case = |environment: Option<&str>| Case {
        facts,
        enriched,
        knowledge,
        environment: enriched.environments.iter().find(|candidate| Some(candidate.id.as_str()) == environment),
        before: &verdicts.findings,
        shown: shown.clone(),
        undecided: &verdicts.unknown,
        proofs: Proofs::default(),
    };
    let mut ids: Vec<Option<String>> = findings.iter().map(|finding| finding.environment.clone()).collect();
    ids.sort();
    ids.dedup();
    for id in ids {
        let case = case(id.as_deref());
        let mut own: Vec<&mut Finding> = findings.iter_mut().filter(|finding| finding.environment == id).collect();
        ptxas::attach(&case, &mut own);
        packages::attach(&case, &mut own);
        torch::attach(&case, &mut own);
        requirements::attach(&case, &mut own);
        driver::attach(&case, &mut own);
        jetson::attach(&case, &mut own);
        variables::attach(&case, &mut own);
        overwritten::attach(&case, &mut own);
        damaged::attach(&case, &mut own);
        advice::attach(&case, &mut own);
        solved::attach(&case, &mut own);
    }
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
