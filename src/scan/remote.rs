//! Packages on servers: found on an index, read with ranges as far as the verdict needs.

use anyhow::{Context as _, anyhow, bail};

use super::{Bundle, Counted, Depth, Located, Progress, located::AHEAD_FULL, names::package_kind};
use crate::{
    binary::{self, ArchiveOptions, Decides, ReadAt, Sample, Skipped},
    facts::{Cpu, Os, Platform, PythonVersion},
    knowledge::{self, Knowledge},
    probe::{self, Here},
    python::{self, Requirement, WheelName, WheelPlatform, WheelTarget},
    remote::{self, Chosen, Client, Config, Fault, HttpSource, NotFound, Strategy, Url},
    report::scan::{BundleKind, Remote},
    system::{Root, Surroundings},
};

/// At most one part in this many of a wheel is read if a sample is enough …
const SHARE: u64 = 25;
/// … but this much of a small one.
const LEAST: u64 = 8 << 20;
/// What a sample reads on is fetched in pieces of this size (all of a file in [`AHEAD_FULL`]): what comes after the last byte that was needed is fetched in vain.
pub const AHEAD_SAMPLE: u64 = 512 << 10;
/// A conda package is one stream, which has no samples: larger ones are only read when that was asked for.
const MAX_STREAM: u64 = 64 << 20;

/// How to find and read packages on servers.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// The index instead of the configured one.
    pub index_url: Option<String>,
    /// Indexes besides.
    pub extra_index_url: Vec<String>,
    /// For which system.
    pub platform: Option<WheelPlatform>,
    /// For which Python.
    pub python: Option<PythonVersion>,
    /// With which ABI tag.
    pub abi: Option<String>,
    /// Read all of it.
    pub full: bool,
}

/// How far reading goes, what decides, and who waits.
#[derive(Debug)]
pub struct FetchOptions<'a> {
    /// `--deep` reads all.
    pub depth: Depth,
    /// Knows which libraries decide.
    pub knowledge: &'a Knowledge,
    /// Counts.
    pub progress: &'a Progress,
}

/// What came of a package over the network.
#[derive(Debug)]
pub struct Fetched {
    /// Its libraries.
    pub bundle: Bundle,
    /// Members that could not be read.
    pub skipped: Vec<Skipped>,
    /// How it was read.
    pub remote: Remote,
}

impl Network {
    /// Reads the package at an address.
    ///
    /// # Errors
    /// What keeps it from being read, in one line without secrets.
    pub fn address(&self, url: &Url, wish: &FetchOptions<'_>) -> anyhow::Result<Fetched> {
        self.read(&self.at(url)?, wish)
    }

    /// Finds a package and reads it.
    ///
    /// # Errors
    /// As [`Network::address`], and when no index has a wheel that fits.
    pub fn package(&self, wanted: &Requirement, word: &str, wish: &FetchOptions<'_>) -> anyhow::Result<Fetched> {
        self.read(&self.find(wanted, word)?, wish)
    }

    /// The package at an address, to be read.
    ///
    /// # Errors
    /// When the settings for the network cannot be read.
    pub fn at(&self, url: &Url) -> anyhow::Result<Located> {
        let (root, surroundings) = surroundings()?;
        let here = probe::here(&root, &surroundings);
        let config = self.config(&root, &surroundings, &here, None)?;
        let client = Client::new(config.settings)?;
        Ok(Located { client, url: url.clone(), word: url.to_string(), index: None })
    }

