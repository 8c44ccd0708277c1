//! What a knowledge file must hold beyond its types: keys that exist, dates that are dates, rows that do not contradict each other.

use std::collections::BTreeMap;

use super::{
    AdviceFile, ArchListFile, ArchitectureFile, ToolFile,
    interval::Interval,
    problem::{Places, Problem},
};

/// Collects the faults of one table array.
pub(super) struct Table<'a> {
    places: &'a Places<'a>,
    name: &'static str,
    sources: &'a BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Table<'a> {
    pub(super) fn new(places: &'a Places<'a>, name: &'static str, sources: &'a BTreeMap<String, String>) -> Self {
        Self { places, name, sources, problems: Vec::new() }
    }

    pub(super) fn fault(&mut self, index: usize, field: &str, message: impl Into<String>) {
        self.problems.push(self.places.problem(self.name, index, field, message));
    }

    /// A fault in field `field` of one of the rows that a row holds in its list `list`.
    pub(super) fn fault_inside(&mut self, index: usize, list: &str, inner: usize, field: &str, message: String) {
        self.problems.push(self.places.problem_inside(self.name, index, list, inner, field, message));
    }

    /// Every row names its sources and when it was checked.
    pub(super) fn provenance(&mut self, index: usize, source: &[String], verified: &str) {
        if source.is_empty() {
            self.fault(index, "source", "a row needs a source");
        }
        for key in source {
            if !self.sources.contains_key(key) {
                self.fault(index, "source", format!("source '{key}' is not in [sources]"));
            }
        }
        if !is_date(verified) {
            self.fault(index, "verified", format!("'{verified}' is not a date such as 2026-11-21"));
        }
    }

    /// No two rows may describe the same thing.
    pub(super) fn unique<K: Ord + ToString>(&mut self, field: &str, keys: impl IntoIterator<Item = (usize, K)>) {
        let mut seen = BTreeMap::new();
        for (index, key) in keys {
            let text = key.to_string();
            if seen.insert(key, index).is_some() {
                self.fault(index, field, format!("duplicate {field} '{text}': an earlier row has it"));
            }
        }
    }

    /// Of rows with one key no two may hold for one version: `(row, key, range)`.
    pub(super) fn apart<'r>(&mut self, field: &str, rows: impl IntoIterator<Item = (usize, String, &'r str)>) {
        let mut seen: Vec<(String, Interval)> = Vec::new();
        for (index, key, text) in rows {
            let range = match Interval::parse(text) {
                Ok(range) => range,
                Err(message) => {
                    self.fault(index, field, message);
                    continue;
                }
            };
            if seen.iter().any(|(other, before)| *other == key && before.overlaps(&range)) {
                self.fault(index, field, format!("'{text}' overlaps the range of an earlier row"));
            }
            seen.push((key, range));
        }
    }
}

/// `2026-11`.
pub(super) fn is_month(text: &str) -> bool {
    text.len() == 7 && is_date(&format!("{text}-01"))
}

/// `2026-11-21`, a day that exists.
pub(super) fn is_date(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    text.len() == 10
        && matches!(numbers[..], [Some(year @ 2000..=2100), Some(month @ 1..=12), Some(day)] if (1..=days(year, month)).contains(&day))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && year != 2100 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `architectures.toml`
pub fn architectures(file: &ArchitectureFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "architecture", &file.sources);
    for (index, row) in file.architecture.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        let by = &row.by;
        let first = row.driver_first_linux.as_ref().or(row.driver_first_windows.as_ref());
        for (field, is_there, key) in [
            ("driver_first_linux", first.is_some(), &by.driver_first),
            ("driver_last_branch", row.driver_last_branch.is_some(), &by.driver_last),
            ("open_kernel_modules", row.open_kernel_modules.is_some(), &by.open_kernel_modules),
            ("fp32_lanes", row.fp32_lanes.is_some(), &by.fp32_lanes),
        ] {
            match key {
                None if is_there => table.fault(index, field, format!("`by` does not say which source gives {field}")),
                Some(key) if !row.source.contains(key) => {
                    table.fault(index, "by", format!("'{key}' is not among the row's sources"));
                }
                _ => {}
            }
        }
        if let (Some(first), Some(last)) = (row.first_toolkit, row.last_toolkit)
            && last < first
        {
            table.fault(index, "last_toolkit", format!("the last toolkit {last} is older than the first, {first}"));
        }
        if let (Some(first), Some(last)) = (&row.driver_first_linux, row.driver_last_branch)
            && last < first.branch()
        {
            table.fault(index, "driver_last_branch", format!("branch {last} is older than the first driver, {first}"));
        }
    }
    table.unique("capability", file.architecture.iter().enumerate().map(|(index, row)| (index, row.capability)));
    let mut problems = table.problems;
    let mut table = Table::new(places, "family", &file.sources);
    for (index, row) in file.family.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !row.devices.contains(&row.code) && row.code != row.devices.first().copied().unwrap_or(row.code) {
            table.fault(index, "devices", format!("{} cannot run its own code", row.code));
        }
    }
    table.unique("code", file.family.iter().enumerate().map(|(index, row)| (index, row.code)));
    problems.append(&mut table.problems);
    let mut table = Table::new(places, "sass_exclusion", &file.sources);
    for (index, row) in file.sass_exclusion.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    problems.append(&mut table.problems);
    let mut table = Table::new(places, "same_chip", &file.sources);
    for (index, row) in file.same_chip.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    problems.append(&mut table.problems);
    problems
}

/// `arch_list.toml`
pub fn arch_list(file: &ArchListFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "parser", &file.sources);
    for (index, row) in file.parser.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    let ranges = file.parser.iter().enumerate();
    table.apart("versions", ranges.map(|(index, row)| (index, String::new(), row.versions.as_str())));
    table.problems
}

/// `tools.toml`
pub fn tools(file: &ToolFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "note", &file.sources);
    for (index, row) in file.note.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        for placeholder in row.note.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)) {
            if !["cuda", "python"].contains(&placeholder) {
                table.fault(index, "note", format!("unknown placeholder '{{{placeholder}}}'"));
            }
        }
    }
    table.problems
}

/// `advice.toml`
pub fn advice(file: &AdviceFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "advice", &file.sources);
    for (index, row) in file.advice.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    table.problems
}
