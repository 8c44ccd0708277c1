//! Rows of `libraries.toml`: which distribution provides which shared library.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    problem::{Places, Problem},
    validate::Table,
};

/// `libraries.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LibrariesFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Distributions and the libraries in them.
    #[serde(default)]
    pub library: Vec<LibraryRow>,
    /// Distributions that only name others.
    #[serde(default)]
    pub collection: Vec<CollectionRow>,
    /// Distributions whose own requirements provide libraries, by build.
    #[serde(default)]
    pub carrier: Vec<CarrierRow>,
    /// Libraries that no distribution on an index provides.
    #[serde(default)]
    pub common: Vec<CommonRow>,
}

/// A distribution on an index, and the libraries that its wheels hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// A distribution that provides libraries through its own requirements, which differ from build to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// What provides the libraries that every machine of a kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CommonOwner {
    /// The operating system and its C and C++ runtimes.
    System,
    /// NVIDIA's driver.
    Driver,
    /// The Python interpreter.
    Python,
}

/// `libraries.toml`
pub fn libraries(file: &LibrariesFile, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |name, rows: Vec<(&[String], &str, bool)>| {
        let mut table = Table::new(places, name, &file.sources);
        for (index, (source, verified, empty)) in rows.into_iter().enumerate() {
            table.provenance(index, source, verified);
            if empty {
                table.fault(index, "source", "the row names no library or distribution");
            }
        }
        problems.append(&mut table.problems);
    };
    macro_rules! rows {
        ($table:ident, $row:ident, $empty:expr) => {
            check(
                stringify!($table),
                file.$table.iter().map(|$row| ($row.source.as_slice(), $row.verified.as_str(), $empty)).collect(),
            );
        };
    }
    rows!(library, row, row.linux.is_empty() && row.windows.is_empty());
    rows!(collection, row, row.extras.is_empty());
    rows!(carrier, row, row.linux.is_empty());
    rows!(common, row, row.names.is_empty());
    let mut table = Table::new(places, "library", &file.sources);
    let range = |row: &LibraryRow| row.versions.clone().unwrap_or_else(|| ">=0".to_owned());
    let ranges: Vec<String> = file.library.iter().map(range).collect();
    let rows = file.library.iter().zip(&ranges).enumerate();
    table.apart("versions", rows.map(|(index, (row, range))| (index, row.distribution.clone(), range.as_str())));
    problems.append(&mut table.problems);
    problems
}
