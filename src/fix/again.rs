//! A package that is there, asked for again in the same version: by which name an index has that version, and which index it is.

use super::{Case, TORCH_INDEXES};
use crate::{
    facts::{Environment, Os, Platform},
    knowledge::TorchRelease,
    python,
};

/// Packages that PyTorch builds in variants and keeps on indexes of its own.
const OF_TORCH: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// How a version is asked for.
pub(super) struct Asked {
    /// The version, with the local part where the index has it.
    pub version: String,
    /// The index; nothing for the default one.
    pub index: Option<String>,
}

/// How to ask for this version of a package. Nothing where a local part shows that it came from an unknown index:
/// the default index has no local versions.
pub(super) fn asked(case: &Case<'_>, environment: &Environment, name: &str, version: &str) -> Option<Asked> {
    let platform = environment.platform.value().copied();
    if let Some((_, local)) = version.split_once('+') {
        // Builds of a day are kept apart.
        let nightly = || format!("{TORCH_INDEXES}whl/nightly/{local}");
        let index = match version.contains(".dev") {
            true => python::cuda_of_local(version).map(|_| nightly()),
            false => variant_index(case, platform?, local),
        };
        let index = index.filter(|_| OF_TORCH.contains(&name))?;
        return Some(Asked { version: version.to_owned(), index: Some(index) });
    }
    if !OF_TORCH.contains(&name) {
        return Some(Asked { version: version.to_owned(), index: None });
    }
    // Metadata may leave out the local part of a build that only PyTorch's own index has.
    let build = |name: &str| environment.package(name).and_then(|package| package.build.value());
    let release = release_of_torch(case, environment);
    // A companion whose file there does not name it was built in torch's variant.
    let unnamed = release.is_some_and(|release| {
        release.companion(name) == Some(version)
            && platform.is_some_and(|platform| release.leaves_out_variant(name, platform))
    });
    let build = match unnamed {
        true => build("torch"),
        false => build(name).filter(|build| python::public_version(&build.version) == version),
    };
    let default = release.and_then(|release| default_variant(release, platform?));
    let Some((_, variant)) = build.and_then(|build| build.version.split_once('+')) else {
        // What the default index gives is another build than the one that is there, or may be.
        let same = build.is_some() || platform?.os == Os::Linux;
        return same.then(|| Asked { version: version.to_owned(), index: None });
    };
    if default.as_deref() == Some(variant) {
        return Some(Asked { version: version.to_owned(), index: None });
    }
    let index = variant_index(case, platform?, variant)?;
    let version = if unnamed { version.to_owned() } else { format!("{version}+{variant}") };
    Some(Asked { version, index: Some(index) })
}

/// The release of the torch that is there.
fn release_of_torch<'c>(case: &Case<'c>, environment: &Environment) -> Option<&'c TorchRelease> {
    case.knowledge.torch_release(environment.package("torch")?.version.value()?)
}

/// The variant that the default index has of a release.
fn default_variant(release: &TorchRelease, platform: Platform) -> Option<String> {
    let mut builds = release.builds.iter().filter(|build| build.platform == platform);
    builds.find(|build| build.pypi_default).map(|build| build.variant.clone())
}

/// PyTorch's index of a variant such as `cu128`.
fn variant_index(case: &Case<'_>, platform: Platform, variant: &str) -> Option<String> {
    let mut builds = case.knowledge.torch_releases().flat_map(|release| &release.builds);
    let row = builds.find(|build| build.variant == variant && build.platform == platform)?;
    Some(format!("{TORCH_INDEXES}{}", row.index))
}
