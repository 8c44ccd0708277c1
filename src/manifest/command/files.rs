//! The files that a command finds. In a project those are the files beside it; in an image those that were copied into it, and what commands
//! before it have made of them.

use std::{
    collections::BTreeMap,
    io,
    path::{Component, Path, PathBuf},
    rc::Rc,
};

use crate::{
    manifest::{NotRead, Reading, Text},
    system::redact,
};

/// Files that are changed, and copies, beyond these many are not kept.
const MAX_FILES: usize = 1_000;

/// What a command finds where it runs.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Whether nothing is there but what was copied.
    pub isolated: bool,
    /// The folder that is copied from.
    pub context: PathBuf,
    /// What was copied: from, and to. The last one counts.
    copies: Vec<(PathBuf, PathBuf)>,
    /// Files whose text was changed or made by a command.
    changed: BTreeMap<PathBuf, Rc<Text>>,
    /// Folders with a repository that was cloned: its address.
    clones: BTreeMap<PathBuf, String>,
    /// What pip is configured with.
    settings: BTreeMap<String, String>,
}

impl Files {
    /// Those of an image that nothing was copied into yet, from this folder.
    pub fn of_image(context: &Path) -> Self {
        Self { isolated: true, context: context.to_owned(), ..Self::default() }
    }

    /// A copy of a file or a folder.
    pub fn copy(&mut self, from: PathBuf, to: PathBuf) {
        if self.copies.len() < MAX_FILES {
            self.copies.push((from, to));
        }
    }

    /// How many copies there are.
    pub fn copies(&self) -> usize {
        self.copies.len()
    }

    /// Forgets the copies after the first so many.
    pub fn keep(&mut self, copies: usize) {
        self.copies.truncate(copies);
    }

    /// What pip is configured with, as its environment variables say it: `PIP_INDEX_URL`.
    pub fn configure(&mut self, name: &str, value: &str) {
        self.settings.insert(name.to_owned(), value.to_owned());
    }

    /// The settings of pip.
    pub fn settings(&self) -> impl Iterator<Item = (&String, &String)> {
        self.settings.iter()
    }

    /// Reads a pip.conf.
    pub fn configure_by(&mut self, text: &str) {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        for (name, value) in pairs {
            let value = value.trim();
            match name.trim() {
                "index-url" => self.configure("PIP_INDEX_URL", value),
                "extra-index-url" if !value.is_empty() => self.configure("PIP_EXTRA_INDEX_URL", value),
                "find-links" if !value.is_empty() => self.configure("PIP_FIND_LINKS", value),
                _ => {}
            }
        }
    }

    /// A repository that is cloned into a folder.
    pub fn cloned(&mut self, folder: PathBuf, address: &str) {
        if self.clones.len() < MAX_FILES {
            self.clones.insert(folder, address.to_owned());
        }
    }

    /// The repository that a folder, or one above it, is a clone of.
    pub fn clone_of(&self, folder: &Path) -> Option<&str> {
        folder.ancestors().find_map(|above| self.clones.get(above)).map(String::as_str)
    }

    /// A file that has this text from now on.
    pub fn change(&mut self, path: PathBuf, text: Text) {
        if self.changed.len() < MAX_FILES {
            self.changed.insert(path, Rc::new(text));
        }
    }

    /// Where a path leads among the files of the project.
    pub fn place(&self, path: &Path) -> Option<PathBuf> {
        let copied = self.copies.iter().rev().find_map(|(from, to)| {
            let below = path.strip_prefix(to).ok()?;
            Some(if below.as_os_str().is_empty() { from.clone() } else { from.join(below) })
        });
        copied.or_else(|| (!self.isolated).then(|| path.to_owned()))
    }

    /// Reads a file that is named in a folder.
    pub(super) fn open(&self, reading: &mut Reading<'_>, folder: &Path, name: &str) -> Result<Text, NotRead> {
        let path = joined(folder, name);
        if let Some(text) = self.changed.get(&path) {
            reading.shelf.spend(text.text.len() as u64)?;
            return Ok(Text::clone(text));
        }
        let why = match self.clone_of(&path) {
            Some(address) => format!("it is part of {}", redact::urls(address)),
            None if name.contains("://") => "it is fetched from there".to_owned(),
            None => "nothing brings it into the image".to_owned(),
        };
        let mut missing = NotRead::Io(io::Error::new(io::ErrorKind::NotFound, why));
        // A folder that is copied file by file has several sources: the one that has the file counts.
        for (from, to) in self.copies.iter().rev() {
            let Ok(below) = path.strip_prefix(to) else { continue };
            let source = if below.as_os_str().is_empty() { from.clone() } else { from.join(below) };
            // What lies outside of the context cannot be copied.
            let Some(name) = source.strip_prefix(&self.context).ok().and_then(Path::to_str) else { continue };
            match reading.beside(&self.context, name) {
                Err(error) if error.is_missing() => missing = error,
                read => return read,
            }
        }
        if self.isolated { Err(missing) } else { reading.beside(folder, name) }
    }
}

/// A path in an image, without `.` and `..`. Windows' own separators do not come from images.
pub fn joined(folder: &Path, name: &str) -> PathBuf {
    let name = match name.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/root{rest}"),
        _ => name.to_owned(),
    };
    let mut tidy = PathBuf::new();
    for part in folder.join(name).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                tidy.pop();
            }
            other => tidy.push(other),
        }
    }
    tidy
}
