//! Rows of `libraries.toml`: which distribution brings which shared library.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{Places, Problem};

/// `libraries.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibrariesFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Distributions and the libraries in them.
    pub library: Vec<LibraryRow>,
    /// Distributions that only name others.
    #[serde(default)]
    pub collection: Vec<CollectionRow>,
    /// Distributions whose own requirements bring libraries, by build.
    #[serde(default)]
    pub carrier: Vec<CarrierRow>,
    /// Libraries that no distribution on an index brings.
    #[serde(default)]
    pub common: Vec<CommonRow>,
}

/// A distribution on an index, and the libraries that its wheels hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibraryRow {
    /// Normalised name.
    pub distribution: String,
    /// CUDA major that it belongs to, where the name of a library does not tell.
    pub cuda: Option<u16>,
    /// PEP 440 range in which the wheels hold them; nothing where all that were read do.
    pub versions: Option<String>,
    /// Whether its libraries choose at run time among kernels that are built for lists of their own, so that the share of a list says
    /// little.
    #[serde(default)]
    pub dispatches: bool,
    /// File names on Linux.
    #[serde(default)]
    pub linux: Vec<String>,
    /// File names on Windows.
    #[serde(default)]
    pub windows: Vec<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A distribution without files, each extra of which requires others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionRow {
    /// Normalised name.
    pub distribution: String,
    /// Extra, and the distributions that it requires.
    pub extras: BTreeMap<String, Vec<String>>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A distribution that brings libraries by its own requirements, which differ from build to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarrierRow {
    /// Normalised name.
    pub distribution: String,
    /// What some build of it requires on Linux.
    pub linux: Vec<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Libraries of a system, by name; `*` at the end stands for any rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonRow {
    /// Who has them.
    pub by: CommonOwner,
    /// File names.
    pub names: Vec<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Who brings what every machine of a kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommonOwner {
    /// The operating system and its C and C++ runtimes.
    System,
    /// NVIDIA's driver.
    Driver,
    /// The Python interpreter.
    Python,
}

/// What types cannot check.
pub fn validate(file: &LibrariesFile, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |table: &'static str, rows: Vec<(&[String], &str, bool)>| {
        for (index, (source, verified, empty)) in rows.into_iter().enumerate() {
            let mut fault = |field: &str, message: String| problems.push(places.problem(table, index, field, message));
            if source.is_empty() {
                fault("source", "a row needs a source".to_owned());
            }
            for key in source.iter().filter(|key| !file.sources.contains_key(*key)) {
                fault("source", format!("source '{key}' is not in [sources]"));
            }
            if !super::validate::is_date(verified) {
                fault("verified", format!("'{verified}' is not a date such as 2026-11-21"));
            }
            if empty {
                fault("source", "a row that names nothing says nothing".to_owned());
            }
        }
    };
    check(
        "library",
        file.library
            .iter()
            .map(|row| (&*row.source, &*row.verified, row.linux.is_empty() && row.windows.is_empty()))
            .collect(),
    );
    check(
        "collection",
        file.collection.iter().map(|row| (&*row.source, &*row.verified, row.extras.is_empty())).collect(),
    );
    check("carrier", file.carrier.iter().map(|row| (&*row.source, &*row.verified, row.linux.is_empty())).collect());
    check("common", file.common.iter().map(|row| (&*row.source, &*row.verified, row.names.is_empty())).collect());
    let mut seen = BTreeMap::new();
    for (index, row) in file.library.iter().enumerate() {
        if seen.insert((&row.distribution, &row.versions), ()).is_some() {
            problems.push(places.problem(
                "library",
                index,
                "distribution",
                format!("'{}' is in an earlier row already", row.distribution),
            ));
        }
    }
    problems
}
