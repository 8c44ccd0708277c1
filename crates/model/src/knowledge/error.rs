//! Rows of `errors.toml`: what error texts mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pattern::{Pattern, lower};

/// `errors.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// The first row that fits a text counts.
    pub error: Vec<ErrorRow>,
}

/// One kind of error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorRow {
    /// Its name.
    pub id: String,
    /// Parts of the text, any of which fits; `*` stands for anything inside a line, `{name}` for a value that is taken out of it.
    pub text: Vec<String>,
    /// Texts of which a log must also contain one, in any line, for the row to fit it; the same marks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// The package whose text it is, where that is in no other's: its builds say for which CUDA release it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// What it says, as a lower-case fragment.
    pub meaning: String,
    /// Whether it is a defect at all.
    #[serde(default)]
    pub kind: ErrorKind,
    /// Slug of the finding that the text shows by itself, in a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// For a text about a GPU or an architecture that something does not support: slug of the finding if that is too new for it. The values
    /// `cc` (the architecture), `list` (what is supported) and `cuda` (the release of the toolkit) decide, and else the facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<String>,
    /// Slug of the finding if it is too old for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<String>,
    /// Rules whose finding explains it, the likeliest first.
    #[serde(default)]
    pub rules: Vec<String>,
    /// What to do where no finding explains it.
    #[serde(default)]
    pub help: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What an error says about the software.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// Something is wrong with it, or with what it stands on.
    #[default]
    Defect,
    /// Nothing: there is no GPU to compute on.
    NoGpu,
    /// Nothing: the GPU is busy or full.
    NotJudged,
    /// In a log: nothing about compatibility; the program, its data, the network or the hardware is at fault. gpucheck's own test programs
    /// have no such fault, so that one of theirs with this text is a defect.
    Program,
    /// Nothing: the text looks like an error and is none.
    Harmless,
}

impl ErrorRow {
    /// Whether one of its parts is in a text.
    pub fn fits(&self, text: &str) -> bool {
        let text: String = text.chars().flat_map(lower).collect();
        self.text.iter().map(|part| Pattern::new(part)).any(|part| text.lines().any(|line| part.find(line).is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_inside_a_line() {
        let row = ErrorRow {
            id: "x".to_owned(),
            text: vec!["One*Two".to_owned()],
            beside: Vec::new(),
            package: None,
            meaning: String::new(),
            finding: None,
            newer: None,
            older: None,
            kind: ErrorKind::Defect,
            rules: Vec::new(),
            help: None,
            source: Vec::new(),
            verified: String::new(),
        };
        assert!(row.fits("zero\nsome ONE and two") && !row.fits("one\ntwo"));
    }
}
