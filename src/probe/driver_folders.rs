//! The folders that may contain a driver's libraries, and the files with such names in them: listed once, for all readers of such files.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::loader;
use crate::{
    facts::{DriverPart, Fact, Host, Os, Platform, Source},
    system::{Root, Surroundings},
};

/// WSL's own folder of the driver.
pub const WSL: &str = "/usr/lib/wsl";
/// Where systems keep a driver outside the loader's folders: NixOS; the driver container of NVIDIA's GPU operator; GKE's nodes, and what
/// its device plugin mounts into containers.
const ELSEWHERE: [&str; 7] = [
    "/run/opengl-driver/lib",
    "/run/nvidia/driver/usr/lib/x86_64-linux-gnu",
    "/run/nvidia/driver/usr/lib/aarch64-linux-gnu",
    "/run/nvidia/driver/usr/lib64",
    "/home/kubernetes/bin/nvidia/lib64",
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
];

/// A folder, links resolved, and those of its names that libraries of the driver begin with, sorted.
#[derive(Debug)]
pub struct Place {
    pub folder: PathBuf,
    pub names: Vec<String>,
}

/// The loader's folders in its order, then the usual places that it was not told of; each once.
pub fn places(root: &Root, surroundings: &Surroundings, host: &Host) -> Fact<Vec<Place>> {
    let platform = host.platform.value();
    if platform.is_some_and(|platform| platform.os != Os::Linux) {
        return Fact::unknown("only searched for on Linux");
    }
    let folders = folders(root, surroundings, platform);
    if folders.is_empty() {
        return Fact::unknown("none of the loader's search folders exists");
    }
    let families = DriverPart::ALL.map(DriverPart::family);
    let place = |folder: PathBuf| Place { names: root.names_starting(&folder, &families), folder };
    Fact::known(folders.into_iter().map(place).collect(), Source::file("the loader's search path"))
}

/// The loader's folders in its order, then the usual places that it was not told of; each once, links resolved. None where the loader
/// has none.
fn folders(root: &Root, surroundings: &Surroundings, platform: Option<&Platform>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = loader::folders(root, surroundings, &[], platform.map(|platform| platform.cpu))
        .into_iter()
        .map(|(folder, _)| folder)
        .collect();
    if folders.is_empty() {
        return folders;
    }
    folders.extend(untold(root));
    let mut looked = BTreeSet::new();
    // `/lib` is `/usr/lib` on most systems.
    folders
        .into_iter()
        .filter_map(|folder| root.real(&folder).ok().filter(|real| looked.insert(real.clone())))
        .collect()
}

/// Places of a libcuda that the loader finds only where its configuration names them.
fn untold(root: &Root) -> Vec<PathBuf> {
    let local = Path::new("/usr/local");
    let toolkits = root.names(local).into_iter().filter(|name| name == "cuda" || name.starts_with("cuda-"));
    let compat = toolkits.map(|name| local.join(name).join("compat"));
    let mut folders: Vec<_> = std::iter::once(Path::new(WSL).join("lib")).chain(compat).collect();
    folders.extend(ELSEWHERE.into_iter().map(PathBuf::from));
    folders.retain(|folder| root.is_dir(folder));
    folders
}
