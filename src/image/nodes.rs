//! The files of an image by their paths.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt, io,
    path::{Component, Path, PathBuf},
};

use crate::{
    files::{Content, Opened},
    system::{Node, Tree},
};

/// Where the contents of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind a header in a layer.
    Layer { layer: u32, offset: u64 },
    /// Described by this inode.
    Inode(u64),
    /// Nowhere, and why.
    Lost(&'static str),
}

/// What is at a path.
#[derive(Debug, Clone)]
pub(super) enum What {
    File { place: Place, len: u64, executable: bool },
    Folder(BTreeMap<Box<str>, u32>),
    Link(Box<str>),
    Other,
}

/// A node, in the layer that brought it last.
#[derive(Debug)]
pub(super) struct Item {
    pub what: What,
    pub layer: u32,
    /// One more than the layer that hid what those below it had in it.
    pub purged: u32,
}

/// The nodes; the first is the root.
#[derive(Debug)]
pub(super) struct Files {
    pub nodes: Vec<Item>,
    pub contents: Box<dyn Contents>,
}

/// Where contents are read from.
pub(super) trait Contents: fmt::Debug + Send + Sync {
    /// The contents of the file of this name, which has so many bytes.
    fn open(&self, place: Place, len: u64, name: &Path) -> io::Result<Box<dyn Content>>;
}

impl Files {
    fn find(&self, path: &Path) -> io::Result<&What> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let mut at = &self.nodes.first().ok_or_else(missing)?.what;
        for part in path.components() {
            let Component::Normal(name) = part else { continue };
            let What::Folder(names) = at else { return Err(io::ErrorKind::NotADirectory.into()) };
            let number = name.to_str().and_then(|name| names.get(name)).ok_or_else(missing)?;
            at = &self.nodes.get(*number as usize).ok_or_else(missing)?.what;
        }
        Ok(at)
    }
}

impl Tree for Files {
    fn node(&self, path: &Path) -> io::Result<Node> {
        Ok(match self.find(path)? {
            What::File { len, executable, .. } => Node::File { len: *len, executable: *executable },
            What::Folder(_) => Node::Folder,
            What::Link(target) => Node::Link(PathBuf::from(&**target)),
            What::Other => Node::Other,
        })
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        match self.find(folder)? {
            What::Folder(names) => Ok(names.keys().map(|name| OsString::from(&**name)).collect()),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Opened> {
        let What::File { place, len, .. } = self.find(path)? else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        };
        self.contents.open(*place, *len, path).map(Opened::Content)
    }
}
