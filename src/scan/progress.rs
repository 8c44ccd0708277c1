//! How far reading has come, for those who wait: counted by the readers, shown by who started them.

use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::binary::{self, ReadAt};

/// Bytes read so far, and in all, as far as is known yet.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// There is this much more to read.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// This much more has been read.
    pub fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Read so far, and in all.
    pub fn now(&self) -> (u64, u64) {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        (done.min(total), total)
    }
}

/// A source that counts what is read of it.
pub struct Counted<'s> {
    source: &'s dyn ReadAt,
    progress: &'s Progress,
}

impl<'s> Counted<'s> {
    /// Expects the whole source, as far as one file is read at all.
    pub fn new(source: &'s dyn ReadAt, progress: &'s Progress) -> Self {
        progress.expect(source.len().min(binary::MOST_READ));
        Self { source, progress }
    }
}

impl ReadAt for Counted<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(offset, buffer)?;
        self.progress.add(count as u64);
        Ok(count)
    }

    fn expect(&self, range: Range<u64>) {
        self.source.expect(range);
    }

    fn skip_hole(&self, offset: u64) -> u64 {
        self.source.skip_hole(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_counted() {
        let (progress, bytes) = (Progress::default(), [7u8; 100]);
        let bytes = bytes.as_slice();
        let source = Counted::new(&bytes, &progress);
        assert_eq!(progress.now(), (0, 100));
        let mut buffer = [0; 30];
        assert_eq!(source.read_at(90, &mut buffer).unwrap(), 10);
        assert_eq!((progress.now(), source.len()), ((10, 100), 100));
        // Reading a part twice does not exceed the total.
        progress.add(1000);
        assert_eq!(progress.now(), (100, 100));
    }
}
