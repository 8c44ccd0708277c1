//! Where else Python may take torch from: PYTHONPATH and the current folder come before what is installed (CPython, "The initialization of
//! the sys.path module search path").

use std::path::{Path, PathBuf};

use super::{distribution::Distribution, layout::Layout};
use crate::{
    facts::{Elsewhere, Way},
    system::{Root, Surroundings},
};

/// The packages to search for: torch, and what is compiled against it and so shares its fate.
pub const FAMILY: [&str; 4] = ["torch", "torchvision", "torchaudio", "triton"];

/// The modules of torch and its companions that come before the installed ones, each with the folder that it lies in.
pub fn modules(root: &Root, surroundings: &Surroundings, layout: &Layout) -> Vec<(Elsewhere, PathBuf)> {
    // A bare site-packages folder, and a Python with its own list of folders, ignore the surroundings.
    if layout.interpreter.is_none() || layout.underpth.is_some() {
        return Vec::new();
    }
    let own: Vec<PathBuf> = layout.site_packages.iter().filter_map(|site| root.real(site).ok()).collect();
    let is_own = |folder: &Path| root.real(folder).is_ok_and(|folder| own.contains(&folder));
    let path = surroundings.folders("PYTHONPATH").into_iter().map(|folder| (folder, Way::Pythonpath));
    let safe = surroundings.filled("PYTHONSAFEPATH").is_some();
    let here = surroundings.folder.clone().filter(|_| !safe).map(|folder| (folder, Way::CurrentFolder));
    let folders: Vec<_> = path.chain(here).filter(|(folder, _)| !is_own(folder)).collect();
    let mut found: Vec<(Elsewhere, PathBuf)> = Vec::new();
    for name in FAMILY {
        for (folder, way) in &folders {
            let Some(module) = module(root, folder, name) else { continue };
            let known = |(other, at): &(Elsewhere, PathBuf)| other.package == name && at == folder;
            if !found.iter().any(known) {
                let at = root.shown(&module);
                found.push((Elsewhere { package: name.to_owned(), at, version: None, way: *way }, folder.clone()));
            }
        }
    }
    found
}

/// The package or module of this name. A folder without `__init__.py` gives way to a package that comes later.
fn module(root: &Root, folder: &Path, name: &str) -> Option<PathBuf> {
    let package = folder.join(name);
    if root.is_file(&package.join("__init__.py")) {
        return Some(package);
    }
    Some(folder.join(format!("{name}.py"))).filter(|file| root.is_file(file))
}

/// Leaves out the modules that are the installed ones: editable installs lie in the folder that people work in.
pub fn without_own(found: &mut Vec<(Elsewhere, PathBuf)>, root: &Root, distributions: &[Distribution]) {
    found.retain(|(module, folder)| {
        let own = distributions.iter().find(|own| own.package.name == module.package);
        let real = |path: &Path| root.real(path).ok();
        let counts = |own: &Distribution| own.source.is_some() || module.way == Way::CurrentFolder;
        own.is_none_or(|own| !counts(own) || real(own.code()) != real(folder))
    });
}
