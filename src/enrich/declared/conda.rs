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
    let solve = Solve { terms, asked, kind: kind(asked), channels: channels(step), driver: driver(terms, asked) };
    let Some(platform) = terms.platform else { return solve.unknown(by, "the platform decides which build comes") };
    let own =
        by.request.index.as_deref().filter(|_| by.request.name == "torch").map(|own| vec![channel(own).to_owned()]);
    let from = own.as_ref().unwrap_or(&solve.channels);
    for (place, channel) in from.iter().enumerate() {
        if is_default(channel) {
            return solve.unknown(by, &format!("the channel {channel} decides which build comes"));
        }
        if channel == "pytorch-nightly" {
            return solve.unknown(by, "the newest nightly build comes");
        }
        let rows = terms.knowledge.conda_builds().iter();
        let rows = rows.filter(|row| row.channel == *channel && row.platforms.contains(&platform));
        let offers: Vec<Offer<'_>> = rows.flat_map(offers).collect();
        if offers.is_empty() {
            continue;
        }
        if let Some(other) =
            solve.selects_elsewhere(channel).filter(|other| from.iter().skip(place).any(|channel| channel == *other))
        {
            return solve.unknown(by, &format!("which of the channels {channel} and {other} it is taken from"));
        }
        let exact = python::pinned(&by.request.asked.specifiers).is_some();
        let fits = |offer: &&Offer<'_>| meets(offer.version) && (exact || solve.has_python(offer.version, platform));
        let fitting: Vec<&Offer<'_>> = offers.iter().filter(fits).collect();
        let best =
            fitting.iter().filter(|offer| solve.takes(offer.row)).max_by_key(|offer| (&offer.number, offer.row.cuda));
        let Some(best) = best else { continue };
        if best.row.cuda.is_none() && solve.kind == Kind::Any {
            let mut selected = fitting.iter().filter(|offer| solve.selects(offer.row) && solve.agrees(offer.row));
            match selected
                .next()
                .map(|offer| (offer, solve.has_beside(offer.row) || selected.any(|offer| solve.has_beside(offer.row))))
            {
                // That is the solver's affair.
                Some((_, true)) => {
                    return solve
                        .unknown(by, "whether conda takes the newest build for the CPU or an older one with CUDA");
                }
                // What selects the build cannot be installed.
                Some((offer, false)) => return solve.stranded(by, offer.row),
                None => {}
            }
        }
        return solve.package(by, best);
    }
    let why = match from.as_slice() {
        [] => "the default channels decide which build comes".to_owned(),
        _ => "no known build matches the request".to_owned(),
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
    /// Whether conda can take a build: nothing in the step speaks against it, and what it requires is there.
    fn takes(&self, row: &CondaRow) -> bool {
        self.agrees(row) && self.has_beside(row)
    }

    /// Whether the channels are asked that have what a build requires.
    fn has_beside(&self, row: &CondaRow) -> bool {
        row.beside.is_empty() || row.beside.iter().any(|channel| self.channels.contains(channel))
    }

    /// Whether nothing in the step speaks against a build.
    fn agrees(&self, row: &CondaRow) -> bool {
        let Some(cuda) = row.cuda else { return self.kind.is(None) };
        let served = match self.driver {
            Driver::Serves(serves) => serves.major >= cuda.major,
            Driver::Missing => false,
            Driver::Unknown => true,
        };
        let selected = self.asked.iter().filter(|placed| row.selected_by.contains(&placed.request.name));
        let selected = selected.into_iter().all(|placed| overlap(&row.selected, &placed.request.asked.specifiers));
        self.kind.is(Some(cuda)) && (served || !row.needs_driver) && selected
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
        let mut torch = Package { build: Fact::known(build, claim(cite(row))), ..of_conda(by, version) };
        if let Some(platform) = self.terms.platform.filter(|_| row.cuda.is_some()) {
            let code = Fact::known(self.terms.knowledge.conda_code(row), claim(cite(row)));
            torch.libraries.extend(claimed_library(self.terms.knowledge, platform, code));
        }
        torch
    }

    /// A torch that does not come, since what the build requires is in a channel that nobody asks.
    fn stranded(&self, by: Placed<'_>, row: &CondaRow) -> Package {
        let channels = row.beside.join(" or ");
        let by_which = row.selected_by.join(" or ");
        let why = format!("what {by_which} requires is in the channel {channels}, which is not asked");
        // The default channels have something of everything.
        let surely = !self.channels.iter().any(|channel| is_default(channel));
        Package { unavailable: surely.then(|| why.clone()), ..self.unknown(by, &why) }
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
        Package { build, ..of_conda(by, version) }
    }
}

fn of_conda(by: Placed<'_>, version: Fact<String>) -> Package {
    let torch = brought(by, "torch", version);
    let asked = stands_for_torch(&by).then(|| Box::new(by.request.asked.clone()));
    Package { installer: Some("conda".to_owned()), asked: torch.asked.or(asked), ..torch }
}

fn cite(row: &CondaRow) -> String {
    let of = row.cuda.map_or_else(|| "the CPU".to_owned(), |cuda| format!("CUDA {cuda}"));
    format!("torch.toml, builds of the channel {} for {of} ({})", row.channel, row.source.join(", "))
}

/// The channels that are asked, by their names, the first one first.
fn channels(step: &Step) -> Vec<String> {
    step.indexes.iter().map(|index| channel(&index.url).to_owned()).collect()
}

