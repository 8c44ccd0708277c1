//! What a report finds, as one flat list: a problem for each thing that is wrong, with its place, for formats that show problems beside
//! the lines of a project. Several machines share a problem that is the same on each of them.

use std::collections::{BTreeMap, BTreeSet};

use gpucheck_ground::Order as _;

use super::{CellStatus, CommandName, MachineRow, Machines, Report, RowKind};
use crate::{
    facts::{Environment, Facts, Origin},
    finding::{Finding, Severity},
};

/// Everything that a report, or the reports of several machines, find.
#[derive(Debug, Clone)]
pub struct Problems<'r> {
    /// The command that was run.
    pub command: CommandName,
    /// Version of gpucheck.
    pub version: &'static str,
    /// The machines that were judged for, where there are several.
    pub targets: Vec<&'r str>,
    /// What is wrong, worst first.
    pub list: Vec<Problem<'r>>,
    /// What could not be decided.
    pub open: Vec<Open<'r>>,
    /// The environments that were judged, in order.
    pub environments: Vec<&'r str>,
    /// Rules that were judged.
    pub ran: usize,
    /// Wall time of the command in milliseconds.
    pub elapsed_ms: f64,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Problem<'r> {
    /// The finding.
    pub finding: &'r Finding,
    /// How bad it is: in a survey of GPUs that nobody named, one that the environment does not run on is no error.
    pub severity: Severity,
    /// Its place in a file.
    pub place: Option<Place<'r>>,
    /// The machines that it concerns, where there are several.
    pub targets: Vec<&'r str>,
}

/// A place in a file, or the file alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'r> {
    /// The file as shown.
    pub path: &'r str,
    /// The part that is meant.
    pub part: Option<Part>,
}

/// A part of a line; lines and columns count from one, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The line.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// The column behind the last one, where it is known.
    pub end_column: Option<u32>,
}

/// What could not be decided, or a gate that is not met without a finding to say why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<'r> {
    /// In a sentence.
    pub text: String,
    /// Whether it fails the command in any case.
    pub fails: bool,
    /// The machines that it concerns, where there are several.
    pub targets: Vec<&'r str>,
}

/// Which environments of a survey run on none of its machines; there is none where nobody was asked about many machines.
type Failing<'r> = Option<BTreeSet<&'r str>>;

/// What two machines share.
type Same<'r> = (&'r str, Severity, Option<Place<'r>>, Option<&'r str>, &'r str);

impl<'r> Problems<'r> {
    /// The names of the machines that something concerns, where those are not all of them.
    pub fn concerned(&self, targets: &[&str]) -> Option<String> {
        (targets.len() < self.targets.len()).then(|| targets.join("; "))
    }

    /// Of one machine's report.
    pub fn of(report: &'r Report) -> Self {
        Self::of_each(report.command, report.version, report.elapsed_ms, &[(None, report)], &None)
    }

    /// Of several machines' reports.
    pub fn of_all(machines: &'r Machines) -> Self {
        let failing = machines.table.as_ref().filter(|table| table.kind == RowKind::Environment).map(|table| {
            let fails = |row: &&MachineRow| row.cells.iter().all(|cell| cell.status == CellStatus::Fails);
            table.rows.iter().filter(fails).map(|row| row.name.as_str()).collect()
        });
        let each: Vec<_> =
            machines.targets.iter().map(|machine| (Some(machine.target.as_str()), &machine.report)).collect();
        Self::of_each(machines.command, machines.version, machines.elapsed_ms, &each, &failing)
    }

