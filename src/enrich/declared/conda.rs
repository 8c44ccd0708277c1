//! Which build of torch conda takes: of the first channel that has one, with the CUDA release that a package of the step selects, and only
//! what the driver serves where the channel asks for that (`__cuda`). A lock file has made the choice.

use pep440_rs::Version;

use super::{Placed, Terms, brought, written};
use crate::{
    enrich::claimed_library,
    facts::{Build, CudaVersion, Fact, How, Package, RequestRole, Source, Step},
    knowledge::CondaRow,
    python,
};

/// Packages that hold nothing and bring torch for GPUs or for the CPU.
const FOR_GPUS: &str = "pytorch-gpu";
const FOR_CPU: &[&str] = &["pytorch-cpu", "cpuonly"];

/// What conda's `__cuda` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Driver {
    /// The driver is not known.
    Unknown,
    /// There is none where the environment is made.
    Missing,
    /// CUDA up to this release.
    Serves(CudaVersion),
}

/// Which of the builds of a version will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Cpu,
    /// With CUDA: any, that of a major, or one release.
    Cuda(Option<u16>, Option<u16>),
    /// Something else: AMD's.
    Other,
}

/// Whether a request stands for torch itself.
pub(super) fn stands_for_torch(placed: &Placed<'_>) -> bool {
    [FOR_GPUS, "pytorch-cpu"].contains(&placed.request.name.as_str())
}

/// What conda takes for this request.
pub(super) fn choose(
    terms: &Terms<'_>,
    step: &Step,
    asked: &[Placed<'_>],
    by: Placed<'_>,
    meets: &dyn Fn(&str) -> bool,
) -> Package {
    let solve = Solve { terms, asked, kind: kind(asked), channels: channels(step, by), driver: driver(terms, asked) };
    let Some(platform) = terms.platform else { return solve.unknown(by, "the platform decides which build comes") };
    for (place, channel) in solve.channels.iter().enumerate() {
        match channel.as_str() {
            "defaults" | "main" | "anaconda" | "free" => {
                return solve.unknown(by, &format!("the channel {channel} decides which build comes"));
            }
            "pytorch-nightly" => return solve.unknown(by, "the newest nightly build comes"),
            _ => {}
        }
        let rows = terms.knowledge.conda_builds().iter();
        let rows = rows.filter(|row| row.channel == *channel && row.platforms.contains(&platform));
        let offers: Vec<Offer<'_>> = rows.flat_map(offers).collect();
        if offers.is_empty() {
            continue;
        }
        if let Some(other) = solve.selects_elsewhere(channel).filter(|other| solve.channels[place..].contains(other)) {
            return solve.unknown(by, &format!("which of the channels {channel} and {other} it is taken from"));
        }
        let exact = python::pinned(&by.request.asked.specifiers).is_some();
        let fits = |offer: &&Offer<'_>| meets(offer.version) && (exact || solve.has_python(offer.version, platform));
        let fitting: Vec<&Offer<'_>> = offers.iter().filter(fits).collect();
        let best =
            fitting.iter().filter(|offer| solve.takes(offer.row)).max_by_key(|offer| (&offer.number, offer.row.cuda));
        let Some(best) = best else { continue };
        // Whether the newest for the CPU counts more than an older one with the CUDA that is selected is the solver's affair.
        let selected = |offer: &&Offer<'_>| solve.takes(offer.row) && solve.selects(offer.row);
        if best.row.cuda.is_none() && solve.kind == Kind::Any && fitting.iter().copied().any(|offer| selected(&offer)) {
            return solve.unknown(by, "whether conda takes the newest build for the CPU or an older one with CUDA");
        }
        return solve.package(by, best);
    }
    let why = match solve.channels.as_slice() {
        [] => "the default channels decide which build comes".to_owned(),
        _ => "no build that rows know is what is asked for".to_owned(),
    };
    solve.unknown(by, &why)
}

/// What a lock file or a file's name says, which has version and build.
pub(super) fn locked(terms: &Terms<'_>, by: Placed<'_>) -> Package {
    let kind = by.request.build.as_deref().map_or(Kind::Any, of_build);
    let solve = Solve { terms, asked: &[], kind, channels: Vec::new(), driver: Driver::Unknown };
    let channel = by.request.index.as_deref().map(channel);
    let version = by.exact().unwrap_or_default();
    let offers = terms.knowledge.conda_builds().iter().flat_map(offers);
    let mut same = offers.filter(|offer| {
        offer.version == version
            && channel.is_none_or(|channel| channel == offer.row.channel)
            && terms.platform.is_some_and(|platform| offer.row.platforms.contains(&platform))
            && kind.is(offer.row.cuda)
    });
    match (same.next(), same.next()) {
        (Some(offer), None) => solve.package(by, &offer),
        _ => solve.unknown(by, "no row has the code of this build"),
    }
}

/// A version in a build.
struct Offer<'k> {
    version: &'k str,
    number: Version,
    row: &'k CondaRow,
}

