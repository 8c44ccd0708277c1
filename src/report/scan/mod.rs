//! What a scan has to say: libraries, packages, what changed, and whether what was asked of it is met.

mod baseline;
mod diff;
mod gate;
mod library;
mod package;
mod read;

pub use baseline::{BaselineChange, ChangeKind, Compared};
pub use diff::{Delta, Diff, GpuChange, LibraryChange, PackageChange, Presence};
pub use gate::Gate;
pub use library::{Compressed, Profile, Ptx, Run, Scanned, Share};
pub use package::{BundleKind, BundleSummary, Need, Part, Provider, Size};
pub use read::{Remote, Unread};

use serde::Serialize;

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scan {
    /// What was read, library by library.
    #[serde(rename = "scan", skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<Scanned>,
    /// The packages, folders and files that were read, in short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<BundleSummary>,
    /// What a release gained and lost (`--diff`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
    /// How the scan compares to a baseline (`--baseline`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Compared>,
    /// Whether what was asked is met (`--gpu`, `--require`, `--baseline`, `--fail-on lost`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
    /// What was read over the network.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remote: Vec<Remote>,
    /// What each architecture weighs over all that was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Size>,
}