    /// Finds a package on the indexes. `word` is what the user called it.
    ///
    /// # Errors
    /// When no index is known or can be read, and when none has a wheel that fits.
    pub fn find(&self, wanted: &Requirement, word: &str) -> anyhow::Result<Located> {
        let (root, surroundings) = surroundings()?;
        let here = probe::here(&root, &surroundings);
        let config = self.config(&root, &surroundings, &here, Some(&wanted.name))?;
        usable(&config).with_context(|| word.to_owned())?;
        let target = self.target(&here)?;
        let client = Client::new(config.settings)?;
        let mut files = Vec::new();
        for index in &config.indexes {
            let found = remote::files(&client, &index.url, &wanted.name)?.unwrap_or_default();
            let first = !found.is_empty() && config.strategy == Strategy::First;
            files.extend(found.into_iter().map(|file| (file, index)));
            if first {
                break;
            }
        }
        let asked: Vec<String> =
            config.indexes.iter().map(|index| format!("{} ({})", index.url, index.origin)).collect();
        let list = files.iter().map(|(file, _)| file.clone()).collect();
        let Chosen { file, .. } = remote::choose(list, wanted, &target).map_err(|why| match why {
            NotFound::Nothing => anyhow!("{word}: no package {} on {}", wanted.name, asked.join(", ")),
            why => anyhow!("{word}: {why} [{}]", asked.join(", ")),
        })?;
        let index = files
            .iter()
            .find(|(other, _)| *other == file)
            .map(|(_, index)| format!("{} ({})", index.url, index.origin));
        Ok(Located { client, url: file.url, word: word.to_owned(), index })
    }

    /// Which indexes are asked, and how they are reached.
    ///
    /// # Errors
    /// When there is none, or one is not a valid URL.
    pub fn configured(&self) -> anyhow::Result<Config> {
        let (root, surroundings) = surroundings()?;
        let here = probe::here(&root, &surroundings);
        let config = self.config(&root, &surroundings, &here, None)?;
        usable(&config)?;
        Ok(config)
    }

    fn config(
        &self,
        root: &Root,
        surroundings: &Surroundings,
        here: &Here,
        package: Option<&str>,
    ) -> anyhow::Result<Config> {
        let prefixes: Vec<_> =
            here.pythons.iter().map(|python| (python.prefix.clone(), python.site_packages.clone())).collect();
        let named = (self.index_url.as_deref(), self.extra_index_url.as_slice());
        Ok(Config::of(root, surroundings, package, named, &prefixes)?)
    }

    /// What the wheel must fit: what was named, else this machine and its selected Python.
    fn target(&self, here: &Here) -> anyhow::Result<WheelTarget> {
        let own = || {
            let platform = here.platform.value().copied();
            let platform =
                platform.ok_or_else(|| anyhow!("there are no wheels for this machine: choose a --platform"))?;
            Ok::<_, anyhow::Error>(WheelPlatform::of(platform, here.glibc.value().map(String::as_str)))
        };
        let python = here.pythons.first().and_then(|python| python.version.value().copied());
        let (platform, python) = match &self.platform {
            None => (own()?, self.python.or(python)),
            Some(platform) => {
                let mut platform = platform.clone();
                if platform.cpu.is_none() {
                    let os = match platform.system {
                        python::System::Windows => Os::Windows,
                        python::System::Macos => Os::Macos,
                        _ => Os::Linux,
                    };
                    let cpu = here.platform.value().map_or(Cpu::X86_64, |here| here.cpu);
                    platform.cpu = WheelPlatform::of(Platform { os, cpu }, None).cpu;
                }
                // Which Python another machine has is not known.
                (platform, self.python)
            }
        };
        Ok(WheelTarget { platform, python, abi: self.abi.clone() })
    }