fn offers(row: &CondaRow) -> impl Iterator<Item = Offer<'_>> {
    row.versions.iter().filter_map(move |version| Some(Offer { version, number: version.parse().ok()?, row }))
}

/// One question to conda's solver.
struct Solve<'s> {
    terms: &'s Terms<'s>,
    asked: &'s [Placed<'s>],
    kind: Kind,
    channels: Vec<String>,
    driver: Driver,
}

impl Solve<'_> {
    /// Whether nothing in the step speaks against a build.
    fn takes(&self, row: &CondaRow) -> bool {
        let Some(cuda) = row.cuda else { return self.kind.is(None) };
        let beside = row.beside.is_empty() || row.beside.iter().any(|channel| self.channels.contains(channel));
        let served = match self.driver {
            Driver::Serves(serves) => serves.major >= cuda.major,
            Driver::Missing => false,
            Driver::Unknown => true,
        };
        let selected = self.asked.iter().filter(|placed| row.selected_by.contains(&placed.request.name));
        let selected = selected.into_iter().all(|placed| overlap(&row.selected, &placed.request.asked.specifiers));
        self.kind.is(Some(cuda)) && beside && (served || !row.needs_driver) && selected
    }

    /// Whether a package of the step selects a build.
    fn selects(&self, row: &CondaRow) -> bool {
        self.asked.iter().any(|placed| row.selected_by.contains(&placed.request.name))
    }

    /// A channel whose builds are selected by a package that is asked for and that selects none of this channel's.
    fn selects_elsewhere(&self, channel: &str) -> Option<&String> {
        let rows = self.terms.knowledge.conda_builds();
        self.asked.iter().find_map(|placed| {
            let selects = |row: &&CondaRow| row.selected_by.contains(&placed.request.name);
            let own = rows.iter().filter(selects).any(|row| row.channel == channel);
            rows.iter().find(selects).filter(|_| !own).map(|row| &row.channel)
        })
    }

    fn has_python(&self, version: &str, platform: crate::facts::Platform) -> bool {
        let release = self.terms.knowledge.torch_release(version);
        release.zip(self.terms.python).is_none_or(|(release, python)| release.python_on(platform).contains(&python))
    }

    fn package(&self, by: Placed<'_>, offer: &Offer<'_>) -> Package {
        let row = offer.row;
        let claim = |at: String| Source::new(How::Knowledge, at);
        let version = match python::exact_version(&by.request.asked.specifiers) {
            Some(exact) if by.request.name == "torch" => written(by, exact),
            _ => Fact::known(offer.version.to_owned(), claim(cite(row))),
        };
        let build = Build { version: offer.version.to_owned(), cuda: row.cuda };
        let mut torch = Package {
            build: Fact::known(build, claim(cite(row))),
            installer: Some("conda".to_owned()),
            ..brought(by, "torch", version)
        };
        if let Some(platform) = self.terms.platform.filter(|_| row.cuda.is_some()) {
            let code = Fact::known(self.terms.knowledge.conda_code(row), claim(cite(row)));
            torch.libraries.extend(claimed_library(self.terms.knowledge, platform, code));
        }
        torch
    }

    /// A torch of which the file says what it says, and nobody knows the code.
    fn unknown(&self, by: Placed<'_>, why: &str) -> Package {
        let exact = by.exact_of_conda().filter(|_| by.request.name == "torch");
        let version = exact.map_or_else(|| Fact::unknown(why), |exact| written(by, exact));
        let cuda = match self.kind {
            Kind::Cpu => Some(None),
            Kind::Cuda(Some(major), Some(minor)) => Some(Some(CudaVersion::new(major, minor))),
            _ => None,
        };
        let build = match (cuda, version.value()) {
            (Some(cuda), Some(version)) => {
                let source = Source::file(by.request.build.as_ref().unwrap_or(&by.request.asked.text));
                Fact::known(Build { version: version.clone(), cuda }, source)
            }
            _ => Fact::unknown(why),
        };
        Package { build, installer: Some("conda".to_owned()), ..brought(by, "torch", version) }
    }
}