/// The name of a channel, which the last part of an address is, too, of mirrors as well: `…/anaconda/cloud/pytorch/linux-64`.
fn channel(written: &str) -> &str {
    let path = written.split_once("/label/").map_or(written, |(path, _)| path).trim_end_matches('/');
    let path = path.rsplit_once('/').filter(|(_, last)| is_platform(last)).map_or(path, |(path, _)| path);
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a channel is one of Anaconda's own, which have builds of torch that no row knows.
fn is_default(channel: &str) -> bool {
    matches!(channel, "defaults" | "main" | "anaconda" | "free")
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
    use crate::{
        facts::{Environment, Index, IndexRole, Origin, Request, Resolver},
        knowledge::Knowledge,
    };

    /// The torch that comes of requests (name, specifiers, build) from channels: its version and CUDA release.
    fn torch(channels: &str, cuda: &str, requests: &[&str]) -> String {
        let request = |text: &&str| {
            let mut words = text.split(' ');
            let mut request = Request::new(words.next().unwrap());
            request.asked.specifiers = words.next().unwrap_or_default().to_owned();
            request.build = words.next().map(str::to_owned);
            request
        };
        let index = |url: &str| Index { url: url.to_owned(), role: IndexRole::Extra };
        let step = Step {
            resolver: Resolver::Conda,
            indexes: channels.split_whitespace().map(index).collect(),
            requests: requests.iter().map(request).collect(),
            ..Step::default()
        };
        let mut environment = Environment::unknown("e", Origin::Declared("e".to_owned()), "test");
        environment.platform = Fact::known("linux-x86_64".parse().unwrap(), Source::file("test"));
        environment.python = Fact::known("3.10".parse().unwrap(), Source::file("test"));
        environment.steps = vec![step];
        super::super::install(&mut environment, &Knowledge::builtin().unwrap(), cuda.parse().ok());
        let Some(torch) = environment.package("torch") else { return String::new() };
        let version = torch.version.value().map_or("?", String::as_str);
        let build =
            torch.build.value().map(|build| build.cuda.map_or_else(|| "cpu".to_owned(), |cuda| cuda.to_string()));
        let sign = if torch.unavailable.is_some() { " !" } else { "" };
        format!("{version} {}{sign}", build.unwrap_or_else(|| "?".to_owned()))
    }

    #[test]
    fn conda_takes_what_its_channels_have() {
        for (channels, cuda, requests, wanted) in [
            ("pytorch nvidia", "12.6", &["torch", "pytorch-cuda ==12.1.*"][..], "2.5.1 12.1"),
            ("pytorch nvidia", "12.6", &["torch"], "2.5.1 12.4"),
            ("pytorch nvidia", "12.6", &["torch", "cpuonly"], "2.5.1 cpu"),
            ("pytorch nvidia", "12.6", &["torch", "pytorch-cuda ==11.7.*"], "? ?"),
            ("pytorch", "12.6", &["torch ==2.0.*", "cudatoolkit ==11.8.*"], "2.0.1 cpu"),
            ("pytorch", "12.6", &["torch ==2.0.1", "pytorch-cuda ==11.8.*"], "2.0.1 ? !"),
            ("pytorch defaults", "12.6", &["torch ==2.0.1", "pytorch-cuda ==11.8.*"], "2.0.1 ?"),
            ("conda-forge pytorch", "12.6", &["torch ==1.12.1", "cudatoolkit ==11.6.*"], "1.12.1 11.2"),
            ("pytorch conda-forge", "12.6", &["torch ==2.1.2", "pytorch-cuda ==12.1.*"], "2.1.2 12.1"),
            ("pytorch defaults", "12.6", &["torch ==1.11.0", "cudatoolkit ==11.3.*"], "1.11.0 11.3"),
            ("pytorch", "12.6", &["torch ==1.9.1.*", "cudatoolkit ==11.3.*"], "1.9.1 11.1"),
            ("pytorch", "12.6", &["torch ==1.7.1", "cudatoolkit ==11.0.*"], "1.7.1 11.0"),
            ("pytorch", "12.6", &["torch ==1.9.1.* py3.8_cuda11.1_cudnn8.0.5_0"], "1.9.1 11.1"),
            ("conda-forge pytorch nvidia", "12.6", &["torch", "pytorch-cuda ==12.1.*"], "? ?"),
            ("defaults", "12.6", &["torch ==2.0.1.* gpu_cuda113py310h0_0"], "2.0.1 11.3"),
            ("", "12.6", &["torch"], "? ?"),
            ("conda-forge", "13.0", &["torch >=2.10,<2.11"], "2.10.0 13.0"),
            ("conda-forge", "12.6", &["torch >=2.10,<2.11"], "2.10.0 12.9"),
            ("conda-forge", "12.6", &["torch >=2.10,<2.11", "cuda-version ==12.6.*"], "2.10.0 cpu"),
            ("conda-forge", "12.6", &["pytorch-gpu", "cuda-version ==12.6.*"], "2.7.1 12.6"),
            ("conda-forge", "12.6", &["torch ==2.5.1", "cuda-version ==12.4.*"], "2.5.1 12.0"),
            ("conda-forge", "11.4", &["torch >=2.10,<2.11"], "2.10.0 cpu"),
            ("conda-forge", "11.4", &["torch ==2.5.1 *cuda118*"], "2.5.1 11.8"),
            ("conda-forge", "", &["torch ==2.5.1", "pytorch-cpu"], "2.5.1 cpu"),
            ("conda-forge", "12.6", &["torchvision"], "2.13.0 12.9"),
            ("conda-forge", "12.6", &["numpy"], ""),
            (
                "https://mirror.example/anaconda/cloud/pytorch/ nvidia/label/cuda-12.1",
                "",
                &["torch ==2.2.2"],
                "2.2.2 12.1",
            ),
        ] {
            assert_eq!(torch(channels, cuda, requests), wanted, "{channels}, driver {cuda}: {requests:?}");
        }
    }

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
