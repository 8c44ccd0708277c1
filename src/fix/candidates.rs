//! The PyTorch builds that could serve, in the order in which they should be tried.

use std::cmp::Reverse;

use crate::{
    compat,
    facts::{ComputeCapability, CudaVersion, Host, Os, Platform, PythonVersion},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
};

/// What a build must do.
#[derive(Debug, Clone)]
pub struct Wish<'w> {
    /// What wheels must have been built for.
    pub platform: Platform,
    /// Python version; nothing when it is not known.
    pub python: Option<PythonVersion>,
    /// GPUs that it must serve, all of them.
    pub gpus: &'w [ComputeCapability],
    /// What is known of the driver.
    pub driver: compat::Driver,
    /// Whose driver it is.
    pub driver_os: Os,
    /// The installed version and its CUDA release; nothing when torch is not installed yet.
    pub installed: Option<(&'w str, Option<CudaVersion>)>,
    /// Version of the GNU C library.
    pub glibc: Option<&'w str>,
}

/// A build of a release.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'k> {
    /// The release.
    pub release: &'k TorchRelease,
    /// The build.
    pub build: &'k TorchBuild,
}

impl Wish<'_> {
    /// The wish with the glibc of this host.
    pub fn glibc_of(host: &Host) -> Option<&str> {
        host.glibc.value().map(String::as_str)
    }
}

/// Every build that fulfils the wish as far as the knowledge base can tell, best first.
///
/// With an installed version: the same release first, then other patches of it, then the nearest minor release, a newer one before
/// an older one at the same distance, and in each the latest patch. Without: the newest release first.
pub fn candidates<'k>(knowledge: &'k Knowledge, wish: &Wish<'_>) -> Vec<Candidate<'k>> {
    let mut releases: Vec<&TorchRelease> = knowledge.torch_releases().collect();
    match wish.installed {
        Some((version, _)) => releases.sort_by_key(|release| distance(knowledge, release, version)),
        None => releases.reverse(),
    }
    releases
        .into_iter()
        .filter(|release| wish.python.is_none_or(|python| release.has_wheels_for(python)))
        .flat_map(|release| {
            let mut builds: Vec<&TorchBuild> =
                release.builds.iter().filter(|build| serves(knowledge, release, build, wish)).collect();
            builds.sort_by_key(|build| preference(build, wish));
            builds.into_iter().map(move |build| Candidate { release, build })
        })
        .collect()
}

/// How far a release is from the installed version: minor releases between them, older rather than newer, then the later patch.
fn distance(knowledge: &Knowledge, release: &TorchRelease, installed: &str) -> (usize, bool, Reverse<usize>) {
    let position = knowledge.torch_position(installed);
    let here = knowledge.torch_position(&release.version);
    let minors = position.minor.abs_diff(here.minor);
    if minors == 0 {
        // The same minor: the very release before its other patches.
        return (usize::from(here.index != position.index), false, Reverse(here.index));
    }
    (minors + 1, here.minor < position.minor, Reverse(here.index))
}

/// Whether a build does what is wished: platform, GPUs, CUDA, driver, glibc.
fn serves(knowledge: &Knowledge, release: &TorchRelease, build: &TorchBuild, wish: &Wish<'_>) -> bool {
    let Some(cuda) = build.cuda.filter(|_| build.platform == wish.platform) else { return false };
    let Some(code) = build.code() else { return false };
    let runs = wish.gpus.iter().all(|&gpu| {
        let coverage = compat::coverage(knowledge, &code, gpu, Some(cuda), &wish.driver);
        compat::reach(&coverage).works()
    });
    let driver = match (&wish.driver.version, knowledge.runtime_floor(cuda, wish.driver_os)) {
        (Some(version), Some(floor)) => *version >= floor.driver,
        _ => true,
    };
    runs && driver && release.fits_glibc(build, wish.glibc)
}

/// Builds that were seen published before those that are only expected, then those that need no JIT, then what PyPI gives, then
/// what was read rather than reported, then the CUDA release nearest to the installed one, or the newest.
fn preference(build: &TorchBuild, wish: &Wish<'_>) -> impl Ord + use<> {
    let nearness = match (wish.installed.and_then(|(_, cuda)| cuda), build.cuda) {
        (Some(installed), Some(cuda)) => {
            (installed.major.abs_diff(cuda.major), Reverse(0), installed.minor.abs_diff(cuda.minor))
        }
        (_, Some(cuda)) => (0, Reverse(cuda.major * 100 + cuda.minor), 0),
        _ => (0, Reverse(0), 0),
    };
    (build.published.is_only_expected(), !build.pypi_default, build.basis, nearness)
}
