//! Installed distributions by their metadata folders (PEP 376 and 627; egg-info of setuptools).

use std::{
    collections::{HashMap, HashSet},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{
    build,
    distribution::Distribution,
    editable,
    elsewhere::{self, FAMILY},
    layout::Layout,
    sources,
};
use crate::{
    facts::{Elsewhere, Fact, Package, Source, Unlisted, Way},
    python,
    system::{Root, redact},
};

/// METADATA carries a README after its fields; the fields are at the head.
const MAX_METADATA: u64 = 8 << 20;
/// torch's RECORD has 1.1 MB.
const MAX_RECORD: u64 = 32 << 20;

/// The distributions of an environment.
#[derive(Debug, Default)]
pub struct Found {
    /// One of each name.
    pub distributions: Vec<Distribution>,
    /// Folders that could not be listed.
    pub unlisted: Vec<Unlisted>,
    /// Other places with torch or one of its companions.
    pub elsewhere: Vec<Elsewhere>,
}

/// All distributions, one of each name: Python takes the first. `modules`: what comes before all of them. `with_files`: read what their
/// RECORDs list, too.
pub fn distributions(root: &Root, layout: &Layout, mut modules: Vec<(Elsewhere, PathBuf)>, with_files: bool) -> Found {
    let mut places: Vec<(PathBuf, String)> = Vec::new();
    let mut editables: Vec<PathBuf> = Vec::new();
    let mut unlisted = Vec::new();
    // What `pip install --target` fills has metadata beside its modules.
    let before = modules.iter().filter(|(module, _)| module.way == Way::Pythonpath).map(|(_, folder)| folder);
    let mut sites: Vec<&PathBuf> = before.collect();
    sites.dedup();
    let first = sites.len();
    sites.extend(&layout.site_packages);
    for (index, site) in sites.into_iter().enumerate() {
        let names = match root.listing(site) {
            Ok((names, more)) => {
                let why = "it has more entries than are looked at".to_owned();
                unlisted.extend(more.then(|| Unlisted { path: root.shown(site), why }));
                names
            }
            Err(error) => {
                unlisted.push(Unlisted { path: root.shown(site), why: error.to_string() });
                Vec::new()
            }
        };
        for name in names {
            // Of those only torch and its companions count: what else is there was not asked for.
            let counts = index >= first || FAMILY.contains(&python::normalize(of_folder(&name).0).as_str());
            if is_metadata(&name) && counts {
                places.push((site.clone(), name));
            } else if name.ends_with(".egg-link") {
                places.extend(editable::egg_link(root, &site.join(name)));
            } else if editable::is_left(&name) {
                editables.push(site.join(name));
            }
        }
    }
    let conda = if layout.conda { conda_names(root, &layout.prefix) } else { HashSet::new() };
    let mut all = crate::parallel::map_files(&places, |(site, name)| {
        read(root, layout, site, name, &conda, with_files.then_some(&editables))
    });
    all.retain(|distribution| !distribution.package.name.is_empty());
    let (mut distributions, mut elsewhere) = first_of_each(layout, all);
    let bare = without_metadata(root, layout, &distributions, &conda, &unlisted);
    distributions.extend(bare);
    elsewhere::without_own(&mut modules, root, &distributions);
    let leads =
        |package: &str| modules.iter().any(|(module, _)| module.way == Way::Pythonpath && module.package == package);
    elsewhere.retain(|other| !leads(&other.package));
    let mut led: Vec<String> = Vec::new();
    for (module, folder) in modules {
        if module.way == Way::Pythonpath
            && let Some(own) = distributions.iter_mut().find(|own| own.package.name == module.package)
            && own.site != folder
            && !led.contains(&module.package)
        {
            lead_to(root, layout, own, folder);
            led.push(module.package.clone());
        }
        elsewhere.push(module);
    }
    elsewhere.extend(distributions.iter().filter_map(|own| {
        let at = below(root, layout, own.left.as_deref()?);
        Some(Elsewhere { package: own.package.name.clone(), at, version: None, way: Way::EditableLeft })
    }));
    distributions.sort_by(|one, other| one.package.name.cmp(&other.package.name));
    Found { distributions, unlisted, elsewhere }
}

/// Modules of torch and what is compiled against it that no metadata tells of: Python imports them all the same. A folder without
/// `__init__.py` is none. triton is left out: packages of other names bring it.
fn without_metadata(
    root: &Root,
    layout: &Layout,
    found: &[Distribution],
    conda: &HashSet<String>,
    unlisted: &[Unlisted],
) -> Vec<Distribution> {
    let bare = |name: &&str| {
        found.iter().all(|distribution| distribution.package.name != **name).then_some(())?;
        let has_module = |site: &&PathBuf| root.is_file(&site.join(name).join("__init__.py"));
        let site = layout.site_packages.iter().find(has_module)?;
        let build = build::build(root, site, name, |path| below(root, layout, path));
        let version = match &build {
            Fact::Known { value, via } => Fact::known(value.version.clone(), via.clone()),
            _ => Fact::unknown("it has no metadata, and its version.py tells no version"),
        };
        let known_to_conda = conda.contains(*name);
        let package = Package {
            name: (*name).to_owned(),
            version,
            build,
            installer: known_to_conda.then(|| "conda".to_owned()),
            requires: Vec::new(),
            libraries: Vec::new(),
            listing: None,
            damaged: Vec::new(),
            unread: Vec::new(),
            editable: None,
            at: below(root, layout, &site.join(name)),
            asked: None,
        };
        // What could not be listed may have its metadata.
        let listed = unlisted.iter().all(|folder| folder.path != root.shown(site));
        let (natives, sources, bare) = (None, None, listed && !known_to_conda);
        Some(Distribution { package, site: site.clone(), natives, sources, left: None, bare, source: None })
    };
    ["torch", "torchvision", "torchaudio"].iter().filter_map(bare).collect()
}

/// The first of each name. Of two in one folder that is the one that its module's version agrees with, for they share the module.
fn first_of_each(layout: &Layout, all: Vec<Distribution>) -> (Vec<Distribution>, Vec<Elsewhere>) {
    let mut firsts: Vec<Distribution> = Vec::new();
    let mut others: Vec<Distribution> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for distribution in all {
        match places.get(&distribution.package.name).and_then(|place| firsts.get_mut(*place)) {
            None => {
                places.insert(distribution.package.name.clone(), firsts.len());
                firsts.push(distribution);
            }
            Some(first) if first.site == distribution.site && !agrees(first) && agrees(&distribution) => {
                others.push(std::mem::replace(first, distribution));
            }
            Some(_) => others.push(distribution),
        }
    }
    let told = |other: &Distribution| {
        let first = places.get(&other.package.name).and_then(|place| firsts.get(*place))?;
        let version = other.package.version.value();
        (FAMILY.contains(&other.package.name.as_str()) && version != first.package.version.value()).then_some(())?;
        let way = match (first.site == other.site, first.site.starts_with(&layout.prefix)) {
            (true, _) => Way::SameFolder,
            (false, false) if other.site.starts_with(&layout.prefix) => Way::OwnFolder,
            (false, _) => Way::OtherFolder,
        };
        Some(Elsewhere {
            package: other.package.name.clone(),
            at: other.package.at.clone(),
            version: version.cloned(),
            way,
        })
    };
    let elsewhere = others.iter().filter_map(told).collect();
    (firsts, elsewhere)
}

/// Whether the metadata and the module name one version.
fn agrees(distribution: &Distribution) -> bool {
    let package = &distribution.package;
    match (package.version.value(), package.build.value()) {
        (Some(version), Some(build)) => python::public_version(version) == python::public_version(&build.version),
        _ => false,
    }
}

/// What is imported lies in another folder than what was installed: its build is that of the module there.
fn lead_to(root: &Root, layout: &Layout, own: &mut Distribution, folder: PathBuf) {
    own.package.build = build::build(root, &folder, &own.package.name, |path| below(root, layout, path));
    own.natives = None;
    own.source = Some(folder);
}

/// pip renames what it is about to remove to `~name`; such leftovers are not installed.
fn is_metadata(name: &str) -> bool {
    (name.ends_with(".dist-info") || name.ends_with(".egg-info")) && !name.starts_with(['~', '.'])
}

/// Reads one metadata folder. `with_files`: also what its RECORD lists; in it the files in all folders of packages by which editable
/// installs are found.
fn read(
    root: &Root,
    layout: &Layout,
    site: &Path,
    folder: &str,
    conda: &HashSet<String>,
    with_files: Option<&Vec<PathBuf>>,
) -> Distribution {
    let place = site.join(folder);
    let egg = folder.ends_with(".egg-info");
    let file = match (egg, egg && root.is_file(&place)) {
        (true, true) => place.clone(),
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
        unread.push(Unlisted { path: below(root, layout, &file), why });
    }
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
    let file = place.join("RECORD");
    let record = match with_files.map(|_| root.read_text(&file, MAX_RECORD)) {
        Some(Ok(record)) => Some(record),
        // Not every tool writes one.
        None => None,
        Some(Err(error)) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
        Some(Err(error)) => {
            unread.push(Unlisted { path: below(root, layout, &file), why: error.to_string() });
            None
        }
    };
    let linked = (egg && !layout.site_packages.iter().any(|own| own == site)).then(|| Some(site.to_owned()));
    let editable = record.as_deref().and_then(|record| editable::folder(root, site, &place, record)).or(linked);
    let source = editable.clone().flatten().map(|folder| {
        // Projects keep their packages in the folder itself or in `src`.
        let inner = folder.join("src");
        if root.is_dir(&inner.join(name.replace('-', "_"))) { inner } else { folder }
    });
    let left = with_files
        .filter(|_| editable.is_none() && FAMILY.contains(&name.as_str()))
        .and_then(|editables| editable::left(root, &place, &name, editables));
    let build = build::build(root, source.as_deref().unwrap_or(site), &name, |path| below(root, layout, path));
    let package = Package {
        version,
        build,
        installer,
        requires: requires.iter().map(|line| redact::urls(line)).collect(),
        libraries: Vec::new(),
        listing: None,
        damaged: Vec::new(),
        unread,
        editable: editable.map(|folder| folder.map(|folder| root.shown(&folder)).unwrap_or_default()),
        at: below(root, layout, &place),
        asked: None,
        name,
    };
    let record = record.filter(|record| !record.trim().is_empty());
    let sources = record.as_deref().map(|record| sources::listed(record, &package.name));
    let natives = record.map(|record| python::record_libraries(&record));
    Distribution { package, site: site.to_owned(), natives, sources, left, bare: false, source }
}

/// Of a text that was cut off at the limit, the lines that are whole.
fn whole_lines(text: &str) -> &str {
    match text.rfind('\n') {
        Some(end) if text.len() as u64 >= MAX_METADATA => text.get(..end).unwrap_or_default(),
        _ => text,
    }
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
