//! Verifying a plan: the same rules judge the facts as they would be after it.

use std::rc::Rc;

use super::{Case, Change, Lines, Plan, has_remedy, jetson, key};
use crate::{
    enrich::enrich,
    finding::{Finding, Fix, Proof, Remedy, Severity, same_cause},
    resolve,
    rules::{self, Judged, Undecided},
};

/// What the rules say of the facts after a plan.
#[derive(Debug, Default)]
pub(super) struct After {
    /// Findings that are there after it and were not before.
    pub new: Vec<Finding>,
    /// Findings that were there before and stay.
    pub stay: Vec<Finding>,
    /// What cannot be decided after it, and could be before.
    pub undecided: Vec<Undecided>,
}

impl After {
    /// What the rules say of a plan, which are asked once for the same changes.
    pub fn of(case: &Case<'_>, plan: &Plan) -> Rc<Self> {
        case.proofs.of(&plan.changes, || Self::judge(case, plan))
    }

    fn judge(case: &Case<'_>, plan: &Plan) -> Self {
        let id = case.environment.map(|environment| environment.id.as_str());
        let facts = enrich(&plan.apply(case.facts, id), case.knowledge);
        let verdicts = rules::run(&facts, case.knowledge, Judged::All);
        let findings = resolve::resolve(&verdicts.findings, &facts);
        let (stay, new) =
            findings.into_iter().partition(|finding| case.before.iter().any(|before| same(before, finding)));
        let undecided = verdicts.unknown.into_iter().filter(|undecided| !case.undecided.contains(undecided)).collect();
        Self { new, stay, undecided }
    }

    /// Whether nothing stays that a search of this kind is for, from `least` upwards. Findings about other packages have searches of
    /// their own.
    pub fn removes(&self, remedy: Remedy, least: Severity) -> bool {
        let concerns = |finding: &&Finding| finding.trace.package.is_none() && has_remedy(finding, remedy);
        !self.stay.iter().filter(concerns).any(|finding| finding.severity >= least)
    }

    /// Whether a finding of this rule about the same environment and one of the same GPUs stays.
    pub fn keeps(&self, finding: &Finding) -> bool {
        let folded =
            |stays: &Finding| stays.consequences.contains(&finding.rule) && stays.environment == finding.environment;
        let explained = self.stay.iter().chain(&self.new).any(folded);
        explained
            || self.stay.iter().any(|stays| {
                stays.rule == finding.rule
                    && stays.environment == finding.environment
                    && stays.trace.package == finding.trace.package
                    && stays.trace.problem == finding.trace.problem
                    && stays.trace.variable == finding.trace.variable
                    && (finding.gpus.is_empty() || stays.gpus.iter().any(|gpu| finding.gpus.contains(gpu)))
            })
    }

    /// What is wrong after the plan, for people: what it causes, what it should remove but does not, and what comes to light that the
    /// report has only named as a consequence. Findings that the report shows, and that other searches are for, have fixes of their own.
    pub fn remarks(&self, case: &Case<'_>, remedy: Remedy) -> Vec<String> {
        let concerns = |finding: &&Finding| {
            let others = !finding.trace.remedies.is_empty() || finding.trace.package.is_some();
            let named = finding.trace.package.is_some() || finding.trace.variable.is_some();
            let own = !named && has_remedy(finding, remedy);
            let hidden = finding.environment.is_some() && !case.shown.contains(&key(finding));
            finding.severity >= Severity::Warning && (own || !others || hidden)
        };
        let stay = self.stay.iter().filter(concerns);
        let stay = stay.map(|finding| format!("{} remains: {}", finding.rule, finding.summary));
        let new = self.new.iter().map(|finding| format!("{} is new: {}", finding.rule, finding.summary));
        stay.chain(new).collect()
    }
}

/// Whether a finding after the plan is one from before: the plan changes versions, so subjects do not count.
fn same(before: &Finding, after: &Finding) -> bool {
    before.environment == after.environment && same_cause(before, after)
}

/// Whether all that a plan installs was read from the index for this answer.
fn was_read(case: &Case<'_>, plan: &Plan) -> bool {
    plan.changes.iter().all(|change| match change {
        Change::Install(install) => {
            install.version.as_ref().is_some_and(|version| case.knowledge.was_read(&install.name, version))
        }
        Change::Driver(_) => false,
        _ => true,
    })
}

/// The fix that a judged plan makes.
pub(super) fn fix(case: &Case<'_>, plan: Plan, after: &Rc<After>, remedy: Remedy, result: Option<String>) -> Fix {
    let installs = plan.changes.iter().any(|change| matches!(change, Change::Install(_) | Change::Driver(_)));
    let read = was_read(case, &plan);
    let open = plan.installs().any(|install| install.version.is_none());
    let (Lines { edits, commands, notes }, no_line) = match case.lines(&plan) {
        Ok(lines) => (lines, None),
        Err(error) => (Lines::default(), Some(error.to_string())),
    };
    case.proofs.written(&commands, &plan, after);
    let needs = plan.changes.iter().filter_map(|change| match change {
        Change::Driver(version) => Some(jetson::need(case, version)),
        Change::NewPython(python) => Some(format!("Python {python}")),
        _ => None,
    });
    let needs = needs.collect();
    let moves = plan.moves();
    let undecided = after
        .undecided
        .iter()
        .map(|Undecided { rule, needs }| format!("{} ({rule} is not decided without it)", needs.join(", ")));
    Fix {
        summary: plan.summary,
        // A plan without commands was not shown to work, nor was one that leaves it to the tool which version comes, nor one after
        // which less can be said than before: what it removed may be what can no longer be seen.
        proof: match (&no_line, installs) {
            (Some(_), _) => Proof::None,
            _ if open || !after.undecided.is_empty() => Proof::None,
            (None, true) if !read => Proof::Knowledge,
            (None, _) => Proof::Binary,
        },
        changes: Vec::new(),
        edits,
        commands,
        no_line,
        needs,
        unproven: plan.unproven.into_iter().chain(undecided).collect(),
        remains: after.remarks(case, remedy),
        result,
        gpus: Vec::new(),
        impossible: false,
        notes,
        moves,
    }
}
