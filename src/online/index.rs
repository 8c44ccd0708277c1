//! Package indexes: which files they have of a package, and what a wheel there holds, read by ranges.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Range,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use gpucheck_ground::Order as _;

use crate::{
    binary::{ArchiveOptions, Decides, ReadAt},
    facts::{Platform, PythonVersion},
    python::{Requirement, WheelName, WheelTarget},
    remote::{self, Client, Config, Fault, File, HttpSource, Url},
    scan::{AHEAD_FULL, AHEAD_SAMPLE, Network},
    verify::{self, Evidence, WheelTags},
};

/// What may be spent on reading wheels.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file: u64,
    /// Bytes in all.
    pub all: u64,
    /// Files.
    pub files: usize,
    /// When it must be over.
    pub until: Instant,
}

/// The indexes, and what is needed to ask them.
pub struct Index {
    config: Config,
    client: Client,
    limits: Option<Limits>,
    /// Files that were read.
    read: Cell<usize>,
    /// Which of the indexes have not answered.
    silent: RefCell<BTreeSet<usize>>,
}

/// What came of reading a wheel.
pub struct Read {
    /// What it contains.
    pub evidence: Evidence,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes of it that came.
    pub bytes: u64,
    /// Requests for them.
    pub requests: u64,
}

impl Index {
    /// The index of `--index-url`, or the configured one.
    ///
    /// # Errors
    /// When none is configured, or a URL is invalid.
    pub fn open(index_url: Option<&str>) -> anyhow::Result<Self> {
        let network = Network { index_url: index_url.map(str::to_owned), ..Network::default() };
        Self::of(network.configured()?, None)
    }

    /// The indexes of a configuration, of which no more is read than this.
    ///
    /// # Errors
    /// When its file with certificates cannot be used.
    pub fn of(config: Config, limits: Option<Limits>) -> anyhow::Result<Self> {
        let client = Client::new(config.settings.clone())?;
        Ok(Self { config, client, limits, read: Cell::new(0), silent: RefCell::default() })
    }

    /// The indexes, each with what named it.
    pub fn shown(&self) -> impl Iterator<Item = String> {
        self.config.indexes.iter().map(|index| format!("{} ({})", index.url, index.origin))
    }

    /// Requests so far.
    pub fn requests(&self) -> u64 {
        self.client.requests()
    }

    /// Bytes of answers so far.
    pub fn bytes(&self) -> u64 {
        self.client.bytes()
    }

    /// The wheels of a package that were not withdrawn.
    ///
    /// # Errors
    /// When the index cannot be asked, or does not have the package.
    pub fn wheels(&self, package: &str) -> anyhow::Result<Vec<Wheel>> {
        let wheels = self.listed(package, &mut Vec::new())?;
        anyhow::ensure!(!wheels.is_empty(), "the index has no wheel of {package}");
        Ok(wheels)
    }

