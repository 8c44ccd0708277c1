//! The native files of the packages that contain or use GPU code, each read for its contents.

use std::{
    collections::BTreeSet,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use gpucheck_ground::Order as _;

use super::{
    distribution::Distribution,
    folders::{self, Folder},
    layout::Layout,
    look::{self, Look, look},
    sources,
};
use crate::{
    facts::{BadFile, Flaw, Listing, Platform},
    python,
    system::{Root, clean},
};

/// Of a package without RECORD this much is walked: torch has 3000 folders, most of them headers.
const MAX_FOLDERS: usize = 10_000;
const MAX_DEPTH: usize = 12;
/// torch and all it needs have some 140 files.
const MAX_FILES: usize = 20_000;
/// Loose files of device code that a package has at most, if it loads them one by one.
const MAX_LOOSE: usize = 256;
/// What conda keeps in the environment's own folders of libraries, outside of torch's: in `lib`, on Windows in `Library\bin` (recipe/bld.bat of
/// conda-forge's pytorch-cpu-feedstock).
const CONDA_TORCH: [(&str, &[&str]); 2] = [
    ("lib", &["libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_cpu.so", "libc10_cuda.so", "libc10.so"]),
    ("Library/bin", &["torch_cuda.dll", "torch_cuda_linalg.dll", "torch_cpu.dll", "c10_cuda.dll", "c10.dll"]),
];

/// Reads the libraries of all packages that concern GPUs into their facts, and of all others those that contain device code.
/// `more` are the packages that the knowledge base has something to say of.
pub fn read(
    root: &Root,
    layout: &Layout,
    distributions: &mut [Distribution],
    more: &BTreeSet<String>,
    platform: Option<Platform>,
) {
    let mut files: Vec<File> = Vec::new();
    for (owner, distribution) in distributions.iter_mut().enumerate().filter(|(_, found)| concerns_gpus(found, more)) {
        let natives = natives(root, distribution);
        if layout.conda && distribution.package.name == "torch" {
            let outside = of_conda(root, &layout.prefix, &natives).into_iter();
            files.extend(outside.map(|(path, shown)| File { owner, path, shown, known: true }));
        }
        let code = distribution.code();
        let inside = |shown: String| Some(File { owner, path: within(layout, code, &shown)?, shown, known: true });
        files.extend(natives.into_iter().filter_map(inside));
    }
    let left = files.split_off(files.len().min(MAX_FILES));
    // Last, as they are small: the large ones should not be what everybody waits for in the end.
    files.extend(others(layout, distributions, more));
    let looks = crate::parallel::map_files(&files, |File { path, shown, known, .. }| match known {
        true => look(root, path, shown, platform),
        false => Look { library: look::code_of(root, path, shown), bad: None },
    });
    for (File { owner, path, .. }, Look { library, bad }) in files.iter().zip(looks) {
        let Some(distribution) = distributions.get_mut(*owner) else { continue };
        distribution.package.libraries.extend(library);
        let moved = |bad: &BadFile| bad.what == Flaw::Absent && moved_by_conda(root, layout, distribution, path);
        let bad = bad.filter(|bad| !moved(bad));
        distribution.package.damaged.extend(bad);
    }
    // The first that was left out represents the rest of its package.
    let mut last = None;
    for File { owner, shown, .. } in left {
        if last.replace(owner) != Some(owner)
            && let Some(distribution) = distributions.get_mut(owner)
        {
            distribution.package.damaged.push(too_much(shown));
        }
    }
}

/// The libraries of torch that conda keeps in the environment's own folder, with their paths as shown. `natives`: those that torch's own
/// folder has.
pub fn of_conda(root: &Root, prefix: &Path, natives: &[String]) -> Vec<(PathBuf, String)> {
    let all = CONDA_TORCH.into_iter().flat_map(|(folder, names)| names.iter().map(move |name| (folder, *name)));
    let own = |name: &str| natives.iter().any(|path| path.rsplit(['/', '\\']).next() == Some(name));
    let place = |(folder, name): (&str, &str)| (in_conda(prefix, folder, name), format!("{folder}/{name}"));
    all.filter(|(_, name)| !own(name)).map(place).filter(|(path, _)| root.is_named(path)).collect()
}

/// The place of a file in one of those folders.
fn in_conda(prefix: &Path, folder: &str, name: impl AsRef<Path>) -> PathBuf {
    folder.split('/').fold(prefix.to_owned(), |path, part| path.join(part)).join(name)
}

/// A native file to read.
struct File {
    /// The place of its distribution.
    owner: usize,
    path: PathBuf,
    /// Its path as its package has it.
    shown: String,
    /// Whether its package is known to need it. Of the others only the device code counts.
    known: bool,
}

/// The files of packages of which nothing is known that concerns GPUs, as far as their RECORDs list files.
fn others(layout: &Layout, distributions: &[Distribution], more: &BTreeSet<String>) -> Vec<File> {
    let others = distributions.iter().enumerate().filter(|(_, found)| !concerns_gpus(found, more));
    let files = others.flat_map(|(owner, other)| {
        let files = other.natives.iter().flatten();
        // Thousands of loose files are a store from which a program takes what fits; one alone says nothing.
        let loose = files.clone().filter(|path| python::device_code(path)).count();
        let files = files.filter(move |path| loose <= MAX_LOOSE || !python::device_code(path));
        files.filter_map(move |shown| {
            Some(File { owner, path: within(layout, other.code(), shown)?, shown: shown.clone(), known: false })
        })
    });
    files.take(MAX_FILES).collect()
}

/// The path of a file of a RECORD. One that points out of the environment is not followed.
fn within(layout: &Layout, code: &Path, shown: &str) -> Option<PathBuf> {
    clean(&code.join(shown)).filter(|path| path.starts_with(&layout.prefix) || path.starts_with(code))
}

/// The libraries of a distribution as far as anything tells them, and a note of how they were found.
fn natives(root: &Root, distribution: &mut Distribution) -> Vec<String> {
    let listing = distribution.listing();
    let natives = match listing {
        Listing::Nowhere => Vec::new(),
        Listing::Record => distribution.natives.clone().unwrap_or_default(),
        Listing::Folder | Listing::Module => {
            let (natives, bad) = walk(root, distribution.code(), &distribution.package.name);
            distribution.package.damaged.extend(bad);
            natives
        }
    };
    if listing != Listing::Nowhere {
        let faults = sources::faults(root, distribution);
        distribution.package.damaged.extend(faults);
    }
    distribution.package.listing = Some(listing);
    natives
}

/// Whether a package of conda's has a file in another place than where its RECORD was written: recipes move torch's libraries to the
/// environment's own folder after pip has listed them.
fn moved_by_conda(root: &Root, layout: &Layout, distribution: &Distribution, path: &Path) -> bool {
    let moved = || {
        let name = path.file_name();
        name.is_some_and(|name| {
            CONDA_TORCH.iter().any(|(folder, _)| root.is_file(&in_conda(&layout.prefix, folder, name)))
        })
    };
    layout.conda && distribution.package.installer.as_deref() == Some("conda") && moved()
}

fn too_much(path: String) -> BadFile {
    BadFile { path, what: Flaw::Unreadable, why: "was not searched: there are too many files".to_owned() }
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

/// Shared libraries below the folders that a package of this name usually has, and the folders in it that could not be searched. Links
/// to folders are not followed.
fn walk(root: &Root, site: &Path, name: &str) -> (Vec<String>, Vec<BadFile>) {
    let start = folders::of_package(root, site, name).into_iter();
    let mut pending: Vec<_> = start.map(|Folder { path, part }| (site.join(&path), path, part, 0)).collect();
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    let mut folders = 0;
    while let Some((folder, shown, part, depth)) = pending.pop() {
        folders += 1;
        if folders > MAX_FOLDERS || found.len() > MAX_FILES {
            bad.push(too_much(shown));
            break;
        }
        let (names, more) = match root.listing(&folder) {
            Ok(listing) => listing,
            // A package need not have a folder of its name.
            Err(error) if depth == 0 && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                continue;
            }
            Err(error) => {
                bad.push(BadFile { path: shown, what: Flaw::Unreadable, why: format!("cannot be listed: {error}") });
                continue;
            }
        };
        if more {
            bad.push(too_much(shown.clone()));
        }
        for name in names {
            let (path, shown) = (folder.join(&name), format!("{shown}/{name}"));
            if python::shared_library(&name) {
                let own = part.as_ref().is_none_or(|part| name.to_ascii_lowercase().contains(part));
                found.extend(own.then_some(shown));
                // A dot means a file more often than a folder, and asking the system costs as much as reading one.
            } else if depth < MAX_DEPTH && !name.contains('.') && root.is_dir(&path) && !root.is_link(&path) {
                pending.push((path, shown, part.clone(), depth + 1));
            }
        }
    }
    found.order();
    (found, bad)
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
