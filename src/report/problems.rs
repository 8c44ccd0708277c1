//! What a report finds, as one flat list: a problem for each thing that is wrong, with its place, for formats that show problems beside
//! the lines of a project. Several machines share a problem that is the same on each of them.

use std::collections::BTreeSet;

use super::{CellStatus, CommandName, MachineTable, Machines, Report, RowKind};
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

impl<'r> Problems<'r> {
    /// The names of the machines that something concerns, where those are not all of them.
    pub fn concerned(&self, targets: &[&str]) -> Option<String> {
        (targets.len() < self.targets.len()).then(|| targets.join("; "))
    }

    /// Of one machine's report.
    pub fn of(report: &'r Report) -> Self {
        let mut problems = Self::none(report.command, report.version, report.elapsed_ms);
        problems.add(report, None, None);
        problems.sorted()
    }

    /// Of several machines' reports.
    pub fn of_all(machines: &'r Machines) -> Self {
        let mut problems = Self::none(machines.command, machines.version, machines.elapsed_ms);
        let table = machines.table.as_ref().filter(|table| table.kind == RowKind::Environment);
        for machine in &machines.targets {
            problems.targets.push(&machine.target);
            problems.add(&machine.report, Some(&machine.target), table);
        }
        problems.sorted()
    }

    fn none(command: CommandName, version: &'static str, elapsed_ms: f64) -> Self {
        let (targets, list, open, environments) = Default::default();
        Self { command, version, targets, list, open, environments, ran: 0, elapsed_ms }
    }

    fn sorted(mut self) -> Self {
        self.list.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
        self
    }

    fn add(&mut self, report: &'r Report, target: Option<&'r str>, table: Option<&MachineTable>) {
        self.ran += report.checks.ran;
        for environment in &report.facts.environments {
            if !self.environments.contains(&environment.id.as_str()) {
                self.environments.push(&environment.id);
            }
        }
        let mut seen = BTreeSet::new();
        for finding in &report.findings {
            let place = place(finding, &report.facts);
            let severity = match table.is_some_and(|table| serves_some(finding, table)) {
                true => Severity::Info,
                false => finding.severity,
            };
            // Where no file is concerned, each environment has its own.
            let environment = finding.environment.as_deref().filter(|_| place.is_none());
            if !seen.insert((finding.rule, place, environment, finding.summary.as_str())) {
                continue;
            }
            let same = |other: &&mut Problem<'_>| {
                let environment_of = |one: &Finding| one.environment.clone().filter(|_| place.is_none());
                other.place == place
                    && other.severity == severity
                    && other.finding.rule == finding.rule
                    && other.finding.summary == finding.summary
                    && environment_of(other.finding) == environment_of(finding)
            };
            match self.list.iter_mut().filter(|_| target.is_some()).find(same) {
                Some(known) => known.targets.extend(target),
                None => self.list.push(Problem { finding, severity, place, targets: target.into_iter().collect() }),
            }
        }
        self.leave_open(report, target);
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

/// Whether the environment that a finding is about runs on one of the machines of a table at least.
fn serves_some(finding: &Finding, table: &MachineTable) -> bool {
    let own = |name: &str| finding.environment.as_deref().is_none_or(|id| id == name);
    let fails = |name: &str| {
        let rows = table.rows.iter().filter(|row| row.name == name);
        rows.into_iter().any(|row| row.cells.iter().all(|cell| cell.status == CellStatus::Fails))
    };
    !table.rows.iter().any(|row| own(&row.name) && fails(&row.name))
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
        Origin::Artifact(_) | Origin::Installed | Origin::Hypothetical => None,
    }
}

/// Whether a name is that of a file: standard input has none, and neither has a command, whose environment is named by its words.
fn is_file(path: &str, facts: &Facts) -> bool {
    let of_command = |environment: &Environment| {
        matches!(&environment.origin, Origin::Declared(file) if file == path) && environment.id != path
    };
    path != "-" && !(path == "command" && facts.environments.iter().any(of_command))
}
