//! What a change to files does: both states are read and judged as ever, and their reports are held against each other. `profile` has what
//! can change in an environment, `pair` tells which findings are new.

mod pair;
mod profile;

use std::time::Instant;

use super::{
    Machine, Seen,
    check::{check, plain, survey},
    environments,
    inputs::{CheckError, Inputs},
    machines,
};
use crate::{
    facts::Facts,
    finding::{Finding, Severity},
    knowledge::Knowledge,
    manifest::Choices,
    report::{Aspect, CellStatus, Change, EnvironmentChange, Machines, Report, TargetChange, Verdict, scan::Presence},
    rules::code::Execution,
};

use profile::Profile;

/// The rule about what was not read or understood.
const UNCLEAR: &str = "declaration-unclear";

/// The state before a change.
#[derive(Debug)]
pub struct Base {
    /// What is checked, as it was.
    pub inputs: Inputs,
    /// As it was named.
    pub name: String,
    /// Its commit.
    pub commit: Option<String>,
    /// How files are called in it that are called otherwise now: before and after.
    pub renamed: Vec<(String, String)>,
}

/// For what a change is judged.
#[derive(Debug, Clone, Copy)]
pub struct For<'a> {
    /// The facts of the machine that gpucheck runs on.
    pub facts: &'a Facts,
    /// The machines.
    pub machines: &'a [Machine],
    /// Whether nobody named a GPU: the generations of GPUs are judged in place of the one machine.
    pub survey: bool,
}

/// Judges both states, and says what the change does. Nothing is said of what stays as it was.
///
/// # Errors
/// As [`check`], where neither state has anything to judge, or one that can be read only in part.
pub fn change(
    knowledge: &Knowledge,
    meant: For<'_>,
    base: &mut Base,
    inputs: &mut Inputs,
    choices: Choices,
    start: Instant,
) -> Result<Option<Machines>, CheckError> {
    let choices = Choices { each: Some(knowledge.names_with_gpu_code()), ..choices };
    base.inputs.may_lack(true);
    inputs.may_lack(true);
    let before = |machine: &Machine| {
        let report = plain(knowledge, meant.facts.clone(), machine, &base.inputs, choices.clone(), start)?;
        Ok(Seen { target: machine.name.clone(), report })
    };
    let before: Vec<Seen> = match (meant.survey, meant.machines) {
        (true, [machine]) => survey(knowledge, meant.facts, machine, &base.inputs, &choices, start)?,
        (_, machines) => machines.iter().map(before).collect::<Result<_, CheckError>>()?,
    };
    let mut after = seen(knowledge, meant, inputs, &choices, start)?;
    let is_empty = |seen: &[Seen]| seen.iter().all(|one| one.report.facts.environments.is_empty());
    // A file that is gone is a change; one that is there and cannot be read is none.
    if is_empty(&after) && (is_empty(&before) || !inputs.unread().is_empty()) {
        inputs.may_lack(false);
        seen(knowledge, meant, inputs, &choices, start)?;
    }
    let mut said = compared(knowledge, base, &before, &mut after, meant.survey);
    said.unread = base.inputs.unread();
    let table = environments(&after);
    Ok(machines(knowledge, after, Some(table), start).map(|all| Machines { change: Some(said), ..all }))
}

fn seen(
    knowledge: &Knowledge,
    meant: For<'_>,
    inputs: &mut Inputs,
    choices: &Choices,
    start: Instant,
) -> Result<Vec<Seen>, CheckError> {
    if let (true, [machine]) = (meant.survey, meant.machines) {
        return survey(knowledge, meant.facts, machine, inputs, choices, start);
    }
    let one = |machine: &Machine| {
        let report = check(knowledge, meant.facts.clone(), machine, inputs, choices.clone(), start)?;
        Ok(Seen { target: machine.name.clone(), report })
    };
    meant.machines.iter().map(one).collect()
}