    fn read(&self, located: &Located, wish: &FetchOptions<'_>) -> anyhow::Result<Fetched> {
        let Located { client, url, word, index } = located;
        let file = located.file()?;
        let full = self.full || wish.depth.deep;
        let index_bytes = client.bytes();
        let opened = HttpSource::open(client, url, if full { AHEAD_FULL } else { AHEAD_SAMPLE });
        let mut report = Remote {
            target: word.clone(),
            url: url.to_string(),
            file,
            index: index.clone(),
            size: 0,
            bytes: 0,
            index_bytes,
            requests: 0,
            sampled: !full,
            not_looked_into: Vec::new(),
            downloaded: false,
        };
        let archive = match opened {
            Ok(source) => {
                report.size = source.len();
                if report.file.ends_with(".conda") && !full {
                    if source.len() > MAX_STREAM {
                        bail!(
                            "{url}: a conda package is a single stream and cannot be read in part: use --full to read all {:.1} MB",
                            source.len() as f64 / 1e6
                        );
                    }
                    report.sampled = false;
                }
                let options = match report.sampled {
                    true => sample(wish.knowledge, &report.file, report.size),
                    false => ArchiveOptions::default(),
                };
                // The total size of a sample is not known in advance.
                let archive = match report.sampled {
                    true => binary::read_archive_source(&source, &report.file, &options),
                    false => {
                        let counted = Counted::new(&source, wish.progress);
                        binary::read_archive_source(&counted, &report.file, &options)
                    }
                };
                // After a fault of the network the rest of the file seems damaged.
                if let Some(failure) = source.failure() {
                    return Err(failure.into());
                }
                archive
            }
            Err(error) if full && matches!(error.fault, Fault::NoRanges(_)) => {
                let whole = remote::download(client, url)?;
                (report.size, report.downloaded) = (whole.source().len(), true);
                binary::read_archive_source(whole.source(), &report.file, &ArchiveOptions::default())
            }
            Err(error) => return Err(error.into()),
        };
        let mut archive = archive.map_err(|error| anyhow!("{url}: {error}"))?;
        let skipped = std::mem::take(&mut archive.skipped);
        report.not_looked_into = std::mem::take(&mut archive.left);
        report.sampled &= !archive.sampled.is_empty() || !report.not_looked_into.is_empty();
        report.bytes = client.bytes().saturating_sub(report.index_bytes);
        report.requests = client.requests();
        let kind = package_kind(report.file.as_ref()).unwrap_or(BundleKind::Wheel);
        let mut bundle = Bundle::of_archive(archive, kind, &report.url);
        bundle.size = Some(report.size);
        Ok(Fetched { bundle, skipped, remote: report })
    }
}

/// Whether there is an index to ask.
fn usable(config: &Config) -> anyhow::Result<()> {
    if let Some(why) = &config.forbidden {
        bail!("pip is configured to use no index ({why}): name one with --index-url URL");
    }
    if config.indexes.is_empty() {
        bail!(
            "no package index found: neither pip nor uv has one configured, and no pip with a built-in one was found. \
             Name one with --index-url URL"
        );
    }
    Ok(())
}

/// Whether an error is that of a network or a server that does not answer, and not of what was asked for.
pub fn is_unreachable(error: &anyhow::Error) -> bool {
    let faults = error.chain().filter_map(|cause| cause.downcast_ref::<remote::Error>());
    faults.map(|error| &error.fault).any(|fault| match fault {
        Fault::Unresolved(_)
        | Fault::Connection(_)
        | Fault::Proxy(_)
        | Fault::Timeout(_)
        | Fault::Slow(_)
        | Fault::Truncated => true,
        Fault::Status(status) => *status == 429 || *status >= 500,
        _ => false,
    })
}

/// How far a wheel of this size is read where a sample is enough.
pub fn sample(knowledge: &Knowledge, file: &str, size: u64) -> ArchiveOptions {
    let name = WheelName::parse(file).map(|wheel| wheel.name).unwrap_or_default();
    // Of libraries that are made for one CUDA release each (`{cuda}`), none decides by itself.
    let main: Vec<String> = knowledge.main_libraries(&name).map(str::to_owned).collect();
    let decides = Decides::new(move |path| main.iter().any(|pattern| knowledge::matches(pattern, path)));
    let sample = Sample { bytes: LEAST.max(size / SHARE), decides };
    ArchiveOptions { sample: Some(sample), ..ArchiveOptions::default() }
}

fn surroundings() -> anyhow::Result<(Root, Surroundings)> {
    let surroundings = Surroundings::of_process();
    Ok((Root::new(None, surroundings.home.as_deref())?, surroundings))
}
