//! Rows of `errors.toml`: what error texts mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Parts of the text, any of which fits; `*` stands for anything inside a line.
    pub text: Vec<String>,
    /// What it says, as a lower-case fragment.
    pub meaning: String,
    /// Whether it is a defect at all.
    #[serde(default)]
    pub kind: ErrorKind,
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
}

impl ErrorRow {
    /// Whether one of its parts is in a text.
    pub fn fits(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.text.iter().any(|part| text.lines().any(|line| holds(line, &part.to_lowercase())))
    }
}

/// Whether the pieces between the stars stand in the line in this order.
fn holds(line: &str, part: &str) -> bool {
    let mut rest = line;
    part.split('*').all(|piece| match rest.find(piece) {
        Some(at) => {
            rest = rest.get(at + piece.len()..).unwrap_or_default();
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_inside_a_line() {
        assert!(holds("configured cuda binary not found at /x", "configured * binary not found"));
        assert!(!holds("binary not found, configured", "configured * binary not found"));
        assert!(holds("any", "") && holds("", "*") && !holds("", "a"));
        let row = ErrorRow {
            id: "x".to_owned(),
            text: vec!["One*Two".to_owned()],
            meaning: String::new(),
            kind: ErrorKind::Defect,
            rules: Vec::new(),
            help: None,
            source: Vec::new(),
            verified: String::new(),
        };
        assert!(row.fits("zero\nsome ONE and two") && !row.fits("one\ntwo"));
    }
}
