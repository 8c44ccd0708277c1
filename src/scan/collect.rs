//! From targets to libraries: files as they are, folders walked, every file that can hold device code read, on all cores.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::Remote;
use crate::{
    binary::{self, ArchiveOptions},
    facts::{Container, Fact, Library},
    parallel, python,
};

/// A tree deeper than any real one: a loop of links ends here.
const MAX_DEPTH: usize = 64;
/// More files than any package has.
const MAX_FILES: usize = 1_000_000;

/// What was read of one target.
#[derive(Debug, Default)]
pub struct Collected {
    /// Libraries in the order of their paths.
    pub libraries: Vec<Library>,
    /// Folders and members of packages that could not be read, and why.
    pub unread: Vec<(String, String)>,
    /// What was read over the network.
    pub remote: Vec<Remote>,
}

/// How far reading goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Depth {
    /// Search each file for code that no section names, which reads all of it.
    pub deep: bool,
    /// Of packages, read only the beginning of large members: the base set.
    pub quick: bool,
}

/// Reads one library.
fn read(path: &Path, shown: &str, depth: Depth) -> Result<Library, binary::Error> {
    if depth.deep { binary::read_deep(path, shown) } else { binary::read_library(path, shown) }
}

/// Whether a name is that of a package which is read without unpacking it.
fn is_package(target: &Path) -> bool {
    let name = target.to_string_lossy();
    [".whl", ".conda", ".tar.bz2"].iter().any(|ending| name.ends_with(ending))
}

/// The libraries of a package, under its own name.
fn package(target: &Path, depth: Depth) -> Result<Collected, binary::Error> {
    let options = ArchiveOptions { quick: depth.quick, ..ArchiveOptions::default() };
    let archive = binary::read_archive(target, &options)?;
    Ok(Collected { libraries: archive.libraries, unread: archive.skipped, remote: Vec::new() })
}

/// Reads a target: a file that was named is read whatever its name; of a folder, what can hold device code by its name. `shown` is
/// how reports name the target.
///
/// # Errors
/// When the target itself is not there or cannot be read, or is a file of no known format.
pub fn collect(target: &Path, shown: &str, depth: Depth) -> anyhow::Result<Collected> {
    let kind = fs::metadata(target).map_err(|error| anyhow::anyhow!("{shown}: {error}"))?;
    let told = |error: binary::Error| anyhow::anyhow!("{shown}: {error}");
    if kind.is_file() && is_package(target) {
        return package(target, depth).map_err(told);
    }
    if !kind.is_dir() {
        let library = read(target, shown, depth).map_err(told)?;
        return Ok(Collected { libraries: vec![library], ..Collected::default() });
    }
    let mut collected = Collected::default();
    let mut files = Vec::new();
    walk(target, &mut files, &mut collected.unread, &mut BTreeSet::new(), 0);
    files.sort();
    collected.libraries = read_all(&files, target, depth);
    Ok(collected)
}

/// Whether a name is that of a file that can hold device code.
fn is_candidate(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    python::shared_library(name)
        || ending.is_some_and(|e| ["a", "o", "lib", "cubin", "fatbin", "ptx"].contains(&e.as_str()))
}

/// The candidates below a folder. A folder that was seen before (a link back up) is passed over.
fn walk(
    folder: &Path,
    files: &mut Vec<PathBuf>,
    unread: &mut Vec<(String, String)>,
    seen: &mut BTreeSet<PathBuf>,
    depth: usize,
) {
    if depth > MAX_DEPTH || files.len() > MAX_FILES || !fs::canonicalize(folder).is_ok_and(|real| seen.insert(real)) {
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unread.push((folder.display().to_string(), error.to_string())),
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links are followed: wheels of CUDA libraries are full of them.
        match fs::metadata(&path) {
            Ok(kind) if kind.is_dir() => walk(&path, files, unread, seen, depth + 1),
            Ok(kind) if kind.is_file() && is_candidate(&entry.file_name().to_string_lossy()) => files.push(path),
            _ => {}
        }
    }
}

/// The files in the order in which they are given.
fn read_all(files: &[PathBuf], base: &Path, depth: Depth) -> Vec<Library> {
    parallel::map(files, |path| {
        let shown = path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace('\\', "/");
        read(path, &shown, depth).unwrap_or_else(|error| Library {
            container: Container::Elf,
            needed: Vec::new(),
            code: Fact::unknown(error.to_string()),
            path: shown,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_once_and_only_candidates_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir(place("sub")).unwrap();
        fs::write(place("sub/a.so"), "no library").unwrap();
        fs::write(place("sub/notes.txt"), "x").unwrap();
        fs::write(place("kernel.ptx"), ".version 8.0\n.target sm_80\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), place("sub/up")).unwrap();
        let collected = collect(folder.path(), "x", Depth::default()).unwrap();
        let paths: Vec<&str> = collected.libraries.iter().map(|library| library.path.as_str()).collect();
        assert_eq!(paths, ["kernel.ptx", "sub/a.so"]);
        assert!(collected.libraries[1].code.is_unknown(), "what cannot be read says so");
        assert!(collect(&place("missing.so"), "x", Depth::default()).is_err());
        assert!(collect(&place("sub/notes.txt"), "x", Depth::default()).is_err(), "a file that was named must be one");
    }
}
