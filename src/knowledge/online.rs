//! What was read from package indexes because no row knew it (`--online`): rows for this one answer, which lie over all others, and what reading them
//! has cost.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::facts::Platform;

/// What was asked and read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Online {
    /// The indexes, each with what named it.
    pub indexes: Vec<String>,
    /// The files of which something was read.
    pub files: Vec<OnlineFile>,
    /// What could not be read, each with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// Requests, those for the pages of the indexes among them.
    pub requests: u64,
    /// Bytes that were received in answer to them.
    pub bytes: u64,
    /// Packages whose rows are what was read, each with its version.
    #[serde(skip)]
    pub measured: BTreeSet<(String, String)>,
}

impl Online {
    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        let new = |list: &[String], one: &String| !list.contains(one);
        let indexes: Vec<String> = other.indexes.into_iter().filter(|one| new(&self.indexes, one)).collect();
        let failed: Vec<String> = other.failed.into_iter().filter(|one| new(&self.failed, one)).collect();
        self.indexes.extend(indexes);
        self.failed.extend(failed);
        self.files.extend(other.files);
        self.measured.extend(other.measured);
        self.requests += other.requests;
        self.bytes += other.bytes;
        self
    }
}

/// A wheel of which something was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnlineFile {
    /// Its name.
    pub file: String,
    /// Normalised name of the package.
    pub package: String,
    /// Its version, with the local part where what was read names one.
    pub version: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes that were received of it.
    pub bytes: u64,
    /// Requests for them.
    pub requests: u64,
}