fn cite(row: &CondaRow) -> String {
    let of = row.cuda.map_or_else(|| "the CPU".to_owned(), |cuda| format!("CUDA {cuda}"));
    format!("torch.toml, builds of the channel {} for {of} ({})", row.channel, row.source.join(", "))
}

/// The channels that are asked, by their names, the first one first.
fn channels(step: &Step, by: Placed<'_>) -> Vec<String> {
    match by.request.index.as_deref().filter(|_| by.request.name == "torch") {
        Some(own) => vec![channel(own).to_owned()],
        None => step.indexes.iter().map(|index| channel(&index.url).to_owned()).collect(),
    }
}

/// The name of a channel, which the last part of an address is, too, of mirrors as well: `…/anaconda/cloud/pytorch/linux-64`.
fn channel(written: &str) -> &str {
    let path = written.split_once("/label/").map_or(written, |(path, _)| path).trim_end_matches('/');
    let path = path.rsplit_once('/').filter(|(_, last)| is_platform(last)).map_or(path, |(path, _)| path);
    path.rsplit('/').next().unwrap_or(path)
}

fn is_platform(part: &str) -> bool {
    part == "noarch" || ["linux-", "win-", "osx-"].iter().any(|system| part.starts_with(system))
}

/// What the step says of the driver, where it says it; else what is known of it.
fn driver(terms: &Terms<'_>, asked: &[Placed<'_>]) -> Driver {
    let said = asked.iter().rfind(|placed| placed.request.name == "-cuda");
    match said {
        Some(placed) if placed.request.role == RequestRole::Removed => Driver::Missing,
        Some(placed) => {
            let release = python::pinned(&placed.request.asked.specifiers).and_then(release);
            release
                .map_or(Driver::Unknown, |(major, minor)| Driver::Serves(CudaVersion::new(major, minor.unwrap_or(0))))
        }
        None => terms.driver,
    }
}

/// The build that the step asks for by a build string or by a package that stands for one.
fn kind(asked: &[Placed<'_>]) -> Kind {
    let of = |placed: &Placed<'_>| {
        let name = placed.request.name.as_str();
        let build = placed.request.build.as_deref().map(of_build);
        match name {
            _ if FOR_CPU.contains(&name) => Some(Kind::Cpu),
            FOR_GPUS => Some(build.filter(|kind| *kind != Kind::Any).unwrap_or(Kind::Cuda(None, None))),
            "torch" | "pytorch-mutex" | "libtorch" => build,
            _ => None,
        }
    };
    let wanted = asked.iter().filter(|placed| placed.is_wanted());
    wanted.filter_map(of).max_by_key(Kind::detail).unwrap_or(Kind::Any)
}

impl Kind {
    /// How much it says.
    const fn detail(&self) -> u8 {
        match self {
            Self::Any => 0,
            Self::Cuda(None, _) => 1,
            Self::Cuda(_, None) => 2,
            Self::Cuda(..) | Self::Cpu | Self::Other => 3,
        }
    }

    /// Whether a build is such a one.
    fn is(self, cuda: Option<CudaVersion>) -> bool {
        match (self, cuda) {
            (Self::Any, _) | (Self::Cpu, None) => true,
            (Self::Cuda(major, minor), Some(cuda)) => {
                major.is_none_or(|major| major == cuda.major) && minor.is_none_or(|minor| minor == cuda.minor)
            }
            _ => false,
        }
    }
}

