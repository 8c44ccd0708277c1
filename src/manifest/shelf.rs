//! The files that may be read for a file that a person named: those of its project, each up to a limit, all of them up to another.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Component, Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Text;
use crate::{
    facts::Ignore,
    system::{Past, Root, is_remote},
};

/// A lock file of a large project has 5 MB.
const MAX_FILE: u64 = 16 << 20;
/// All files of one command together.
const MAX_ALL: u64 = 64 << 20;

/// Files of a project.
#[derive(Debug)]
pub struct Shelf {
    root: Root,
    /// The files as they were, where those are meant and not today's.
    past: Option<Arc<Past>>,
    /// What a relative path starts at.
    folder: PathBuf,
    /// What may still be read.
    left: AtomicU64,
    /// Where what was read is, by the name that reports have for it.
    seen: Mutex<BTreeMap<String, PathBuf>>,
    /// Comments in what was read that ask for findings to be passed over, by file.
    ignores: Mutex<BTreeMap<String, Vec<Ignore>>>,
    /// Texts that stand for what the file system has: what a person gave, and what a file would be after a change.
    put: BTreeMap<PathBuf, Put>,
}

/// A text in place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// As reports name it.
    pub shown: String,
    /// The text.
    pub text: String,
}

/// Why a file was not read.
#[derive(Debug)]
pub enum NotRead {
    /// It lies outside of the project.
    Outside,
    /// The file system says so.
    Io(io::Error),
    /// All files together are too large.
    TooMuch,
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("it lies outside of the project"),
            Self::Io(error) => write!(f, "{error}"),
            Self::TooMuch => write!(f, "the files together are larger than the limit of {} MiB", MAX_ALL >> 20),
        }
    }
}

impl NotRead {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    }
}

impl Shelf {
    /// The files that can be reached from this folder.
    pub fn new(root: Root, folder: PathBuf) -> Self {
        Self {
            root,
            past: None,
            folder,
            left: AtomicU64::new(MAX_ALL),
            seen: Mutex::default(),
            ignores: Mutex::default(),
            put: BTreeMap::new(),
        }
    }

    /// The same with the files as they were in place of today's.
    #[must_use]
    pub fn as_of(self, past: Past) -> Self {
        Self { past: Some(Arc::new(past)), ..self }
    }

    /// The same files, for another thread to put texts in place of them.
    pub fn copy(&self) -> Self {
        Self {
            root: self.root.clone(),
            past: self.past.clone(),
            folder: self.folder.clone(),
            left: AtomicU64::new(MAX_ALL),
            seen: Mutex::new(locked(&self.seen).clone()),
            ignores: Mutex::new(locked(&self.ignores).clone()),
            put: self.put.clone(),
        }
    }

    /// Puts a text in place of a file, or takes it away again; gives what was there before. The limit for all files counts anew: they are
    /// read again.
    pub fn put(&mut self, path: &Path, text: Option<Put>) -> Option<Put> {
        self.left.store(MAX_ALL, Ordering::Relaxed);
        match text {
            Some(text) => self.put.insert(path.to_owned(), text),
            None => self.put.remove(path),
        }
    }

    /// Where a file is that was read, by the name that reports have for it.
    pub fn path_of(&self, shown: &str) -> Option<PathBuf> {
        locked(&self.seen).get(shown).cloned()
    }

    /// A file that was read, by the name that reports have for it; nothing for one whose text is not the bytes of the file (UTF-16, a byte
    /// order mark, something that is no text), so that no place in it is one of the file.
    pub fn again(&self, shown: &str) -> Option<Text> {
        let path = self.path_of(shown)?;
        if let Some(put) = self.put.get(&path) {
            return Some(Text::new(path, shown, put.text.clone()));
        }
        let bytes = self.content(&path).ok()?;
        let text = String::from_utf8(bytes).ok().filter(|text| !text.starts_with('\u{feff}'))?;
        Some(Text::new(path, shown, text))
    }

    /// A text and the name that reports have for it, and that it was read.
    fn text(&self, path: PathBuf, real: &Path) -> Result<Text, NotRead> {
        let (shown, text) = match self.put.get(&path) {
            Some(put) => (put.shown.clone(), put.text.clone()),
            None => (self.shown(&path), decoded(self.bytes(real)?)),
        };
        // No text has such a byte, and no tool reads a file that does.
        if text.contains('\0') {
            return Err(NotRead::Io(io::Error::new(io::ErrorKind::InvalidData, "it is not a text file")));
        }
        locked(&self.seen).insert(shown.clone(), path.clone());
        let text = Text::new(path, shown, text);
        let ignores = super::ignores::ignores(&text);
        match ignores.is_empty() {
            true => locked(&self.ignores).remove(&text.shown),
            false => locked(&self.ignores).insert(text.shown.clone(), ignores),
        };
        Ok(text)
    }

    /// Comments in what was read that ask for findings to be passed over.
    pub fn ignores(&self) -> Vec<Ignore> {
        locked(&self.ignores).values().flatten().cloned().collect()
    }

    /// A file that a person named, wherever it is.
    ///
    /// # Errors
    /// What the file system says; a file that is too large.
    pub fn named(&self, path: &Path) -> Result<Text, NotRead> {
        let path = self.absolute(path);
        self.text(path.clone(), &path)
    }

    /// A file that another file names, relative to `folder`. It has to lie in the project of that folder, links followed.
    ///
    /// # Errors
    /// As [`Shelf::named`]; a file outside of the project.
    pub fn beside(&self, folder: &Path, name: &str) -> Result<Text, NotRead> {
        let path = tidy(&folder.join(name));
        if is_remote(&path, folder) {
            return Err(NotRead::Outside);
        }
        let real = self.real(&path).map_err(NotRead::Io)?;
        let project = self.project(folder);
        let project = self.real(&project).unwrap_or(project);
        if !real.starts_with(&project) {
            return Err(NotRead::Outside);
        }
        self.text(path, &real)
    }

