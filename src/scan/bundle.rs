//! What comes together: a wheel, a conda package, an installed distribution, a folder, a file.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    binary::Archive,
    facts::{
        Build, Container, Cpu, Environment, Fact, Facts, Library, Listing, Origin, Os, Package, Platform, Source,
        Unlisted,
    },
    probe,
    python::{self, file_name},
    report::scan::BundleKind,
    system::redact,
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
    /// Requirements as its metadata has them; nothing where there is no metadata.
    pub requires: Option<Vec<String>>,
    /// Bytes of the file as it is downloaded; nothing for what is no single file or was not read from disk.
    pub size: Option<u64>,
    /// Build of torch, torchvision or torchaudio, by its `version.py`.
    pub build: Fact<Build>,
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
            build: Fact::unknown("nothing that was read names its build"),
            sampled: false,
            unreached: None,
            libraries: Vec::new(),
            files: BTreeSet::new(),
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
        let plain = Self::new(kind, "", at);
        let build = match (&archive.version_py, &archive.name) {
            (Some((path, text)), Some(name)) => probe::build_of_text(text, &python::normalize(name), path),
            _ => plain.build.clone(),
        };
        let name = archive.name.map_or_else(|| file_name(at).to_owned(), |name| python::normalize(&name));
        let files = archive.libraries.iter().map(|library| file_name(&library.path).to_owned()).collect();
        Self {
            version: archive.version,
            tags: archive.tags,
            requires: Some(archive.requires.iter().map(|line| redact::urls(line)).collect()),
            build,
            sampled,
            unreached,
            libraries: archive.libraries,
            files,
            name,
            ..plain
        }
    }

    /// As an environment of its own, for the rules about what is published.
    pub fn environment(&self, facts: &Facts) -> Environment {
        let why = "not installed: it was only read";
        Environment {
            id: self.label(),
            origin: Origin::Artifact(self.at.clone()),
            selected: true,
            found_by: "named".to_owned(),
            active: false,
            interpreter: Fact::unknown(why),
            python: Fact::unknown(why),
            platform: self
                .platform()
                .map_or_else(|| facts.host.platform.clone(), |p| Fact::known(p, Source::file(&self.at))),
            manager: Fact::unknown(why),
            packages: vec![Package {
                name: self.name.clone(),
                version: match &self.version {
                    Some(version) => Fact::known(version.clone(), Source::file(&self.at)),
                    None => Fact::unknown("nothing that was read names its version"),
                },
                build: self.build.clone(),
                installer: None,
                requires: self.requires.clone().unwrap_or_default(),
                libraries: self.libraries.clone(),
                // Somebody looked: what a row says of the version does not stand in for it.
                listing: Some(Listing::Record),
                damaged: Vec::new(),
                unread: Vec::new(),
                editable: None,
                at: self.at.clone(),
            }],
            system_libraries: BTreeMap::new(),
            unlisted: self
                .unreached
                .iter()
                .map(|path| Unlisted { path: path.clone(), why: "the sample did not reach it".to_owned() })
                .collect(),
            elsewhere: Vec::new(),
        }
    }

    /// What it was built for, by its tags or its libraries.
    pub fn platform(&self) -> Option<Platform> {
        let tags = self.tags.as_deref().unwrap_or_default();
        let windows = tags.contains("win_") || self.libraries.iter().any(|l| l.container == Container::Pe);
        let linux = tags.contains("linux") || self.libraries.iter().any(|l| l.container == Container::Elf);
        let os = if windows { Os::Windows } else { linux.then_some(Os::Linux)? };
        let arm = ["aarch64", "arm64"].iter().any(|word| tags.contains(word));
        Some(Platform { os, cpu: if arm { Cpu::Aarch64 } else { Cpu::X86_64 } })
    }

    /// Name and version, as people say it.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}
