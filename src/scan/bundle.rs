//! What comes together: a wheel, a conda package, an installed distribution, a folder, a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    binary::Archive,
    facts::{Environment, Fact, Facts, Library, Origin, Package},
    probe::redact,
    python,
};

/// Libraries that come together, and what is known of them as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What it is.
    pub kind: Kind,
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
    /// Whether of some library only a sample was read, or others were left out.
    pub sampled: bool,
    /// Its libraries, by path.
    pub libraries: Vec<Library>,
    /// Names of all its files that look like libraries, links included: what the loader may ask for.
    pub files: BTreeSet<String>,
}

/// What a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A wheel file.
    Wheel,
    /// A conda package file.
    Conda,
    /// A distribution that is installed in a folder.
    Installed,
    /// A folder, or what no distribution in it lists.
    Folder,
    /// A single file.
    File,
}

impl Bundle {
    /// Nothing in it yet.
    pub fn new(kind: Kind, name: impl Into<String>, at: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            version: None,
            tags: None,
            at: at.into(),
            requires: None,
            size: None,
            sampled: false,
            libraries: Vec::new(),
            files: BTreeSet::new(),
        }
    }

    /// The libraries of a package that was read without unpacking it. `at`: how reports name the file.
    pub fn of_archive(archive: Archive, kind: Kind, at: &str) -> Self {
        let name = archive.name.map_or_else(|| file_name(at).to_owned(), |name| python::normalize(&name));
        let files = archive.libraries.iter().map(|library| file_name(&library.path).to_owned()).collect();
        Self {
            version: archive.version,
            tags: archive.tags,
            requires: Some(archive.requires.iter().map(|line| redact::urls(line)).collect()),
            sampled: archive.libraries.iter().any(super::remote::is_sample),
            libraries: archive.libraries,
            files,
            ..Self::new(kind, name, at)
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
            platform: facts.host.platform.clone(),
            manager: Fact::unknown(why),
            packages: vec![Package {
                // Not the distribution's own name: rules about torch judge environments that somebody runs.
                name: self.label(),
                version: Fact::unknown(why),
                build: Fact::unknown(why),
                installer: None,
                requires: Vec::new(),
                libraries: self.libraries.clone(),
                listing: None,
                damaged: Vec::new(),
                unread: Vec::new(),
                editable: None,
                at: self.at.clone(),
            }],
            system_libraries: BTreeMap::new(),
            unlisted: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Name and version, as people say it.
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The last part of a path with forward slashes.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A library's name without what changes from release to release: `libnvjpeg.e5f20359.so.12` and `libnvjpeg-1a2b3c4d.so.13` are
/// `libnvjpeg.so`, `cublas64_12.dll` is `cublas64.dll`, `_C.cpython-311-x86_64-linux-gnu.so` is `_C.so`.
pub fn stem(name: &str) -> String {
    let (base, ending) = match name.split_once(".so") {
        Some((base, rest)) if rest.is_empty() || rest.starts_with('.') => (base, ".so"),
        _ => match name.rsplit_once('.') {
            Some((base, "dll" | "DLL")) => (base, ".dll"),
            Some((base, "pyd")) => (base, ".pyd"),
            _ => return name.to_owned(),
        },
    };
    let base = base.split(".cpython-").next().unwrap_or(base).split(".cp3").next().unwrap_or(base);
    let base = base.strip_suffix(".abi3").unwrap_or(base);
    // What auditwheel and delvewheel put in: eight or more hex digits.
    let hash = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let base = match base.rsplit_once(['-', '.']) {
        Some((first, last)) if hash(last) => first,
        _ => base,
    };
    let base = match (ending, base.rsplit_once('_')) {
        (".dll", Some((first, last))) if last.bytes().all(|byte| byte.is_ascii_digit()) => first,
        _ => base,
    };
    format!("{base}{ending}")
}

/// A library's name without the CUDA release that it was built for, where it names one: `libbitsandbytes_cuda128.so` and
/// `libbitsandbytes_cuda118.so` are two of one kind, of which a program loads one.
pub fn variant(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    for tag in ["cuda", "cu"] {
        let Some(at) = lower.find(tag) else { continue };
        let digits = lower.get(at + tag.len()..)?.bytes().take_while(u8::is_ascii_digit).count();
        let before = at.checked_sub(1).and_then(|at| lower.as_bytes().get(at));
        if (2..=3).contains(&digits) && before.is_some_and(|byte| matches!(byte, b'_' | b'-' | b'.')) {
            return Some(format!("{}{}", name.get(..at + tag.len())?, name.get(at + tag.len() + digits..)?));
        }
    }
    None
}

/// Whether a library is one of several that differ in the CUDA release they were built for.
pub fn is_variant(path: &str) -> bool {
    variant(file_name(path)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_what_changes() {
        for (name, wanted) in [
            ("libcudart.so.12", "libcudart.so"),
            ("libnvjpeg.e5f20359.so.12", "libnvjpeg.so"),
            ("libctranslate2-a7a60d30.so.4.8.5", "libctranslate2.so"),
            ("_C.cpython-311-x86_64-linux-gnu.so", "_C.so"),
            ("_C.abi3.so", "_C.so"),
            ("_C.cp312-win_amd64.pyd", "_C.pyd"),
            ("cublas64_12.dll", "cublas64.dll"),
            ("torch_cuda.dll", "torch_cuda.dll"),
            ("libtorch_cuda.so", "libtorch_cuda.so"),
            ("kernel.cubin", "kernel.cubin"),
        ] {
            assert_eq!(stem(name), wanted, "{name}");
        }
    }

    #[test]
    fn variants_of_one_library() {
        assert_eq!(variant("libbitsandbytes_cuda128.so").as_deref(), Some("libbitsandbytes_cuda.so"));
        assert_eq!(variant("libbitsandbytes_cuda118.dll").as_deref(), Some("libbitsandbytes_cuda.dll"));
        assert_eq!(variant("libfoo-cu12.so").as_deref(), Some("libfoo-cu.so"));
        for name in ["libtorch_cuda.so", "libcudart.so.12", "libcuda.so.1", "_cuda1.so", "x_cuda12345.so", "é_cu.so"] {
            assert_eq!(variant(name), None, "{name}");
        }
    }
}
