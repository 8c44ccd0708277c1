//! Which installed distribution a file belongs to: by the RECORD of its metadata folder, else by the folder it lies in.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::bundle::Bundle;
use crate::{
    files, probe, python,
    report::scan::Kind,
    system::{clean, redact},
};

/// METADATA carries a README after its fields.
const MAX_METADATA: u64 = 8 << 20;
/// torch's RECORD has 1.1 MB.
const MAX_RECORD: u64 = 32 << 20;

/// A `version.py` has some ten lines.
const MAX_TEXT: u64 = 64 << 10;
/// The packages that have one.
const FAMILY: [&str; 3] = ["torch", "torchvision", "torchaudio"];

/// The distributions below what is scanned, and who has which file.
#[derive(Debug, Default)]
pub struct Owners {
    /// One bundle for each distribution, without libraries yet.
    pub bundles: Vec<Bundle>,
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
        let mut bundle = Bundle::new(Kind::Installed, python::normalize(&named), shown);
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
            if python::shared_library(&path) || super::collect::is_candidate(&path) {
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
    }

    /// The distribution that has a file.
    pub fn of(&self, path: &Path) -> Option<usize> {
        let by_folder = || path.ancestors().find_map(|folder| self.folders.get(folder));
        self.files.get(path).or_else(by_folder).copied()
    }
}

/// Whether a folder's name is that of a distribution's metadata.
pub fn is_metadata(name: &str) -> bool {
    name.ends_with(".dist-info") || name.ends_with(".egg-info")
}

/// The beginning of a regular file as text.
fn text(path: &Path, limit: u64) -> Option<String> {
    files::head(path, limit).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
