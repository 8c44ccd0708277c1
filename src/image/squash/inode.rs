//! Inodes, and the names in folders.

use std::io;

use super::Squash;
use crate::image::{entries::MAX_PATH, error::invalid};

/// What an inode describes.
#[derive(Debug)]
pub(super) struct Inode {
    pub mode: u16,
    pub kind: Kind,
}

/// The kinds of it.
#[derive(Debug)]
pub(super) enum Kind {
    Folder {
        block: u32,
        offset: u16,
        len: u32,
    },
    File {
        len: u64,
        /// Where its blocks begin.
        start: u64,
        /// Which fragment has its end, and from where.
        fragment: Option<(u32, u32)>,
        /// Where the sizes of its blocks are: behind this inode.
        sizes: Sizes,
    },
    Link(String),
    Other,
}

/// The place of the sizes of blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub inode: u64,
    /// Bytes of the inode in front of them.
    pub skip: usize,
    pub count: u64,
}

/// Names of one folder.
const MAX_NAMES: usize = 1 << 20;
const MAX_NAME: usize = 256;
/// Bytes that every inode begins with.
const COMMON: usize = 16;
/// No fragment.
const NONE: u32 = u32::MAX;

impl Squash {
    /// The inode that a reference stands for: a block of the table in its upper bits, a place in the block in its lower sixteen.
    pub(super) fn inode(&self, reference: u64) -> io::Result<Inode> {
        let start = self.inodes.saturating_add(reference >> 16);
        let mut reader = self.metadata(start, usize::from((reference & 0xFFFF) as u16))?;
        let (kind, mode) = (reader.u16()?, reader.u16()?);
        // Owner, time and number are of no interest.
        reader.bytes::<{ COMMON - 4 }>()?;
        let kind = match kind {
            1 => {
                let block = reader.u32()?;
                reader.u32()?;
                let (len, offset) = (reader.u16()?, reader.u16()?);
                Kind::Folder { block, offset, len: len.into() }
            }
            8 => {
                reader.u32()?;
                let (len, block) = (reader.u32()?, reader.u32()?);
                reader.u32()?;
                reader.u16()?;
                Kind::Folder { block, offset: reader.u16()?, len }
            }
            2 => {
                let (start, index, offset, len) = (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
                self.file(reference, COMMON + 16, start.into(), len.into(), (index, offset))
            }
            9 => {
                let (start, len) = (reader.u64()?, reader.u64()?);
                reader.u64()?;
                reader.u32()?;
                let fragment = (reader.u32()?, reader.u32()?);
                self.file(reference, COMMON + 40, start, len, fragment)
            }
            3 | 10 => {
                reader.u32()?;
                let len = reader.u32()? as usize;
                Kind::Link(reader.text(len, MAX_PATH)?)
            }
            4..=7 | 11..=14 => Kind::Other,
            _ => return Err(invalid("an inode is of no kind")),
        };
        Ok(Inode { mode, kind })
    }

    fn file(&self, inode: u64, skip: usize, start: u64, len: u64, (index, offset): (u32, u32)) -> Kind {
        let fragment = (index != NONE).then_some((index, offset));
        let size = u64::from(self.block_size);
        let count = if fragment.is_some() { len / size } else { len.div_ceil(size) };
        Kind::File { len, start, fragment, sizes: Sizes { inode, skip, count } }
    }

    /// The sizes of a file's blocks.
    pub(super) fn sizes(&self, sizes: Sizes) -> io::Result<Vec<u32>> {
        let start = self.inodes.saturating_add(sizes.inode >> 16);
        let mut reader = self.metadata(start, usize::from((sizes.inode & 0xFFFF) as u16))?;
        for _ in 0..sizes.skip {
            reader.bytes::<1>()?;
        }
        // Memory follows what there is, not what was said.
        let mut found = Vec::new();
        for _ in 0..sizes.count {
            found.push(reader.u32()?);
        }
        Ok(found)
    }

    /// The names in a folder, with the references of their inodes.
    pub(super) fn list(&self, block: u32, offset: u16, len: u32) -> io::Result<Vec<(Box<str>, u64)>> {
        let mut names = Vec::new();
        // The length counts `.` and `..`, which are not stored, as three bytes.
        let mut left = u64::from(len).saturating_sub(3);
        if left == 0 {
            return Ok(names);
        }
        let mut reader = self.metadata(self.directories.saturating_add(block.into()), offset.into())?;
        while left > 0 {
            let count = u64::from(reader.u32()?) + 1;
            let start = u64::from(reader.u32()?);
            reader.u32()?;
            left = left.saturating_sub(12);
            if count > 256 {
                return Err(invalid("a folder in it is damaged"));
            }
            for _ in 0..count {
                let offset = u64::from(reader.u16()?);
                reader.u32()?;
                let len = usize::from(reader.u16()?) + 1;
                let name = reader.text(len, MAX_NAME)?;
                left = left.saturating_sub(8 + len as u64);
                if names.len() >= MAX_NAMES {
                    return Err(invalid("a folder in it has too many files"));
                }
                if !matches!(name.as_str(), "." | "..") && !name.contains('/') {
                    names.push((name.into_boxed_str(), start << 16 | offset));
                }
            }
        }
        Ok(names)
    }
}
