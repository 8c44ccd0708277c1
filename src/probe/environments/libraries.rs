//! The native files of the packages that bring or use GPU code, each read for what it holds.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{distributions::Distribution, layout::Layout};
use crate::{
    binary,
    facts::{Container, Fact, Library},
    probe::root::{Root, clean},
    python,
};

/// Of a package without RECORD this much is walked: torch has 3000 folders, most of them headers.
const MAX_FOLDERS: usize = 10_000;
const MAX_DEPTH: usize = 12;
/// torch and all it needs have some 140 files.
const MAX_FILES: usize = 20_000;
/// What conda keeps in the environment's own lib folder, outside of torch's.
const CONDA_TORCH: [&str; 5] =
    ["libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_cpu.so", "libc10_cuda.so", "libc10.so"];

/// Reads the libraries of all packages that concern GPUs into their facts.
/// `more` are the packages that the knowledge base has something to say of.
pub fn read(root: &Root, layout: &Layout, distributions: &mut [Distribution], more: &BTreeSet<String>) {
    let mut work: Vec<(usize, PathBuf, String)> = Vec::new();
    for (index, distribution) in distributions.iter().enumerate().filter(|(_, found)| concerns_gpus(found, more)) {
        let walked = || walk(root, &distribution.site, &distribution.package.name);
        let natives = distribution.natives.clone().unwrap_or_else(walked);
        if layout.conda && distribution.package.name == "torch" {
            let library = layout.prefix.join("lib");
            let outside = CONDA_TORCH.into_iter().filter(|name| !natives.iter().any(|path| path.ends_with(name)));
            let files = outside.map(|name| (index, library.join(name), format!("lib/{name}")));
            work.extend(files.filter(|(_, path, _)| root.is_file(path)));
        }
        let inside = natives.into_iter().filter_map(|shown| {
            // A RECORD that points out of the environment is not followed.
            let within = |path: &PathBuf| path.starts_with(&layout.prefix) || path.starts_with(&distribution.site);
            Some((index, clean(&distribution.site.join(&shown)).filter(within)?, shown))
        });
        work.extend(inside);
    }
    work.truncate(MAX_FILES);
    let libraries = crate::parallel::map(&work, |(_, path, shown)| library(root, path, shown));
    for ((index, ..), library) in work.iter().zip(libraries) {
        if let (Some(distribution), Some(library)) = (distributions.get_mut(*index), library) {
            distribution.package.libraries.push(library);
        }
    }
}

/// Packages with GPU code, and those that link to torch and so share its fate.
fn concerns_gpus(distribution: &Distribution, more: &BTreeSet<String>) -> bool {
    let package = &distribution.package;
    let name = package.name.as_str();
    let requires_torch = || package.requires.iter().any(|line| required_name(line) == "torch");
    matches!(name, "torch" | "torchvision" | "torchaudio" | "triton")
        || ["nvidia-", "cuda-"].iter().any(|prefix| name.starts_with(prefix))
        || more.contains(name)
        || requires_torch()
}

/// The normalised name at the start of a requirement.
fn required_name(line: &str) -> String {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    python::normalize(line.get(..end).unwrap_or_default())
}

/// One file. What cannot be read is still a library; what is no binary at all (a text file named `.so`) is none.
fn library(root: &Root, path: &Path, shown: &str) -> Option<Library> {
    let read = root.locate(path).map_err(binary::Error::Io).and_then(|path| binary::read_library(&path, shown));
    match read {
        Ok(library) => Some(library),
        Err(binary::Error::NotABinary) => None,
        Err(error) => Some(Library {
            path: shown.to_owned(),
            container: if shown.ends_with(".dll") || shown.ends_with(".pyd") { Container::Pe } else { Container::Elf },
            needed: Vec::new(),
            code: Fact::unknown(format!("cannot be read: {error}")),
        }),
    }
}

/// Shared libraries below the folder that a package of this name usually has. Links to folders are not followed.
fn walk(root: &Root, site: &Path, name: &str) -> Vec<String> {
    let module = name.replace('-', "_");
    let mut pending = vec![
        (site.join(&module), module.clone(), 0),
        (site.join(format!("{module}.libs")), format!("{module}.libs"), 0),
    ];
    let mut found = Vec::new();
    let mut folders = 0;
    while let Some((folder, shown, depth)) = pending.pop() {
        folders += 1;
        if folders > MAX_FOLDERS || found.len() > MAX_FILES {
            break;
        }
        for name in root.names(&folder) {
            let (path, shown) = (folder.join(&name), format!("{shown}/{name}"));
            if python::shared_library(&name) {
                found.push(shown);
                // A dot means a file more often than a folder, and asking the system costs as much as reading one.
            } else if depth < MAX_DEPTH && !name.contains('.') && root.is_dir(&path) && !root.is_link(&path) {
                pending.push((path, shown, depth + 1));
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_begin_with_a_name() {
        for line in ["torch", "torch>=2.0", "Torch (==2.7.1)", "torch ; python_version>'3'", "torch[opt]~=2.1"] {
            assert_eq!(required_name(line), "torch", "{line}");
        }
        assert_ne!(required_name("torch-geometric"), "torch");
    }
}
