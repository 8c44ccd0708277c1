//! A package, folder or file in short.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Compressed, Ptx, Run};
use crate::facts::CodeTarget;

/// What reports say of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleSummary {
    /// Name of the bundle in this report; each library says to which it belongs.
    pub id: String,
    /// What it is.
    pub kind: BundleKind,
    /// Normalised name of a distribution, or how reports name the folder or file.
    pub name: String,
    /// Version, where something says it.
    pub version: Option<String>,
    /// What a package's file name says it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<String>,
    /// Where it was read.
    pub at: String,
    /// Bytes of the package or file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Native files in it.
    pub libraries: usize,
    /// Those that hold device code.
    pub with_code: usize,
    /// The libraries that decide what it runs on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// Targets that each of them is built for throughout.
    pub base: Vec<CodeTarget>,
    /// Targets that some of them are built for, or a few fatbins in them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial: BTreeMap<CodeTarget, Part>,
    /// What a driver must know to compile the PTX of any library.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ptx: Vec<Ptx>,
    /// Entries of all libraries by the way they are stored.
    pub compression: Compressed,
    /// Whether only a sample of some library was read.
    pub sampled: bool,
    /// Targets of link input, which never runs by itself.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub relocatable: BTreeSet<CodeTarget>,
    /// LTO-IR, Tile IR and unknown kinds.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub other: BTreeSet<CodeTarget>,
    /// Targets found outside the named sections.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden: BTreeSet<CodeTarget>,
    /// What each target weighs.
    pub sizes: Vec<Size>,
    /// The GPUs in question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Run>,
    /// What its libraries need besides the system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

impl BundleSummary {
    /// Bytes of device code in the general parts.
    pub fn code_bytes(&self) -> u64 {
        self.sizes.iter().map(|size| size.bytes).sum()
    }
}

/// What a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BundleKind {
    /// A wheel file.
    Wheel,
    /// A conda package file.
    Conda,
    /// A distribution that is installed in a folder.
    Installed,
    /// A folder, or what no distribution in it lists.
    Folder,
    /// A single file.
    File,
}

/// How much of a bundle has a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Part {
    /// Deciding libraries that are built for it throughout.
    pub libraries: usize,
    /// All deciding libraries.
    pub of: usize,
    /// Fatbins that have it, over the deciding libraries.
    pub fatbins: u32,
    /// All fatbins with code in them.
    pub of_fatbins: u32,
}

/// One target over several libraries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Size {
    /// The target.
    pub target: CodeTarget,
    /// Libraries that hold it.
    pub libraries: usize,
    /// Entries.
    pub entries: u64,
    /// Stored bytes, compressed as they are: what the files would be smaller without it.
    pub bytes: u64,
}

/// A shared library that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Need {
    /// Name as the NEEDED entry or the import table has it.
    pub library: String,
    /// Libraries that ask for it.
    pub needed_by: Vec<String>,
    /// What provides it.
    pub status: Provider,
    /// The distribution, the neighbour or the file that does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Distributions that have it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<String>,
}

/// What provides a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// The bundle itself.
    Own,
    /// A distribution that it requires.
    Required,
    /// Something that it requires, in some builds.
    Perhaps,
    /// Another bundle of the scan.
    Neighbour,
    /// The system's loader finds it on this machine.
    System,
    /// Part of NVIDIA's driver.
    Driver,
    /// Nothing of these, and a distribution is known that has it.
    Missing,
    /// Nothing of these, and none is known.
    Unknown,
}
