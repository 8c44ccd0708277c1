//! What is known about one thing, ready to be written.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use crate::text::{visible, whole_words};

/// What is known about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// The thing.
    pub title: String,
    /// Labels and their texts, for people.
    pub lines: Vec<(String, String)>,
    /// The row itself, for programs.
    pub row: Value,
    /// Where it is written.
    pub sources: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

impl Card {
    /// A card of a row, with nothing on it yet.
    pub fn new(title: impl Into<String>, row: &impl Serialize, sources: Vec<String>, verified: &str) -> Self {
        let row = serde_json::to_value(row).unwrap_or(Value::Null);
        Self { title: title.into(), lines: Vec::new(), row, sources, verified: verified.to_owned() }
    }

    /// Adds a line.
    pub fn line(mut self, label: &str, text: impl Into<String>) -> Self {
        self.lines.push((label.to_owned(), text.into()));
        self
    }

    /// Adds a line where there is something to say.
    pub fn maybe(self, label: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.line(label, text),
            None => self,
        }
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({"title": self.title, "row": self.row, "sources": self.sources, "verified": self.verified})
    }

    /// For people, in lines of at most `width` columns.
    pub fn human(&self, width: usize) -> String {
        let mut text = format!("{}\n", visible(&self.title));
        let mut lines = self.lines.clone();
        lines.extend(self.sources.iter().map(|source| ("source".to_owned(), source.clone())));
        lines.push(("checked".to_owned(), self.verified.clone()));
        // An overlay row is untrusted: none of its fields may forge a line.
        lines.iter_mut().for_each(|(_, value)| *value = visible(value).into_owned());
        let widest = lines.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        let mut last = "";
        for (label, value) in &lines {
            let shown = if label == last { "" } else { label };
            let first = format!("  {shown:widest$}  ");
            let rest = " ".repeat(first.len());
            let options = whole_words(width.max(40)).initial_indent(&first).subsequent_indent(&rest);
            let _ = writeln!(text, "{}", textwrap::fill(value, options));
            last = label;
        }
        text
    }
}

/// A list for people.
pub fn list<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}