    /// The same of the indexes that can be asked, if only one can; why the others cannot is added to `failed`, and they are not asked again.
    ///
    /// # Errors
    /// When none can be asked.
    pub fn listed(&self, package: &str, failed: &mut Vec<String>) -> anyhow::Result<Vec<Wheel>> {
        self.in_time()?;
        let mut wheels = Vec::new();
        let mut first = None;
        let mut answered = false;
        for (number, index) in self.config.indexes.iter().enumerate() {
            if self.silent.borrow().contains(&number) {
                continue;
            }
            match remote::files(&self.client, &index.url, package) {
                Ok(files) => {
                    answered = true;
                    let of_torch = is_of_torch(&index.url);
                    wheels.extend(files.into_iter().flatten().filter_map(|file| Wheel::of(file, of_torch)));
                }
                Err(error) => {
                    failed.push(error.to_string());
                    self.silent.borrow_mut().insert(number);
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            Some(error) if !answered => Err(error.into()),
            None if !answered => Err(anyhow!("no index answers")),
            _ => Ok(wheels),
        }
    }

    /// What a wheel contains. All code is read: a sample is not enough for a row that is kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, wheel: &Wheel) -> anyhow::Result<Evidence> {
        Ok(self.read_as(wheel, AHEAD_FULL, &|_| ArchiveOptions::default(), &|_, _| None)?.evidence)
    }

    /// What a wheel contains, as far as these options for its size say, and what that has cost.
    ///
    /// # Errors
    /// When it cannot be read, and when a limit is reached.
    pub fn read_in_part(&self, wheel: &Wheel, options: &dyn Fn(u64) -> ArchiveOptions) -> anyhow::Result<Read> {
        self.read_as(wheel, AHEAD_SAMPLE, options, &|_, _| None)
    }

    /// The same, where `more` says by its metadata, and its size, what else of it is read.
    ///
    /// # Errors
    /// As [`Index::read_in_part`].
    pub fn read_by_metadata(
        &self,
        wheel: &Wheel,
        more: &dyn Fn(&Evidence, u64) -> Option<ArchiveOptions>,
    ) -> anyhow::Result<Read> {
        self.read_as(wheel, AHEAD_SAMPLE, &|_| metadata(), more)
    }

    fn read_as(
        &self,
        wheel: &Wheel,
        ahead: u64,
        options: &dyn Fn(u64) -> ArchiveOptions,
        more: &dyn Fn(&Evidence, u64) -> Option<ArchiveOptions>,
    ) -> anyhow::Result<Read> {
        self.in_time()?;
        let name = wheel.file_name();
        if let Some(limits) = self.limits {
            anyhow::ensure!(self.read.get() < limits.files, "{name}: at most {} files are read", limits.files);
        }
        self.read.set(self.read.get() + 1);
        let (bytes, requests) = (self.client.bytes(), self.client.requests());
        let source = HttpSource::open(&self.client, &wheel.file.url, ahead).map_err(|error| match error.fault {
            Fault::NoRanges(_) => anyhow!("{}: the server only sends whole files", error.url),
            _ => anyhow::Error::from(error),
        })?;
        let held = Held { source: &source, client: &self.client, before: bytes, limits: self.limits };
        let size = source.len();
        let read = |options: &ArchiveOptions| {
            let evidence = verify::of_wheel_source(&held, name, name, options);
            // After a fault of the network, or what was held back, the rest of the file seems damaged.
            if let Some(failure) = source.failure() {
                return Err(failure).with_context(|| name.to_owned());
            }
            held.left().with_context(|| name.to_owned())?;
            evidence.with_context(|| name.to_owned())
        };
        let mut evidence = read(&options(size))?;
        if let Some(more) = more(&evidence, size) {
            evidence = read(&more)?;
        }
        let (bytes, requests) = (self.client.bytes() - bytes, self.client.requests() - requests);
        Ok(Read { evidence, size, bytes, requests })
    }

    fn in_time(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.limits.is_none_or(|limits| Instant::now() < limits.until), "it took too long");
        Ok(())
    }
}

/// A source of which no more is given out than the limits say.
struct Held<'h> {
    source: &'h HttpSource<'h>,
    client: &'h Client,
    /// Bytes that had come before its own.
    before: u64,
    limits: Option<Limits>,
}

impl Held<'_> {
    /// Fails where a limit is reached.
    fn left(&self) -> io::Result<()> {
        let Some(limits) = self.limits else { return Ok(()) };
        let bytes = self.client.bytes();
        let why = if bytes.saturating_sub(self.before) > limits.file {
            "more of it would have to be read than is read of one file"
        } else if bytes > limits.all {
            "more would have to be read than is read in all"
        } else if Instant::now() >= limits.until {
            "it took too long"
        } else {
            return Ok(());
        };
        Err(io::Error::other(why))
    }
}

impl ReadAt for Held<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.left()?;
        self.source.read_at(offset, buffer)
    }

    fn expect(&self, range: Range<u64>) {
        if self.left().is_ok() {
            self.source.expect(range);
        }
    }
}

/// Nothing of a wheel but its metadata.
pub(super) fn metadata() -> ArchiveOptions {
    ArchiveOptions { only: Some(Decides::default()), ..ArchiveOptions::default() }
}

/// Whether an index is PyTorch's own, or a mirror of it, which keeps the last parts of its path.
pub(super) fn is_of_torch(url: &Url) -> bool {
    url.request()
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .split('/')
        .any(|part| part == "whl" || part == "pytorch-wheels")
}

/// A wheel on the index.
#[derive(Debug, Clone)]
pub struct Wheel {
    /// Version as its file name has it.
    pub version: String,
    /// What it is for.
    pub tags: WheelTags,
    /// Whether it is on PyTorch's own index, whose builds have a local version.
    pub of_torch: bool,
    /// Whether it is for any system: others without a platform are for systems that gpucheck has no rows for.
    any: bool,
    file: File,
}

impl Wheel {
    fn of(file: File, of_torch: bool) -> Option<Self> {
        let name = WheelName::parse(&file.listed.name)?;
        let any = name.tags().ends_with("-any");
        let tags = WheelTags::parse(&name.tags())?;
        (file.listed.yanked.is_none()).then_some(Self { version: name.version, tags, of_torch, any, file })
    }

    /// Name of the file.
    pub fn file_name(&self) -> &str {
        &self.file.listed.name
    }
}

/// The wheel that pip would take.
pub fn chosen<'w>(wheels: &[&'w Wheel], requirement: &Requirement, target: &WheelTarget) -> Option<&'w Wheel> {
    let files = wheels.iter().map(|wheel| wheel.file.clone()).collect();
    let chosen = remote::choose(files, requirement, target).ok()?;
    wheels.iter().copied().find(|wheel| wheel.file == chosen.file)
}

