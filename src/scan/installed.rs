//! Which installed distribution a file belongs to: by the RECORD of its metadata, else by the folder it lies in. The metadata is read as
//! that of an environment is.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use gpucheck_ground::Order as _;

use super::{
    bundle::Bundle,
    names::{is_candidate, relative},
};
use crate::{
    facts::{Listing, Unlisted},
    probe::{self, Distribution, Site},
    python,
    system::{Root, clean},
};

/// Packages have their libraries at most this many folders below site-packages.
const MAX_ABOVE: usize = 4;

/// The distributions of folders of packages, and who has which file.
#[derive(Debug, Default)]
pub struct Owners {
    /// One bundle for each distribution, without libraries yet.
    pub bundles: Vec<Bundle>,
    /// What could not be listed.
    pub unlisted: Vec<Unlisted>,
    /// The folder of packages that each lies in, and the environment where conda has made it.
    places: Vec<(PathBuf, Option<PathBuf>)>,
    /// Files by path, with the index of their distribution.
    files: HashMap<PathBuf, usize>,
    /// Folders that belong to distributions by their name, where no RECORD says so: all files, or those with this in their names.
    folders: HashMap<PathBuf, Vec<(Option<String>, usize)>>,
    /// Libraries that lie outside of the folder of packages, with their paths as shown.
    outside: HashMap<PathBuf, String>,
}

impl Owners {
    /// Reads folders of packages. Paths are shown from `base` on.
    pub fn read(root: &Root, sites: &[PathBuf], base: &Path) -> Self {
        let mut owners = Self::default();
        for site in sites {
            owners.add(root, site, base);
        }
        owners
    }

    fn add(&mut self, root: &Root, site: &Path, base: &Path) {
        let shown = |path: &Path| match path.starts_with(base) {
            true => relative(path, base),
            false => root.shown(path),
        };
        let Site { distributions, unlisted, outside, conda } = probe::site(root, site, &shown, candidates);
        self.unlisted.extend(unlisted);
        for distribution in distributions {
            let index = self.bundles.len();
            match distribution.listing() {
                Listing::Record => {
                    let paths = distribution.natives.iter().flatten();
                    self.files.extend(paths.filter_map(|path| Some((clean(&site.join(path))?, index))));
                }
                Listing::Folder | Listing::Module => self.add_folders(root, &distribution, index),
                Listing::Nowhere => {}
            }
            if distribution.package.name == "torch" {
                self.files.extend(outside.iter().map(|(path, _)| (path.clone(), index)));
            }
            self.bundles.push(Bundle::of_package(distribution.package));
            self.places.push((site.to_owned(), conda.clone()));
        }
        self.outside.extend(outside);
    }

    /// The folders that are named like a distribution, as it is called and as its metadata is.
    fn add_folders(&mut self, root: &Root, distribution: &Distribution, index: usize) {
        let at = &distribution.package.at;
        let named = at.rsplit_once('/').map_or(at.as_str(), |(_, name)| name).split('-').next().unwrap_or_default();
        let usual = probe::folders_of_package(root, distribution.code(), &distribution.package.name);
        let usual = usual.into_iter().map(|folder| (folder.path, folder.part));
        for (folder, part) in usual.chain([(named.to_owned(), None)]) {
            let owners = self.folders.entry(distribution.code().join(folder)).or_default();
            owners.push((part, index));
        }
    }

    /// A file's path as its package has it, else from `base` on.
    pub fn shown(&self, path: &Path, base: &Path) -> String {
        let site = self.of(path).and_then(|index| self.places.get(index)).map(|(site, _)| site.as_path());
        self.outside.get(path).cloned().unwrap_or_else(|| relative(path, site.unwrap_or(base)))
    }

    /// Libraries outside of a folder that belong to a package whose own folder it is, or lies in it.
    pub fn outside(&self, folder: &Path) -> impl Iterator<Item = &Path> {
        let belongs = move |path: &Path| {
            let place =
                self.files.get(path).and_then(|index| Some((self.bundles.get(*index)?, self.places.get(*index)?)));
            place.is_some_and(|(bundle, (site, _))| {
                let own = site.join(&bundle.name);
                own.starts_with(folder) || folder.starts_with(own)
            })
        };
        self.outside.keys().map(PathBuf::as_path).filter(move |path| !path.starts_with(folder) && belongs(path))
    }

    /// Libraries below a folder that a RECORD lists and that are not there, each with its path as its package has it. conda moves some to
    /// its own folder of libraries after they were listed.
    pub fn absent(&self, root: &Root, below: &Path) -> Vec<String> {
        let moved = |path: &Path, index: usize| {
            let conda = self.places.get(index).and_then(|(_, conda)| conda.as_deref());
            let library = conda.zip(path.file_name()).map(|(prefix, name)| prefix.join("lib").join(name));
            let by_conda = self.bundles.get(index).is_some_and(|bundle| bundle.installer.as_deref() == Some("conda"));
            by_conda && library.is_some_and(|path| root.is_file(&path))
        };
        let mut absent: Vec<&Path> = self
            .files
            .iter()
            .filter(|(path, _)| path.starts_with(below) && python::shared_library(&path.to_string_lossy()))
            .filter(|(path, index)| !root.is_named(path) && !moved(path, **index))
            .map(|(path, _)| path.as_path())
            .collect();
        absent.order();
        absent.into_iter().map(|path| self.shown(path, below)).collect()
    }

    /// The distribution that has a file.
    pub fn of(&self, path: &Path) -> Option<usize> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let has = |part: &Option<String>| part.as_ref().is_none_or(|part| name.contains(part));
        let by_folder = || {
            path.ancestors()
                .find_map(|folder| self.folders.get(folder)?.iter().find(|(part, _)| has(part)).map(|(_, index)| index))
        };
        self.files.get(path).or_else(by_folder).copied()
    }
}

/// The paths of a RECORD that can contain device code.
fn candidates(record: &str) -> Vec<String> {
    python::record_paths(record).filter(|path| is_candidate(path)).collect()
}

/// The folder of packages that a folder inside one of them lies in: the nearest above it with metadata. None for a folder that has such
/// itself.
pub fn site_of(root: &Root, folder: &Path) -> Option<PathBuf> {
    let real = root.real(folder).ok()?;
    let has = |folder: &&Path| root.names(folder).iter().any(|name| probe::is_metadata(name));
    if has(&real.as_path()) {
        return None;
    }
    real.ancestors().skip(1).take(MAX_ABOVE).find(has).map(Path::to_owned)
}
