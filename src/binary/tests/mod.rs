//! Containers of every format, written here and read back; and what damage to them may cost.

mod company;
mod damaged;
mod round_trip;
mod traps;
mod writer;

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use super::ReadAt;

/// Counts how often and how much is read.
struct Counting<'b> {
    bytes: &'b [u8],
    /// What it offers on top of what is asked for.
    spare: usize,
    reads: AtomicU64,
    read: AtomicU64,
}

impl<'b> Counting<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, spare: 0, reads: AtomicU64::new(0), read: AtomicU64::new(0) }
    }

    fn with_spare(bytes: &'b [u8], spare: usize) -> Self {
        Self { spare, ..Self::new(bytes) }
    }

    /// Number of reads and of bytes.
    fn counts(&self) -> (u64, u64) {
        (self.reads.load(Ordering::Relaxed), self.read.load(Ordering::Relaxed))
    }
}

impl ReadAt for Counting<'_> {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read_at(offset, buffer)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn spare(&self) -> usize {
        self.spare
    }
}