/// What a build string or a pattern of one says: `py3.10_cuda12.1_cudnn8.9.2_0`, `cuda118py310h0_200`, `*cuda*`, `cpu_mkl*`.
fn of_build(build: &str) -> Kind {
    if let Some((_, after)) = build.split_once("cuda") {
        let after = after.trim_start_matches(['_', '*']);
        let end = after.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(after.len());
        return match release(after.get(..end).unwrap_or_default()) {
            Some((major, minor)) => Kind::Cuda(Some(major), minor),
            None => Kind::Cuda(None, None),
        };
    }
    match build {
        _ if build.contains("rocm") => Kind::Other,
        _ if build.contains("cpu") => Kind::Cpu,
        _ if build.contains("gpu") => Kind::Cuda(None, None),
        _ => Kind::Any,
    }
}

/// Major and minor of `12.1`, `118` or `12`.
fn release(text: &str) -> Option<(u16, Option<u16>)> {
    let text = text.trim_matches('.');
    if let Some((major, rest)) = text.split_once('.') {
        return Some((major.parse().ok()?, rest.split('.').next()?.parse().ok()));
    }
    match text.len() {
        0..=2 => Some((text.parse().ok()?, None)),
        _ => {
            let (major, minor) = text.split_at_checked(2)?;
            Some((major.parse().ok()?, Some(minor.parse().ok()?)))
        }
    }
}

/// Whether a release of CUDA is in a row's range and in what is asked for.
fn overlap(range: &str, asked: &str) -> bool {
    let within = |version: &str| python::satisfies(range, version) == Some(true);
    if let Some(pinned) = python::pinned(asked)
        && let Some((major, Some(minor))) = release(pinned)
    {
        return within(&format!("{major}.{minor}"));
    }
    // Nobody asks for more than a dozen releases of a major.
    let mut releases = (9..=14).flat_map(|major| (0..=12).map(move |minor| format!("{major}.{minor}")));
    releases.any(|release| within(&release) && python::satisfies(asked, &release) != Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_strings_say_what_they_are() {
        for (build, kind) in [
            ("py3.10_cuda12.1_cudnn8.9.2_0", Kind::Cuda(Some(12), Some(1))),
            ("cuda118py310h0123_200", Kind::Cuda(Some(11), Some(8))),
            ("cuda_129*", Kind::Cuda(Some(12), Some(9))),
            ("*cuda12*", Kind::Cuda(Some(12), None)),
            ("*cuda*", Kind::Cuda(None, None)),
            ("gpu_mkl_py310", Kind::Cuda(None, None)),
            ("cpu_mkl_py310h0_100", Kind::Cpu),
            ("py3.10_cpu_0", Kind::Cpu),
            ("py310h0_0", Kind::Any),
            ("", Kind::Any),
        ] {
            assert_eq!(of_build(build), kind, "{build}");
        }
    }

    #[test]
    fn channels_have_names() {
        for (written, name) in [
            ("pytorch", "pytorch"),
            ("https://conda.anaconda.org/nvidia/label/cuda-11.8.0/", "nvidia"),
            ("nvidia/label/cuda-11.8.0", "nvidia"),
            ("https://mirror.example/anaconda/cloud/pytorch/linux-64", "pytorch"),
            ("conda-forge/noarch", "conda-forge"),
            ("https://repo.example/pkgs/main/", "main"),
            ("", ""),
        ] {
            assert_eq!(channel(written), name);
        }
    }

    #[test]
    fn ranges_overlap_where_a_release_is_in_both() {
        for (range, asked, answer) in [
            (">=12.1,<12.2", "==12.1.*", true),
            (">=12.1,<12.2", "==12.4.*", false),
            (">=12.0,<13", "==12.4.*", true),
            (">=12.0,<13", "==12.4.127", true),
            (">=11.3,<11.4", "==11.*", true),
            (">=11.3,<11.4", ">=11.5", false),
            (">=11.3,<11.4", "", true),
            (">=11.3,<11.4", "no version", true),
        ] {
            assert_eq!(overlap(range, asked), answer, "{range} {asked}");
        }
    }
}
