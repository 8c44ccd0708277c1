//! `[[problem]]` rows of `packages/*.toml`: known problems, each a condition over facts, its cause, and what removes it. The words
//! are a closed list; what they cannot say needs a rule of its own in `src/rules/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AdviceCommand, Range};
use crate::facts::{ComputeCapability, CudaVersion, DriverVersion, Platform, PythonVersion};

/// A known problem of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProblemRow {
    /// Its own name, unique in all files.
    pub id: String,
    /// Slug that its findings have; nothing: the id. Several problems may share one, also with a rule of `src/rules/`.
    pub rule: Option<String>,
    /// What it means, in a sentence for its page.
    pub title: String,
    /// PEP 440 range of the file's package; nothing: every version.
    pub versions: Option<String>,
    /// Only these of the file's distributions; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// Whether it is judged although the package is not there, once for each environment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everywhere: bool,
    /// How bad it is.
    pub severity: Level,
    /// What must hold besides the version.
    #[serde(default)]
    pub when: When,
    /// What makes it harmless if all of it holds.
    pub unless: Option<When>,
    /// The cause in a sentence; `{package}`, `{torch}`, `{gpu}`, `{driver}` and `{python}` stand for what is there.
    pub cause: String,
    /// Error texts that it leads to, the most telling first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<String>,
    /// Slugs of rules whose finding makes this one a mere consequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<String>,
    /// Whether another version of the package may remove it: the newest of each `[[build]]` row is tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_version: bool,
    /// Whether another build of torch may remove it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub other_torch: bool,
    /// Further ways to remove it, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<FixRow>,
    /// How it is known.
    pub confidence: Confidence,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// Conditions on the facts of an environment, all of which must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Compute capability of the GPU; a problem with it is judged for each GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Range<ComputeCapability>>,
    /// At least this many GPUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpus: Option<usize>,
    /// Version of the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Range<DriverVersion>>,
    /// Platforms, any of which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
    /// Python version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<Range<PythonVersion>>,
    /// Packages that are installed, with a PEP 440 range each; an empty range: any version.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, String>,
    /// Packages that are not installed, none of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// Whether the package's version has a local part (`+cu121`), which no version on the index has: a build from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<bool>,
    /// CUDA release of torch's build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torch_cuda: Option<Range<CudaVersion>>,
    /// The CUDA toolkit that a build on this machine would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkit: Option<ToolkitIs>,
    /// Packages of a CUDA toolkit, of which one is of a newer CUDA release than the driver's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub newer_than_driver: Vec<String>,
    /// Environment variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<VariableIs>,
    /// Shared libraries that are in none of the system loader's folders.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub loader_lacks: Vec<String>,
    /// Shared libraries that some package provides, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brought: Vec<String>,
    /// Shared libraries that no package provides, none of them; undecided if the package's own files were not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_brought: Vec<String>,
}

/// What must be so of the CUDA toolkit that a build on this machine would take: exactly one of `version`, `newer_than_driver`,
/// `missing` and `other_major`.
/// Having a toolkit is not a fault in itself, and neither is having none: this belongs in rows about packages that compile at run time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ToolkitIs {
    /// Which part of it the package looks for.
    #[serde(skip_serializing_if = "ToolkitPart::is_nvcc")]
    pub part: ToolkitPart,
    /// Its release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Range<CudaVersion>>,
    /// Its release is newer than the driver's CUDA release.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub newer_than_driver: bool,
    /// There is none with a compiler.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// Its CUDA major version is another than that of torch's build.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub other_major: bool,
}

/// A part of a CUDA toolkit, each looked for in its own way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ToolkitPart {
    /// The compiler driver, as `torch.utils.cpp_extension` looks for it.
    #[default]
    Nvcc,
    /// The NVVM library, as Numba's own CUDA target looks for it: the PATH does not matter, and conda's packages are searched first.
    Nvvm,
}

impl ToolkitPart {
    /// Whether it is what a row means that does not name a part.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_nvcc(&self) -> bool {
        *self == Self::Nvcc
    }
}

/// What an environment variable must be; without more than the name: set to anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VariableIs {
    /// Its name.
    pub name: String,
    /// One of these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<String>,
    /// A value that contains this.
    pub contains: Option<String>,
    /// Not set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unset: bool,
}

/// A way to remove a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FixRow {
    /// What it does, in a few words.
    pub summary: String,
    /// Packages to install, each with its exact version: `ctranslate2==4.8.5`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install: Vec<String>,
    /// Packages to install again in the version that is there, because their files are gone or overwritten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restore: Vec<String>,
    /// Packages to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uninstall: Vec<String>,
    /// Variables to set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Variables to unset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
    /// Index that has them, below PyTorch's own host: `whl/cu128`; nothing: the default one.
    pub index: Option<String>,
    /// Requirements to install whose contents cannot be predicted, with extras or without an exact version: `numba-cuda[cu12]`. Such a fix
    /// is not tried on the facts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// A build from source that takes the place of what is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<SourceBuild>,
    /// The CUDA toolkit that CUDA_HOME should name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda_home: Option<CudaHome>,
    /// Lines that the rules cannot replay and that are no installation: shells differ, so each is for its own tool only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<AdviceCommand>,
}

/// A package that is built from its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceBuild {
    /// What is built: a requirement, where a name alone means the version that is installed, or a repository, `git+https://…`.
    pub from: String,
    /// Variables that the build reads, for this command only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Whether the build needs packages of the environment (torch): it is not isolated from them then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sees_environment: bool,
}

/// A CUDA toolkit that programs are led to by CUDA_HOME.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CudaHome {
    /// The release to name where none that fits is installed: `12.8`; nothing: the one of torch's build.
    pub release: Option<String>,
    /// Releases that serve, of torch's CUDA major: `>=12.8`; nothing: any.
    pub range: Option<String>,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Information.
    Info,
    /// Runs, but wrong, slow or fragile.
    Warning,
    /// Cannot run.
    Error,
}

/// How a row is known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Read from the wheel itself or from the package's own code.
    Measured,
    /// Reported by those who ran into it.
    Reported,
    /// Documented by its vendor.
    Documented,
    /// Follows from what was measured, but was not run.
    Inferred,
}

impl Confidence {
    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Measured => "read from the wheel",
            Self::Reported => "reported, not reproduced",
            Self::Documented => "documented by its vendor",
            Self::Inferred => "inferred, not tested",
        }
    }
}

impl ProblemRow {
    /// The slug that its findings have.
    pub fn slug(&self) -> &str {
        self.rule.as_deref().unwrap_or(&self.id)
    }
}

impl FixRow {
    /// Whether the rules can judge what is there afterwards.
    pub fn changes_facts(&self) -> bool {
        let changes =
            !(self.install.is_empty() && self.uninstall.is_empty() && self.set.is_empty() && self.unset.is_empty());
        changes && self.requirements.is_empty()
    }
}
