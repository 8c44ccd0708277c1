//! A tree of files that is not laid out on the machine, such as that of an image in an archive, for [`super::Root`] to show as a root.

use std::{ffi::OsString, fmt, fs, io, path::Path, path::PathBuf};

use crate::files::Opened;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File {
        /// Length in bytes.
        len: u64,
        /// Whether somebody may execute it.
        executable: bool,
    },
    /// A folder.
    Folder,
    /// A symbolic link, and what it leads to.
    Link(PathBuf),
    /// A pipe, a socket, a device.
    Other,
}

impl Node {
    /// Of what the operating system says, links followed.
    pub(super) fn of(meta: &fs::Metadata) -> Self {
        #[cfg(unix)]
        let executable = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
        #[cfg(not(unix))]
        let executable = true;
        if meta.is_file() {
            Self::File { len: meta.len(), executable }
        } else if meta.is_dir() {
            Self::Folder
        } else {
            Self::Other
        }
    }
}

/// Such a tree. Paths begin at its root and have neither links nor `..` in them, but for the last part, which may be a link.
pub trait Tree: Send + Sync + fmt::Debug {
    /// What is at this path.
    ///
    /// # Errors
    /// When nothing is.
    fn node(&self, path: &Path) -> io::Result<Node>;

    /// The names in a folder.
    ///
    /// # Errors
    /// When there is none.
    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>>;

    /// Opens a regular file.
    ///
    /// # Errors
    /// When there is none.
    fn open(&self, path: &Path) -> io::Result<Opened>;
}
