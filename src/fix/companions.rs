//! What moves along when torch changes: torchvision and torchaudio by name, triton and the nvidia packages by themselves; and what
//! was compiled against the old torch.

use super::{Candidate, Change, Install};
use crate::{
    facts::{Build, Environment},
    knowledge::{Knowledge, TorchBuild},
};

/// Packages that are released for one torch.
pub(super) const COMPANIONS: [&str; 2] = ["torchvision", "torchaudio"];

/// The installs that bring this build and the companions that are there, or all of them where torch is not installed yet. `local`
/// says whether local versions are named, which PyTorch's own index has and the default one has not; `more` names companions that are
/// wanted although they are not there. What is already installed as it should be is left out.
pub(super) fn installs(
    knowledge: &Knowledge,
    candidate: &Candidate<'_>,
    environment: Option<&Environment>,
    local: bool,
    more: &[String],
) -> Vec<Install> {
    let Candidate { release, build } = candidate;
    let wanted = |name: &str| {
        let version = if name == "torch" { Some(release.version.as_str()) } else { release.companion(name) };
        let fresh = environment.is_none_or(|environment| environment.package("torch").is_none());
        let there = environment.is_some_and(|environment| environment.package(name).is_some())
            || more.iter().any(|other| other == name);
        version.filter(|_| name == "torch" || fresh || there)
    };
    ["torch"]
        .into_iter()
        .chain(COMPANIONS)
        .filter_map(|name| {
            let version = wanted(name)?;
            let exists = variant_exists(knowledge, name, version, candidate);
            let full = format!("{version}+{}", build.variant);
            let install = Install {
                name: name.to_owned(),
                version: Some(if local && exists { full.clone() } else { version.to_owned() }),
                spec: None,
                build: exists.then(|| Build { version: full, cuda: build.cuda() }),
                requires: Vec::new(),
                apart: false,
                compiled: false,
            };
            let installed = environment.and_then(|environment| environment.package(name));
            let same = installed
                .and_then(|package| package.build.value())
                .is_some_and(|there| Some(there) == install.build.as_ref());
            (!same).then_some(install)
        })
        .collect()
}

/// Whether torch, or a companion of this version, is known to have been built in the variant: a companion is built once, with the first
/// torch release that it belongs to, in the variants of that release.
pub(super) fn variant_exists(knowledge: &Knowledge, name: &str, version: &str, candidate: &Candidate<'_>) -> bool {
    let Candidate { release, build } = candidate;
    let first = knowledge.torch_releases().find(|release| release.companion(name) == Some(version));
    first.is_none_or(|first| {
        let same = |other: &TorchBuild| other.variant == build.variant && other.platform == build.platform;
        first.version == release.version
            || first.builds.iter().any(|other| same(other) && !other.published.is_only_expected())
    })
}

/// What pip replaces because the new torch requires it: triton of the release, nvidia packages of whatever version.
pub(super) fn followers(candidate: &Candidate<'_>, environment: Option<&Environment>) -> Vec<Change> {
    let Some(environment) = environment else { return Vec::new() };
    let of_cuda = |name: &str| name.starts_with("nvidia-") || name.starts_with("cuda-") || name == "triton";
    environment
        .packages
        .iter()
        .filter(|package| of_cuda(&package.name))
        .map(|package| {
            let version = (package.name == "triton").then(|| triton_version(candidate)).flatten();
            Change::Follow { name: package.name.clone(), version }
        })
        .collect()
}

/// The version in `==3.3.1` or `~=3.9.0`.
fn triton_version(candidate: &Candidate<'_>) -> Option<String> {
    let spec = candidate.release.triton.as_deref()?;
    let version = spec.strip_prefix("==").or_else(|| spec.strip_prefix("~="))?;
    Some(version.trim().to_owned())
}
