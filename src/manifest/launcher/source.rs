//! The source of a launcher: its text and its lines, and whether it installs torch in a way that was not read.

use super::{
    super::{Sheet, Text},
    tokens::{Kind, Line, lines},
};
use crate::facts::GapWeight;

/// A source and its lines.
pub(super) struct Source {
    pub text: Text,
    pub lines: Vec<Line>,
}

impl Source {
    pub fn of(text: &Text) -> Self {
        Self { lines: lines(&text.text), text: text.clone() }
    }

    /// Says where torch is installed by a statement of which no command was made.
    pub fn unread(&self, sheet: &mut Sheet) {
        let mut requests = sheet.environment.steps.iter().flat_map(|step| &step.requests);
        if !sheet.environment.gaps.is_empty() || requests.any(|request| request.name == "torch") {
            return;
        }
        let texts = |line: &'_ Line| -> Vec<&str> {
            let texts = line.tokens.iter().filter_map(|token| match token.kind {
                Kind::Text { start, end, .. } => self.text.text.get(start..end),
                _ => None,
            });
            texts.collect()
        };
        let is_torch = |text: &str| {
            let rest = text.trim_start().strip_prefix("torch");
            rest.is_some_and(|rest| {
                !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
            })
        };
        let installs = |line: &&Line| {
            let texts = texts(line);
            texts.contains(&"install") && texts.iter().any(|text| is_torch(text))
        };
        if let Some(line) = self.lines.iter().find(installs) {
            let at = self.text.at(line.tokens.first().map_or(0, |token| token.start));
            sheet.gap("which torch this installs", GapWeight::Decides, at);
        }
    }
}
