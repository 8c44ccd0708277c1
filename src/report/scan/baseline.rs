//! How a scan compares to a baseline.

use serde::Serialize;

use super::Share;
use crate::facts::CodeTarget;

/// How a scan compares to a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compared {
    /// The baseline's file.
    pub file: String,
    /// Whether the file was written anew; the differences are then those to the old one.
    pub written: bool,
    /// Libraries that a row is about.
    pub libraries: usize,
    /// What is less than the baseline says, and what prevents an answer.
    pub losses: Vec<BaselineChange>,
    /// What is more, or by design.
    pub remarks: Vec<BaselineChange>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineChange {
    /// What kind of difference.
    pub kind: ChangeKind,
    /// The wheel, package or folder.
    pub package: String,
    /// The library, by its path in what was scanned, or in the baseline where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// The target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<CodeTarget>,
    /// Fatbins with the target as scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Share>,
    /// Fatbins with the target as the baseline says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Share>,
    /// All of it in words.
    pub text: String,
}

/// Kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Only a sample was read.
    Sampled,
    /// No library is listed in the baseline.
    NothingMatches,
    /// A library is gone, or has no device code any more.
    LibraryGone,
    /// A target is gone.
    TargetLost,
    /// A target is in a smaller share of the fatbins.
    ShareFell,
    /// A library is not in the baseline.
    LibraryNew,
    /// A target is not in the baseline.
    TargetNew,
    /// A target is in a larger share of the fatbins.
    ShareRose,
    /// A required target is left out by design.
    LacksByDesign,
    /// A target that the baseline says is left out is there.
    LacksNoMore,
}
