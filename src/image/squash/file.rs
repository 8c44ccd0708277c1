//! The contents of a file: blocks of one size, the last of which may lie in a fragment with the ends of other files.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Squash, inode::Kind};
use crate::{files::Content, image::error::invalid};

/// Whether a block is stored as it is.
const PLAIN: u32 = 1 << 24;
/// Every this many blocks it is noted where they begin.
const MARKS: usize = 64;

/// A file of a squashfs.
#[derive(Debug)]
pub(in crate::image) struct File {
    squash: Arc<Squash>,
    len: u64,
    sizes: Vec<u32>,
    /// Where every so manieth block begins.
    marks: Vec<u64>,
    fragment: Option<(u32, u32)>,
    last: Mutex<Option<(u64, Arc<Vec<u8>>)>>,
}

impl Squash {
    /// Opens the file that an inode describes.
    pub fn file_of(self: &Arc<Self>, inode: u64) -> io::Result<File> {
        let Kind::File { len, start, fragment, sizes } = self.inode(inode)?.kind else {
            return Err(invalid("it is not a regular file"));
        };
        let sizes = self.sizes(sizes)?;
        let mut place = start;
        let mut marks = Vec::new();
        for (number, size) in sizes.iter().enumerate() {
            if number % MARKS == 0 {
                marks.push(place);
            }
            place = place.saturating_add(stored(*size) as u64);
        }
        Ok(File { squash: Arc::clone(self), len, sizes, marks, fragment, last: Mutex::default() })
    }

    /// A block of data.
    fn data(&self, start: u64, size: u32, most: usize) -> io::Result<Vec<u8>> {
        let len = stored(size);
        if len > most {
            return Err(invalid("a block of the squashfs is too long"));
        }
        let mut bytes = vec![0; len];
        self.blob.exact(start, &mut bytes)?;
        if size & PLAIN == 0 { self.compressor.unpack(&bytes, most) } else { Ok(bytes) }
    }

    fn fragment_block(&self, index: u32) -> io::Result<Arc<Vec<u8>>> {
        let (start, size) = self.fragment_of(index)?;
        let mut held = self.fragment.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = held.as_ref().filter(|(at, _)| *at == start) {
            return Ok(Arc::clone(bytes));
        }
        let bytes = Arc::new(self.data(start, size, self.block_size as usize)?);
        *held = Some((start, Arc::clone(&bytes)));
        Ok(bytes)
    }
}

/// Bytes that a block takes in the archive.
fn stored(size: u32) -> usize {
    (size & (PLAIN - 1)) as usize
}

impl File {
    /// A block, unpacked, and from where on it is the file's; a hole gives `None`.
    fn block(&self, number: u64) -> io::Result<Option<(Arc<Vec<u8>>, usize)>> {
        let place = usize::try_from(number).map_err(|_| invalid("it has too many blocks"))?;
        let Some(size) = self.sizes.get(place).copied() else {
            let (index, offset) = self.fragment.ok_or_else(|| invalid("it is truncated"))?;
            return Ok(Some((self.squash.fragment_block(index)?, offset as usize)));
        };
        if stored(size) == 0 {
            return Ok(None);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = last.as_ref().filter(|(at, _)| *at == number) {
            return Ok(Some((Arc::clone(bytes), 0)));
        }
        let mark = place / MARKS;
        let before = self.sizes.get(mark * MARKS..place).unwrap_or_default();
        let start = self.marks.get(mark).copied().unwrap_or(0);
        let start = before.iter().fold(start, |start, size| start.saturating_add(stored(*size) as u64));
        let bytes = Arc::new(self.squash.data(start, size, self.squash.block_size as usize)?);
        *last = Some((number, Arc::clone(&bytes)));
        Ok(Some((bytes, 0)))
    }
}

impl Content for File {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        let block_size = u64::from(self.squash.block_size);
        let mut filled = 0;
        while filled < room {
            let at = offset.saturating_add(filled as u64);
            let inside = usize::try_from(at % block_size).unwrap_or(0);
            let count = (self.squash.block_size as usize - inside).min(room - filled);
            let to = buffer.get_mut(filled..filled + count).unwrap_or_default();
            match self.block(at / block_size)? {
                None => to.fill(0),
                Some((bytes, from)) => {
                    let from = from.saturating_add(inside);
                    let bytes = from.checked_add(count).and_then(|end| bytes.get(from..end));
                    to.copy_from_slice(bytes.ok_or_else(|| invalid("a block of the squashfs is too short"))?);
                }
            }
            filled += count;
        }
        Ok(filled)
    }
}
