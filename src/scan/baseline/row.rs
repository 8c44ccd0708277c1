//! The rows of a baseline as TOML has them, and what makes them valid.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use crate::{
    compat,
    facts::{CodeKind, CodeTarget, Library},
    knowledge::{Knowledge, Problem},
    text::Lines,
};

/// More libraries than any environment has.
const MAX_ROWS: usize = 20_000;
/// Each is tried on every library.
const MAX_WILDCARDS: usize = 500;
/// A path longer than any file system's.
const MAX_PATH: usize = 4096;
/// Faults to report.
const MAX_FAULTS: usize = 10;

/// One library, or several of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Path inside the package; `*` matches any text within a component.
    pub path: String,
    /// What it must contain.
    pub held: Held,
    /// Targets of `--require` that it lacks by design.
    pub lacks: BTreeSet<CodeTarget>,
    /// Why it is as it is, for people.
    pub note: Option<String>,
}

/// The contents of a library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Fatbins with code that can run.
    pub fatbins: u32,
    /// Fatbins with each target.
    pub counts: BTreeMap<CodeTarget, u32>,
    /// Targets found outside the named sections.
    pub hidden: BTreeSet<CodeTarget>,
}

impl Held {
    /// What was read of a library; `None` for one without code that can run.
    pub fn of(knowledge: &Knowledge, library: &Library) -> Option<Self> {
        let code = library.code.value()?;
        let built = compat::built(knowledge, code);
        let held = Self { fatbins: built.fatbins, counts: built.counts, hidden: code.hidden.keys().copied().collect() };
        (held.fatbins > 0 || !held.hidden.is_empty()).then_some(held)
    }
}

impl Row {
    /// Whether it may be about several libraries.
    pub fn is_wildcard(&self) -> bool {
        self.path.contains('*')
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    library: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    path: String,
    #[serde(default)]
    fatbins: u32,
    #[serde(default)]
    sass: BTreeMap<CodeTarget, u32>,
    #[serde(default)]
    ptx: BTreeMap<CodeTarget, u32>,
    #[serde(default)]
    hidden: BTreeSet<CodeTarget>,
    #[serde(default)]
    lacks: BTreeSet<CodeTarget>,
    note: Option<String>,
}

/// Reads all rows.
///
/// # Errors
/// Each fault with its place.
pub fn read(file: &str, text: &str) -> anyhow::Result<Vec<Row>> {
    let at = |offset: usize, message: &str| Problem::at(file, text, offset, message);
    let tables = match toml::from_str::<File>(text) {
        Ok(file) => file.library,
        Err(error) => anyhow::bail!("{}", at(error.span().map_or(0, |span| span.start), error.message())),
    };
    anyhow::ensure!(tables.len() <= MAX_ROWS, "{file}: more than {MAX_ROWS} libraries");
    let mut faults = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut paths = BTreeSet::new();
    for table in tables {
        let start = table.span().start;
        let table = table.into_inner();
        if let Some(fault) = fault(&table) {
            faults.push(at(start, &fault));
        }
        if !paths.insert(table.path.clone()) {
            faults.push(at(start, &format!("'{}' is listed twice", table.path)));
        }
        let counts = table.sass.into_iter().chain(table.ptx).collect();
        let held = Held { fatbins: table.fatbins, counts, hidden: table.hidden };
        rows.push(Row { path: table.path, held, lacks: table.lacks, note: table.note });
    }
    let wildcards = rows.iter().filter(|row| row.is_wildcard()).count();
    anyhow::ensure!(wildcards <= MAX_WILDCARDS, "{file}: more than {MAX_WILDCARDS} paths with a wildcard");
    if faults.is_empty() {
        return Ok(rows);
    }
    let more = faults.len().saturating_sub(MAX_FAULTS);
    let more = (more > 0).then(|| format!("and {more} more"));
    let told = faults.iter().take(MAX_FAULTS).map(ToString::to_string).chain(more);
    Err(Lines::new("the baseline is not valid", told).into())
}

/// What is wrong with a row.
fn fault(table: &Table) -> Option<String> {
    let path = &table.path;
    if path.is_empty() || path.len() > MAX_PATH {
        return Some(format!("a path must have 1 to {MAX_PATH} bytes"));
    }
    for (key, counts, kind) in [("sass", &table.sass, CodeKind::Sass), ("ptx", &table.ptx, CodeKind::Ptx)] {
        for (target, count) in counts {
            if target.kind != kind {
                return Some(format!("'{path}': {target} does not belong under {key}"));
            }
            if *count == 0 || *count > table.fatbins {
                return Some(format!(
                    "'{path}': {target} = {count}, but a count must be from 1 to fatbins ({})",
                    table.fatbins
                ));
            }
        }
    }
    if table.sass.is_empty() && table.ptx.is_empty() && table.hidden.is_empty() {
        return Some(format!("'{path}' lists no target (sass, ptx or hidden)"));
    }
    let held = |target: &&CodeTarget| table.sass.get(*target).or(table.ptx.get(*target)) == Some(&table.fatbins);
    if let Some(target) = table.lacks.iter().find(held) {
        return Some(format!("'{path}' lists {target} both for every fatbin and under lacks"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_with_their_place() {
        for (text, wanted) in [
            ("[[library]]\npath = 3\n", "b.toml:2:8: invalid type: integer `3`, expected a string"),
            ("[[library]]\npath = \"a\"\nfatbin = 3\n", "b.toml:3:1: unknown field `fatbin`"),
            ("[[libraries]]\n", "b.toml:1:3: unknown field `libraries`"),
            ("[[library]\n", "b.toml:1:"),
            ("\n[[library]]\npath = \"a\"\nfatbins = -1\n", "b.toml:4:11: invalid value"),
            ("[[library]]\npath = \"a\"\nfatbins = 1\nsass = { sm_9 = 1 }", "'sm_9' is not"),
            (
                "\n[[library]]\npath = \"a\"\nfatbins = 1\nsass = { compute_90 = 1 }",
                "b.toml:2:1: 'a': compute_90 does not",
            ),
            (
                "[[library]]\npath = \"a\"\nfatbins = 1\nsass = { sm_90 = 2 }",
                "sm_90 = 2, but a count must be from 1 to fatbins (1)",
            ),
            ("[[library]]\npath = \"a\"\nfatbins = 1\n", "b.toml:1:1: 'a' lists no target"),
            ("[[library]]\npath = \"\"\n", "a path must have 1 to"),
        ] {
            let said = read("b.toml", text).unwrap_err().to_string();
            assert!(said.contains(wanted), "{text}: {said}");
        }
        let row = "[[library]]\npath = \"a\"\nhidden = [\"sm_90\"]\n";
        assert_eq!(read("b.toml", row).unwrap().len(), 1);
        assert!(read("b.toml", &row.repeat(2)).unwrap_err().to_string().contains("b.toml:4:1: 'a' is listed twice"));
        assert_eq!(read("b.toml", "").unwrap(), []);
    }
}
