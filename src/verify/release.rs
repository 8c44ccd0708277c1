//! What a wheel says, as fields of a row.

use std::collections::BTreeSet;

use anyhow::Context as _;

use super::{
    Evidence,
    compare::{pinned, spelled},
    torch::{measured, python_marker},
};
use crate::{
    facts::{Platform, PythonVersion, Target},
    knowledge::{Basis, Knowledge, Published, TorchBuild},
    python::{self, Requirement},
};

/// One build, as a wheel shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// `2.15.0`.
    pub version: String,
    /// `cu132` or `cpu`.
    pub variant: String,
    /// Platform of the wheel.
    pub platform: Platform,
    /// Machine code of the general part; nothing for a build without CUDA.
    pub sass: Option<BTreeSet<Target>>,
    /// PTX of the general part.
    pub ptx: Option<BTreeSet<Target>>,
    /// Machine code of a few fatbins; nothing when they were not all read.
    pub partial: Option<BTreeSet<Target>>,
    /// Version of the toolkit, where the requirements name it.
    pub toolkit: Option<String>,
    /// cuDNN that is required.
    pub cudnn: Option<String>,
    /// NCCL that is required.
    pub nccl: Option<String>,
    /// NVIDIA's packages that are required.
    pub nvidia: Vec<String>,
    /// Specifier of triton, and its marker on Python.
    pub triton: Option<(String, Option<String>)>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// manylinux tag.
    pub manylinux: Option<String>,
    /// Whether the file's name says that it is from PyPI.
    pub from_pypi: bool,
}

impl Build {
    /// Reads a torch wheel's facts.
    ///
    /// # Errors
    /// When the wheel does not say what it was built for.
    pub fn of(knowledge: &Knowledge, evidence: &Evidence) -> anyhow::Result<Self> {
        let platform = evidence.platform.context("the file name does not show the platform")?;
        let build = evidence.build.as_ref().context("it has no torch/version.py")?;
        let variant = match (build.version.split_once('+'), &build.cuda) {
            (Some((_, local)), _) => local.to_owned(),
            (None, Some(cuda)) => format!("cu{}", cuda.replace('.', "")),
            (None, None) => "cpu".to_owned(),
        };
        let with_cuda = variant != "cpu";
        let measured = measured(knowledge, evidence).filter(|_| with_cuda);
        anyhow::ensure!(!with_cuda || measured.is_some(), "no main library with code was found in a build with CUDA");
        anyhow::ensure!(
            measured.as_ref().is_none_or(|measured| !measured.sass.is_empty() && !measured.open),
            "what was read of it does not show what all of it is built for"
        );
        let wanted: Vec<Requirement> = evidence.requires.iter().filter_map(|line| line.parse().ok()).collect();
        let version = |prefix: &str| pinned(wanted.iter().find(|requirement| requirement.name.starts_with(prefix))?);
        let is_nvidia = |name: &str| name.starts_with("nvidia-") || name.starts_with("cuda-");
        let nvidia = wanted.iter().filter(|requirement| is_nvidia(&requirement.name)).map(spelled).collect();
        let triton = evidence.requires.iter().find_map(|line| {
            let requirement: Requirement = line.parse().ok().filter(|r: &Requirement| r.name == "triton")?;
            Some((spelled(&requirement).trim_start_matches("triton").to_owned(), python_marker(line)))
        });
        Ok(Self {
            version: python::public_version(&evidence.version).to_owned(),
            variant,
            platform,
            sass: measured.as_ref().map(|measured| measured.sass.clone()),
            ptx: measured.as_ref().map(|measured| measured.ptx.clone()),
            partial: measured.filter(|measured| measured.whole).map(|measured| measured.partial),
            toolkit: version("cuda-toolkit").filter(|_| with_cuda),
            cudnn: version("nvidia-cudnn-").filter(|_| with_cuda),
            nccl: version("nvidia-nccl-").filter(|_| with_cuda),
            nvidia,
            triton,
            requires_python: evidence.requires_python.clone(),
            manylinux: evidence.tags.as_ref().and_then(|tags| tags.manylinux.clone()),
            from_pypi: evidence.file_version.as_ref().is_some_and(|version| !version.contains('+')),
        })
    }

    /// Whether it is the build that says what holds of the release: PyPI's for Linux on x86_64 with CUDA.
    pub fn leads(&self) -> bool {
        self.from_pypi && self.variant != "cpu" && self.platform.to_string() == "linux-x86_64"
    }

    /// The build as a row that names this source. `python` and `manylinux` are what it has in place of what its release has.
    pub fn row(&self, python: Option<Vec<PythonVersion>>, manylinux: Option<String>, source: &str) -> TorchBuild {
        let list = |targets: &BTreeSet<Target>| targets.iter().copied().collect();
        TorchBuild {
            variant: self.variant.clone(),
            platform: self.platform,
            sass: self.sass.as_ref().map(list),
            ptx: self.ptx.as_ref().map(list),
            partial: self.partial.as_ref().map(list),
            toolkit: self.toolkit.clone(),
            cudnn: self.cudnn.clone(),
            python,
            manylinux,
            index: format!("whl/{}", self.variant),
            pypi_default: self.from_pypi,
            published: if self.from_pypi { Published::Pypi } else { Published::Url },
            basis: Basis::Measured,
            unknown: None,
            note: None,
            source: vec![source.to_owned()],
        }
    }
}
