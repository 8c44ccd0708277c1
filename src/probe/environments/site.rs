//! The distributions of one folder of packages, for who was given the folder and not the environment: read as those of an environment are.

use std::path::{Path, PathBuf};

use super::{
    bare,
    conda::{self, Conda},
    distribution::Distribution,
    distributions::first_of_each,
    editable, layout, libraries,
    metadata::{Files, Reader, is_metadata},
    pyvenv,
};
use crate::{facts::Unlisted, system::Root};

/// What a folder of packages has.
#[derive(Debug, Default)]
pub struct Site {
    /// One distribution of each name.
    pub distributions: Vec<Distribution>,
    /// Folders that could not be listed.
    pub unlisted: Vec<Unlisted>,
    /// Libraries of torch that conda keeps in the environment's own folder, with their paths as the facts of an environment have them.
    pub outside: Vec<(PathBuf, String)>,
    /// The environment, if conda has made it.
    pub conda: Option<PathBuf>,
}

/// Reads the folder `site`. `shown` writes a path for people, `listed` takes of the text of a RECORD the paths that are asked for.
pub fn site(
    root: &Root,
    site: &Path,
    shown: &(dyn Fn(&Path) -> String + Sync),
    listed: fn(&str) -> Vec<String>,
) -> Site {
    let prefix = layout::prefix_of_site(site).filter(|prefix| conda::is_conda(root, prefix));
    let prefix = prefix.filter(|prefix| pyvenv::read(root, prefix).is_none());
    let conda = prefix.as_deref().map(|prefix| Conda::of(root, prefix)).unwrap_or_default();
    let (names, why) = match root.listing(site) {
        Ok((names, more)) => (names, more.then(|| "it has too many entries; not all were read".to_owned())),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let folders = why.map(|why| (site.to_owned(), why)).into_iter().chain(conda.unlisted.clone());
    let unlisted: Vec<Unlisted> = folders.map(|(folder, why)| Unlisted { path: shown(&folder), why }).collect();
    let editables: Vec<PathBuf> =
        names.iter().filter(|name| editable::is_left(name)).map(|name| site.join(name)).collect();
    let sites = [site.to_owned()];
    let files = Some(Files { listed, editables: &editables });
    let reader = Reader { root, shown, sites: &sites, conda: &conda, files };
    let folders: Vec<&String> = names.iter().filter(|name| is_metadata(name)).collect();
    let (mut distributions, _) = first_of_each(crate::parallel::map_files(&folders, |name| reader.read(site, name)));
    distributions.extend(bare::without_metadata(&reader, &distributions, &unlisted));
    let torch = distributions.iter().find(|distribution| distribution.package.name == "torch");
    let outside = torch
        .zip(prefix.as_deref())
        .map(|(torch, prefix)| libraries::of_conda(root, prefix, torch.natives.as_deref().unwrap_or_default()));
    Site { outside: outside.unwrap_or_default(), distributions, unlisted, conda: prefix }
}
