//! `packages/*.toml`: what is known about a package. docs/packages.md explains the vocabulary.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PackageBuild, ProblemRow, spelled};
use crate::facts::{ComputeCapability, Platform};

/// One file of `packages/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// The package.
    pub package: PackageRow,
    /// Assemblers that it includes, by version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ptxas: Vec<PtxasRow>,
    /// What its versions contain and need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build: Vec<PackageBuild>,
    /// C++ ABIs of its versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abi: Vec<AbiRow>,
    /// Versions that the index does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpublished: Vec<UnpublishedRow>,
    /// Pages with its wheels for a release of torch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wheels: Vec<WheelsRow>,
    /// Known problems.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problem: Vec<ProblemRow>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PackageRow {
    /// Normalised name.
    pub name: String,
    /// Other distributions that the file is about too: builds of the same software for another CUDA release, other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// Libraries that decide which GPUs it runs on, relative to site-packages. `*` stands for any part of a name, `{cuda}` for the
    /// digits of the CUDA release of the installed torch, by which some packages choose among their libraries.
    pub main: Vec<String>,
    /// Libraries that it takes instead on GPUs for which those of `main` contain nothing, written the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// The share of a main library's fatbins, in percent, that a GPU must be able to use for the package to work there. Nothing:
    /// nine tenths of what the most frequent architecture has.
    pub share: Option<u8>,
    /// Whether its libraries are read although none decides: for the files that it provides or overwrites.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// Whether most of the package works without its compiled part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Whether it uses the processor, with a warning, where it does not find the CUDA libraries that it asks for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub falls_back: bool,
    /// Whether it compiles its code for the GPU where it runs, so that the images in it do not decide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compiles: bool,
    /// Whether its METADATA requires no torch although its rows say for which one it was compiled: tools then bring any torch, or none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub torch_unnamed: bool,
    /// The environment variable by which a user overrides the CUDA release in `main`.
    pub override_variable: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// What the assembler inside a range of versions can generate code for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PtxasRow {
    /// PEP 440 range of the package.
    pub versions: String,
    /// CUDA release of the assembler.
    pub ptxas: String,
    /// The variable that names another assembler for GPUs from compute capability 10.0 on; nothing: the same as for all, `TRITON_PTXAS_PATH`.
    pub blackwell_variable: Option<String>,
    /// What it lists.
    pub capabilities: Vec<ComputeCapability>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Which of the two C++ ABIs of libstdc++ a range of versions was compiled for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AbiRow {
    /// PEP 440 range of the package.
    pub versions: String,
    /// Only these variants (`cu126`); nothing: the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// Only on these platforms.
    pub platforms: Vec<Platform>,
    /// `_GLIBCXX_USE_CXX11_ABI`.
    pub cxx11: bool,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Versions that files ask for and the index has never had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UnpublishedRow {
    /// PEP 440 range of the package.
    pub versions: String,
    /// What the index has instead, in words.
    pub there: String,
    /// A version to take instead; nothing where the index has none at all.
    pub instead: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// A page with wheels that were built for some releases of torch, outside of any index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WheelsRow {
    /// PEP 440 range of torch.
    pub torch: String,
    /// Its variants that there are wheels for: `cpu`, `cu126`.
    pub variants: Vec<String>,
    /// Platforms that there are wheels for.
    pub platforms: Vec<Platform>,
    /// Full versions of the wheels by distribution; `{variant}` stands for torch's variant.
    pub versions: BTreeMap<String, String>,
    /// Address of the page; `{variant}` stands for torch's variant.
    pub links: String,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

impl PackageFile {
    /// The distributions that the file is about.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.package.name).chain(&self.package.names).map(String::as_str)
    }

    /// Where rows of this file with these keys are written.
    pub fn sources_of(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.sources, keys)
    }
}
