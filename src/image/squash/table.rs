//! Blocks of metadata: eight kilobytes each, of which inodes, folders and tables are strings of bytes.

use std::{
    io,
    sync::{Arc, PoisonError},
};

use super::{Squash, field};
use crate::image::error::invalid;

/// What a block unpacks to at most.
const BLOCK: usize = 8 << 10;
/// Whether a block is stored as it is.
const PLAIN: u16 = 0x8000;
/// Blocks that are held: folders and inodes are close to each other.
const HELD: usize = 64;

/// The blocks that were unpacked last.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    blocks: Vec<(u64, Arc<Block>)>,
    next: usize,
}

/// An unpacked block.
#[derive(Debug)]
struct Block {
    bytes: Vec<u8>,
    /// Where the next one begins.
    next: u64,
}

/// A place in metadata that is read from.
pub(super) struct Reader<'s> {
    squash: &'s Squash,
    block: Arc<Block>,
    at: usize,
}

impl Squash {
    /// Reads metadata from the block at this place of the archive, from this byte of it on.
    pub(super) fn metadata(&self, start: u64, offset: usize) -> io::Result<Reader<'_>> {
        Ok(Reader { squash: self, block: self.block(start)?, at: offset })
    }

    fn block(&self, start: u64) -> io::Result<Arc<Block>> {
        let mut held = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, block)) = held.blocks.iter().find(|(at, _)| *at == start) {
            return Ok(Arc::clone(block));
        }
        let mut header = [0; 2];
        self.blob.exact(start, &mut header)?;
        let header = u16::from_le_bytes(header);
        let len = usize::from(header & !PLAIN);
        if len > BLOCK {
            return Err(invalid("a block of metadata is too long"));
        }
        let mut bytes = vec![0; len];
        self.blob.exact(start.saturating_add(2), &mut bytes)?;
        if header & PLAIN == 0 {
            bytes = self.compressor.unpack(&bytes, BLOCK)?;
        }
        let block = Arc::new(Block { bytes, next: start.saturating_add(2 + len as u64) });
        let place = held.next % HELD;
        held.next = held.next.wrapping_add(1);
        match held.blocks.get_mut(place) {
            Some(old) => *old = (start, Arc::clone(&block)),
            None => held.blocks.push((start, Arc::clone(&block))),
        }
        Ok(block)
    }
}

impl Reader<'_> {
    /// Fills the buffer.
    pub fn exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = self.block.bytes.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                // Only a full block is followed by another, so that empty ones are no way to go on for ever.
                if self.block.bytes.len() < BLOCK || self.at > self.block.bytes.len() {
                    return Err(invalid("its metadata is damaged"));
                }
                self.block = self.squash.block(self.block.next)?;
                self.at = 0;
                continue;
            }
            let count = rest.len().min(buffer.len() - filled);
            if let (Some(to), Some(from)) = (buffer.get_mut(filled..filled + count), rest.get(..count)) {
                to.copy_from_slice(from);
            }
            (filled, self.at) = (filled + count, self.at + count);
        }
        Ok(())
    }

    /// The next bytes.
    pub fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.exact(&mut bytes)?;
        Ok(bytes)
    }

    pub fn u16(&mut self) -> io::Result<u16> {
        self.bytes().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> io::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// As many bytes, at most `most`.
    pub fn text(&mut self, len: usize, most: usize) -> io::Result<String> {
        if len > most {
            return Err(invalid("a name in it is too long"));
        }
        let mut bytes = vec![0; len];
        self.exact(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// An entry of the table of fragments: where a block is, and its size as blocks of files have it.
impl Squash {
    pub(super) fn fragment_of(&self, index: u32) -> io::Result<(u64, u32)> {
        const ENTRY: u64 = 16;
        if index >= self.fragment_count {
            return Err(invalid("a file has a fragment that does not exist"));
        }
        let place = u64::from(index) * ENTRY;
        let mut pointer = [0; 8];
        self.blob.exact(self.fragments.saturating_add(place / BLOCK as u64 * 8), &mut pointer)?;
        let offset = usize::try_from(place % BLOCK as u64).unwrap_or(0);
        let entry: [u8; 12] = self.metadata(u64::from_le_bytes(pointer), offset)?.bytes()?;
        Ok((field(&entry, 0).map_or(0, u64::from_le_bytes), field(&entry, 8).map_or(0, u32::from_le_bytes)))
    }
}
