//! Compressed bytes in order: gzip, zstd.

use std::{
    io::{self, BufRead, BufReader, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{
    blob::{Blob, Cursor, Pass},
    error::{Error, invalid},
};

/// What looks back further than this would take that much memory. zstd's highest level looks back 8 MiB.
const MAX_WINDOW: u64 = 32 << 20;
/// Below this much output any ratio is fine.
const FREE: u64 = 256 << 20;
/// What expands further than this is made to fill memory or time: layers reach 20.
const MAX_RATIO: u64 = 200;
/// Bytes that are read of a file at once.
const PIECE: usize = 256 << 10;
/// First bytes of zstd's frames, and of those to be passed over, whose last byte but three has sixteen values.
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
const SKIPPED: [u8; 3] = [0x2A, 0x4D, 0x18];

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes.
    pub fn of(head: &[u8]) -> Result<Self, Error> {
        let other = |name: &str, line: &str| {
            Err(Error::Unreadable(format!(
                "it is compressed with {name}, which is not read (gzip and zstd are): {line}"
            )))
        };
        Ok(match head {
            [0x1F, 0x8B, ..] => Self::Gzip,
            _ if head.starts_with(&ZSTD) || head.get(1..4) == Some(&SKIPPED) && head[0] & 0xF0 == 0x50 => Self::Zstd,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => return other("xz", "unpack it with `xz -d` first"),
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', ..] => {
                return other("bzip2", "unpack it with `bzip2 -d` first");
            }
            [b'P', b'K', 3, 4, ..] => return Err(Error::NoImage("it is a zip file; `gpucheck scan` reads wheels")),
            _ => Self::Plain,
        })
    }
}

/// The unpacked bytes of a blob.
pub(super) enum Unpacked {
    Plain(Cursor),
    Packed(Box<Bounded>),
}

impl Unpacked {
    pub fn new(blob: &Blob, packing: Packing) -> Self {
        let taken = Arc::new(AtomicU64::new(0));
        let input = BufReader::with_capacity(PIECE, Counting { inner: blob.reader(), taken: Arc::clone(&taken) });
        let decoder = match packing {
            Packing::Plain => return Self::Plain(blob.reader()),
            Packing::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(input))),
            Packing::Zstd => Decoder::Zstd(Frames::Between(input)),
        };
        Self::Packed(Box::new(Bounded { decoder, taken, made: 0 }))
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(cursor) => cursor.read(buffer),
            Self::Packed(packed) => packed.read(buffer),
        }
    }
}

impl Pass for Unpacked {
    fn pass(&mut self, count: u64) -> io::Result<()> {
        match self {
            Self::Plain(cursor) => cursor.pass(count),
            Self::Packed(packed) => {
                let mut buffer = vec![0; usize::try_from(count.min(PIECE as u64)).unwrap_or(PIECE)];
                let mut left = count;
                while left > 0 {
                    let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                    match packed.read(buffer.get_mut(..room).unwrap_or_default())? {
                        0 => return Err(invalid("it is truncated")),
                        count => left -= count as u64,
                    }
                }
                Ok(())
            }
        }
    }
}

/// What comes out is bounded by what goes in.
pub(super) struct Bounded {
    decoder: Decoder,
    taken: Arc<AtomicU64>,
    made: u64,
}

enum Decoder {
    Gzip(Box<MultiGzDecoder<Input>>),
    Zstd(Frames),
}

type Input = BufReader<Counting>;

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.decoder {
            Decoder::Gzip(decoder) => decoder.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => invalid("its compressed data is truncated"),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => invalid("its compressed data is damaged"),
                _ => error,
            }),
            Decoder::Zstd(frames) => frames.read(buffer),
        }?;
        self.made += count as u64;
        if self.made > FREE.max(MAX_RATIO.saturating_mul(self.taken.load(Ordering::Relaxed))) {
            return Err(invalid("decompression bomb: it expands to far more than real layers do"));
        }
        Ok(count)
    }
}

struct Counting {
    inner: Cursor,
    taken: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The frames of zstd data, one after the other.
enum Frames {
    Between(Input),
    Inside(Box<StreamingDecoder<Input, FrameDecoder>>),
    Ended,
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(self, Self::Ended) {
                Self::Ended => return Ok(0),
                Self::Inside(mut decoder) => {
                    let count =
                        decoder.read(buffer).map_err(|error| invalid(format!("its zstd data is damaged: {error}")))?;
                    if count > 0 || buffer.is_empty() {
                        *self = Self::Inside(decoder);
                        return Ok(count);
                    }
                    *self = Self::Between(decoder.into_inner());
                }
                Self::Between(mut input) => {
                    let head = input.fill_buf()?;
                    if head.is_empty() {
                        return Ok(0);
                    }
                    if head.first().is_some_and(|first| first & 0xF0 == 0x50) {
                        let mut header = [0; 8];
                        input.read_exact(&mut header).map_err(|_| invalid("its zstd data is truncated"))?;
                        let [_, _, _, _, len @ ..] = header;
                        let len = u64::from(u32::from_le_bytes(len));
                        if io::copy(&mut (&mut input).take(len), &mut io::sink())? < len {
                            return Err(invalid("its zstd data is truncated"));
                        }
                        *self = Self::Between(input);
                        continue;
                    }
                    let mut decoder = FrameDecoder::new();
                    decoder.set_max_window_size(MAX_WINDOW);
                    let decoder = StreamingDecoder::new_with_decoder(input, decoder)
                        .map_err(|error| invalid(format!("its zstd data cannot be read: {error}")))?;
                    *self = Self::Inside(Box::new(decoder));
                }
            }
        }
    }
}
