//! What `variables.toml`, `failures.toml`, `errors.toml` and `jetson.toml` must hold beyond their types.

use super::{
    DependentFile, ErrorFile, FailureFile, JetsonFile, Pattern, VariableFile,
    problem::{Places, Problem},
    validate::Table,
    validate_package::{is_normal, range},
};

/// `variables.toml`
pub fn variables(file: &VariableFile, places: &Places<'_>) -> Vec<Problem> {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let all = || ">=0".to_owned();
    let mut table = Table::new(places, "variable", &file.sources);
    for (index, row) in file.variable.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !is_name(&row.name) {
            table.fault(index, "name", format!("'{}' is not the name of a variable", row.name));
        }
        if row.values.is_empty() == row.format.is_none() {
            table.fault(index, "values", "a variable needs either `values` to choose from or a `format`");
        }
    }
    let key = |name: &str, reader: &str| format!("{name} of {reader}");
    let ranges: Vec<String> = file.variable.iter().map(|row| row.versions.clone().unwrap_or_else(all)).collect();
    let rows = file.variable.iter().zip(&ranges).enumerate();
    table.apart("versions", rows.map(|(index, (row, range))| (index, key(&row.name, &row.read_by), range.as_str())));
    let mut problems = table.problems;
    let mut table = Table::new(places, "unread", &file.sources);
    for (index, row) in file.unread.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !is_name(&row.name) {
            table.fault(index, "name", format!("'{}' is not the name of a variable", row.name));
        }
    }
    // What one row says is read and another is not cannot both hold for one version.
    let unread: Vec<String> = file.unread.iter().map(|row| row.versions.clone().unwrap_or_else(all)).collect();
    let rows = file.unread.iter().zip(&unread).enumerate();
    table.apart("versions", rows.map(|(index, (row, range))| (index, key(&row.name, &row.of), range.as_str())));
    for (index, (row, range)) in file.unread.iter().zip(&unread).enumerate() {
        let read = file.variable.iter().zip(&ranges);
        let clash = read.into_iter().any(|(other, other_range)| {
            let both = super::Interval::parse(range).ok().zip(super::Interval::parse(other_range).ok());
            other.name == row.name && other.read_by == row.of && both.is_some_and(|(a, b)| a.overlaps(&b))
        });
        if clash {
            table.fault(index, "versions", format!("a [[variable]] row says that {} reads it", row.of));
        }
    }
    problems.append(&mut table.problems);
    problems
}

/// `dependents.toml`
pub fn dependents(file: &DependentFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "dependent", &file.sources);
    for (index, row) in file.dependent.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !is_normal(&row.name) {
            table.fault(index, "name", format!("'{}' is not a normalised name", row.name));
        }
        if row.brings.is_empty() {
            table.fault(index, "brings", "it brings nothing".to_owned());
        }
        for name in row.brings.iter().filter(|name| !is_normal(name)) {
            table.fault(index, "brings", format!("'{name}' is not a normalised name"));
        }
        if let Some(torch) = &row.torch {
            range(&mut table, index, "torch", torch);
        }
    }
    table.problems
}

/// `failures.toml`
pub fn failures(file: &FailureFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "failure", &file.sources);
    for (index, row) in file.failure.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if row.cuda.is_empty() && row.nvml.is_empty() && row.texts.is_empty() {
            table.fault(index, "texts", "a failure needs a code or a text");
        }
        if row.texts.iter().any(|text| text.trim().len() < 8) {
            table.fault(index, "texts", "a text needs at least eight letters to be specific");
        }
    }
    table.unique("name", file.failure.iter().enumerate().map(|(index, row)| (index, row.name.as_str())));
    table.problems
}

/// `errors.toml`
pub fn errors(file: &ErrorFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "error", &file.sources);
    for (index, row) in file.error.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if row.text.is_empty() || row.text.iter().chain(&row.beside).any(|part| Pattern::new(part).anchor().len() < 4) {
            table.fault(index, "text", "every part of a text needs at least four characters in a row");
        }
        if row.newer.is_some() != row.older.is_some() {
            table.fault(index, "newer", "a row has both `newer` and `older`, or neither");
        }
    }
    table.unique("id", file.error.iter().enumerate().map(|(index, row)| (index, row.id.as_str())));
    table.problems
}

/// `jetson.toml`
pub fn jetson(file: &JetsonFile, places: &Places<'_>) -> Vec<Problem> {
    let is_release = |text: &str| {
        text.split('.').count() == 3
            && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut table = Table::new(places, "jetpack", &file.sources);
    for (index, row) in file.jetpack.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !is_release(&row.l4t) {
            table.fault(index, "l4t", format!("'{}' is not a release of Jetson Linux such as 36.4.3", row.l4t));
        }
        if row.capabilities.is_empty() {
            table.fault(index, "capabilities", "a JetPack is for some Jetson");
        }
        let other = file.jetpack.iter().take(index).find(|other| other.driver == row.driver && other.cuda != row.cuda);
        if let Some(other) = other {
            table.fault(index, "cuda", format!("driver {} has CUDA {} in another row", row.driver, other.cuda));
        }
    }
    table.unique("l4t", file.jetpack.iter().enumerate().map(|(index, row)| (index, row.l4t.as_str())));
    let mut problems = table.problems;
    let mut table = Table::new(places, "torch", &file.sources);
    for (index, row) in file.torch.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if row.summary.trim().is_empty() {
            table.fault(index, "summary", "it does not say what to take");
        }
    }
    problems.append(&mut table.problems);
    problems
}
