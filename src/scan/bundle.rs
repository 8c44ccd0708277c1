//! What comes together: a wheel, a conda package, an installed distribution, a folder, a file.

use std::collections::BTreeSet;

use crate::{
    binary::Archive,
    facts::{
        Build, Container, Cpu, Environment, Fact, Facts, Library, Listing, Origin, Os, Package, Platform, Source,
        Unlisted,
    },
    probe,
    python::{self, file_name},
    report::scan::BundleKind,
};

/// Libraries that come together, and what is known of them as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What it is.
    pub kind: BundleKind,
    /// Normalised name of a distribution; for a folder or a file, how reports name it.
    pub name: String,
    /// Version, where something says it.
    pub version: Option<String>,
    /// What a package's file name says it is for: `cp311-cp311-win_amd64`, or conda's build string.
    pub tags: Option<String>,
    /// Where it was read, as reports name it.
    pub at: String,
    /// Requirements as written in its metadata; `None` if there is no metadata.
    pub requires: Option<Vec<String>>,
    /// Bytes of the file as downloaded; `None` if it is not a single file or was not read from disk.
    pub size: Option<u64>,
    /// Build of torch, torchvision or torchaudio, by its `version.py`.
    pub build: Fact<Build>,
    /// Who installed it.
    pub installer: Option<String>,
    /// Files of its metadata that could not be read, or say nothing.
    pub unread: Vec<Unlisted>,
    /// Whether of some library only a sample was read, or others were left out.
    pub sampled: bool,
    /// A library that may decide and that the sample did not reach.
    pub unreached: Option<String>,
    /// Its libraries, by path.
    pub libraries: Vec<Library>,
    /// Names of all its files that look like libraries, links included: what the loader may ask for.
    pub files: BTreeSet<String>,
}

impl Bundle {
    /// Nothing in it yet.
    pub fn new(kind: BundleKind, name: impl Into<String>, at: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: None,
            tags: None,
            at: at.into(),
            requires: None,
            size: None,
            build: Fact::unknown("no file that was read names its build"),
            installer: None,
            unread: Vec::new(),
            sampled: false,
            unreached: None,
            libraries: Vec::new(),
            files: BTreeSet::new(),
        }
    }

    /// An installed package, without its libraries.
    pub fn of_package(package: Package) -> Self {
        // If its metadata could not be read, its requirements are unknown.
        let told = package.unread.iter().all(|unread| unread.path.ends_with("/RECORD")) || !package.requires.is_empty();
        Self {
            version: package.version.value().cloned(),
            requires: told.then_some(package.requires),
            build: package.build,
            installer: package.installer,
            unread: package.unread,
            ..Self::new(BundleKind::Installed, package.name, package.at)
        }
    }

    /// The libraries of a package that was read without unpacking it. `at`: how reports name the file.
    pub fn of_archive(archive: Archive, kind: BundleKind, at: &str) -> Self {
        let sampled = !archive.sampled.is_empty() || !archive.left.is_empty();
        let reached = |path: &String| {
            let tells = |library: &Library| !(archive.sampled.contains(path) && library.code.is_unknown());
            archive.libraries.iter().any(|library| library.path == *path && tells(library))
        };
        let unreached = archive.largest.clone().filter(|path| sampled && !reached(path));
        let build = match (&archive.version_py, &archive.name) {
            (Some((path, text)), Some(name)) => probe::build_of_text(text, &python::normalize(name), path),
            _ => Self::new(kind, "", at).build,
        };
        let name = archive.name.as_deref().map_or_else(|| file_name(at).to_owned(), python::normalize);
        let package = probe::package(name, version(archive.version, at), build, &archive.requires, at.to_owned());
        let files = archive.libraries.iter().map(|library| file_name(&library.path).to_owned()).collect();
        Self {
            kind,
            tags: archive.tags,
            sampled,
            unreached,
            libraries: archive.libraries,
            files,
            ..Self::of_package(package)
        }
    }

    /// As an environment of its own, for the rules about what is published.
    pub fn environment(&self, facts: &Facts) -> Environment {
        let why = "not installed: only its files were read";
        Environment {
            found_by: "named".to_owned(),
            platform: self.platform_of(facts),
            packages: vec![Package {
                installer: self.installer.clone(),
                libraries: self.libraries.clone(),
                // The files were read: what a row says about the version does not replace that.
                listing: Some(Listing::Record),
                unread: self.unread.clone(),
                ..probe::package(
                    self.name.clone(),
                    version(self.version.clone(), &self.at),
                    self.build.clone(),
                    self.requires.as_deref().unwrap_or_default(),
                    self.at.clone(),
                )
            }],
            unlisted: self
                .unreached
                .iter()
                .map(|path| Unlisted { path: path.clone(), why: "the sample did not reach it".to_owned() })
                .collect(),
            ..Environment::unknown(self.label(), Origin::Artifact(self.at.clone()), why)
        }
    }

    /// The platform to judge it for: what does not name its processor is for the machine that is asked about.
    fn platform_of(&self, facts: &Facts) -> Fact<Platform> {
        let host = &facts.host.platform;
        match (self.told_platform(), self.platform(), host.value()) {
            (Some(told), ..) => Fact::known(told, Source::file(&self.at)),
            (None, Some(guessed), Some(host_is)) if guessed.os == host_is.os => host.clone(),
            (None, Some(guessed), _) => Fact::known(guessed, Source::file(&self.at)),
            (None, None, _) => host.clone(),
        }
    }

    /// What it was built for, where its tags name the processor, or all of its libraries the same: tags of conda's packages do not, and bare
    /// files have none.
    pub fn told_platform(&self) -> Option<Platform> {
        let tags = self.tags.as_deref().unwrap_or_default();
        let tagged = ["x86_64", "amd64", "aarch64", "arm64"].iter().any(|word| tags.contains(word));
        (tagged || self.cpu_of_libraries().is_some()).then(|| self.platform())?
    }

    /// The processor that all of its libraries are for.
    fn cpu_of_libraries(&self) -> Option<Cpu> {
        let mut cpus = self.libraries.iter().filter_map(|library| library.cpu);
        let first = cpus.next()?;
        cpus.all(|cpu| cpu == first).then_some(first)
    }

    /// What it was built for, by its tags or its libraries.
    pub fn platform(&self) -> Option<Platform> {
        let tags = self.tags.as_deref().unwrap_or_default();
        let windows = tags.contains("win_") || self.libraries.iter().any(|l| l.container == Container::Pe);
        let linux = tags.contains("linux") || self.libraries.iter().any(|l| l.container == Container::Elf);
        let os = if windows { Os::Windows } else { linux.then_some(Os::Linux)? };
        let tagged = |words: [&str; 2]| words.iter().any(|word| tags.contains(word));
        let cpu = match () {
            () if tagged(["aarch64", "arm64"]) => Cpu::Aarch64,
            () if tagged(["x86_64", "amd64"]) => Cpu::X86_64,
            () => self.cpu_of_libraries().unwrap_or(Cpu::X86_64),
        };
        Some(Platform { os, cpu })
    }

    /// Name and version, as people say it.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}

fn version(version: Option<String>, at: &str) -> Fact<String> {
    match version {
        Some(version) => Fact::known(version, Source::file(at)),
        None => Fact::unknown("no file that was read names its version"),
    }
}
