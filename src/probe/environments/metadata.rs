//! One installed distribution by its metadata: a `.dist-info` folder (PEP 376 and 627), an `.egg-info` folder or file of setuptools.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{build, conda::Conda, distribution::Distribution, editable, elsewhere::FAMILY, package::package, sources};
use crate::{
    facts::{Fact, Package, Source, Unlisted},
    python,
    system::Root,
};

/// METADATA carries a README after its fields; the fields are at the head.
const MAX_METADATA: u64 = 8 << 20;
/// torch's RECORD has 1.1 MB.
const MAX_RECORD: u64 = 32 << 20;

/// What all distributions of an environment are read with.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The file system.
    pub root: &'a Root,
    /// Writes a path for people.
    pub shown: &'a (dyn Fn(&Path) -> String + Sync),
    /// The folders of packages: what has its metadata elsewhere was led there by an `.egg-link`.
    pub sites: &'a [PathBuf],
    /// What conda has installed.
    pub conda: &'a Conda,
    /// What to take from RECORDs; `None`: they are not read.
    pub files: Option<Files<'a>>,
}

/// What is taken of a RECORD.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// Those of the paths in its text that are asked for.
    pub listed: fn(&str) -> Vec<String>,
    /// The files in all folders of packages by which editable installs are found.
    pub editables: &'a [PathBuf],
}

/// Whether this is the name of a distribution's metadata. pip renames what it is about to remove to `~name`; such leftovers are not
/// installed.
pub fn is_metadata(name: &str) -> bool {
    (name.ends_with(".dist-info") || name.ends_with(".egg-info")) && !name.starts_with(['~', '.'])
}

/// `torch-2.7.1.dist-info`, `PyYAML-5.3.egg-info`, `six-1.16.0-py3.9.egg-info`, `mypkg.egg-info`: name and version.
pub fn of_folder(folder: &str) -> (&str, Option<&str>) {
    let bare = folder.strip_suffix(".dist-info").or_else(|| folder.strip_suffix(".egg-info")).unwrap_or(folder);
    let mut parts = bare.split('-');
    (parts.next().unwrap_or_default(), parts.next().filter(|version| version.starts_with(|c: char| c.is_ascii_digit())))
}

impl Reader<'_> {
    /// Reads the metadata of the name `folder` in `site`.
    pub fn read(&self, site: &Path, folder: &str) -> Distribution {
        let (root, place) = (self.root, site.join(folder));
        let mut package = self.fields(&place, folder);
        package.installer = self.installer(&place, &package.name);
        package.unread.extend(self.conda.damaged(root, &package.name, self.shown));
        let record = self.files.and_then(|_| self.record(&place, &mut package));
        let own = self.sites.iter().any(|own| own == site);
        let linked = (folder.ends_with(".egg-info") && !own).then(|| Some(site.to_owned()));
        let editable = record.as_deref().and_then(|record| editable::folder(root, site, &place, record)).or(linked);
        let source = editable.clone().flatten().map(|folder| {
            // Projects keep their packages in the folder itself or in `src`.
            let inner = folder.join("src");
            if root.is_dir(&inner.join(package.name.replace('-', "_"))) { inner } else { folder }
        });
        let left = self
            .files
            .filter(|_| editable.is_none() && FAMILY.contains(&package.name.as_str()))
            .and_then(|files| editable::left(root, &place, &package.name, files.editables));
        package.build = build::build(root, source.as_deref().unwrap_or(site), &package.name, self.shown);
        package.editable = editable.map(|folder| folder.map(|folder| root.shown(&folder)).unwrap_or_default());
        let record = record.filter(|record| !record.trim().is_empty());
        let sources = record.as_deref().map(|record| sources::listed(record, &package.name));
        let natives = self.files.zip(record).map(|(files, record)| (files.listed)(&record));
        Distribution { package, site: site.to_owned(), natives, sources, left, bare: false, source }
    }

    /// Name, version and requirements.
    fn fields(&self, place: &Path, folder: &str) -> Package {
        let (root, shown) = (self.root, self.shown);
        let egg = folder.ends_with(".egg-info");
        let file = match (egg, egg && root.is_file(place)) {
            (true, true) => place.to_owned(),
            (true, false) => place.join("PKG-INFO"),
            (false, _) => place.join("METADATA"),
        };
        let mut unread = Vec::new();
        let (metadata, fault) = match root.read_fields(&file, MAX_METADATA) {
            Ok(text) => (python::Metadata::parse(whole_lines(&text)), None),
            Err(error) => (python::Metadata::default(), Some(error)),
        };
        if metadata.name.is_none() {
            let why = fault.as_ref().map_or_else(|| "it has no Name field".to_owned(), ToString::to_string);
            unread.push(Unlisted { path: shown(&file), why });
        }
        let (folder_name, folder_version) = of_folder(folder);
        let name = python::normalize(metadata.name.as_deref().unwrap_or(folder_name));
        let version = match (metadata.version, folder_version, fault) {
            (Some(version), ..) => Fact::known(version, Source::file(shown(&file))),
            (None, Some(version), _) => Fact::known(version.to_owned(), Source::file(shown(place))),
            (None, None, Some(error)) => Fact::unknown(format!("{} cannot be read: {error}", shown(&file))),
            (None, None, None) => Fact::unknown(format!("{} has no Version field", shown(&file))),
        };
        let mut requires = metadata.requires;
        if egg && requires.is_empty() {
            let file = place.join("requires.txt");
            match root.read_text(&file, MAX_METADATA) {
                Ok(text) => requires = python::egg_requires(&text),
                Err(error) => unread.extend(self.unread(&file, &error)),
            }
        }
        let build = Fact::unknown("its module was not read");
        Package { unread, ..package(name, version, build, &requires, shown(place)) }
    }

    /// Who has installed it.
    fn installer(&self, place: &Path, name: &str) -> Option<String> {
        let said = self.root.read_text(&place.join("INSTALLER"), 256).ok();
        said.map(|text| text.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name.len() <= 32)
            .or_else(|| self.conda.has(name).then(|| "conda".to_owned()))
    }

    fn record(&self, place: &Path, package: &mut Package) -> Option<String> {
        let file = place.join("RECORD");
        match self.root.read_text(&file, MAX_RECORD) {
            Ok(record) => Some(record),
            Err(error) => {
                package.unread.extend(self.unread(&file, &error));
                None
            }
        }
    }

    /// A file that is there and cannot be read. Not every tool writes one.
    fn unread(&self, file: &Path, error: &io::Error) -> Option<Unlisted> {
        let absent = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
        (!absent).then(|| Unlisted { path: (self.shown)(file), why: error.to_string() })
    }
}

/// Of a text that was cut off at the limit, the lines that are whole.
fn whole_lines(text: &str) -> &str {
    match text.rfind('\n') {
        Some(end) if text.len() as u64 >= MAX_METADATA => text.get(..end).unwrap_or_default(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names_are_taken_apart() {
        assert_eq!(of_folder("torch-2.7.1+cu126.dist-info"), ("torch", Some("2.7.1+cu126")));
        assert_eq!(of_folder("six-1.16.0-py3.9.egg-info"), ("six", Some("1.16.0")));
        assert_eq!(of_folder("mypkg.egg-info"), ("mypkg", None));
        assert!(is_metadata("a-1.dist-info") && !is_metadata("~orch-2.7.1.dist-info") && !is_metadata("torch"));
    }
}
