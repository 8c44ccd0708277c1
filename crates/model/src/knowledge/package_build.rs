//! `[[build]]` rows of `packages/*.toml`: what a range of versions contains and needs. They count if no binary was read.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Confidence, Range};
use crate::facts::{ComputeCapability, CudaVersion, Platform, PtxIsa, Target};

/// What the wheels of a range of versions contain and need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PackageBuild {
    /// PEP 440 range of the package.
    pub versions: String,
    /// Only these of the file's distributions; empty: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// Only on these platforms; empty: everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
    /// Major version of the CUDA libraries that it needs.
    pub cuda: Option<u16>,
    /// Shared libraries that it links to or asks for while it runs, and that must come from outside of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Shared libraries that it provides for others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brings: Vec<String>,
    /// Major version of the cuDNN that must be there.
    pub cudnn: Option<u16>,
    /// Whether it is linked to torch's own libraries, so that their CUDA major versions must agree.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub links_torch: bool,
    /// PEP 440 range of torch that it requires or was compiled for.
    pub torch: Option<String>,
    /// Beside which torch its newest version can be installed, where both ask for the same packages; nothing: any that `torch` leaves.
    pub beside: Option<Beside>,
    /// The extra that brings its part for GPUs: `cuda13`. Without it the processor is used.
    pub extra: Option<String>,
    /// What its newest version requires of packages that others ask for, too: `sglang-kernel==0.4.10`, `numba<0.65`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// PEP 440 range of the Python versions that its newest version has a file for and admits (`Requires-Python`); nothing: not known.
    pub python: Option<String>,
    /// Machine code of the general part; absent when not known.
    pub sass: Option<Vec<Target>>,
    /// PTX of the general part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ptx: Vec<Target>,
    /// ISA version of that PTX.
    pub isa: Option<PtxIsa>,
    /// The libraries that it chooses from by torch's CUDA release, for packages whose `main` has `{cuda}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Whether it takes the nearest older library of the same CUDA major when the exact one is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// The least compute capability that its code admits.
    pub minimum: Option<ComputeCapability>,
    /// The newest version of the range that was seen on the index.
    pub newest: Option<String>,
    /// How it is known.
    pub confidence: Confidence,
    /// Keys of `[sources]`.
    pub source: Vec<String>,
    /// Day on which it was checked.
    pub verified: String,
}

/// The torch beside which a package can be installed although it requires none: both ask for packages of NVIDIA's, and what the one pins
/// may exclude the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// PEP 440 range of torch.
    pub torch: Option<String>,
    /// CUDA releases of torch's build.
    pub cuda: Option<Range<CudaVersion>>,
}

/// Libraries of one package for some CUDA releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Digits of the CUDA releases: `128`.
    pub cuda: Vec<String>,
    /// Machine code.
    pub sass: Vec<Target>,
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let torch = self.torch.as_ref().map(|torch| format!("torch {torch}"));
        let cuda = self.cuda.as_ref().map(|cuda| format!("a build of torch for CUDA {cuda}"));
        f.write_str(&torch.into_iter().chain(cuda).collect::<Vec<_>>().join(", "))
    }
}

impl PackageBuild {
    /// Whether the row speaks of this distribution on this platform.
    pub fn concerns(&self, name: &str, platform: Option<Platform>) -> bool {
        (self.of.is_empty() || self.of.iter().any(|other| other == name))
            && (self.platforms.is_empty() || platform.is_some_and(|platform| self.platforms.contains(&platform)))
    }

    /// The library that is taken for a CUDA release, by its digits: the exact one, or the nearest older of the same major
    /// where the package does so.
    pub fn chosen(&self, cuda: &str) -> Option<String> {
        choose(self.variants.iter().flat_map(|variant| &variant.cuda).map(String::as_str), cuda, self.fallback)
            .map(str::to_owned)
    }
}

/// Of the CUDA releases that there are libraries for, the one that is taken for `wanted`: the same; with `fallback` the newest of its
/// major that is older, else the oldest that is newer (bitsandbytes 0.50.2, cextension.py).
pub fn choose<'d>(there: impl Iterator<Item = &'d str> + Clone, wanted: &str, fallback: bool) -> Option<&'d str> {
    let exact = there.clone().find(|digits| *digits == wanted);
    let number = |digits: &str| digits.parse::<u32>().ok();
    let major = |digits: &str| Some(number(digits)? / 10);
    let same = there.filter(|digits| fallback && major(digits) == major(wanted));
    let older = same.clone().filter(|digits| number(digits) <= number(wanted)).max_by_key(|digits| number(digits));
    exact.or(older).or_else(|| same.min_by_key(|digits| number(digits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_library_or_the_nearest_of_the_major() {
        let there = ["118", "121", "126", "130"];
        let chosen = |wanted, fallback| choose(there.into_iter(), wanted, fallback);
        assert_eq!(chosen("126", false), Some("126"));
        assert_eq!(chosen("128", false), None);
        assert_eq!(chosen("128", true), Some("126"));
        assert_eq!(chosen("120", true), Some("121"), "none is older");
        assert_eq!(chosen("110", false), None);
        assert_eq!(chosen("132", true), Some("130"));
        assert_eq!(chosen("", true), None);
    }
}