/// Where the states differ. The reports of the state after keep the findings that are new.
fn compared(knowledge: &Knowledge, base: &Base, before: &[Seen], after: &mut [Seen], survey: bool) -> Change {
    let today = |name: &str| {
        let renamed = base.renamed.iter().find_map(|(old, new)| {
            let rest = name.strip_prefix(old.as_str())?;
            (rest.is_empty() || rest.starts_with([' ', '[', ':', '/'])).then(|| format!("{new}{rest}"))
        });
        renamed.unwrap_or_else(|| name.to_owned())
    };
    let mut changes = changed(knowledge, before, after, &today, survey);
    let total = changes.len();
    changes.retain(|one| one.presence != Presence::Both || !one.moved.is_empty() || !one.targets.is_empty());
    let is_gone = |name: &str| changes.iter().any(|one| one.presence == Presence::Removed && one.name == name);
    let (mut mended, mut remain) = (Vec::new(), 0);
    for (before, after) in before.iter().zip(after.iter_mut()) {
        let told = pair::told(&before.report, &mut after.report, &today, &is_gone);
        remain = remain.max(told.remain);
        pair::add(&mut mended, told.mended, &after.target);
        let undecided = &before.report.checks.unknown;
        after.report.checks.unknown.retain(|one| !undecided.contains(one));
        after.report.verdict = Verdict::of(&after.report.findings, !after.report.checks.unknown.is_empty());
    }
    let of_environment = |one: &EnvironmentChange| {
        let moved = one.moved.iter().filter_map(|moved| moved.worse);
        moved.chain(one.targets.iter().filter_map(|target| target.worse)).max()
    };
    // Where nothing ran before, a warning about what runs now is no loss; and nobody asked that all generations are served.
    let is_gain = |environment: Option<&str>, target: &str| {
        let of = changes.iter().filter(|one| environment == Some(one.name.as_str())).flat_map(|one| &one.targets);
        of.filter(|one| one.target == target).any(|one| one.before == Some(CellStatus::Fails) && one.after < one.before)
    };
    let of_findings = after.iter().filter(|_| !survey).flat_map(|seen| {
        let own = seen.report.findings.iter();
        let counts = own.filter(|finding| {
            finding.severity == Severity::Error
                || finding.severity == Severity::Warning && !is_gain(finding.environment.as_deref(), &seen.target)
        });
        counts.map(|finding| finding.severity)
    });
    let of_findings = of_findings.max().or(new_everywhere(after, survey));
    Change {
        base: base.name.clone(),
        commit: base.commit.clone(),
        worse: changes.iter().filter_map(of_environment).chain(of_findings).max(),
        unchanged: total - changes.len(),
        environments: changes,
        mended,
        remain,
        unread: Vec::new(),
    }
}

/// How bad it is if something is wrong for every generation of GPUs that was not wrong for any.
fn new_everywhere(after: &[Seen], survey: bool) -> Option<Severity> {
    let has = |seen: &Seen, finding: &Finding| {
        let same = |one: &Finding| one.rule == finding.rule && one.environment == finding.environment;
        seen.report.findings.iter().any(|one| same(one) && one.severity == finding.severity)
    };
    let [first, others @ ..] = after else { return None };
    let errors = first.report.findings.iter().filter(|finding| finding.severity == Severity::Error && survey);
    errors.filter(|finding| others.iter().all(|seen| has(seen, finding))).map(|finding| finding.severity).max()
}

