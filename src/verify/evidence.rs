//! What a package says of itself: a wheel read without unpacking it, or an installed environment.

use std::path::Path;

use super::tags::WheelTags;
use crate::{
    binary::{self, Archive, ArchiveOptions, ReadAt, Skipped},
    facts::{BadFile, Container, Environment, Flaw, Library, Os, Package, Platform},
    python::{self, TorchVersion},
};

/// A package as it was found.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The file or environment, as reports name it.
    pub target: String,
    /// Normalised name.
    pub name: String,
    /// Version as its metadata has it.
    pub version: String,
    /// Version in the name of the file: with a local part, it is not from PyPI.
    pub file_version: Option<String>,
    /// What its `version.py` says.
    pub build: Option<TorchVersion>,
    /// `Requires-Dist`, without those of extras.
    pub requires: Vec<String>,
    /// `Requires-Dist` of extras; nothing of what is installed.
    pub requires_of_extras: Vec<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// Tags of the file name.
    pub tags: Option<WheelTags>,
    /// What it was built for.
    pub platform: Option<Platform>,
    /// Its libraries.
    pub libraries: Vec<Library>,
    /// Libraries that are there and were not read, because others tell what is asked.
    pub left: Vec<String>,
    /// What could not be read, and why.
    pub unread: Vec<(String, String)>,
    /// Whether these are libraries that an environment should have.
    pub damaged: bool,
}

impl Evidence {
    /// Version with its local part, as far as it is known.
    pub fn full_version(&self) -> &str {
        self.build.as_ref().map_or(&self.version, |build| &build.version)
    }

    /// What there is for one platform, of a package for any: its libraries are those that systems of it load.
    pub fn of(mut self, platform: Platform) -> Self {
        let other = if platform.os == Os::Windows { Container::Elf } else { Container::Pe };
        self.libraries.retain(|library| library.container != other);
        self.platform = Some(platform);
        self
    }

    /// The paths of its libraries, read or not.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let unread = self.unread.iter().map(|(path, _)| path);
        self.libraries.iter().map(|library| &library.path).chain(&self.left).chain(unread).map(String::as_str)
    }
}

/// Reads a wheel. `shown` is how reports name it.
///
/// # Errors
/// When the file cannot be read or is not a wheel.
pub fn of_wheel(path: &Path, shown: &str, options: &ArchiveOptions) -> anyhow::Result<Evidence> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = binary::FileSource::open(path)?;
    of_wheel_source(&source, &file, shown, options)
}

/// As [`of_wheel`], of any source. `file` is the name that the file has or would have.
///
/// # Errors
/// When it cannot be read or is not a wheel.
pub fn of_wheel_source(
    source: &dyn ReadAt,
    file: &str,
    shown: &str,
    options: &ArchiveOptions,
) -> anyhow::Result<Evidence> {
    let archive: Archive = binary::read_archive_source(source, file, options)?;
    if let Some(Skipped { path, why }) = archive.skipped.iter().find(|one| one.path.ends_with(".dist-info/METADATA")) {
        anyhow::bail!("{path}: {why}");
    }
    let (Some(name), Some(version)) = (archive.name, archive.version) else {
        anyhow::bail!("neither its file name nor its METADATA says which package it is");
    };
    let name = python::normalize(&name);
    let own = format!("{}/version.py", name.replace('-', "_"));
    let text = archive.version_py.filter(|(path, _)| *path == own).map(|(_, text)| text);
    let build = text.and_then(|text| python::version_py(&text));
    let tags = archive.tags.as_deref().and_then(WheelTags::parse);
    Ok(Evidence {
        target: shown.to_owned(),
        file_version: file.split('-').nth(1).map(|version| version.replace("%2B", "+")),
        build,
        requires: archive.requires,
        requires_of_extras: archive.requires_of_extras,
        requires_python: archive.requires_python,
        // A wheel for any platform has libraries for one.
        platform: tags.as_ref().and_then(|tags| tags.platform).or_else(|| platform(&archive.libraries)),
        tags,
        libraries: archive.libraries,
        left: archive.left,
        unread: archive.skipped.into_iter().map(|skipped| (skipped.path, skipped.why.to_string())).collect(),
        damaged: false,
        name,
        version,
    })
}

/// What libraries are for, where all of them are for the same.
fn platform(libraries: &[Library]) -> Option<Platform> {
    let of = |library: &Library| match (library.container, library.cpu) {
        (Container::Elf, Some(cpu)) => Some(Platform { os: Os::Linux, cpu }),
        (Container::Pe, Some(cpu)) => Some(Platform { os: Os::Windows, cpu }),
        _ => None,
    };
    let mut platforms = libraries.iter().filter_map(of);
    let first = platforms.next()?;
    platforms.all(|other| other == first).then_some(first)
}

/// The package of this name in a probed environment.
pub fn of_environment(environment: &Environment, package: &Package) -> Option<Evidence> {
    let build = package.build.value().map(|build| TorchVersion {
        version: build.version.clone(),
        cuda: build.cuda.map(|cuda| cuda.to_string()),
        hip: None,
    });
    // A linker script alone is not a fault.
    let counts = |file: &&BadFile| file.what != Flaw::LinkerScript;
    let told = |file: &BadFile| (file.path.clone(), format!("it {}", file.why));
    let unread: Vec<(String, String)> = package.damaged.iter().filter(counts).map(told).collect();
    Some(Evidence {
        target: environment.id.clone(),
        name: package.name.clone(),
        version: package.version.value()?.clone(),
        file_version: None,
        build,
        requires: package.requires.clone(),
        requires_of_extras: Vec::new(),
        requires_python: None,
        tags: None,
        platform: environment.platform.value().copied(),
        libraries: package.libraries.clone(),
        left: Vec::new(),
        damaged: !unread.is_empty(),
        unread,
    })
}
