//! Where the system loader would find a library that no package contains (ld.so(8)).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{folders::BESIDE, layout::Layout};
use crate::{
    facts::{Fact, How, Platform, Source},
    probe::{header, loader},
    system::{Root, Surroundings},
};

/// CUDA has some twenty libraries with a folder of their own.
const MAX_COMPONENTS: usize = 64;

/// For each name the file that would be loaded, or that there is none.
pub fn locate(
    root: &Root,
    surroundings: &Surroundings,
    layout: &Layout,
    platform: &Platform,
    names: &BTreeSet<&str>,
) -> BTreeMap<String, Fact<String>> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    // By the run paths of what conda builds, and of torch's own wheels: $ORIGIN/../../nvidia/cublas/lib and its neighbours.
    let mut folders: Vec<PathBuf> = layout.conda.then(|| layout.prefix.join("lib")).into_iter().collect();
    for site in &layout.site_packages {
        let nvidia = site.join("nvidia");
        folders.push(site.join("torch").join("lib"));
        folders.extend(BESIDE.iter().map(|component| site.join(component).join("lib")));
        folders.extend(
            root.names(&nvidia).into_iter().take(MAX_COMPONENTS).map(|component| nvidia.join(component).join("lib")),
        );
    }
    in_folders(root, surroundings, &folders, platform, names)
}

/// The same of libraries that are in no environment. `run_paths`: folders that the asking binaries themselves name.
pub fn in_folders(
    root: &Root,
    surroundings: &Surroundings,
    run_paths: &[PathBuf],
    platform: &Platform,
    names: &BTreeSet<&str>,
) -> BTreeMap<String, Fact<String>> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    // Lists each folder once instead of checking each name in each: most contain none of them.
    let has_one = |folder: &&PathBuf| root.names(folder).iter().any(|name| names.contains(name.as_str()));
    let run_paths: Vec<PathBuf> = run_paths.iter().filter(has_one).cloned().collect();
    let folders = loader::folders(root, surroundings, &run_paths, Some(platform.cpu));
    let find = |name: &str| {
        // A NEEDED entry with a slash is a path, which the loader uses unchanged.
        if name.contains('/') {
            let path = Path::new(name);
            return match root.is_file(path) {
                true => Fact::known(root.shown(path), Source::file(root.shown(path))),
                false => Fact::absent(Source::file(name)),
            };
        }
        for (folder, via) in &folders {
            let path = folder.join(name);
            // Folders for 32-bit libraries are in the same list; the loader passes over what is not its own kind.
            if root.is_file(&path) && header::platform(root, &path).is_some_and(|found| found == *platform) {
                return Fact::known(root.shown(&path), via.clone());
            }
        }
        Fact::absent(Source::file("the loader's search path"))
    };
    names.iter().map(|name| ((*name).to_owned(), find(name))).collect()
}

/// Libraries that packages contain and that a folder of LD_LIBRARY_PATH has too, as the loader takes them: by the file behind their
/// links, whose name has the version. Folders of the environment itself do not count.
pub fn shadowing(
    root: &Root,
    surroundings: &Surroundings,
    layout: &Layout,
    platform: &Platform,
    provided: &BTreeSet<&str>,
) -> BTreeMap<String, Fact<String>> {
    let folders = surroundings.folders("LD_LIBRARY_PATH").into_iter();
    let foreign = |folder: &std::path::PathBuf| {
        let inside = |prefix: &Path| folder.starts_with(prefix);
        !inside(&layout.prefix) && !layout.site_packages.iter().any(|site| inside(site)) && root.is_dir(folder)
    };
    let folders: Vec<_> = folders.filter(foreign).collect();
    let found = |name: &str| {
        let there = |path: &std::path::PathBuf| {
            root.is_file(path) && header::platform(root, path).is_some_and(|found| found == *platform)
        };
        let path = folders.iter().map(|folder| folder.join(name)).find(there)?;
        let file = root.real(&path).unwrap_or(path);
        Some(Fact::known(root.shown(&file), Source::new(How::Variable, "LD_LIBRARY_PATH")))
    };
    let cuda = |name: &&&str| name.starts_with("lib") && name.contains(".so.");
    provided.iter().filter(cuda).filter_map(|name| Some(((*name).to_owned(), found(name)?))).collect()
}
