//! The PyTorch builds that could serve, in the order in which they should be tried.

use std::cmp::Reverse;

use gpucheck_ground::Order as _;

use super::{candidate::Candidate, companions};
use crate::{
    compat,
    facts::{CodeObjects, ComputeCapability, CudaVersion, Os, Platform, PythonVersion},
    knowledge::{Knowledge, Position, TorchBuild, TorchRelease},
    rules::code::{Terms, on_code},
};

/// What a build must do.
#[derive(Debug, Clone)]
pub struct Wish<'w> {
    /// What wheels must have been built for.
    pub platform: Platform,
    /// Python version; nothing when any will do.
    pub python: Option<PythonVersion>,
    /// GPUs that it must serve, all of them. With none, any build of the wanted kind will do.
    pub gpus: &'w [ComputeCapability],
    /// Whether a build without CUDA is wanted, because that is what is there and no GPU is.
    pub cpu: bool,
    /// What is known of the driver.
    pub driver: compat::DriverSupport,
    /// The operating system that the driver runs on.
    pub driver_os: Os,
    /// The installed version and its CUDA release; nothing when torch is not installed yet.
    pub installed: Option<(&'w str, Option<CudaVersion>)>,
    /// Version of the GNU C library.
    pub glibc: Option<&'w str>,
    /// Whether only what the default index gives will do.
    pub default_index: bool,
}

/// Every build that fulfils the wish as far as the knowledge base can tell, best first.
///
/// With an installed version: the same release first, then other patches of it, then the nearest minor release, a newer one before
/// an older one at the same distance, and in each the latest patch. Without: the newest release first. What was only announced
/// comes after all that is confirmed as published.
pub fn candidates<'k>(knowledge: &'k Knowledge, wish: &Wish<'_>) -> Vec<Candidate<'k>> {
    let mut releases: Vec<&TorchRelease> = knowledge.torch_releases().collect();
    match wish.installed {
        Some((version, _)) => {
            let position = knowledge.torch_position(version);
            releases.order_by_cached_key(|release| distance(knowledge, release, position));
        }
        None => releases.reverse(),
    }
    let (seen, announced): (Vec<_>, Vec<_>) = releases
        .into_iter()
        .flat_map(|release| {
            let mut builds: Vec<&TorchBuild> =
                release.builds.iter().filter(|build| serves(knowledge, release, build, wish)).collect();
            builds.order_by_key(|build| preference(knowledge, &Candidate { release, build }, wish));
            builds.into_iter().map(move |build| Candidate { release, build })
        })
        .partition(|candidate| !candidate.build.published.is_only_expected());
    seen.into_iter().chain(announced).collect()
}

/// How far a release is from the installed version: minor releases between them, older rather than newer, then the later patch.
fn distance(knowledge: &Knowledge, release: &TorchRelease, position: Position) -> (usize, bool, Reverse<usize>) {
    let here = knowledge.torch_position(&release.version);
    let minors = position.minor.abs_diff(here.minor);
    if minors == 0 {
        // The same minor: the very release before its other patches.
        return (usize::from(here.index != position.index), false, Reverse(here.index));
    }
    (minors + 1, here.minor < position.minor, Reverse(here.index))
}

/// Whether a build does what is wished: platform, Python, GPUs, CUDA, driver, glibc.
fn serves(knowledge: &Knowledge, release: &TorchRelease, build: &TorchBuild, wish: &Wish<'_>) -> bool {
    let there = build.platform == wish.platform
        && (build.pypi_default || !wish.default_index)
        && wish.python.is_none_or(|python| release.python_of(build).contains(&python))
        && release.fits_glibc(build, wish.glibc);
    let Some(cuda) = build.cuda().filter(|_| !wish.cpu) else { return there && wish.cpu && build.cuda().is_none() };
    let runs = |code: CodeObjects| {
        let terms = Terms::new(knowledge, &wish.driver, Some(cuda));
        wish.gpus.iter().all(|&gpu| on_code(&terms, &code, gpu).works())
    };
    let driver = match (&wish.driver.version, knowledge.runtime_floor(cuda, wish.driver_os)) {
        (Some(version), Some(floor)) => *version >= floor.driver,
        _ => true,
    };
    // A build whose code is not verified decides nothing; without a GPU to serve, it may still do.
    there && driver && knowledge.torch_code(build).map_or(wish.gpus.is_empty(), runs)
}

/// The CUDA release nearest to the installed one (of another major, the default index's before the nearest minor), then what the default index gives, then a variant in which the companions are known
/// to exist, then what was read rather than reported, then the newest.
fn preference(knowledge: &Knowledge, candidate: &Candidate<'_>, wish: &Wish<'_>) -> impl Ord + use<> {
    let build = candidate.build;
    let lonely = candidate
        .release
        .companion("torchaudio")
        .is_some_and(|version| !companions::variant_exists(knowledge, "torchaudio", version, candidate));
    let cuda = build.cuda();
    let (major, minor) = match (wish.installed.and_then(|(_, cuda)| cuda), cuda) {
        (Some(installed), Some(cuda)) => (installed.major.abs_diff(cuda.major), installed.minor.abs_diff(cuda.minor)),
        _ => (0, 0),
    };
    // The numbers of two majors are not near or far from each other.
    let near = if major == 0 { minor } else { 0 };
    ((major, near), !build.pypi_default, minor, lonely, build.basis, Reverse(cuda))
}
