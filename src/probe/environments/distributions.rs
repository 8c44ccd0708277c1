//! The distributions of an environment: of all its folders of packages, and of what else Python looks through.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use gpucheck_ground::Order as _;

use super::{
    bare, build,
    conda::Conda,
    distribution::Distribution,
    editable,
    elsewhere::{self, FAMILY},
    layout::Layout,
    metadata::{Files, Reader, is_metadata, of_folder},
};
use crate::{
    facts::{Elsewhere, Unlisted, Way},
    python,
    system::Root,
};

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
                let why = "it has too many entries; not all were read".to_owned();
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
    let conda = if layout.conda { Conda::of(root, &layout.prefix) } else { Conda::default() };
    let shown = |path: &Path| below(root, layout, path);
    unlisted.extend(conda.unlisted.iter().map(|(folder, why)| Unlisted { path: root.shown(folder), why: why.clone() }));
    let files = with_files.then_some(Files { listed: python::record_libraries, editables: &editables });
    let reader = Reader { root, shown: &shown, sites: &layout.site_packages, conda: &conda, files };
    let all = crate::parallel::map_files(&places, |(site, name)| reader.read(site, name));
    let (mut distributions, others) = first_of_each(all);
    let mut elsewhere: Vec<Elsewhere> =
        others.iter().filter_map(|other| passed_over(layout, &distributions, other)).collect();
    let bare = bare::without_metadata(&reader, &distributions, &unlisted);
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
    distributions.order_by(|one, other| one.package.name.cmp(&other.package.name));
    Found { distributions, unlisted, elsewhere }
}

/// The first of each name, and the others. Of two in one folder that is the one that its module's version agrees with, for they share the
/// module. A folder without a name does not count.
pub fn first_of_each(all: Vec<Distribution>) -> (Vec<Distribution>, Vec<Distribution>) {
    let mut firsts: Vec<Distribution> = Vec::new();
    let mut others: Vec<Distribution> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for distribution in all.into_iter().filter(|distribution| !distribution.package.name.is_empty()) {
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
    (firsts, others)
}

/// Another torch or companion than the one that counts, where its version is another.
fn passed_over(layout: &Layout, firsts: &[Distribution], other: &Distribution) -> Option<Elsewhere> {
    FAMILY.contains(&other.package.name.as_str()).then_some(())?;
    let first = firsts.iter().find(|first| first.package.name == other.package.name)?;
    let version = other.package.version.value();
    (version != first.package.version.value()).then_some(())?;
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

/// A path relative to the environment, as people see it.
fn below(root: &Root, layout: &Layout, path: &Path) -> String {
    match path.strip_prefix(&layout.prefix) {
        Ok(rest) => rest.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        Err(_) => root.shown(path),
    }
}
