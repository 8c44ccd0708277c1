//! Runs every rule over the product of its scope and collects what they say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Context, Draft, Outcome, REGISTRY, Rule, Scope};
use crate::{
    facts::{Environment, Facts, Gpu},
    finding::Finding,
    knowledge::Knowledge,
};

/// Which environments are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The selected one.
    Selected,
    /// All of them.
    All,
}

/// What the rules said, before it is resolved.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Findings in registry order, one for each subject; GPUs with the same finding are listed together.
    pub findings: Vec<Finding>,
    /// How many judgements were made.
    pub ran: usize,
    /// How many rules had nothing to look at.
    pub not_applicable: usize,
    /// Rules that could not decide, and what they lack.
    pub unknown: Vec<Undecided>,
}

/// A rule that could not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// Its slug.
    pub rule: &'static str,
    /// The facts it lacks, for people.
    pub needs: Vec<String>,
}

/// Judges facts that have been enriched.
pub fn run(facts: &Facts, knowledge: &Knowledge, judged: Judged) -> Verdicts {
    let environments: Vec<_> = facts
        .environments
        .iter()
        .enumerate()
        .filter(|(_, environment)| judged == Judged::All || environment.selected)
        .collect();
    let gpus: Vec<_> = facts.gpus.value().map(|gpus| gpus.iter().enumerate().collect()).unwrap_or_default();
    let base = Context { facts, knowledge, environment: None, gpu: None };
    let mut verdicts = Verdicts::default();
    for rule in REGISTRY.iter().map(|entry| entry.rule) {
        let mut collector = Collector { rule, merged: BTreeMap::new(), verdicts: &mut verdicts };
        match rule.scope {
            Scope::Machine => collector.judge(base),
            Scope::Gpu => gpus.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..base })),
            Scope::Environment => environments
                .iter()
                .for_each(|&environment| collector.judge(Context { environment: Some(environment), ..base })),
            Scope::EnvironmentOnGpu => {
                // A GPU that programs cannot see needs no build that serves it, unless it was asked for by name.
                let meant = |gpu: &Gpu| gpu.named || gpu.visible.value() != Some(&false);
                for &environment in &environments {
                    for &gpu in gpus.iter().filter(|(_, gpu)| meant(gpu)) {
                        collector.judge(Context { environment: Some(environment), gpu: Some(gpu), ..base });
                    }
                }
            }
        }
    }
    verdicts
}

/// Gathers the outcomes of one rule; the same finding on several GPUs becomes one.
struct Collector<'v> {
    rule: &'static Rule,
    /// Fingerprint and environment of a finding to its index.
    merged: BTreeMap<(String, Option<usize>), usize>,
    verdicts: &'v mut Verdicts,
}

impl Collector<'_> {
    fn judge(&mut self, context: Context<'_>) {
        self.verdicts.ran += 1;
        match (self.rule.judge)(&context) {
            Outcome::Holds => {}
            Outcome::NotApplicable => {
                self.verdicts.ran -= 1;
                self.verdicts.not_applicable += 1;
            }
            Outcome::Needs(needs) => {
                let undecided = Undecided { rule: self.rule.slug, needs };
                if !self.verdicts.unknown.contains(&undecided) {
                    self.verdicts.unknown.push(undecided);
                }
            }
            Outcome::Finding(draft) => self.add(*draft, &context),
            Outcome::Findings(drafts) => drafts.into_iter().for_each(|draft| self.add(draft, &context)),
        }
    }

    fn add(&mut self, draft: Draft, context: &Context<'_>) {
        let fingerprint = draft.fingerprint(self.rule);
        let gpu = context.gpu.map(|(_, gpu): (usize, &Gpu)| gpu.id.clone());
        let key = (fingerprint.clone(), context.environment.map(|(index, _)| index));
        if let Some(&index) = self.merged.get(&key)
            && let Some(finding) = self.verdicts.findings.get_mut(index)
        {
            finding.gpus.extend(gpu);
            return;
        }
        self.merged.insert(key, self.verdicts.findings.len());
        self.verdicts.findings.push(Finding {
            rule: self.rule.slug,
            severity: draft.severity.unwrap_or(self.rule.severity),
            subject: draft.subject,
            environment: context.environment.map(|(_, environment): (usize, &Environment)| environment.id.clone()),
            gpus: gpu.into_iter().collect(),
            location: None,
            summary: draft.summary,
            evidence: draft.evidence,
            symptom: draft.symptom.map(str::to_owned),
            explained_by: draft.explained_by,
            consequences: Vec::new(),
            fixes: Vec::new(),
            fingerprint,
            docs: format!("gpucheck rule {}", self.rule.slug),
        });
    }
}
