//! What is wrong with a knowledge file, and where.

use std::fmt;

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

    fn offset(&self, table: &str, index: usize, field: &str) -> Option<usize> {
        let (key, value) = self.root.as_ref()?.get_ref().get_key_value(table)?;
        let row = match value.get_ref() {
            DeValue::Array(rows) => rows.get(index)?,
            DeValue::Table(_) => value,
            _ => return Some(key.span().start),
        };
        let field = row.get_ref().as_table().and_then(|row| row.get(field));
        Some(field.map_or(row.span().start, |value| value.span().start))
    }
}
