//! Installed distributions by their metadata folders (PEP 376 and 627; egg-info of setuptools).

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{build, layout::Layout};
use crate::{
    facts::{Fact, Package, Source},
    probe::{redact, root::Root},
    python,
};

/// METADATA carries a README after its fields; the fields are at the head.
const MAX_METADATA: u64 = 8 << 20;
/// torch's RECORD has 1.1 MB.
const MAX_RECORD: u64 = 32 << 20;

/// A distribution and what its RECORD lists.
#[derive(Debug)]
pub struct Distribution {
    /// What the facts say of it; libraries are not read yet.
    pub package: Package,
    /// The folder it is installed in.
    pub site: PathBuf,
    /// Its shared libraries, relative to `site`; nothing when there is no RECORD.
    pub natives: Option<Vec<String>>,
}

/// All distributions, one of each name: Python takes the first. `with_files`: read what their RECORDs list, too.
pub fn distributions(root: &Root, layout: &Layout, with_files: bool) -> Vec<Distribution> {
    let places: Vec<_> = layout
        .site_packages
        .iter()
        .flat_map(|site| root.names(site).into_iter().filter(|name| is_metadata(name)).map(move |name| (site, name)))
        .collect();
    let conda = if layout.conda { conda_names(root, &layout.prefix) } else { HashSet::new() };
    let mut found = crate::parallel::map(&places, |(site, name)| read(root, layout, site, name, &conda, with_files));
    let mut seen = std::collections::BTreeSet::new();
    found
        .retain(|distribution| !distribution.package.name.is_empty() && seen.insert(distribution.package.name.clone()));
    found.sort_by(|one, other| one.package.name.cmp(&other.package.name));
    found
}

/// pip renames what it is about to remove to `~name`; such leftovers are not installed.
fn is_metadata(name: &str) -> bool {
    (name.ends_with(".dist-info") || name.ends_with(".egg-info")) && !name.starts_with(['~', '.'])
}

fn read(
    root: &Root,
    layout: &Layout,
    site: &Path,
    folder: &str,
    conda: &HashSet<String>,
    with_files: bool,
) -> Distribution {
    let place = site.join(folder);
    let egg = folder.ends_with(".egg-info");
    let file = match (egg, egg && root.is_file(&place)) {
        (true, true) => place.clone(),
        (true, false) => place.join("PKG-INFO"),
        (false, _) => place.join("METADATA"),
    };
    let (metadata, fault) = match root.read_text(&file, MAX_METADATA) {
        Ok(text) => (python::Metadata::parse(whole_lines(&text)), None),
        Err(error) => (python::Metadata::default(), Some(error)),
    };
    let (folder_name, folder_version) = of_folder(folder);
    let name = python::normalize(metadata.name.as_deref().unwrap_or(folder_name));
    let version = match (metadata.version, folder_version, fault) {
        (Some(version), ..) => Fact::known(version, Source::file(below(root, layout, &file))),
        (None, Some(version), _) => Fact::known(version.to_owned(), Source::file(below(root, layout, &place))),
        (None, None, Some(error)) => Fact::unknown(format!("{} cannot be read: {error}", below(root, layout, &file))),
        (None, None, None) => Fact::unknown(format!("{} has no Version field", below(root, layout, &file))),
    };
    let mut requires = metadata.requires;
    if egg && requires.is_empty() {
        let listed = root.read_text(&place.join("requires.txt"), MAX_METADATA);
        requires = listed.map(|text| python::egg_requires(&text)).unwrap_or_default();
    }
    let installer = root.read_text(&place.join("INSTALLER"), 256).ok().map(|text| text.trim().to_ascii_lowercase());
    let installer = installer
        .filter(|name| !name.is_empty() && name.len() <= 32)
        .or_else(|| conda.contains(&name).then(|| "conda".to_owned()));
    let natives = with_files.then(|| natives(&root.read_text(&place.join("RECORD"), MAX_RECORD).ok()?)).flatten();
    let build = build::build(root, site, &name, |path| below(root, layout, path));
    let package = Package {
        version,
        build,
        installer,
        requires: requires.iter().map(|line| redact::urls(line)).collect(),
        libraries: Vec::new(),
        at: below(root, layout, &place),
        name,
    };
    Distribution { package, site: site.to_owned(), natives }
}

/// Of a text that was cut off at the limit, the lines that are whole.
fn whole_lines(text: &str) -> &str {
    match text.rfind('\n') {
        Some(end) if text.len() as u64 >= MAX_METADATA => text.get(..end).unwrap_or_default(),
        _ => text,
    }
}

/// The shared libraries among the files of a RECORD; nothing when it lists no file at all.
fn natives(record: &str) -> Option<Vec<String>> {
    (!record.trim().is_empty()).then(|| python::record_libraries(record))
}

/// A path relative to the environment, as people see it.
fn below(root: &Root, layout: &Layout, path: &Path) -> String {
    match path.strip_prefix(&layout.prefix) {
        Ok(rest) => rest.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        Err(_) => root.shown(path),
    }
}

/// `torch-2.7.1.dist-info`, `PyYAML-5.3.egg-info`, `six-1.16.0-py3.9.egg-info`, `mypkg.egg-info`.
fn of_folder(folder: &str) -> (&str, Option<&str>) {
    let bare = folder.strip_suffix(".dist-info").or_else(|| folder.strip_suffix(".egg-info")).unwrap_or(folder);
    let mut parts = bare.split('-');
    (parts.next().unwrap_or_default(), parts.next().filter(|version| version.starts_with(|c: char| c.is_ascii_digit())))
}

/// Names of Python distributions that conda has installed, by conda-meta's file names: `numpy-1.26.4-py311h64a7726_0.json`.
fn conda_names(root: &Root, prefix: &Path) -> HashSet<String> {
    let names = root.names(&prefix.join("conda-meta")).into_iter().filter_map(|name| {
        let mut parts = name.strip_suffix(".json")?.rsplitn(3, '-');
        let (_build, _version, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(match name {
            "pytorch" => "torch".to_owned(),
            _ => python::normalize(name),
        })
    });
    names.collect()
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
