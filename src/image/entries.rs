//! The entries of a tar archive, one after the other.
//!
//! Format: POSIX ustar and pax, with GNU's long names and sparse files: what Go's `archive/tar`, GNU tar and Python's `tarfile` write.

use std::io::{self, Read};

use super::{blob::Pass, error::invalid};
use crate::tar::{BLOCK, checksum, number, records, text};

/// Long names and pax records together.
const MAX_EXTENSION: u64 = 1 << 20;
/// No path is longer on Linux.
pub(super) const MAX_PATH: usize = 4096;
/// GNU's list of the parts of a sparse file goes on for this many blocks at most.
const MAX_SPARSE_BLOCKS: usize = 1 << 12;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    /// A regular file of which only parts are stored.
    Sparse,
    /// The same file as another entry.
    Hard,
    Symbolic,
    Folder,
    Other,
}

/// An entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// As it stands in the archive.
    pub path: Box<[u8]>,
    /// What a link leads to.
    pub link: Box<[u8]>,
    pub kind: Kind,
    /// Bytes of contents.
    pub len: u64,
    pub executable: bool,
    /// Where the contents begin.
    pub offset: u64,
}

/// Whether these are the first bytes of a tar archive.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..BLOCK) else { return false };
    cfg!(fuzzing) || number(block.get(148..156)) == Some(checksum(block)) || block.iter().all(|byte| *byte == 0)
}

/// Walks over a tar archive.
pub(super) struct Entries<R> {
    inner: R,
    /// Contents and padding of the last entry that were not read.
    left: u64,
    contents: u64,
    at: u64,
}

impl<R: Pass> Entries<R> {
    /// Of an archive that begins here.
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0, contents: 0, at: 0 }
    }

    /// The next entry; its contents may be read from here until the next call.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut more = Extension::default();
        loop {
            self.pass(self.left)?;
            self.left = 0;
            let Some(block) = self.block()? else { return Ok(None) };
            if block.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            // A fuzzer does not find checksums.
            if !cfg!(fuzzing) && number(block.get(148..156)) != Some(checksum(&block)) {
                return Err(invalid("a header of the tar archive is damaged"));
            }
            let own =
                number(block.get(124..136)).ok_or_else(|| invalid("a header of the tar archive has no valid size"))?;
            let kind = block.get(156).copied().unwrap_or(0);
            match kind {
                b'x' | b'L' | b'K' => {
                    let bytes = self.extension(own)?;
                    match kind {
                        b'L' => more.path = Some(text(&bytes).into()),
                        b'K' => more.link = Some(text(&bytes).into()),
                        _ => more.add(&bytes),
                    }
                    continue;
                }
                // What is true of all entries is of no interest here.
                b'g' => {
                    self.expect(own)?;
                    continue;
                }
                b'S' => self.sparse(&block)?,
                _ => {}
            }
            let of = Kind::of(kind, more.sparse);
            // Links may say the size of what they lead to, which is not there.
            let len = match of {
                Kind::Hard | Kind::Symbolic | Kind::Folder => 0,
                _ => more.size.unwrap_or(own),
            };
            self.expect(len)?;
            let path = more.path.unwrap_or_else(|| plain_name(&block));
            let link = more.link.unwrap_or_else(|| text(block.get(157..257).unwrap_or_default()).into());
            if path.len() > MAX_PATH || link.len() > MAX_PATH {
                return Err(invalid("a path in the tar archive is longer than any system takes"));
            }
            // Some write folders as files whose names end in a slash.
            let of = if of == Kind::File && path.ends_with(b"/") { Kind::Folder } else { of };
            let executable = number(block.get(100..108)).unwrap_or(0) & 0o111 != 0;
            return Ok(Some(Entry { path, link, kind: of, len, executable, offset: self.at }));
        }
    }

    fn expect(&mut self, len: u64) -> io::Result<()> {
        self.contents = len;
        let padding = len.wrapping_neg() % BLOCK as u64;
        self.left = len.checked_add(padding).ok_or_else(|| invalid("an entry of the tar archive has no end"))?;
        Ok(())
    }

    fn pass(&mut self, count: u64) -> io::Result<()> {
        self.inner.pass(count)?;
        self.at = self.at.saturating_add(count);
        Ok(())
    }

    /// A block; nothing at the end.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(invalid("the tar archive is truncated")),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.at = self.at.saturating_add(BLOCK as u64);
        Ok(Some(block))
    }

    fn extension(&mut self, len: u64) -> io::Result<Vec<u8>> {
        if len > MAX_EXTENSION {
            return Err(invalid("a name in the tar archive is too long"));
        }
        self.expect(len)?;
        let mut bytes = Vec::new();
        (&mut *self).take(len).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// GNU's old way: the list of parts goes on behind the header, and is not counted as contents.
    fn sparse(&mut self, header: &[u8; BLOCK]) -> io::Result<()> {
        let mut more = header.get(482) == Some(&1);
        for _ in 0..MAX_SPARSE_BLOCKS {
            if !more {
                return Ok(());
            }
            let block = self.block()?.ok_or_else(|| invalid("the tar archive is truncated"))?;
            more = block.get(504) == Some(&1);
        }
        Err(invalid("a sparse file in the tar archive has too many parts"))
    }
}

/// The contents of the entry at hand.
impl<R: Pass> Read for Entries<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.contents).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..room).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let count = self.inner.read(buffer)?;
        if count == 0 {
            return Err(invalid("the tar archive is truncated"));
        }
        (self.contents, self.left) = (self.contents - count as u64, self.left - count as u64);
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Kind {
    fn of(kind: u8, sparse: bool) -> Self {
        match kind {
            0 | b'0' | b'7' if sparse => Self::Sparse,
            0 | b'0' | b'7' => Self::File,
            b'S' => Self::Sparse,
            b'1' => Self::Hard,
            b'2' => Self::Symbolic,
            b'5' => Self::Folder,
            _ => Self::Other,
        }
    }
}

/// What the entries in front of one say about it.
#[derive(Default)]
struct Extension {
    path: Option<Box<[u8]>>,
    link: Option<Box<[u8]>>,
    size: Option<u64>,
    sparse: bool,
}

impl Extension {
    fn add(&mut self, bytes: &[u8]) {
        let mut real = None;
        for (key, value) in records(bytes) {
            match key {
                b"path" => self.path = Some(value.into()),
                b"linkpath" => self.link = Some(value.into()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()),
                b"GNU.sparse.name" => real = Some(value.into()),
                _ => {}
            }
            self.sparse |= key.starts_with(b"GNU.sparse.");
        }
        self.path = real.or(self.path.take());
    }
}

fn plain_name(block: &[u8]) -> Box<[u8]> {
    let name = text(block.get(..100).unwrap_or_default());
    let prefix = if block.get(257..263) == Some(b"ustar\0") { block.get(345..500) } else { None };
    match text(prefix.unwrap_or_default()) {
        b"" => name.into(),
        prefix => [prefix, b"/", name].concat().into(),
    }
}
