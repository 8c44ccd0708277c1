//! One library, and which GPUs can run it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    facts::{CodeTarget, Compression, ComputeCapability, CudaVersion, Library, PtxIsa},
    rules::code::{Execution, Support},
};

/// One library, and which of the GPUs in question can run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Scanned {
    /// The library as it was read.
    #[serde(flatten)]
    pub library: Library,
    /// The bundle that it came with.
    pub package: String,
    /// What its code amounts to; nothing for one without runnable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// The GPUs in question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Run>,
}

/// Whether one GPU can run a library or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Run {
    /// The GPU's name.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// By which code.
    pub how: Execution,
    /// Whether it works.
    pub works: bool,
    /// The same in more words.
    pub verdict: Support,
    /// What keeps it from running, or what the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Run {
    /// Whether nothing in the package decides, as it compiles its code where it runs.
    pub fn is_compiled_there(&self) -> bool {
        self.how == Execution::CompiledThere
    }
}

/// The general part of a library in short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// Targets in nearly every fatbin that is built for several generations.
    pub base: Vec<CodeTarget>,
    /// Targets in fewer: they do not make a GPU supported by themselves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial: BTreeMap<CodeTarget, Share>,
    /// What a driver must know to compile the PTX.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ptx: Vec<Ptx>,
    /// Entries by the way they are stored.
    pub compression: Compressed,
    /// Whether the library chooses at run time among kernels with lists of their own: then every list counts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dispatches: bool,
    /// Whether the named sections hold next to nothing of it: the rest was found elsewhere in the file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stub: bool,
    /// Whether only a sample was read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

/// So many of so many fatbins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Share {
    /// Those with the target.
    pub fatbins: u32,
    /// All that hold code.
    pub of: u32,
}

/// PTX of one target and one version of the instruction set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ptx {
    /// The target.
    pub target: CodeTarget,
    /// Version of the instruction set; nothing where the entry does not say.
    pub isa: Option<PtxIsa>,
    /// The CUDA release that wrote it, at the earliest, and that a driver must report to compile it.
    pub cuda: Option<CudaVersion>,
    /// The first driver branch that does.
    pub driver_branch: Option<u32>,
}

/// How many entries are stored in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compressed {
    /// As they are.
    pub none: u32,
    /// LZ4, which every driver of interest reads.
    pub lz4: u32,
    /// zstd, which drivers read from R550 on.
    pub zstd: u32,
    /// In a way that is not known.
    pub other: u32,
}

impl Compressed {
    /// Counts entries that are stored in one way.
    pub fn add(&mut self, compression: Compression, count: u32) {
        let field = match compression {
            Compression::None => &mut self.none,
            Compression::Lz4 => &mut self.lz4,
            Compression::Zstd => &mut self.zstd,
            Compression::Other => &mut self.other,
        };
        *field = field.saturating_add(count);
    }

    /// Adds another library's counts.
    pub fn merge(&mut self, other: Self) {
        self.add(Compression::None, other.none);
        self.add(Compression::Lz4, other.lz4);
        self.add(Compression::Zstd, other.zstd);
        self.add(Compression::Other, other.other);
    }
}
