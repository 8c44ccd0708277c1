//! The files of a folder as they were at another time: a list of them that was taken once, and a way to read each. Symbolic links are
//! followed inside of it and lead nowhere else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::{Component, Path, PathBuf},
};

/// As many symbolic links as Linux itself follows in one path.
const MAX_LINKS: usize = 40;
/// Longer than any path that a link leads to.
const MAX_TARGET: u64 = 4096;

/// What is listed under a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whether it is a symbolic link, whose content is the path that it leads to.
    pub is_link: bool,
    /// Its length in bytes.
    pub size: u64,
    /// What its content is read by.
    pub id: String,
}

/// Reads the content of an entry by its id.
pub type Reader = Box<dyn Fn(&str) -> io::Result<Vec<u8>> + Send + Sync>;

/// A folder as it was.
pub struct Past {
    top: PathBuf,
    entries: BTreeMap<PathBuf, Entry>,
    /// Names in each folder.
    folders: BTreeMap<PathBuf, BTreeSet<String>>,
    read: Reader,
}

impl fmt::Debug for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Past").field("top", &self.top).field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Past {
    /// The folder that lies at `top` today, with these entries, by their paths below it, with forward slashes. A path that is not plain names
    /// joined by slashes is left out.
    pub fn new(top: PathBuf, entries: impl IntoIterator<Item = (String, Entry)>, read: Reader) -> Self {
        let mut past =
            Self { folders: BTreeMap::from([(top.clone(), BTreeSet::new())]), top, entries: BTreeMap::new(), read };
        for (path, entry) in entries {
            let below = Path::new(&path);
            if !below.components().all(|part| matches!(part, Component::Normal(_))) {
                continue;
            }
            let path = past.top.join(below.components().collect::<PathBuf>());
            for inner in path.ancestors().take_while(|inner| **inner != past.top) {
                let (Some(name), Some(outer)) = (inner.file_name().and_then(|name| name.to_str()), inner.parent())
                else {
                    break;
                };
                if !past.folders.entry(outer.to_owned()).or_default().insert(name.to_owned()) {
                    break;
                }
            }
            past.entries.insert(path, entry);
        }
        past
    }

    /// Where it lies today.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// A path without symbolic links.
    ///
    /// # Errors
    /// When it was not there, its links form a loop, or one of them leads out of the folder.
    pub fn real(&self, path: &Path) -> io::Result<PathBuf> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
        let mut pending = parts(path.strip_prefix(&self.top).map_err(|_| missing())?);
        let mut current = self.top.clone();
        let mut links = 0;
        while let Some(part) = pending.pop() {
            match Path::new(&part).components().next() {
                Some(Component::ParentDir) if current != self.top => {
                    current.pop();
                    continue;
                }
                Some(Component::Normal(_)) => {}
                Some(Component::CurDir) | None => continue,
                _ => return Err(missing()),
            }
            let next = current.join(&part);
            match self.entries.get(&next).filter(|entry| entry.is_link) {
                None => current = next,
                Some(link) => {
                    links += 1;
                    if links > MAX_LINKS || link.size > MAX_TARGET {
                        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its symbolic links form a loop"));
                    }
                    let target = String::from_utf8((self.read)(&link.id)?).map_err(|_| missing())?;
                    pending.extend(parts(Path::new(&target)));
                }
            }
        }
        match self.entries.contains_key(&current) || self.folders.contains_key(&current) {
            true => Ok(current),
            false => Err(missing()),
        }
    }

    /// The content of a file, links followed, unless it is longer than `limit`.
    ///
    /// # Errors
    /// As [`Past::real`]; a folder; a file that is too long, or that cannot be read.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let real = self.real(path)?;
        let entry = self.entries.get(&real).ok_or(io::ErrorKind::IsADirectory)?;
        if entry.size > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        (self.read)(&entry.id)
    }

    /// Whether there was a file, links followed.
    pub fn is_file(&self, path: &Path) -> bool {
        self.real(path).is_ok_and(|real| self.entries.contains_key(&real))
    }

    /// Whether there was a folder, links followed.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.real(path).is_ok_and(|real| self.folders.contains_key(&real))
    }

    /// Names in a folder, sorted; none where there was no folder.
    pub fn names(&self, folder: &Path) -> Vec<String> {
        let names = self.real(folder).ok().and_then(|real| self.folders.get(&real));
        names.into_iter().flatten().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        let entry = |path: &str, is_link: bool, content: &str| {
            (path.to_owned(), Entry { is_link, size: content.len() as u64, id: content.to_owned() })
        };
        let all = [
            entry("requirements/base.txt", false, "torch"),
            entry("requirements.txt", true, "requirements/base.txt"),
            entry("deep/er", true, "../requirements"),
            entry("out", true, "../../etc/passwd"),
            entry("absolute", true, "/etc/passwd"),
            entry("loop", true, "loop"),
            entry("../outside", false, "no"),
            entry("/root", false, "no"),
        ];
        Past::new(PathBuf::from("/here"), all, Box::new(|id| Ok(id.as_bytes().to_vec())))
    }

    #[test]
    fn links_lead_to_places_inside() {
        let past = past();
        let read = |path: &str| past.read(Path::new(path), 100).map(|bytes| String::from_utf8(bytes).unwrap());
        for path in ["/here/requirements/base.txt", "/here/requirements.txt", "/here/deep/er/base.txt"] {
            assert_eq!(read(path).unwrap(), "torch", "{path}");
        }
        for path in ["/here/out", "/here/absolute", "/here/loop", "/here", "/here/none", "/outside", "/here/../outside"]
        {
            assert!(read(path).is_err(), "{path}");
        }
        assert!(past.read(Path::new("/here/requirements.txt"), 4).is_err(), "too long");
    }

    #[test]
    fn folders_have_names() {
        let past = past();
        assert_eq!(
            past.names(Path::new("/here")),
            ["absolute", "deep", "loop", "out", "requirements", "requirements.txt"]
        );
        assert_eq!(past.names(Path::new("/here/deep/er")), ["base.txt"]);
        assert!(past.is_dir(Path::new("/here/deep/er")) && !past.is_dir(Path::new("/here/requirements.txt")));
        assert!(past.is_file(Path::new("/here/requirements.txt")) && !past.is_file(Path::new("/here/deep")));
        assert!(past.names(Path::new("/elsewhere")).is_empty());
    }
}