    fn of_each(
        command: CommandName,
        version: &'static str,
        elapsed_ms: f64,
        reports: &[(Option<&'r str>, &'r Report)],
        failing: &Failing<'r>,
    ) -> Self {
        let targets = reports.iter().filter_map(|(target, _)| *target).collect();
        let (list, open, environments) = (Vec::new(), Vec::new(), Vec::new());
        let mut problems = Self { command, version, targets, list, open, environments, ran: 0, elapsed_ms };
        let mut known: BTreeMap<Same<'r>, usize> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for (target, report) in reports {
            problems.ran += report.checks.ran;
            let environments = report.facts.environments.iter().map(|environment| environment.id.as_str());
            problems.environments.extend(environments.filter(|id| named.insert(*id)));
            for finding in &report.findings {
                problems.add(finding, *target, &report.facts, failing, &mut known);
            }
            problems.leave_open(report, *target);
        }
        problems.list.order_by_key(|problem| std::cmp::Reverse(problem.severity));
        problems
    }

    fn add(
        &mut self,
        finding: &'r Finding,
        target: Option<&'r str>,
        facts: &'r Facts,
        failing: &Failing<'r>,
        known: &mut BTreeMap<Same<'r>, usize>,
    ) {
        let place = place(finding, facts);
        let own = finding.environment.as_deref();
        let severity = match failing {
            Some(failing) if !own.map_or(!failing.is_empty(), |id| failing.contains(id)) => Severity::Info,
            _ => finding.severity,
        };
        // Where no file is concerned, each environment has its own.
        let environment = own.filter(|_| place.is_none());
        let number =
            *known.entry((finding.rule, severity, place, environment, finding.summary.as_str())).or_insert_with(|| {
                self.list.push(Problem { finding, severity, place, targets: Vec::new() });
                self.list.len() - 1
            });
        if let Some(problem) = self.list.get_mut(number)
            && problem.targets.last() != target.as_ref()
        {
            problem.targets.extend(target);
        }
    }

    /// What nothing decides, and a gate that is closed by something else than a finding.
    fn leave_open(&mut self, report: &'r Report, target: Option<&'r str>) {
        // One thing that is missing often leaves several rules open.
        let mut needs: Vec<(String, Vec<&str>)> = Vec::new();
        for undecided in &report.checks.unknown {
            let need = undecided.needs.join("; ");
            match needs.iter_mut().find(|(known, _)| *known == need) {
                Some((_, rules)) => rules.push(undecided.rule),
                None => needs.push((need, vec![undecided.rule])),
            }
        }
        let undecided = needs.into_iter().map(|(need, rules)| (format!("without {need}: {}", rules.join(", ")), false));
        let gate = report.scan().and_then(|scan| scan.gate.as_ref()).filter(|gate| !gate.met);
        let unmet = gate.into_iter().flat_map(|gate| {
            let empty = gate.nothing_in.iter().map(|target| format!("no device code in {target}"));
            gate.reasons.iter().chain(&gate.unknown).cloned().chain(empty)
        });
        for (text, fails) in unmet.map(|text| (text, true)).chain(undecided) {
            match self.open.iter_mut().find(|open| open.text == text) {
                Some(known) => known.targets.extend(target),
                None => self.open.push(Open { text, fails, targets: target.into_iter().collect() }),
            }
        }
    }
}

/// Where a finding is: its place, or the file of its environment.
fn place<'r>(finding: &'r Finding, facts: &'r Facts) -> Option<Place<'r>> {
    if let Some(at) = &finding.location {
        let length = finding.excerpt.as_ref().map(|excerpt| excerpt.end_column.saturating_sub(excerpt.column));
        let end_column = length.filter(|length| *length > 0).map(|length| at.column.saturating_add(length));
        return Some(Place { path: &at.path, part: Some(Part { line: at.line, column: at.column, end_column }) })
            .filter(|place| is_file(place.path, facts));
    }
    let id = finding.environment.as_deref()?;
    let (number, environment) = facts.environments.iter().enumerate().find(|(_, one)| one.id == id)?;
    let path = file_of(number, environment, facts)?;
    Some(Place { path, part: None }).filter(|place| is_file(place.path, facts))
}

/// The file that an environment is read from.
fn file_of<'r>(number: usize, environment: &'r Environment, facts: &'r Facts) -> Option<&'r str> {
    match &environment.origin {
        Origin::Declared(file) => {
            let own = format!("/environments/{number}/");
            let written = facts.written.range(own.clone()..).take_while(|(pointer, _)| pointer.starts_with(&own));
            let mut paths = written.map(|(_, at)| at.path.as_str());
            // An environment has the name of its file, and more where a file declares several.
            let named = paths.clone().find(|path| file.starts_with(path));
            named.or_else(|| paths.next()).or(Some(file))
        }
        Origin::Artifact(path) if !path.contains("://") => Some(path),
        Origin::Artifact(_) | Origin::Installed | Origin::Hypothetical | Origin::Log => None,
    }
}

/// Whether a name is that of a file: standard input has none, and neither has a command, whose environment is named by its words.
fn is_file(path: &str, facts: &Facts) -> bool {
    let of_command = |environment: &Environment| {
        matches!(&environment.origin, Origin::Declared(file) if file == path) && environment.id != path
    };
    path != "-" && !(path == "command" && facts.environments.iter().any(of_command))
}
