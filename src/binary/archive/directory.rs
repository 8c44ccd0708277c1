//! The central directory of a zip file, read over bounded reads.
//!
//! Format: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 (Zip64). Only what wheels and conda packages use; a file in several
//! volumes is refused. A directory is walked once in pieces and only the members that are asked for are kept: wheels have up to
//! 16,000, and a hostile file may have millions.

use std::ops::Range;

use super::super::{
    Error, ReadAt,
    fields::{u16_at, u32_at, u64_at},
};

const END: usize = 22;
const LOCATOR: usize = 20;
const END_64: usize = 56;
const ENTRY: usize = 46;
const LOCAL: usize = 30;
const PIECE: usize = 256 << 10;
const FLAG_ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// One member, as the directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Name, for showing only: bytes that are not UTF-8 or cannot be printed are replaced.
    pub name: String,
    /// Compression method.
    pub method: u16,
    /// Whether it cannot be read without a password.
    pub encrypted: bool,
    /// Checksum of the contents.
    pub crc: u32,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes of the contents.
    pub size: u64,
    header: u64,
}

/// The members whose names are asked for, in the order of the directory, and how many bytes were read.
pub(super) fn read(
    source: &dyn ReadAt,
    mut wanted: impl FnMut(&str) -> bool,
    most: usize,
) -> Result<(Vec<Entry>, u64), Error> {
    let (range, shift, mut read) = locate(source)?;
    source.expect(range.clone());
    let mut entries = Vec::new();
    let (mut buffer, mut filled, mut from) = (vec![0; PIECE], 0, range.start);
    let mut at = 0;
    loop {
        // An entry is at most 46 bytes and three texts of 64 KiB.
        if filled - at < ENTRY + 3 * 65535 && from < range.end {
            buffer.copy_within(at..filled, 0);
            (filled, at) = (filled - at, 0);
            let room = usize::try_from(range.end - from).unwrap_or(usize::MAX).min(PIECE - filled);
            let count = source.read_at(from, buffer.get_mut(filled..filled + room).unwrap_or_default())?;
            if count == 0 {
                return Err(Error::malformed(from, "the central directory is truncated"));
            }
            (filled, from, read) = (filled + count, from + count as u64, read + count as u64);
        }
        let bytes = buffer.get(at..filled).unwrap_or_default();
        if bytes.is_empty() {
            return Ok((entries, read));
        }
        let place = from - bytes.len() as u64;
        let (entry, length) = parse(bytes, shift).ok_or(Error::malformed(place, "the central directory is damaged"))?;
        if wanted(&entry.name) {
            if entries.len() >= most {
                return Err(Error::malformed(place, "the archive has too many libraries"));
            }
            entries.push(entry);
        }
        at += length;
    }
}

/// Where the directory is, by how much offsets in it are too small (bytes were put in front of the archive), and bytes read.
fn locate(source: &dyn ReadAt) -> Result<(Range<u64>, u64, u64), Error> {
    let none = |offset| Error::malformed(offset, "no end-of-central-directory record (truncated, or not a zip file)");
    let tail_start = source.len().saturating_sub((END + LOCATOR + 0xFFFF) as u64);
    let mut tail = vec![0; END + LOCATOR + 0xFFFF];
    let count = source.read_at(tail_start, &mut tail)?;
    tail.truncate(count);
    let found = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06").find(|at| {
        // The comment reaches to the end, or the signature is part of it.
        u16_at(&tail, at + 20).is_some_and(|comment| at + END + usize::from(comment) <= tail.len())
    });
    let at = found.ok_or(none(source.len()))?;
    let end = tail_start + at as u64;
    let field = |offset| u32_at(&tail, at + offset).map(u64::from).ok_or(none(end));
    let (mut size, mut start, mut close) = (field(12)?, field(16)?, end);
    if u16_at(&tail, at + 4) != u16_at(&tail, at + 6) {
        return Err(Error::malformed(end, "the archive is part of a multi-volume archive"));
    }
    let locator =
        at.checked_sub(LOCATOR).and_then(|at| tail.get(at..)).filter(|bytes| bytes.starts_with(b"PK\x06\x07"));
    if let Some(offset) = locator.and_then(|bytes| u64_at(bytes, 8)) {
        let mut bytes = [0; END_64];
        // Right before the locator, where bytes in front of the archive do not move it; else where the locator says.
        let near = end - LOCATOR as u64;
        for place in [near.saturating_sub(END_64 as u64), offset] {
            let count = source.read_at(place, &mut bytes)?;
            if count == END_64 && bytes.starts_with(b"PK\x06\x06") {
                size = u64_at(&bytes, 40).ok_or(none(place))?;
                start = u64_at(&bytes, 48).ok_or(none(place))?;
                close = place;
                break;
            }
        }
    }
    let real =
        close.checked_sub(size).ok_or(Error::malformed(end, "the central directory lies outside the archive"))?;
    let shift =
        real.checked_sub(start).ok_or(Error::malformed(end, "the central directory is not at its recorded offset"))?;
    Ok((real..close, shift, count as u64))
}

