//! Which wheels a torch release has, and how its builds are called.

use super::{Basis, Published, TorchBuild, TorchRelease};
use crate::facts::{Os, Platform, PythonVersion};

impl TorchRelease {
    /// The Python versions that a build of it has wheels for.
    pub fn python_of<'r>(&'r self, build: &'r TorchBuild) -> &'r [PythonVersion] {
        build.python.as_ref().unwrap_or(&self.python)
    }

    /// The Python versions with wheels on a platform, all of its builds together; those of the release where it has none there.
    pub fn python_on(&self, platform: Platform) -> &[PythonVersion] {
        let builds = self.builds.iter().filter(|build| build.platform == platform);
        builds.map(|build| self.python_of(build)).max_by_key(|list| list.len()).unwrap_or(&self.python)
    }

    /// The version of torchvision or torchaudio that belongs to it.
    pub fn companion(&self, name: &str) -> Option<&str> {
        match name {
            "torchvision" => self.torchvision.as_deref(),
            "torchaudio" => self.torchaudio.as_deref(),
            _ => None,
        }
    }

    /// Whether torchvision and torchaudio have wheels for a Python version; an unknown one excludes nothing.
    pub fn has_companions_for(&self, python: Option<PythonVersion>) -> bool {
        self.companions_python.as_ref().zip(python).is_none_or(|(list, python)| list.contains(&python))
    }

    /// Whether the wheels of a companion on PyTorch's own index are called by their version alone, without the variant.
    pub fn leaves_out_variant(&self, name: &str, platform: Platform) -> bool {
        name != "torch" && self.companions_without_variant.contains(&platform)
    }

    /// Version of the GNU C library that the wheels of a build need, by their manylinux tag; nothing on other systems.
    pub fn glibc_of(&self, build: &TorchBuild) -> Option<&'static str> {
        let tag = build.manylinux.as_deref().unwrap_or(&self.manylinux);
        (build.platform.os == Os::Linux).then(|| manylinux_glibc(tag)).flatten()
    }

    /// Whether the Linux wheels load with this version of the GNU C library; other platforms do not ask.
    pub fn fits_glibc(&self, build: &TorchBuild, glibc: Option<&str>) -> bool {
        let numbers = |text: &str| -> Option<(u32, u32)> {
            let (major, minor) = text.split_once('.')?;
            Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
        };
        match (self.glibc_of(build).and_then(numbers), glibc.and_then(numbers)) {
            (Some(needed), Some(there)) => there >= needed,
            _ => true,
        }
    }
}

/// What a manylinux tag stands for (PEP 513, 571, 599, 600).
fn manylinux_glibc(tag: &str) -> Option<&'static str> {
    match tag {
        "manylinux1" => Some("2.5"),
        "manylinux2010" => Some("2.12"),
        "manylinux2014" | "manylinux_2_17" => Some("2.17"),
        "manylinux_2_28" => Some("2.28"),
        "manylinux_2_34" => Some("2.34"),
        _ => None,
    }
}

impl TorchBuild {
    /// Full version of this build of a release.
    pub fn full_version(&self, release: &TorchRelease) -> String {
        format!("{}+{}", release.version, self.variant)
    }
}

impl Basis {
    /// For people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Measured => "read from the wheel",
            Self::Reported => "reported by those who ran it",
            Self::ReleaseBranch | Self::BuildScript => "from the build scripts",
            Self::NoGpuCode | Self::None => "no code",
        }
    }
}

impl Published {
    /// For people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Pypi => "on PyPI",
            Self::Url => "its URL was seen with a hash, or responded",
            Self::Page => "listed on PyTorch's install page",
            Self::Matrix => "listed in PyTorch's build matrix",
            Self::Expected => "announced, but not confirmed as published",
        }
    }

    /// Whether it was only announced, and not confirmed as published.
    pub fn is_only_expected(self) -> bool {
        self == Self::Expected
    }
}
