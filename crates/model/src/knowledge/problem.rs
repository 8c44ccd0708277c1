//! What is wrong with a knowledge file, and where.

use std::{collections::BTreeSet, fmt};

use toml::{Spanned, de::DeTable, de::DeValue};

/// A fault in a file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File as shown.
    pub file: String,
    /// One-based line.
    pub line: usize,
    /// One-based column, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl Problem {
    /// At a byte offset of the text.
    pub fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self { file: file.to_owned(), line, column, message: message.into() }
    }
}

/// Finds the place of a row again, for faults that only show between rows.
pub struct Places<'t> {
    file: String,
    text: &'t str,
    root: Option<Spanned<DeTable<'t>>>,
}

impl<'t> Places<'t> {
    /// For a file that has been read without a fault.
    pub fn new(file: &str, text: &'t str) -> Self {
        Self { file: file.to_owned(), text, root: DeTable::parse(text).ok() }
    }

    /// A fault in field `field` of row `index` of table array `table`; at the row where it has no such field.
    pub fn problem(&self, table: &str, index: usize, field: &str, message: impl Into<String>) -> Problem {
        let offset = self.offset(table, index, field).unwrap_or(0);
        Problem::at(&self.file, self.text, offset, message)
    }

    /// The same, in one of the rows that a row holds in its list `list`.
    pub fn problem_inside(
        &self,
        table: &str,
        index: usize,
        list: &str,
        inner: usize,
        field: &str,
        message: impl Into<String>,
    ) -> Problem {
        let find = || {
            let row = self.row(table, index)?;
            let rows = row.get_ref().as_table()?.get(list)?;
            Some(place(rows.get_ref().as_array()?.get(inner)?, field))
        };
        let offset = find().or_else(|| self.offset(table, index, list)).unwrap_or(0);
        Problem::at(&self.file, self.text, offset, message)
    }

    /// Keys of `[sources]` to which no row refers.
    pub fn unused_sources(&self) -> Vec<Problem> {
        let Some(root) = &self.root else { return Vec::new() };
        let mut used = BTreeSet::new();
        root.get_ref()
            .iter()
            .filter(|(key, _)| key.get_ref() != "sources")
            .for_each(|(_, value)| cited(value, &mut used));
        let sources = root.get_ref().get("sources").and_then(|sources| sources.get_ref().as_table());
        let keys = sources.into_iter().flat_map(|sources| sources.keys());
        let unused = keys.filter(|key| !used.contains(key.get_ref().as_ref()));
        unused
            .map(|key| {
                let message = format!("no row uses the source '{}'", key.get_ref());
                Problem::at(&self.file, self.text, key.span().start, message)
            })
            .collect()
    }

    fn row(&self, table: &str, index: usize) -> Option<&Spanned<DeValue<'t>>> {
        let (_, value) = self.root.as_ref()?.get_ref().get_key_value(table)?;
        match value.get_ref() {
            DeValue::Array(rows) => rows.get(index),
            DeValue::Table(_) => Some(value),
            _ => None,
        }
    }

    fn offset(&self, table: &str, index: usize, field: &str) -> Option<usize> {
        Some(place(self.row(table, index)?, field))
    }
}

/// Adds what the `source` lists inside a value name.
fn cited<'v>(value: &'v Spanned<DeValue<'_>>, used: &mut BTreeSet<&'v str>) {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().for_each(|item| cited(item, used)),
        DeValue::Table(fields) => {
            for (key, value) in fields {
                match (key.get_ref().as_ref(), value.get_ref()) {
                    ("source", DeValue::Array(keys)) => {
                        used.extend(keys.iter().filter_map(|key| key.get_ref().as_str()))
                    }
                    _ => cited(value, used),
                }
            }
        }
        _ => {}
    }
}

/// Where a field of a row is, or the row where it has no such field.
fn place(row: &Spanned<DeValue<'_>>, field: &str) -> usize {
    let value = row.get_ref().as_table().and_then(|row| row.get(field));
    value.map_or(row.span().start, |value| value.span().start)
}
