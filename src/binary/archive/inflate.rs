//! A member of a zip file as a stream: inflated, or copied where it is stored, and held to what the directory says of it.

use std::{io, ops::Range};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

use super::{super::ReadAt, directory::Entry, stream::Stream};

const INPUT: usize = 256 << 10;
/// Below this much output any ratio is fine: it takes no time.
const FREE: u64 = 64 << 20;

/// A member that is being read.
pub(super) struct Member<'s> {
    source: &'s dyn ReadAt,
    range: Range<u64>,
    size: u64,
    crc: u32,
    inflater: Option<Decompress>,
    ratio: u64,
    position: u64,
    input: Vec<u8>,
    from: usize,
    output: u64,
    sum: Hasher,
    ended: bool,
    before: [u64; 2],
}

impl<'s> Member<'s> {
    /// The member; why not where it cannot be read. More than `ratio` bytes for one are not believed.
    pub(super) fn open(source: &'s dyn ReadAt, entry: &Entry, ratio: u64) -> Result<Self, String> {
        if entry.encrypted {
            return Err("it is encrypted".to_owned());
        }
        let inflater = match entry.method {
            0 if entry.packed != entry.size => {
                return Err("it is stored uncompressed, but its packed and unpacked sizes differ".to_owned());
            }
            0 => None,
            8 => Some(Decompress::new(false)),
            other => return Err(format!("its compression method is not supported ({other})")),
        };
        let range = entry.range(source)?;
        Ok(Self {
            source,
            position: range.start,
            range,
            size: entry.size,
            crc: entry.crc,
            inflater,
            ratio,
            input: Vec::new(),
            from: 0,
            output: 0,
            sum: Hasher::new(),
            ended: false,
            before: [0; 2],
        })
    }

    /// Where its bytes are in the archive.
    pub(super) fn range(&self) -> Range<u64> {
        self.range.clone()
    }

    /// Bytes read of the archive and bytes made of them, in all.
    pub(super) const fn totals(&self) -> [u64; 2] {
        [self.before[0] + (self.position - self.range.start), self.before[1] + self.output]
    }

    fn input(&mut self) -> io::Result<bool> {
        let room = usize::try_from(self.range.end - self.position).unwrap_or(usize::MAX).min(INPUT);
        self.input.resize(room, 0);
        let count = self.source.read_at(self.position, &mut self.input)?;
        self.input.truncate(count);
        self.from = 0;
        self.position += count as u64;
        Ok(count > 0)
    }

    fn some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.input.get(self.from..).unwrap_or_default();
            if rest.is_empty() && self.position < self.range.end && !self.input()? {
                return Err(invalid("the archive ends in the middle of it"));
            }
            let rest = self.input.get(self.from..).unwrap_or_default();
            let Some(inflater) = &mut self.inflater else {
                let count = rest.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.from += count;
                self.ended = rest.is_empty();
                return Ok(count);
            };
            let (taken, made) = (inflater.total_in(), inflater.total_out());
            let status = inflater
                .decompress(rest, buffer, FlushDecompress::None)
                .map_err(|_| invalid("its compressed data is damaged"))?;
            let taken = inflater.total_in() - taken;
            let made = usize::try_from(inflater.total_out() - made).unwrap_or(0);
            self.from += usize::try_from(taken).unwrap_or(0);
            self.ended = status == Status::StreamEnd;
            if made > 0 || self.ended {
                return Ok(made);
            }
            if taken == 0 && self.position >= self.range.end {
                return Err(invalid("its compressed data is truncated"));
            }
        }
    }
}

impl Stream for Member<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.some(buffer)?;
        self.sum.update(buffer.get(..count).unwrap_or_default());
        self.output += count as u64;
        if self.output > self.size {
            return Err(invalid("it is larger than the central directory says"));
        }
        if self.output > FREE.max(self.ratio.saturating_mul(self.position - self.range.start)) {
            return Err(invalid("decompression bomb: it expands to far more than real libraries do"));
        }
        if self.ended && self.output != self.size {
            return Err(invalid("it is smaller than the central directory says"));
        }
        if self.ended && self.sum.clone().finalize() != self.crc {
            return Err(invalid("its checksum is wrong"));
        }
        Ok(count)
    }

    fn consumed(&self) -> u64 {
        self.position - self.range.start
    }

    fn rewind(&mut self) -> io::Result<bool> {
        self.before = self.totals();
        if let Some(inflater) = &mut self.inflater {
            inflater.reset(false);
        }
        (self.position, self.from, self.output, self.ended) = (self.range.start, 0, 0, false);
        self.input.clear();
        self.sum.reset();
        Ok(true)
    }
}

pub(super) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
