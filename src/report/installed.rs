//! What files or a command would change in an environment that is there: what of it moves, and what that does to the findings.

use serde::Serialize;

use super::Verdict;
use crate::finding::Severity;

/// What one environment would become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Installed {
    /// Id of the environment as it would be, in the facts and findings of this report.
    pub environment: String,
    /// The environment that is there, by its path.
    pub of: String,
    /// Packages that come, go, or get another version.
    pub packages: Vec<MovedPackage>,
    /// What is asked for and stays as it is, because its version will do.
    pub satisfied: Vec<Kept>,
    /// The verdict on it as it is.
    pub before: Verdict,
    /// Fingerprints of findings of this report that it does not have as it is.
    pub new: Vec<String>,
    /// Fingerprints of findings of this report that it has as it is, too.
    pub stays: Vec<String>,
    /// Findings about it as it is that it would no longer have.
    pub mended: Vec<Cured>,
}

/// A package that comes, goes, or gets another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovedPackage {
    /// Normalised name.
    pub name: String,
    /// The version that is installed; nothing for one that comes.
    pub before: Option<String>,
    /// The version that would be there; nothing for one that goes, or of which the version is not known.
    pub after: Option<String>,
    /// The requirement for another package that brings it, as it is written.
    pub by: Option<String>,
    /// Whether it is removed.
    pub gone: bool,
}

/// A package that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Kept {
    /// Normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The requirement that it meets, as it is written.
    pub by: String,
}

/// A finding that would be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cured {
    /// Slug of its rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: String,
    /// The cause, in one sentence.
    pub summary: String,
}
