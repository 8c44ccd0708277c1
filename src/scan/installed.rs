//! Which installed distribution a file belongs to: by the RECORD of its metadata folder, else by the folder it lies in.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::bundle::Bundle;
use crate::{
    files, probe, python,
    report::scan::BundleKind,
    system::{Root, clean, redact},
};

/// METADATA carries a README after its fields.
const MAX_METADATA: u64 = 8 << 20;
/// torch's RECORD has 1.1 MB.
const MAX_RECORD: u64 = 32 << 20;

/// Packages have their libraries at most so many folders below the folder of packages.
const MAX_ABOVE: usize = 4;
/// A `version.py` has some ten lines.
const MAX_TEXT: u64 = 64 << 10;
/// The packages that have one.
const FAMILY: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// The distributions below what is scanned, and who has which file.
#[derive(Debug, Default)]
pub struct Owners {
    /// One bundle for each distribution, without libraries yet.
    pub bundles: Vec<Bundle>,
    /// The folder of packages that each lies in.
    sites: Vec<PathBuf>,
    /// Files by path, with the index of their distribution.
    files: HashMap<PathBuf, usize>,
    /// Folders that belong to one distribution by their name, where no RECORD says so.
    folders: HashMap<PathBuf, usize>,
}

impl Owners {
    /// Reads a metadata folder (`torch-2.7.1.dist-info`, `six.egg-info`) inside `site`. `shown`: how reports name it.
    pub fn add(&mut self, site: &Path, folder: &str, shown: String) {
        // pip renames what it is about to remove to `~name`; such leftovers are not installed.
        if folder.starts_with(['~', '.']) {
            return;
        }
        let place = site.join(folder);
        let metadata = ["METADATA", "PKG-INFO"].into_iter().find_map(|file| text(&place.join(file), MAX_METADATA));
        let metadata = metadata.map(|text| python::Metadata::parse(&text));
        let bare = folder.rsplit_once('.').map_or(folder, |(bare, _)| bare);
        let mut parts = bare.split('-');
        let named = parts.next().unwrap_or(bare).to_owned();
        let mut bundle = Bundle::new(BundleKind::Installed, python::normalize(&named), shown);
        bundle.version = parts.next().map(str::to_owned);
        if let Some(metadata) = metadata {
            bundle.name = metadata.name.map_or(bundle.name, |name| python::normalize(&name));
            bundle.version = metadata.version.or(bundle.version);
            bundle.requires = Some(metadata.requires.iter().map(|line| redact::urls(line)).collect());
        }
        let version_py = format!("{}/version.py", bundle.name);
        if let Some(text) =
            FAMILY.contains(&bundle.name.as_str()).then(|| text(&site.join(&version_py), MAX_TEXT)).flatten()
        {
            bundle.build = probe::build_of_text(&text, &bundle.name, &version_py);
        }
        let index = self.bundles.len();
        let record = text(&place.join("RECORD"), MAX_RECORD);
        for path in record.iter().flat_map(|record| python::record_paths(record)) {
            if python::shared_library(&path) || super::names::is_candidate(&path) {
                self.files.extend(clean(&site.join(path)).map(|path| (path, index)));
            }
        }
        if record.is_none() {
            let module = bundle.name.replace('-', "_");
            for name in [module.clone(), format!("{module}.libs"), named] {
                self.folders.insert(site.join(name), index);
            }
        }
        self.bundles.push(bundle);
        self.sites.push(site.to_owned());
    }

    /// The folder of packages that a distribution lies in: rows name its files from there.
    pub fn site(&self, index: usize) -> Option<&Path> {
        self.sites.get(index).map(PathBuf::as_path)
    }

    /// Libraries below a folder that a RECORD lists and that are not there, each with its folder of packages. conda moves some to its own
    /// folder of libraries after they were listed.
    pub fn absent(&self, below: &Path) -> Vec<(&Path, &Path)> {
        let Ok(root) = Root::new(None, None) else { return Vec::new() };
        let moved = |site: &Path, path: &Path| {
            let library = site.ancestors().nth(2).zip(path.file_name()).map(|(lib, name)| lib.join(name));
            library.is_some_and(|path| root.is_file(&path))
        };
        let mut absent: Vec<(&Path, &Path)> = self
            .files
            .iter()
            .filter_map(|(path, index)| Some((path.as_path(), self.site(*index)?)))
            .filter(|(path, _)| path.starts_with(below) && python::shared_library(&path.to_string_lossy()))
            .filter(|(path, site)| !root.is_named(path) && !moved(site, path))
            .collect();
        absent.sort();
        absent
    }

    /// Reads all metadata folders of a folder of packages.
    pub fn add_all(&mut self, site: &Path) {
        let folders = Root::new(None, None).map(|root| metadata_folders(&root, site)).unwrap_or_default();
        folders.into_iter().for_each(|name| self.add(site, &name, name.clone()));
    }

    /// The distribution that has a file.
    pub fn of(&self, path: &Path) -> Option<usize> {
        let by_folder = || path.ancestors().find_map(|folder| self.folders.get(folder));
        self.files.get(path).or_else(by_folder).copied()
    }
}

/// The folder of packages that a folder inside one of them lies in: the nearest above it with metadata folders. None for a folder that
/// has such itself.
pub fn site_of(folder: &Path) -> Option<PathBuf> {
    let root = Root::new(None, None).ok()?;
    let real = root.real(folder).ok()?;
    let has = |folder: &&Path| !metadata_folders(&root, folder).is_empty();
    if has(&real.as_path()) {
        return None;
    }
    real.ancestors().skip(1).take(MAX_ABOVE).find(has).map(Path::to_owned)
}

/// The names of the metadata folders in a folder, sorted.
fn metadata_folders(root: &Root, folder: &Path) -> Vec<String> {
    root.names(folder).into_iter().filter(|name| is_metadata(name)).collect()
}

/// Whether a folder's name is that of a distribution's metadata.
pub fn is_metadata(name: &str) -> bool {
    name.ends_with(".dist-info") || name.ends_with(".egg-info")
}

/// The beginning of a regular file as text.
fn text(path: &Path, limit: u64) -> Option<String> {
    files::head(path, limit).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
