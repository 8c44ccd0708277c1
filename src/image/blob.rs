//! A part of a file: an archive, or a member of one.

use std::{
    fs::File,
    io::{self, Read},
    sync::Arc,
};

use super::error::invalid;
use crate::binary::{FileSource, ReadAt};

/// A part of an open file, to be read at any place.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    file: Arc<FileSource>,
    start: u64,
    len: u64,
}

impl Blob {
    /// All of a file.
    pub fn of(file: File) -> io::Result<Self> {
        let file = FileSource::of(file)?;
        Ok(Self { start: 0, len: file.len(), file: Arc::new(file) })
    }

    /// A part of it, which must be there.
    pub fn part(&self, start: u64, len: u64) -> io::Result<Self> {
        match start.checked_add(len) {
            Some(end) if end <= self.len => Ok(Self { file: Arc::clone(&self.file), start: self.start + start, len }),
            _ => Err(invalid("the archive is truncated")),
        }
    }

    /// Fills the buffer from this place.
    pub fn exact(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match self.read_at(offset, buffer)? {
            count if count == buffer.len() => Ok(()),
            _ => Err(invalid("the archive is truncated")),
        }
    }

    /// Its bytes in order.
    pub fn reader(&self) -> Cursor {
        Cursor { blob: self.clone(), at: 0 }
    }

    /// All of it, up to a limit.
    pub fn whole(&self, limit: u64) -> io::Result<Vec<u8>> {
        if self.len > limit {
            return Err(invalid(format!("it is larger than {} MiB", limit >> 20)));
        }
        let mut bytes = vec![0; usize::try_from(self.len).map_err(|_| invalid("it is too large"))?];
        self.exact(0, &mut bytes)?;
        Ok(bytes)
    }
}

impl ReadAt for Blob {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        match buffer.get_mut(..room) {
            // The offset lies inside, and so does the sum.
            Some(buffer) if room > 0 => self.file.read_at(self.start + offset, buffer),
            _ => Ok(0),
        }
    }
}

/// Bytes that are passed over without being read, where they can be.
pub(super) trait Pass: Read {
    /// Passes over the next bytes, all of which must be there.
    fn pass(&mut self, count: u64) -> io::Result<()>;
}

/// The bytes of a blob, one after the other.
pub(super) struct Cursor {
    blob: Blob,
    at: u64,
}

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.blob.read_at(self.at, buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Pass for Cursor {
    fn pass(&mut self, count: u64) -> io::Result<()> {
        let at = self.at.checked_add(count).filter(|at| *at <= self.blob.len);
        self.at = at.ok_or_else(|| invalid("it is truncated"))?;
        Ok(())
    }
}
