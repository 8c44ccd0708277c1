//! Facts from text that people wrote: places in files, requirements, and lines of a log that look like errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Location {
    /// File as shown.
    pub path: String,
    /// One-based line.
    pub line: u32,
    /// One-based column, in characters.
    pub column: u32,
}

impl std::fmt::Display for Location {
    /// `requirements.txt:7:1`, as compilers write it and editors read it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// How a file or a command asks for a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// As written: `torch[opt]>=2.7,<3; sys_platform == "linux"`.
    pub text: String,
    /// The versions that will do, in the words of the file's own kind; empty when any will.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub specifiers: String,
    /// Extras that are asked for, by normalised name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extras: Vec<String>,
    /// When it is requested at all, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// Where to get it, if not from an index: a URL, a git repository, a folder; without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A comment in a file that asks for the findings of a rule to be passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ignore {
    /// Slug of the rule, as written.
    pub rule: String,
    /// Why; empty where nobody says it.
    pub reason: String,
    /// Where it is written.
    pub at: Location,
}

/// What somebody wants in an environment that is still to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Wanted {
    /// Requirements (PEP 508), in the order in which they were given: `torch>=2.6,<2.8`, `vllm`.
    pub requirements: Vec<String>,
    /// Whether constraints are wanted that hold the set that works.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// A text that looks like an error. It is what was seen; what it means is knowledge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Symptom {
    /// The line, without what differs from run to run where the reader knows it.
    pub text: String,
    /// Values that the reader took out of it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captured: BTreeMap<String, String>,
    /// Where it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
    /// Rows of the knowledge base that it fits; a conclusion, which only enriched facts have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub means: Vec<Meaning>,
}

/// A row about error texts that a symptom fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Meaning {
    /// Its name in its file.
    pub row: String,
    /// Values that the row takes out of the text, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub captured: BTreeMap<String, String>,
}