/// One wheel for each platform of a version: that for this Python, else for any.
pub fn one_for_each_platform<'w>(wheels: &'w [Wheel], version: &str, python: PythonVersion) -> Vec<&'w Wheel> {
    let mut chosen: BTreeMap<Option<Platform>, &Wheel> = BTreeMap::new();
    for wheel in wheels.iter().filter(|wheel| wheel.version == version && (wheel.any || wheel.tags.platform.is_some()))
    {
        let best = chosen.entry(wheel.tags.platform).or_insert(wheel);
        if wheel.tags.python == Some(python) {
            *best = wheel;
        }
    }
    chosen.into_values().collect()
}

/// The Python versions with wheels of a version on a platform, in the order of the rows.
pub fn pythons<'w>(
    wheels: impl IntoIterator<Item = &'w Wheel>,
    version: &str,
    platform: Platform,
) -> Vec<PythonVersion> {
    let there = wheels.into_iter().filter(|wheel| wheel.version == version && wheel.tags.platform == Some(platform));
    let mut found: Vec<PythonVersion> = there.filter_map(|wheel| wheel.tags.python).collect();
    found.order_by_key(|python| (python.free_threaded, python.major, python.minor));
    found.dedup();
    found
}

/// The day on which the first wheel of a version was uploaded; nothing where the index does not tell it, as HTML pages do not.
pub fn released(wheels: &[Wheel], version: &str) -> Option<String> {
    days(wheels).get(version).map(|day| (*day).to_owned())
}

/// The versions of wheels, each with the day on which its first was uploaded.
pub fn days(wheels: &[Wheel]) -> BTreeMap<&str, &str> {
    let mut days: BTreeMap<&str, &str> = BTreeMap::new();
    for wheel in wheels {
        let Some((day, _)) = wheel.file.listed.uploaded.as_deref().and_then(|time| time.split_once('T')) else {
            continue;
        };
        if !is_day(day) {
            continue;
        }
        let first = days.entry(&wheel.version).or_insert(day);
        *first = day.min(*first);
    }
    days
}

fn is_day(text: &str) -> bool {
    let digit = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(digit)
}

/// The numbers of a version, for their order.
pub fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// A configuration whose indexes are this one alone, and that waits no longer than this.
pub fn alone(config: &Config, url: Url, origin: &str, most: Duration) -> Config {
    let mut own = config.clone();
    own.settings.timeout = own.settings.timeout.min(most);
    own.indexes = vec![remote::Index { url, origin: origin.to_owned() }];
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Listed;

    fn wheel(name: &str, uploaded: &str, of_torch: bool) -> Option<Wheel> {
        let listed = Listed { name: name.to_owned(), uploaded: Some(uploaded.to_owned()), ..Listed::default() };
        Wheel::of(File { listed, url: Url::parse("https://host/x").unwrap() }, of_torch)
    }

    #[test]
    fn the_first_upload_is_the_day_and_no_day_is_none() {
        let of = |uploaded| wheel("torch-9.0-cp312-cp312-win_amd64.whl", uploaded, false).unwrap();
        let wheels = ["2036-02-04T00:00:00Z", "2036-02-03T23:59:59Z", "0T0", "\u{661}036-02-03T", "2036-02-01"].map(of);
        assert_eq!(released(&wheels, "9.0").as_deref(), Some("2036-02-03"));
        assert_eq!(released(&wheels, "9.1"), None);
        assert_eq!(released(&wheels[2..], "9.0"), None);
    }

    #[test]
    fn pytorchs_own_index_is_known_by_its_path() {
        let is = |url: &str| is_of_torch(&Url::parse(url).unwrap());
        assert!(is("https://download.pytorch.org/whl") && is("https://download.pytorch.org/whl/cu130/"));
        assert!(is("https://mirror.example/pytorch-wheels/cu124"));
        assert!(!is("https://pypi.example/simple") && !is("https://whl.example/simple/?whl"));
    }

    #[test]
    fn pythons_are_those_of_the_version_on_the_platform() {
        let names = [
            "9.0-cp313-cp313t-win_amd64",
            "9.0-cp312-cp312-win_amd64",
            "9.0-cp39-cp39-win_amd64",
            "9.1-cp310-cp310-win_amd64",
        ];
        let wheels: Vec<Wheel> =
            names.iter().filter_map(|tags| wheel(&format!("torch-{tags}.whl"), "", false)).collect();
        let found: Vec<String> =
            pythons(&wheels, "9.0", "windows-x86_64".parse().unwrap()).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["3.9", "3.12", "3.13t"]);
    }
}
