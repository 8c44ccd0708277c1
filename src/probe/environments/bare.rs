//! Modules of torch and its companions without metadata: Python imports them all the same.

use std::path::PathBuf;

use super::{build, distribution::Distribution, metadata::Reader, package::package};
use crate::facts::{Fact, Package, Unlisted};

/// Those in the folders of packages beside the distributions that were found. A folder without `__init__.py` does not count. triton is left out:
/// packages of other names contain it. `unlisted`: folders that could not be listed may have their metadata.
pub fn without_metadata(reader: &Reader<'_>, found: &[Distribution], unlisted: &[Unlisted]) -> Vec<Distribution> {
    let Reader { root, shown, sites, conda, .. } = *reader;
    let bare = |name: &&str| {
        found.iter().all(|distribution| distribution.package.name != **name).then_some(())?;
        let has_module = |site: &&PathBuf| root.is_file(&site.join(name).join("__init__.py"));
        let site = sites.iter().find(has_module)?;
        let build = build::build(root, site, name, shown);
        let version = match &build {
            Fact::Known { value, via } => Fact::known(value.version.clone(), via.clone()),
            _ => Fact::unknown("it has no metadata, and its version.py contains no version"),
        };
        let package = Package {
            installer: conda.has(name).then(|| "conda".to_owned()),
            unread: conda.damaged(root, name, shown).into_iter().collect(),
            ..package((*name).to_owned(), version, build, &[], shown(&site.join(name)))
        };
        let listed = unlisted.iter().all(|folder| folder.path != root.shown(site));
        let (natives, sources, bare) = (None, None, listed && !conda.has(name));
        Some(Distribution { package, site: site.clone(), natives, sources, left: None, bare, source: None })
    };
    ["torch", "torchvision", "torchaudio"].iter().filter_map(bare).collect()
}
