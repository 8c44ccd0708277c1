//! The raw layout of a fatbin: a 16-byte header, then entries back to back, each with a header of its own.
//!
//! Source: NVIDIA's `fatbinary.h` for magic and kinds; everything else was verified by patching files and asking NVIDIA's
//! cuobjdump 13.5.37 (see docs/fatbin.md).

use super::fields::{u16_at, u32_at, u64_at};
use crate::facts::{CodeKind, CodeTarget, Compression, ComputeCapability, PtxIsa, Suffix, Target};

/// First bytes of a fatbin.
pub const MAGIC: u32 = 0xBA55_ED50;
/// Size of the fields of the header that are known.
pub const HEADER: usize = 16;
/// Size of the fields of an entry header that are known.
pub const ENTRY: usize = 64;

/// Entry kinds.
pub const KIND_PTX: u16 = 1;
/// A cubin.
pub const KIND_ELF: u16 = 2;
/// LTO-IR.
pub const KIND_NVVM: u16 = 8;
/// CUDA Tile IR bytecode.
pub const KIND_TILE: u16 = 0x80;
/// Several entries compressed together, described by a plain inner table (CUDA 13.4 and later, `-concat`).
pub const KIND_CONCAT: u16 = 0x100;

const FLAG_LZ4: u64 = 0x2000;
const FLAG_ZSTD: u64 = 0x8000;
const FLAG_OTHER_COMPRESSION: u64 = 0x1000 | 0x4000;
const FLAG_ACCELERATED: u64 = 0x10_0000;
const FLAG_FAMILY: u64 = 0x20_0000;

/// Header of a fatbin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Distance from the start to the first entry.
    pub header_size: u16,
    /// Size of all entries.
    pub entries_size: u64,
}

impl Header {
    /// Reads the header; `None` when the magic is not there.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        (u32_at(bytes, 0)? == MAGIC).then_some(())?;
        Some(Self { header_size: u16_at(bytes, 6)?, entries_size: u64_at(bytes, 8)? })
    }
}

/// Header of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHeader {
    /// What the payload is.
    pub kind: u16,
    /// Distance from the start of the entry to its payload; in an inner table, the offset inside the decompressed group.
    pub header_size: u32,
    /// Size of the payload with padding.
    pub padded_size: u64,
    /// Size of a compressed payload without padding; 0 when it is not compressed.
    pub stored_size: u32,
    /// Distance from the start of the entry to the options, or 0.
    pub options: u32,
    /// Second number of the code version: minor PTX ISA version.
    pub code_minor: u16,
    /// First number of the code version: major PTX ISA version.
    pub code_major: u16,
    /// Compute capability as in `sm_120`.
    pub arch: u32,
    /// Distance from the start of the entry to the identifier, or 0.
    pub identifier: u32,
    /// Length of the identifier without its NUL.
    pub identifier_len: u32,
    /// Flag bits.
    pub flags: u64,
}

impl EntryHeader {
    /// Reads the fields; `None` when there are too few bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            kind: u16_at(bytes, 0)?,
            header_size: u32_at(bytes, 4)?,
            padded_size: u64_at(bytes, 8)?,
            stored_size: u32_at(bytes, 16)?,
            options: u32_at(bytes, 20)?,
            code_minor: u16_at(bytes, 24)?,
            code_major: u16_at(bytes, 26)?,
            arch: u32_at(bytes, 28)?,
            identifier: u32_at(bytes, 32)?,
            identifier_len: u32_at(bytes, 36)?,
            flags: u64_at(bytes, 40)?,
        })
    }

    /// Kind and target; `None` for an impossible architecture number. With both suffix bits set NVIDIA's tool says `a`.
    pub fn code(&self) -> Option<CodeTarget> {
        let kind = match self.kind {
            KIND_PTX => CodeKind::Ptx,
            KIND_ELF => CodeKind::Sass,
            KIND_NVVM => CodeKind::LtoIr,
            KIND_TILE => CodeKind::TileIr,
            other => CodeKind::Other(other),
        };
        let suffix = if self.flags & FLAG_ACCELERATED != 0 {
            Suffix::Accelerated
        } else if self.flags & FLAG_FAMILY != 0 {
            Suffix::Family
        } else {
            Suffix::Plain
        };
        Some(CodeTarget { kind, target: Target { capability: ComputeCapability::from_number(self.arch)?, suffix } })
    }

    /// How the payload is stored.
    pub const fn compression(&self) -> Compression {
        match self.flags {
            flags if flags & FLAG_ZSTD != 0 => Compression::Zstd,
            flags if flags & FLAG_LZ4 != 0 => Compression::Lz4,
            flags if flags & FLAG_OTHER_COMPRESSION != 0 => Compression::Other,
            _ => Compression::None,
        }
    }

    /// Version of the PTX ISA, for PTX.
    pub fn ptx_isa(&self) -> Option<PtxIsa> {
        (self.kind == KIND_PTX).then_some(PtxIsa { major: self.code_major, minor: self.code_minor })
    }

    /// Bytes that the payload takes.
    pub const fn payload_size(&self) -> u64 {
        if self.stored_size != 0 { self.stored_size as u64 } else { self.padded_size }
    }
}
