//! What moves along when torch changes: torchvision and torchaudio by name, triton and the nvidia packages by themselves; and what
//! was compiled against the old torch.

use super::{Candidate, Change, Install};
use crate::{
    facts::{Build, CudaVersion, Environment, PythonVersion},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    python,
    rules::COMPANIONS,
};

/// The installs that bring this build and the companions that are there, or all of them where torch is not installed yet. `python` is
/// that of the environment: companions without wheels for it are left out. `local` says whether PyTorch's own index is used, which has
/// local versions, and not the default one, which has none; `more` names companions that are wanted although they are not there. What
/// is already installed as it should be is left out.
pub(super) fn installs(
    knowledge: &Knowledge,
    candidate: &Candidate<'_>,
    environment: Option<&Environment>,
    python: Option<PythonVersion>,
    local: bool,
    more: &[String],
) -> Vec<Install> {
    let release = candidate.release;
    let wanted = |name: &str| {
        let version = if name == "torch" { Some(release.version.as_str()) } else { release.companion(name) };
        let fresh = environment.is_none_or(|environment| environment.package("torch").is_none());
        let there = environment.is_some_and(|environment| environment.package(name).is_some())
            || more.iter().any(|other| other == name);
        version.filter(|_| name == "torch" || ((fresh || there) && release.has_companions_for(python)))
    };
    let build = |name: &str| environment.and_then(|environment| environment.package(name)?.build.value());
    let names = ["torch"].into_iter().chain(COMPANIONS);
    let installs = names.filter_map(|name| install(knowledge, candidate, name, wanted(name)?, local));
    installs.filter(|install| !build(&install.name).is_some_and(|there| is_as_good(there, install))).collect()
}

/// The install of torch or a companion: from PyTorch's own index, or from the default one. Nothing where neither has a build for this
/// CUDA.
fn install(
    knowledge: &Knowledge,
    candidate: &Candidate<'_>,
    name: &str,
    version: &str,
    local: bool,
) -> Option<Install> {
    let Candidate { release, build } = candidate;
    if local && variant_exists(knowledge, name, version, candidate) {
        let called = match release.leaves_out_variant(name, build.platform) {
            true => version.to_owned(),
            false => format!("{version}+{}", build.variant),
        };
        let build = Some(Build { version: called.clone(), cuda: build.cuda() });
        return Some(Install { build, ..Install::exact(name, &called) });
    }
    // What the default index has was built in the default variant of the first release that it belongs to.
    let mut builds = first_release(knowledge, name, version).unwrap_or(release).builds.iter();
    let default = builds.find(|other| other.pypi_default && other.platform == build.platform)?;
    let serves = !local || major(default.cuda()) == major(build.cuda());
    let build = Build { version: format!("{version}+{}", default.variant), cuda: default.cuda() };
    serves.then(|| Install { build: Some(build), apart: local, ..Install::exact(name, version) })
}

fn major(cuda: Option<CudaVersion>) -> Option<u16> {
    cuda.map(|cuda| cuda.major)
}

/// Whether what is there need not be replaced: it is that build, or one as near to torch's CUDA as what the default index has.
fn is_as_good(there: &Build, install: &Install) -> bool {
    let Some(wanted) = &install.build else { return false };
    let public = python::public_version;
    let near = public(&there.version) == public(&wanted.version) && major(there.cuda) == major(wanted.cuda);
    there == wanted || (install.apart && near)
}

/// The packages that a tool would leave as they are although another build of them is wanted: it takes a version that is there for the
/// one that is asked for, whatever its local part, and here none can be asked for.
pub(super) fn in_the_way(installs: &[Install], environment: &Environment) -> Vec<String> {
    let mistaken = |install: &&Install| {
        let there = environment.package(&install.name).and_then(|package| package.version.value());
        let is_companion = COMPANIONS.contains(&install.name.as_str());
        is_companion && there.is_some_and(|there| Some(python::public_version(there)) == install.version.as_deref())
    };
    installs.iter().filter(mistaken).map(|install| install.name.clone()).collect()
}

/// The first release of torch that a version of a companion belongs to.
fn first_release<'k>(knowledge: &'k Knowledge, name: &str, version: &str) -> Option<&'k TorchRelease> {
    knowledge.torch_releases().find(|release| release.companion(name) == Some(version))
}

/// Whether torch, or a companion of this version, is known to have been built in the variant: a companion is built once, with the first
/// torch release that it belongs to, in the variants of that release.
pub(super) fn variant_exists(knowledge: &Knowledge, name: &str, version: &str, candidate: &Candidate<'_>) -> bool {
    let Candidate { release, build } = candidate;
    first_release(knowledge, name, version).is_none_or(|first| {
        let same = |other: &TorchBuild| other.variant == build.variant && other.platform == build.platform;
        first.version == release.version
            || first.builds.iter().any(|other| same(other) && !other.published.is_only_expected())
    })
}

/// What pip replaces because the new torch requires it: triton of the release, cuDNN of the build, other packages of NVIDIA's in whatever
/// version.
pub(super) fn followers(candidate: &Candidate<'_>, environment: Option<&Environment>) -> Vec<Change> {
    let Some(environment) = environment else { return Vec::new() };
    let of_cuda = |name: &str| name.starts_with("nvidia-") || name.starts_with("cuda-") || name == "triton";
    environment
        .packages
        .iter()
        .filter(|package| of_cuda(&package.name))
        .map(|package| {
            let version = match package.name.as_str() {
                "triton" => triton_version(candidate),
                name => candidate.build.cudnn.clone().filter(|_| is_cudnn_of(name, candidate)),
            };
            Change::Follow { name: package.name.clone(), version }
        })
        .collect()
}

/// Whether a package is the cuDNN that a build requires: `nvidia-cudnn-cu12`.
fn is_cudnn_of(name: &str, candidate: &Candidate<'_>) -> bool {
    let major = name.strip_prefix("nvidia-cudnn-cu").and_then(|major| major.parse().ok());
    major.is_some() && major == candidate.build.cuda().map(|cuda| cuda.major)
}

/// The version in `==3.3.1` or `~=3.9.0`.
fn triton_version(candidate: &Candidate<'_>) -> Option<String> {
    let spec = candidate.release.triton.as_deref()?;
    let version = spec.strip_prefix("==").or_else(|| spec.strip_prefix("~="))?;
    Some(version.trim().to_owned())
}
