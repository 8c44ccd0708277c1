//! Python environments: which exist, what is installed in them, what their libraries contain. Nothing is imported.

mod alias;
mod bare;
mod build;
mod conda;
mod distribution;
mod distributions;
mod editable;
mod elsewhere;
mod folders;
mod interpreter;
mod layout;
mod libraries;
mod lists;
mod look;
mod manager;
mod metadata;
mod package;
mod pyvenv;
pub(super) mod select;
mod site;
mod sites;
mod sources;
mod store;
mod system_libraries;
mod underpth;
mod version;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use self::{
    build::of_text as build_of_text,
    distribution::Distribution,
    folders::of_package as folders_of_package,
    metadata::is_metadata,
    package::package,
    select::{has_own, in_project},
    site::{Site, site},
    system_libraries::in_folders,
};
use self::{distributions::Found, layout::Layout, select::Candidate, underpth::UnderPth};
use super::{Options, header};
use crate::{
    facts::{Environment, Fact, Host, How, Origin, Os, Platform, Source, Unlisted},
    knowledge::Interests,
    system::{Root, Surroundings},
};

/// All environments, the selected one first.
///
/// # Errors
/// When the user named something that is not a Python environment.
pub fn environments(
    root: &Root,
    options: &Options,
    surroundings: &Surroundings,
    host: &Host,
) -> anyhow::Result<Vec<Environment>> {
    let candidates = select::candidates(root, options, surroundings)?;
    let candidates: Vec<_> = candidates.into_iter().enumerate().collect();
    // Side by side: the others, whose packages only are listed, are read while the libraries of the selected one are.
    Ok(crate::parallel::map(&candidates, |(index, candidate)| {
        let selected = *index == 0;
        let interests = (selected || options.all).then_some(&options.interests);
        environment(root, surroundings, host, candidate, selected, interests)
    }))
}

fn environment(
    root: &Root,
    surroundings: &Surroundings,
    host: &Host,
    candidate: &Candidate,
    selected: bool,
    interests: Option<&Interests>,
) -> Environment {
    let Candidate { layout, found_by, active } = candidate;
    let modules = elsewhere::modules(root, surroundings, layout);
    let Found { mut distributions, mut unlisted, elsewhere } =
        distributions::distributions(root, layout, modules, interests.is_some());
    // It says which Python it is for, and so which folders count.
    if let Some(why) = layout.venv.as_ref().and_then(|venv| venv.unread.clone()) {
        unlisted.push(Unlisted { path: root.shown(&layout.prefix.join(pyvenv::FILE)), why });
    }
    unlisted.extend(layout.underpth.as_ref().and_then(|underpth| not_looked_at(root, layout, underpth)));
    let platform = platform(root, layout, host);
    let mut system_libraries = BTreeMap::new();
    if let Some(interests) = interests {
        libraries::read(root, layout, &mut distributions, &interests.packages, platform.value().copied());
        if let Some(platform) = platform.value().filter(|platform| platform.os == Os::Linux) {
            let provided = provided(&distributions);
            // What rows ask for is searched only where GPU software is installed at all.
            let gpu = distributions.iter().any(|found| !found.package.libraries.is_empty());
            let asked = interests.libraries.iter().map(String::as_str).filter(|_| gpu);
            let names =
                missing(&distributions, &provided).into_iter().chain(asked).filter(|name| !provided.contains(name));
            let names = names.collect();
            system_libraries = system_libraries::locate(root, surroundings, layout, platform, &names);
            system_libraries.extend(system_libraries::shadowing(root, surroundings, layout, platform, &provided));
        }
    }
    Environment {
        id: root.shown(&layout.prefix),
        origin: Origin::Installed,
        selected,
        found_by: found_by.clone(),
        // Without a pip of its own a plain `pip` is another environment's.
        active: *active && distributions.iter().any(|distribution| distribution.package.name == "pip"),
        interpreter: interpreter(root, layout),
        manager: manager::manager(root, layout),
        python: layout.python.clone(),
        platform,
        installed_on: None,
        packages: distributions.into_iter().map(|distribution| distribution.package).collect(),
        system_libraries,
        unlisted,
        elsewhere,
        image: None,
        wanted: None,
        steps: Vec::new(),
        changes: None,
        statements: Vec::new(),
        gaps: Vec::new(),
        beside: None,
        otherwise: None,
    }
}

/// The folder of packages that an embedded Python does not look through, though it has it; or the file that tells it, where that cannot be read.
fn not_looked_at(root: &Root, layout: &Layout, underpth: &UnderPth) -> Option<Unlisted> {
    let file = root.shown(&underpth.path);
    if let Some(why) = underpth.unread.clone() {
        return Some(Unlisted { path: file, why });
    }
    let site = layout.prefix.join("Lib").join("site-packages");
    let passed_over = root.is_dir(&site) && !layout.site_packages.contains(&site);
    passed_over.then(|| Unlisted {
        path: root.shown(&site),
        why: format!("Python does not look there: {file} neither lists it nor has the line 'import site'"),
    })
}

/// The names of the libraries that the packages contain.
fn provided(distributions: &[Distribution]) -> BTreeSet<&str> {
    let file_name =
        |path| -> &str { std::path::Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path) };
    let listed = distributions.iter().flat_map(|found| found.natives.iter().flatten()).map(String::as_str);
    let libraries = distributions.iter().flat_map(|found| &found.package.libraries);
    listed.chain(libraries.map(|library| library.path.as_str())).map(file_name).collect()
}

/// Names that the libraries ask for and that no file of any package has.
fn missing<'d>(distributions: &'d [Distribution], provided: &BTreeSet<&str>) -> BTreeSet<&'d str> {
    let libraries = distributions.iter().flat_map(|found| &found.package.libraries);
    let needed = libraries.flat_map(|library| &library.needed).map(String::as_str);
    needed.filter(|name| !provided.contains(name)).collect()
}

/// The interpreter as a command line names it; PowerShell completes and prints backslashes.
fn interpreter(root: &Root, layout: &Layout) -> Fact<String> {
    match &layout.interpreter {
        Some(path) => {
            let shown = root.shown(path);
            let typed = if layout.windows { shown.replace('/', "\\") } else { shown.clone() };
            Fact::known(typed, Source::file(shown))
        }
        None if layout.venv.is_some() => Fact::unknown("its bin/python is missing or a broken symbolic link"),
        None => Fact::unknown("a site-packages folder has no interpreter"),
    }
}

/// What wheels must have been built for: the interpreter's own header says it, else the folders and the host.
fn platform(root: &Root, layout: &Layout, host: &Host) -> Fact<Platform> {
    let header = layout.interpreter.as_deref().and_then(|path| Some((header::platform(root, path)?, path)));
    if let Some((platform, path)) = header {
        return Fact::known(platform, Source::new(How::Binary, root.shown(path)));
    }
    let Fact::Known { value, via } = &host.platform else { return host.platform.clone() };
    match (layout.windows, value.os) {
        (false, Os::Windows) if !layout.site_packages.is_empty() && layout.interpreter.is_some() => {
            let os = Os::Linux;
            Fact::known(Platform { os, cpu: value.cpu }, Source::file(root.shown(&layout.prefix)))
        }
        (true, Os::Linux | Os::Macos) => {
            let os = Os::Windows;
            Fact::known(Platform { os, cpu: value.cpu }, Source::file(root.shown(&layout.prefix)))
        }
        _ => Fact::known(*value, via.clone()),
    }
}