/// An entry at the start of the bytes, and its length.
fn parse(bytes: &[u8], shift: u64) -> Option<(Entry, usize)> {
    bytes.starts_with(b"PK\x01\x02").then_some(())?;
    let flags = u16_at(bytes, 8)?;
    let length = |offset| u16_at(bytes, offset).map(usize::from);
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let raw = bytes.get(ENTRY..ENTRY + name)?;
    let mut rest = bytes.get(ENTRY + name..ENTRY + name + extra)?;
    let (mut size, mut packed, mut header) =
        (u64::from(u32_at(bytes, 24)?), u64::from(u32_at(bytes, 20)?), u64::from(u32_at(bytes, 42)?));
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(field) = rest.get(4..4 + usize::from(length)) else { break };
        if id == 1 {
            // Zip64: those of the three that do not fit, in this order.
            let mut offset = 0;
            for value in [&mut size, &mut packed, &mut header] {
                if *value == 0xFFFF_FFFF
                    && let Some(wide) = u64_at(field, offset)
                {
                    *value = wide;
                    offset += 8;
                }
            }
        }
        rest = rest.get(4 + usize::from(length)..).unwrap_or_default();
    }
    let entry = Entry {
        name: shown(raw),
        method: u16_at(bytes, 10)?,
        encrypted: flags & FLAG_ENCRYPTED != 0,
        crc: u32_at(bytes, 16)?,
        packed,
        size,
        header: header.saturating_add(shift),
    };
    let length = ENTRY + name + extra + comment;
    (length <= bytes.len()).then_some((entry, length))
}

/// A name as reports may show it.
pub(super) fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    text.chars().map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}

impl Entry {
    /// Its header plus this many bytes: not exactly its beginning, as headers differ in length.
    pub(super) fn beginning(&self, bytes: u64) -> Range<u64> {
        self.header..self.header.saturating_add(bytes.min(self.packed))
    }

    /// Where its bytes are in the archive.
    pub(super) fn range(&self, source: &dyn ReadAt) -> Result<Range<u64>, String> {
        let mut local = [0; LOCAL];
        let count = source.read_at(self.header, &mut local).map_err(|error| format!("cannot be read: {error}"))?;
        if count < LOCAL || !local.starts_with(b"PK\x03\x04") {
            return Err(format!("no member at offset {:#x}, where the central directory places it", self.header));
        }
        let texts = u64::from(u16_at(&local, 26).unwrap_or(0)) + u64::from(u16_at(&local, 28).unwrap_or(0));
        let start = self.header + LOCAL as u64 + texts;
        match start.checked_add(self.packed) {
            Some(end) if end <= source.len() => Ok(start..end),
            _ => Err("it extends past the end of the archive".to_owned()),
        }
    }
}

#[cfg(test)]
impl Entry {
    pub(super) fn named(name: &str, packed: u64) -> Self {
        Self { name: name.to_owned(), method: 0, encrypted: false, crc: 0, packed, size: 0, header: 0 }
    }
}
