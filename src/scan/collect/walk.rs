//! What is read of a folder: files that can contain device code and packages, by their names, and the metadata of distributions. Links
//! are followed, as wheels of CUDA libraries are full of them; each folder is walked once.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use gpucheck_ground::Order as _;

use super::{
    super::names::{is_candidate, package_kind, relative},
    unread::Reason,
};
use crate::{probe, report::scan::Unread, system::canonical};

/// A tree deeper than any real one: a loop of links ends here.
const MAX_DEPTH: usize = 64;
/// More files than any package has.
const MAX_FILES: usize = 1_000_000;

/// What a path leads to, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A folder.
    Folder,
    /// A regular file of this many bytes.
    File(u64),
    /// A pipe, a socket or a device.
    Other,
}

/// Looks where a path leads.
///
/// # Errors
/// What the operating system says; a broken link is an error.
pub fn place(path: &Path) -> io::Result<Place> {
    let meta = fs::metadata(path)?;
    Ok(match () {
        () if meta.is_dir() => Place::Folder,
        () if meta.is_file() => Place::File(meta.len()),
        () => Place::Other,
    })
}

/// The path without links in it, if it leads somewhere.
pub fn real(path: &Path) -> Option<PathBuf> {
    canonical(path).ok()
}

/// Files and folders that were met, by their real paths.
#[derive(Debug, Default)]
pub struct Seen(BTreeSet<PathBuf>);

impl Seen {
    /// Whether a file was not found before under another name. Its reader reports whether it can be read at all.
    pub fn is_new(&mut self, path: &Path) -> bool {
        real(path).is_none_or(|real| self.0.insert(real))
    }

    /// Whether a folder is there and was not met before: a link may lead back up.
    fn is_new_folder(&mut self, path: &Path) -> bool {
        real(path).is_some_and(|real| self.0.insert(real))
    }
}

/// What a walk met.
#[derive(Debug, Default)]
pub struct Found {
    /// Files that can contain device code.
    pub files: Vec<Candidate>,
    /// Package files.
    pub packages: Vec<PathBuf>,
    /// Folders of packages: those that contain metadata.
    pub sites: Vec<PathBuf>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// A file that can contain device code, by its name.
#[derive(Debug)]
pub struct Candidate {
    pub path: PathBuf,
    /// Whether it is a link to a file.
    pub link: bool,
    /// Bytes.
    pub size: u64,
}

/// A file that was not met on a walk.
pub fn candidate(path: &Path) -> Option<Candidate> {
    let (meta, link) = (fs::metadata(path).ok()?, fs::symlink_metadata(path).ok()?.is_symlink());
    meta.is_file().then(|| Candidate { path: path.to_owned(), link, size: meta.len() })
}

/// Walks a folder. Reports name what is met by its path below `base`.
pub fn walk(folder: &Path, base: &Path, seen: &mut Seen) -> Found {
    let mut walk = Walk { base, seen, found: Found::default() };
    walk.folder(folder, 0);
    walk.found
}

struct Walk<'w> {
    base: &'w Path,
    seen: &'w mut Seen,
    found: Found,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > MAX_DEPTH || self.found.files.len() > MAX_FILES {
            return self.unread(folder, Reason::TooMany);
        }
        if !self.seen.is_new_folder(folder) {
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.unread(folder, Reason::Told(error.to_string())),
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.order_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.entry(folder, &entry, depth);
        }
    }

    fn entry(&mut self, folder: &Path, entry: &fs::DirEntry, depth: usize) {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let Ok(kind) = entry.file_type() else { return };
        if probe::is_metadata(&name) {
            // All of a folder is read at once, when it is known which there are.
            if !self.found.sites.iter().any(|site| site == folder) {
                self.found.sites.push(folder.to_owned());
            }
            return;
        }
        let (library, package) = (is_candidate(&name), package_kind(&path).is_some());
        if !kind.is_dir() && !kind.is_symlink() && !library && !package {
            return;
        }
        match place(&path) {
            Ok(Place::Folder) => self.folder(&path, depth + 1),
            Ok(Place::File(_)) if package => self.found.packages.push(path),
            Ok(Place::File(size)) if library => {
                self.found.files.push(Candidate { path, link: kind.is_symlink(), size });
            }
            Ok(Place::Other) if library || package => self.unread(&path, Reason::NoFile),
            Err(_) if library && kind.is_symlink() => self.unread(&path, Reason::DeadLink),
            Err(error) if library => self.unread(&path, Reason::Told(error.to_string())),
            _ => {}
        }
    }

    fn unread(&mut self, path: &Path, why: Reason) {
        self.found.unread.push(why.of(relative(path, self.base)));
    }
}
