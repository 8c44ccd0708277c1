//! The members of an archive by their names: those of a tar file, or of a folder.

use std::{
    collections::HashMap,
    io,
    path::{Component, Path, PathBuf},
};

use super::{
    blob::Blob,
    entries::{Entries, Kind},
    error::Error,
};
use crate::files;

/// The largest images have some hundreds.
const MAX_MEMBERS: usize = 1 << 16;
/// Links from one member to another.
const MAX_LINKS: usize = 8;

/// An archive that contains files.
#[derive(Debug)]
pub(super) enum Members {
    /// A tar file.
    Tar {
        /// The file.
        blob: Blob,
        /// Its members.
        index: HashMap<Box<str>, Member>,
        /// Whether its names are those of a file system.
        system: bool,
    },
    /// A folder.
    Folder(PathBuf),
}

#[derive(Debug)]
pub(super) enum Member {
    File { start: u64, len: u64 },
    Link(Box<str>),
}

impl Members {
    /// Of a tar file.
    pub fn tar(blob: Blob) -> Result<Self, Error> {
        let mut index = HashMap::new();
        let mut entries = Entries::new(blob.reader());
        let mut system = false;
        while let Some(entry) = entries.next()? {
            let name = tidy(&String::from_utf8_lossy(&entry.path));
            system |= ["etc/", "usr/", "bin/"].iter().any(|folder| name.starts_with(folder)) || name == "bin";
            if index.len() >= MAX_MEMBERS {
                continue;
            }
            let link = String::from_utf8_lossy(&entry.link);
            let member = match entry.kind {
                Kind::File => Member::File { start: entry.offset, len: entry.len },
                Kind::Hard => Member::Link(tidy(&link).into()),
                Kind::Symbolic => {
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    Member::Link(tidy(&format!("{folder}/{link}")).into())
                }
                _ => continue,
            };
            index.insert(name.into_boxed_str(), member);
        }
        Ok(Self::Tar { blob, index, system })
    }

    /// Of a folder.
    pub fn folder(path: &Path) -> Result<Self, Error> {
        let members = Self::Folder(path.to_owned());
        if members.get("index.json")?.is_none() && members.get("manifest.json")?.is_none() {
            return Err(Error::NoImage("the folder has no index.json, so it is no OCI layout"));
        }
        Ok(members)
    }

    /// A member.
    ///
    /// # Errors
    /// What the operating system says, and a truncated archive.
    pub fn get(&self, name: &str) -> io::Result<Option<Blob>> {
        match self {
            Self::Folder(folder) => {
                let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
                if !Path::new(name).components().all(plain) {
                    return Ok(None);
                }
                match files::open(&folder.join(name)) {
                    Ok((file, _)) => Blob::of(file).map(Some),
                    Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                        Ok(None)
                    }
                    Err(error) => Err(error),
                }
            }
            Self::Tar { blob, index, .. } => {
                let mut name = tidy(name);
                for _ in 0..MAX_LINKS {
                    match index.get(name.as_str()) {
                        Some(Member::File { start, len }) => return blob.part(*start, *len).map(Some),
                        Some(Member::Link(target)) => name = target.to_string(),
                        None => return Ok(None),
                    }
                }
                Ok(None)
            }
        }
    }

    /// A tar file that has a file system in it, and not an image.
    pub fn file_system(&self) -> Option<Blob> {
        match self {
            Self::Tar { blob, system: true, .. } => Some(blob.clone()),
            _ => None,
        }
    }
}

/// A name without what does not matter of it; what leaves the archive starts at its root again.
fn tidy(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
