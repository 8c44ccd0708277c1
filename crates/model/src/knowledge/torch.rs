//! Rows of `torch.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CondaRow;
use crate::facts::{CudaVersion, Platform, PythonVersion, Target};

/// `torch.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TorchFile {
    /// What a row's `source` refers to.
    pub sources: BTreeMap<String, String>,
    /// Releases, oldest first.
    #[serde(default)]
    pub release: Vec<TorchRelease>,
    /// Builds of every night, by pattern.
    #[serde(default)]
    pub nightly: Vec<NightlyRow>,
    /// conda's builds.
    #[serde(default)]
    pub conda: Vec<CondaRow>,
}

/// A PyTorch release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TorchRelease {
    /// Version without local part.
    pub version: String,
    /// Day of the release.
    pub released: String,
    /// Python versions with wheels, free-threaded ones with a `t`.
    pub python: Vec<PythonVersion>,
    /// manylinux tag of the Linux wheels.
    pub manylinux: String,
    /// torchvision release that belongs to it.
    pub torchvision: Option<String>,
    /// torchaudio release that belongs to it.
    pub torchaudio: Option<String>,
    /// Python versions with wheels of torchvision and torchaudio, where they are fewer than those of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub companions_python: Option<Vec<PythonVersion>>,
    /// Platforms for which PyTorch's own index has torchvision and torchaudio without a local version: `0.24.1`, not `0.24.1+cu130`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companions_without_variant: Vec<Platform>,
    /// `Requires-Python` of its wheels.
    pub requires_python: String,
    /// Specifier of triton in its metadata.
    pub triton: Option<String>,
    /// Python versions for which triton is required, as a marker; nothing when for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triton_marker: Option<String>,
    /// NCCL that PyPI's Linux wheel requires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nccl: Option<String>,
    /// NVIDIA packages that PyPI's Linux wheel requires.
    #[serde(default)]
    pub requires_nvidia: Vec<String>,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
    /// Its builds.
    pub builds: Vec<TorchBuild>,
}

/// The nightly builds `X.Y.0.devYYYYMMDD+cuNNN` of a range of versions, in one variant on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NightlyRow {
    /// `cu128`.
    pub variant: String,
    /// Platform of the wheels.
    pub platform: Platform,
    /// Range of the release that they lead to: `>=2.9,<2.10`.
    pub versions: String,
    /// Machine code.
    pub sass: Vec<Target>,
    /// PTX.
    pub ptx: Vec<Target>,
    /// Its index below PyTorch's own host: `whl/nightly/cu128`.
    pub index: String,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// One build of a release: a CUDA variant on a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TorchBuild {
    /// `cpu` or `cu128`.
    pub variant: String,
    /// Platform of the wheels.
    pub platform: Platform,
    /// Machine code; absent when not verified.
    pub sass: Option<Vec<Target>>,
    /// PTX; absent when not verified.
    pub ptx: Option<Vec<Target>>,
    /// Machine code that only a few fatbins hold, which supports no GPU by itself; absent when not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<Vec<Target>>,
    /// Toolkit that built it.
    pub toolkit: Option<String>,
    /// cuDNN that it was built with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cudnn: Option<String>,
    /// Python versions with wheels, where they are not those of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<Vec<PythonVersion>>,
    /// manylinux tag, where it is not that of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manylinux: Option<String>,
    /// Its index below PyTorch's own host: `whl/cu128`.
    pub index: String,
    /// Whether `pip install torch` gives it without another index.
    #[serde(default)]
    pub pypi_default: bool,
    /// How it is known to be published.
    pub published: Published,
    /// How its code is known.
    pub basis: Basis,
    /// Why its code or its PTX is not known, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
}

/// How a build is known to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Published {
    /// It is on PyPI.
    Pypi,
    /// Its URL was seen with a hash or answered.
    Url,
    /// listed on PyTorch's install page.
    Page,
    /// listed in PyTorch's build matrix.
    Matrix,
    /// A plan or notice names it; not confirmed as published.
    Expected,
}

/// How the code of a build is known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The wheel was read.
    Measured,
    /// Somebody who ran that wheel published its list.
    Reported,
    /// Build script on the release branch.
    ReleaseBranch,
    /// Build script or release matrix of that time.
    BuildScript,
    /// It is a build without GPU code.
    NoGpuCode,
    /// Not known.
    None,
}

impl TorchBuild {
    /// CUDA release of the variant: 12.8 of `cu128`; nothing for `cpu`.
    pub fn cuda(&self) -> Option<CudaVersion> {
        let digits = self.variant.strip_prefix("cu")?;
        let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        Some(CudaVersion::new(major.parse().ok()?, minor.parse().ok()?))
    }
}
