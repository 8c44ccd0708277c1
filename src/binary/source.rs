//! Random access to bytes that may be a gigabyte in a file: small bounded reads, never the whole.

use std::{fs::File, io, ops::Range, path::Path};

/// Something that bytes can be read from at any offset.
pub trait Source: Sync {
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

    /// How many bytes behind those that are asked for cost next to nothing, so that a reader may ask for them as well: none where
    /// each has its price.
    fn spare(&self) -> usize {
        0
    }

    /// Says that all of this will be read next, so that a source for which every read is dear can get it at once.
    fn expect(&self, _range: Range<u64>) {}
}

impl Source for [u8] {
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

/// So that `&bytes` of a slice is a `&dyn Source`.
impl<S: Source + ?Sized> Source for &S {
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
}

/// A window over another source: a member of an archive, an image inside a library.
#[derive(Clone, Copy)]
pub struct Slice<'s> {
    source: &'s dyn Source,
    start: u64,
    len: u64,
}

impl<'s> Slice<'s> {
    /// The part of `source` in `range`, as far as it exists.
    pub fn new(source: &'s dyn Source, range: Range<u64>) -> Self {
        let end = range.end.min(source.len());
        let start = range.start.min(end);
        Self { source, start, len: end - start }
    }
}

impl Source for Slice<'_> {
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

    fn spare(&self) -> usize {
        self.source.spare()
    }
}

/// A file, read with positioned reads.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
}

impl FileSource {
    /// Opens a regular file. The kernel is told that access is random: with its usual read-ahead a cold libtorch_cuda.so costs
    /// 240 MB of disk reads instead of 10.
    ///
    /// # Errors
    /// What the operating system says; anything but a regular file is refused, as reading a device or pipe might never end.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (file, len) = crate::files::open(path)?;
        #[cfg(target_os = "linux")]
        {
            // Advice only: reading works without it.
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::Random);
        }
        Ok(Self { file, len })
    }

    /// A file that is open already.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn of(file: File) -> io::Result<Self> {
        Ok(Self { len: file.metadata()?.len(), file })
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match positioned_read(&self.file, rest, offset.saturating_add(filled as u64)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// Half a page: calling the system takes most of a small read's time.
    fn spare(&self) -> usize {
        2048
    }
}

#[cfg(unix)]
fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn positioned_read(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_shows_nothing_outside_of_itself() {
        let bytes: Vec<u8> = (0..10).collect();
        let whole = bytes.as_slice();
        let outer: &dyn Source = &whole;
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
