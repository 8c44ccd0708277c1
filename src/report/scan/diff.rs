//! What a release gained and lost.

use serde::Serialize;

use super::Compressed;
use crate::{
    facts::{CodeTarget, ComputeCapability, PtxIsa},
    rules::code::Execution,
};

/// Two scans held against each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diff {
    /// The packages of either, by name.
    pub packages: Vec<PackageChange>,
    /// Whether of either only a sample was read: rare targets and what libraries need were not looked for.
    pub sampled: bool,
}

/// What became of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// How the old one is called; nothing where there was none.
    pub old: Option<String>,
    /// How the new one is called; nothing where there is none any more.
    pub new: Option<String>,
    /// Bytes of the package, old and new.
    pub size: [Option<u64>; 2],
    /// What changed over its deciding libraries.
    #[serde(flatten)]
    pub delta: Delta,
    /// Its libraries that changed.
    pub libraries: Vec<LibraryChange>,
    /// Libraries with device code in which none of this changed.
    pub unchanged: usize,
}

/// What became of a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LibraryChange {
    /// Its path, the new one where it has one.
    pub path: String,
    /// The old path, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Whether it is new or gone.
    pub presence: Presence,
    /// What changed in it.
    #[serde(flatten)]
    pub delta: Delta,
}

/// Whether both releases have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Both do.
    Both,
    /// Only the new one does.
    Added,
    /// Only the old one did.
    Removed,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Delta {
    /// Targets that are there and were not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<CodeTarget>,
    /// Targets that were there and are not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<CodeTarget>,
    /// Targets that it was built for throughout, and that only a part of it has now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub became_partial: Vec<CodeTarget>,
    /// Targets that a part of it had, and that it is built for throughout now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub became_base: Vec<CodeTarget>,
    /// Targets that only a part of it has and had not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gained_partial: Vec<CodeTarget>,
    /// Targets that a part of it had, and that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost_partial: Vec<CodeTarget>,
    /// Newest PTX version, old and new.
    pub ptx_isa: [Option<PtxIsa>; 2],
    /// Ways of storing entries, old and new.
    pub compression: [Compressed; 2],
    /// Stored bytes of device code, old and new.
    pub code_bytes: [u64; 2],
    /// Libraries that it needs and did not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs_gained: Vec<String>,
    /// Libraries that it needed and does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs_lost: Vec<String>,
    /// GPUs for which the answer is another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<GpuChange>,
}

impl Delta {
    /// Whether there is anything to report. A difference in bytes alone does not count.
    pub fn is_empty(&self) -> bool {
        let kinds = |compressed: Compressed| [compressed.none > 0, compressed.lz4 > 0, compressed.zstd > 0];
        let lists = [
            &self.gained,
            &self.lost,
            &self.became_partial,
            &self.became_base,
            &self.gained_partial,
            &self.lost_partial,
        ];
        lists.iter().all(|list| list.is_empty())
            && self.ptx_isa[0] == self.ptx_isa[1]
            && kinds(self.compression[0]) == kinds(self.compression[1])
            && self.needs_gained.is_empty()
            && self.needs_lost.is_empty()
            && self.gpus.is_empty()
    }
}

/// Another answer for the GPUs of a capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GpuChange {
    /// The capability.
    pub capability: ComputeCapability,
    /// How people call its GPUs.
    pub products: Vec<String>,
    /// By which code the old release runs there.
    pub old: Execution,
    /// The same of the new release.
    pub new: Execution,
    /// Whether it worked.
    pub worked: bool,
    /// Whether it works.
    pub works: bool,
}
