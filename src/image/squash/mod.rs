//! Squashfs, the read-only file system of Apptainer's images: its tables make the tree, its blocks are unpacked as they are asked for.
//!
//! Format: version 4.0, as the kernel's Documentation/filesystems/squashfs.rst and <https://dr-emann.github.io/squashfs/> describe it.

mod block;
mod file;
mod inode;
mod lz4;
mod table;

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{
    Image,
    blob::Blob,
    environment::Config,
    error::{Error, invalid},
    nodes::{Contents, Files, Item, Place, What},
};
use crate::{binary::ReadAt as _, facts::Platform, files::Content, system::Root};
use block::Compressor;
use inode::Kind;
use table::Metadata;

/// First bytes.
pub(super) const MAGIC: &[u8] = b"hsqs";
const SUPERBLOCK: usize = 96;
/// Blocks of file contents are not larger.
const MAX_BLOCK: u32 = 1 << 20;
/// Files of all folders together.
const MAX_FILES: usize = 1 << 20;
/// Their names.
const MAX_NAMES: usize = 256 << 20;
const MAX_DEPTH: usize = 128;
/// What Apptainer starts with.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A file system.
#[derive(Debug)]
pub(super) struct Squash {
    blob: Blob,
    compressor: Compressor,
    block_size: u32,
    inodes: u64,
    directories: u64,
    fragments: u64,
    fragment_count: u32,
    metadata: Mutex<Metadata>,
    /// The last fragment block that was unpacked: it has the ends of many files.
    fragment: Mutex<Option<(u64, Arc<Vec<u8>>)>>,
}

/// The image that is a file system, with the platform and the name that something else says.
pub(super) fn image(blob: Blob, platform: Option<Platform>, name: Option<String>) -> Result<Image, Error> {
    let (squash, root) = Squash::read(blob)?;
    let nodes = squash.nodes(root).map_err(|error| Error::of("the squashfs cannot be read", &error))?;
    let tree = Arc::new(Files { nodes, contents: Box::new(Arc::new(squash)) });
    let mut config = Config::with_path(PATH);
    config.add_scripts(&Root::of_tree(tree.clone(), None));
    Ok(Image {
        tree,
        config,
        platform,
        name,
        notes: Vec::new(),
        #[cfg(test)]
        store: None,
    })
}

impl Contents for Arc<Squash> {
    fn open(&self, place: Place, _len: u64, _name: &Path) -> io::Result<Box<dyn Content>> {
        match place {
            Place::Inode(inode) => Ok(Box::new(self.file_of(inode)?)),
            _ => Err(invalid("it has no contents")),
        }
    }
}

impl Squash {
    /// Reads the superblock; the root's inode comes with it.
    fn read(blob: Blob) -> Result<(Self, u64), Error> {
        let mut head = [0; SUPERBLOCK];
        blob.exact(0, &mut head)?;
        let u16_at = |at: usize| field(&head, at).map_or(0, u16::from_le_bytes);
        let u32_at = |at: usize| field(&head, at).map_or(0, u32::from_le_bytes);
        let u64_at = |at: usize| field(&head, at).map_or(0, u64::from_le_bytes);
        if u16_at(28) != 4 {
            return Err(Error::Unreadable(format!("it is a squashfs of version {}, and only 4 is read", u16_at(28))));
        }
        let block_size = u32_at(12);
        if !block_size.is_power_of_two()
            || block_size > MAX_BLOCK
            || block_size.trailing_zeros() != u32::from(u16_at(22))
        {
            return Err(Error::Unreadable("its superblock is damaged".to_owned()));
        }
        if u64_at(40) > blob.len() {
            return Err(Error::Unreadable(format!(
                "it is truncated: it says that it has {} bytes, and has {}",
                u64_at(40),
                blob.len()
            )));
        }
        let squash = Self {
            compressor: Compressor::of(u16_at(20))?,
            block_size,
            inodes: u64_at(64),
            directories: u64_at(72),
            fragments: u64_at(80),
            fragment_count: u32_at(16),
            metadata: Mutex::default(),
            fragment: Mutex::default(),
            blob,
        };
        Ok((squash, u64_at(32)))
    }

    /// The tree, breadth first.
    fn nodes(&self, root: u64) -> io::Result<Vec<Item>> {
        let item = |what| Item { what, layer: 0, purged: 0 };
        let mut nodes = vec![item(What::Folder(BTreeMap::new()))];
        let mut pending = vec![(0u32, self.inode(root)?, 0)];
        let mut size = 0;
        while let Some((parent, folder, depth)) = pending.pop() {
            let Kind::Folder { block, offset, len } = folder.kind else { return Err(invalid("a folder is none")) };
            let mut names = BTreeMap::new();
            for (name, inode) in self.list(block, offset, len)? {
                size += name.len();
                let number = u32::try_from(nodes.len()).ok();
                let number = number.filter(|_| nodes.len() < MAX_FILES && size < MAX_NAMES);
                let number = number.ok_or_else(|| invalid("it has too many files"))?;
                let found = self.inode(inode)?;
                let what = match &found.kind {
                    Kind::Folder { .. } => What::Folder(BTreeMap::new()),
                    Kind::File { len, .. } => {
                        What::File { place: Place::Inode(inode), len: *len, executable: found.mode & 0o111 != 0 }
                    }
                    Kind::Link(target) => What::Link(target.as_str().into()),
                    Kind::Other => What::Other,
                };
                nodes.push(item(what));
                if matches!(found.kind, Kind::Folder { .. }) {
                    // A folder inside of itself has no end.
                    if depth >= MAX_DEPTH {
                        return Err(invalid("its folders are too deep"));
                    }
                    pending.push((number, found, depth + 1));
                }
                names.insert(name, number);
            }
            if let Some(item) = nodes.get_mut(parent as usize) {
                item.what = What::Folder(names);
            }
        }
        Ok(nodes)
    }
}

/// The bytes of a field.
fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