/// Each environment of either state, with what is another in it.
fn changed(
    knowledge: &Knowledge,
    before: &[Seen],
    after: &[Seen],
    today: &dyn Fn(&str) -> String,
    survey: bool,
) -> Vec<EnvironmentChange> {
    let old = profile::all(knowledge, before, today, survey);
    let new = profile::all(knowledge, after, &|name| name.to_owned(), survey);
    let mut names: Vec<&String> = new.iter().map(|(name, _)| name).collect();
    names.extend(old.iter().map(|(name, _)| name).filter(|name| !new.iter().any(|(other, _)| other == *name)));
    let of = |all: &[(String, Profile)], wanted: &String| {
        all.iter().find(|(name, _)| name == wanted).map(|(_, profile)| profile.clone())
    };
    let one = |name: &String| {
        let (old, new) = (of(&old, name), of(&new, name));
        let presence = match (&old, &new) {
            (Some(_), None) => Presence::Removed,
            (None, Some(_)) => Presence::Added,
            _ => Presence::Both,
        };
        let has_torch = [&old, &new].into_iter().flatten().any(Profile::has_torch);
        let pairs = before.iter().zip(after).filter(|_| has_torch && presence != Presence::Removed);
        let target = |(before, after): (&Seen, &Seen)| {
            target_change(
                &after.target,
                answer(&before.report, name, today),
                answer(&after.report, name, &str::to_owned),
            )
        };
        let mut targets: Vec<TargetChange> = pairs.filter_map(target).collect();
        if presence == Presence::Added && survey && !targets.iter().all(|one| one.after == Some(CellStatus::Fails)) {
            targets.iter_mut().for_each(|one| one.worse = None);
        }
        let moved = profile::moved(old.unwrap_or_default(), new.unwrap_or_default(), presence);
        EnvironmentChange { name: name.clone(), presence, moved, targets }
    };
    names.into_iter().map(one).collect()
}

/// What becomes of an environment on a machine, and the rule that decides it; nothing where there is no such environment.
fn answer(report: &Report, name: &str, today: &dyn Fn(&str) -> String) -> Option<(CellStatus, Option<&'static str>)> {
    let is = |id: &String| today(id) == name;
    report.facts.environments.iter().find(|environment| is(&environment.id))?;
    let own = report.findings.iter().filter(|finding| finding.environment.as_ref().is_none_or(is));
    // What no one has read says nothing of a machine.
    let worst = own.filter(|finding| finding.rule != UNCLEAR).max_by_key(|finding| finding.severity);
    let rule = worst.map(|finding| finding.rule);
    let runs: Vec<Execution> =
        report.runs_on.iter().filter(|line| is(&line.environment)).map(|line| line.how).collect();
    Some(match worst.map(|finding| finding.severity) {
        Some(Severity::Error) => (CellStatus::Fails, rule),
        _ if runs.contains(&Execution::None) => (CellStatus::Fails, None),
        _ if runs.is_empty() || runs.contains(&Execution::Unknown) => (CellStatus::Unknown, None),
        Some(Severity::Warning) => (CellStatus::Warning, rule),
        _ => (CellStatus::Works, None),
    })
}

/// The answer for a machine, if it is another one.
fn target_change(
    target: &str,
    before: Option<(CellStatus, Option<&'static str>)>,
    after: Option<(CellStatus, Option<&'static str>)>,
) -> Option<TargetChange> {
    let (old, new) = (before.map(|(status, _)| status), after.map(|(status, _)| status));
    if old == new {
        return None;
    }
    let works = |status: Option<CellStatus>| matches!(status, Some(CellStatus::Works | CellStatus::Warning));
    let worse = match (old, new) {
        (None, Some(CellStatus::Fails)) => Some(Severity::Error),
        (_, Some(CellStatus::Fails)) if works(old) => Some(Severity::Error),
        (Some(CellStatus::Works), Some(CellStatus::Warning)) => Some(Severity::Warning),
        (Some(_), Some(CellStatus::Unknown)) if works(old) => Some(Severity::Warning),
        _ => None,
    };
    Some(TargetChange {
        target: target.to_owned(),
        before: old,
        after: new,
        rule: after.and_then(|(_, rule)| rule),
        worse,
    })
}

impl Aspect {
    /// The order in which they are told.
    const ALL: [Self; 6] = [Self::Image, Self::Python, Self::Torch, Self::Cuda, Self::Driver, Self::Package];
}
