//! Unpacks one block.

use std::io::{self, Read as _};

use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::lz4;
use crate::image::error::{Error, invalid};

/// How blocks are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compressor {
    Gzip,
    Lz4,
    Zstd,
}

impl Compressor {
    /// By its number in the superblock.
    pub fn of(number: u16) -> Result<Self, Error> {
        let other = |name: &str| {
            Err(Error::Unreadable(format!(
                "its squashfs is compressed with {name}, which is not read (gzip, zstd and lz4 are): unpack it \
                 (`unsquashfs`, `apptainer build --sandbox DIR IMAGE`) and use --root DIR"
            )))
        };
        match number {
            1 => Ok(Self::Gzip),
            2 => other("lzma"),
            3 => other("lzo"),
            4 => other("xz"),
            5 => Ok(Self::Lz4),
            6 => Ok(Self::Zstd),
            number => other(&format!("method {number}")),
        }
    }

    /// Unpacks a block to at most so many bytes.
    pub fn unpack(self, packed: &[u8], most: usize) -> io::Result<Vec<u8>> {
        let damaged = || invalid("a block of the squashfs is damaged");
        match self {
            Self::Gzip => {
                let mut out = Vec::with_capacity(most);
                let status = Decompress::new(true).decompress_vec(packed, &mut out, FlushDecompress::Finish);
                if status.ok() == Some(Status::StreamEnd) { Ok(out) } else { Err(damaged()) }
            }
            Self::Zstd => {
                let mut decoder = FrameDecoder::new();
                // A block is not larger than the window needs to be.
                decoder.set_max_window_size(4 << 20);
                let decoder = StreamingDecoder::new_with_decoder(packed, decoder).map_err(|_| damaged())?;
                let mut out = Vec::with_capacity(most);
                decoder.take(most as u64 + 1).read_to_end(&mut out).map_err(|_| damaged())?;
                if out.len() > most { Err(damaged()) } else { Ok(out) }
            }
            Self::Lz4 => lz4::unpack(packed, most).ok_or_else(damaged),
        }
    }
}