    /// Whether a file is there, in the project.
    pub fn has(&self, folder: &Path, name: &str) -> bool {
        let path = tidy(&folder.join(name));
        !is_remote(&path, folder) && self.is_file(&path)
    }

    fn is_file(&self, path: &Path) -> bool {
        match &self.past {
            Some(past) => past.is_file(path),
            None => self.root.is_file(path),
        }
    }

    /// Whether there is a file under a path, or a text in place of one.
    pub fn is_there(&self, path: &Path) -> bool {
        let path = self.absolute(path);
        self.put.contains_key(&path) || self.is_file(&path)
    }

    /// Names of the files and folders in a folder.
    pub fn names(&self, folder: &Path) -> Vec<String> {
        match &self.past {
            Some(past) => past.names(folder),
            None => self.root.names(folder),
        }
    }

    /// Whether a path leads to a folder.
    pub fn is_folder(&self, path: &Path) -> bool {
        let path = self.absolute(path);
        match &self.past {
            Some(past) => past.is_dir(&path),
            None => self.root.is_dir(&path),
        }
    }

    /// A path from the root on.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        tidy(&self.folder.join(path))
    }

    /// A path as reports name it: relative to the current folder where it lies below it.
    pub fn shown(&self, path: &Path) -> String {
        let absolute = self.absolute(path);
        match absolute.strip_prefix(&self.folder) {
            Ok(below) if !below.as_os_str().is_empty() => {
                below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
            }
            _ => self.root.shown(&absolute),
        }
    }

    /// A folder and those above it in its project, the nearest first, at most so many more.
    pub fn above(&self, folder: &Path, more: usize) -> Vec<PathBuf> {
        let project = self.project(folder);
        let inside = folder.ancestors().take_while(|above| above.starts_with(&project));
        inside.take(more + 1).map(Path::to_owned).collect()
    }

    /// The folder that files may be read from on behalf of one in `folder`: the repository that it is part of, else the current folder
    /// where it is below that, else itself.
    fn project(&self, folder: &Path) -> PathBuf {
        if let Some(past) = &self.past {
            return past.top().to_owned();
        }
        let repository = folder.ancestors().find(|above| self.root.is_named(&above.join(".git")));
        match repository {
            Some(repository) => repository.to_owned(),
            None if folder.starts_with(&self.folder) => self.folder.clone(),
            None => folder.to_owned(),
        }
    }

    /// Counts a text that is read again, or that a command has made, as one that is read.
    ///
    /// # Errors
    /// When all files together are too large.
    pub fn spend(&self, length: u64) -> Result<(), NotRead> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(length));
        spent.map(|_| ()).map_err(|_| NotRead::TooMuch)
    }

    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match &self.past {
            Some(past) => past.real(path),
            None => self.root.real(path),
        }
    }

    /// A file, to one byte more than it may have.
    fn content(&self, path: &Path) -> io::Result<Vec<u8>> {
        match &self.past {
            Some(past) => past.read(path, MAX_FILE),
            None => self.root.read(path, MAX_FILE + 1),
        }
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, NotRead> {
        let bytes = self.content(path).map_err(NotRead::Io)?;
        let length = bytes.len() as u64;
        if length > MAX_FILE {
            let why = format!("it is larger than the limit of {} MiB", MAX_FILE >> 20);
            return Err(NotRead::Io(io::Error::new(io::ErrorKind::FileTooLarge, why)));
        }
        self.spend(length)?;
        Ok(bytes)
    }
}

/// What a mutex has; a thread that died while it had it left it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path without `.` and `..`, as far as names alone tell.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !tidy.pop() {
                    tidy.push("..");
                }
            }
            other => tidy.push(other),
        }
    }
    tidy
}

/// Text as editors and PowerShell write it: UTF-8, with a byte order mark or not, or UTF-16 with one.
fn decoded(bytes: Vec<u8>) -> String {
    let wide = |rest: &[u8], pair: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).filter_map(|two| Some(pair(two.try_into().ok()?))).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_project_are_read_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::create_dir_all(path.join("project/sub")).unwrap();
        std::fs::create_dir(path.join("project/.git")).unwrap();
        std::fs::write(path.join("secret"), "x").unwrap();
        std::fs::write(path.join("project/base.txt"), "torch").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(path.join("secret"), path.join("project/link")).unwrap();
        let shelf = Shelf::new(Root::new(None, None).unwrap(), path.join("project/sub"));
        let sub = path.join("project/sub");
        assert_eq!(shelf.beside(&sub, "../base.txt").unwrap().text, "torch");
        assert!(matches!(shelf.beside(&sub, "../../secret"), Err(NotRead::Outside)));
        #[cfg(unix)]
        assert!(matches!(shelf.beside(&sub, "../link"), Err(NotRead::Outside)));
        assert!(shelf.beside(&sub, "missing").unwrap_err().is_missing());
        assert_eq!(shelf.named(Path::new("../../secret")).unwrap().text, "x", "a person may name what they like");
    }

    #[test]
    fn text_of_windows_is_text() {
        assert_eq!(decoded(b"\xff\xfet\0o\0".to_vec()), "to");
        assert_eq!(decoded(b"\xfe\xff\0t\0o".to_vec()), "to");
        assert_eq!(decoded(b"\xef\xbb\xbfto".to_vec()), "to");
        assert_eq!(decoded(b"t\xffo".to_vec()), "t\u{fffd}o");
    }
}
