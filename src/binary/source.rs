//! Random access to bytes that may be a gigabyte in a file: small bounded reads, never the whole.

use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use super::FileSource;

/// Something that bytes can be read from at any offset.
pub trait ReadAt: Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there is nothing in it.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills as much of `buffer` as there is at `offset`, and says how much that was.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// How many bytes after those requested cost next to nothing, so that a reader may ask for them as well: none where
    /// each has its price.
    fn spare(&self) -> usize {
        0
    }

    /// Says that all of this will be read next, so that a source for which every read is dear can get it at once.
    fn expect(&self, _range: Range<u64>) {}

    /// The file that all of this is, offset by offset, if several threads may read from it at once at no price but their time.
    fn file(&self) -> Option<&FileSource> {
        None
    }

    /// The next place from `offset` on that may contain something other than zeros: files may have holes, which take long to read.
    fn skip_hole(&self, offset: u64) -> u64 {
        offset
    }
}

impl ReadAt for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// So that `&bytes` of a slice is a `&dyn ReadAt`.
impl<S: ReadAt + ?Sized> ReadAt for &S {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buffer)
    }

    fn spare(&self) -> usize {
        (**self).spare()
    }

    fn expect(&self, range: Range<u64>) {
        (**self).expect(range);
    }

    fn file(&self) -> Option<&FileSource> {
        (**self).file()
    }

    fn skip_hole(&self, offset: u64) -> u64 {
        (**self).skip_hole(offset)
    }
}

/// A window over another source: a member of an archive, an image inside a library.
#[derive(Clone, Copy)]
pub struct Slice<'s> {
    source: &'s dyn ReadAt,
    start: u64,
    len: u64,
}

impl<'s> Slice<'s> {
    /// The part of `source` in `range`, as far as it exists.
    pub fn new(source: &'s dyn ReadAt, range: Range<u64>) -> Self {
        let end = range.end.min(source.len());
        let start = range.start.min(end);
        Self { source, start, len: end - start }
    }
}

impl ReadAt for Slice<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        if room == 0 {
            return Ok(0);
        }
        // The offset lies inside, and so does the sum.
        self.source.read_at(self.start + offset, &mut buffer[..room])
    }

    fn skip_hole(&self, offset: u64) -> u64 {
        let skipped = self.source.skip_hole(self.start.saturating_add(offset));
        skipped.saturating_sub(self.start).clamp(offset, self.len.max(offset))
    }

    fn spare(&self) -> usize {
        self.source.spare()
    }
}

/// A source whose first page is read once: a file is read several times, each time starting with its headers.
pub struct Headed<S> {
    source: S,
    head: Vec<u8>,
}

impl<S: ReadAt> Headed<S> {
    /// Reads the first page.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(source: S) -> io::Result<Self> {
        let mut head = vec![0; usize::try_from(source.len().min(4096)).unwrap_or(0)];
        let count = source.read_at(0, &mut head)?;
        head.truncate(count);
        Ok(Self { source, head })
    }
}

impl<S: ReadAt> ReadAt for Headed<S> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).ok();
        match start.and_then(|start| self.head.get(start..)?.get(..buffer.len())) {
            Some(bytes) => {
                buffer.copy_from_slice(bytes);
                Ok(bytes.len())
            }
            None => self.source.read_at(offset, buffer),
        }
    }

    fn spare(&self) -> usize {
        self.source.spare()
    }

    fn expect(&self, range: Range<u64>) {
        self.source.expect(range);
    }

    fn file(&self) -> Option<&FileSource> {
        self.source.file()
    }

    fn skip_hole(&self, offset: u64) -> u64 {
        self.source.skip_hole(offset)
    }
}

/// No more than this is read of one file, and nothing beyond it is searched. The largest library with device code has 4 GB, the
/// largest static one twice as much.
pub const MOST_READ: u64 = 8 << 30;

/// A source of which at most this many bytes are read, however often one place is requested: a file may claim to have a terabyte.
pub(super) struct Bounded<'s> {
    source: &'s dyn ReadAt,
    left: AtomicU64,
    most: u64,
}

impl<'s> Bounded<'s> {
    /// Up to `most` bytes of this source.
    pub fn new(source: &'s dyn ReadAt, most: u64) -> Self {
        Self { source, left: AtomicU64::new(most), most }
    }

    /// Whether more was requested than was returned.
    pub fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

impl ReadAt for Bounded<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // Two readers at once may both be counted as one: it is a bound, not a bill, and a locked addition is dear.
        let left = self.left.load(Ordering::Relaxed).saturating_sub(buffer.len() as u64);
        self.left.store(left, Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("only the first {} GiB of a file are read", self.most >> 30),
            ));
        }
        self.source.read_at(offset, buffer)
    }

    fn spare(&self) -> usize {
        self.source.spare()
    }

    fn expect(&self, range: Range<u64>) {
        self.source.expect(range);
    }

    /// What others read of it is in addition to what is counted here, and decides nothing.
    fn file(&self) -> Option<&FileSource> {
        self.source.file()
    }

    fn skip_hole(&self, offset: u64) -> u64 {
        self.source.skip_hole(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_twice_counts_twice() {
        let bytes = [7u8; 100];
        let bytes = bytes.as_slice();
        let source = Bounded::new(&bytes, 65);
        let mut buffer = [0; 32];
        assert_eq!(source.read_at(0, &mut buffer).unwrap(), 32);
        assert_eq!((source.read_at(0, &mut buffer).unwrap(), source.is_spent()), (32, false));
        assert!(source.read_at(0, &mut buffer).is_err() && source.is_spent());
        assert!(source.read_at(0, &mut buffer[..1]).is_err(), "not even less");
    }

    #[test]
    fn what_a_page_remembers_is_what_is_there() {
        let bytes: Vec<u8> = (0..5000u32).map(|at| at as u8).collect();
        for length in [0, 3, 4096, 5000] {
            let plain = &bytes[..length];
            let headed = Headed::new(&plain).unwrap();
            for (offset, wanted) in [(0, 4), (0, 4096), (1, 4096), (4090, 20), (4995, 20), (6000, 1), (u64::MAX, 1)] {
                let (mut one, mut other) = (vec![0; wanted], vec![0; wanted]);
                let counts = (plain.read_at(offset, &mut one).unwrap(), headed.read_at(offset, &mut other).unwrap());
                assert_eq!((counts.0, one), (counts.1, other), "{length} {offset} {wanted}");
            }
        }
    }

    #[test]
    fn a_slice_shows_nothing_outside_of_itself() {
        let bytes: Vec<u8> = (0..10).collect();
        let whole = bytes.as_slice();
        let outer: &dyn ReadAt = &whole;
        let slice = Slice::new(outer, 3..7);
        let mut buffer = [0xFF; 8];
        assert_eq!((slice.len(), slice.read_at(1, &mut buffer).unwrap()), (4, 3));
        assert_eq!(buffer, [4, 5, 6, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        for offset in [4, 5, u64::MAX] {
            assert_eq!(slice.read_at(offset, &mut buffer).unwrap(), 0);
        }
        assert_eq!(Slice::new(outer, 8..u64::MAX).len(), 2);
        assert_eq!(Slice::new(outer, 20..30).len(), 0);
        assert_eq!(Slice::new(outer, Range { start: 7, end: 3 }).len(), 0);
    }
}
