//! Walking fatbins: headers only, at most one small read for each entry, forward only.

use std::ops::Range;

use gpucheck_ground::{nonzero, stretch};

use super::{
    ReadAt,
    ahead::Ahead,
    company,
    fields::u32_at,
    layout::{ENTRY, EntryHeader, HEADER, Header, KIND_CONCAT, MAGIC},
};
use crate::facts::Damage;

/// What a walk meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A fatbin begins at this offset.
    Fatbin(u64),
    /// One of its entries. The entries of a compressed group are given, the group itself is not.
    Entry {
        /// Offset of its header.
        offset: u64,
        /// Its header.
        header: EntryHeader,
    },
}

/// The most a compressed group's table of contents may take.
const MAX_TABLE: u32 = 1 << 20;
/// Pieces in which padding and garbage are skipped: the first is small, as most gaps are.
const FIRST_PIECE: usize = 256;
const PIECE: usize = 1 << 16;

/// Walks the fatbins in `range`: back to back, or with zeros between them. Damage ends the fatbin that has it; the walk goes on at
/// the next one. Time is linear in the number of entries, and in the bytes of padding and garbage.
///
/// ```
/// use gpucheck::binary::{fatbin, layout};
/// let mut bytes = vec![0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0]; // magic, version 1, header of 16 bytes
/// bytes.extend(72u64.to_le_bytes()); // size of all entries
/// let mut entry = [0u8; 72];
/// entry[0] = 2; // a cubin
/// entry[4] = 64; // behind a header of 64 bytes
/// entry[8] = 8; // of 8 bytes
/// entry[28] = 120; // for sm_120
/// bytes.extend(entry);
/// let mut found = Vec::new();
/// let damage = fatbin::walk(bytes.as_slice(), 0..bytes.len() as u64, &mut |item| {
///     if let fatbin::Item::Entry { header, .. } = item {
///         found.extend(header.code());
///     }
/// });
/// assert!(damage.is_empty());
/// assert_eq!(found, ["sm_120".parse().unwrap()]);
/// # let _ = layout::MAGIC;
/// ```
pub fn walk(source: &(impl ReadAt + ?Sized), range: Range<u64>, visit: &mut dyn FnMut(Item)) -> Vec<Damage> {
    let end = range.end.min(source.len());
    company::beside(source.file(), end, |company| {
        let mut walk = Walk { source, visit, damage: Vec::new(), faults: 0, reads: 0, ahead: Ahead::default() };
        if range.end > end {
            walk.damaged(end, "the section extends past the end of the file");
        }
        let mut position = range.start;
        while position < end {
            if walk.faults > MAX_FAULTS {
                walk.damage
                    .push(Damage { offset: position, what: "too many errors; the rest was not read".to_owned() });
                break;
            }
            match walk.fatbin(position, end) {
                Some(next) => position = next,
                None => match walk.resync(position, end) {
                    Some(next) => position = next,
                    None => break,
                },
            }
            company.at(position, walk.reads);
        }
        walk.damage
    })
}

struct Walk<'w, S: ?Sized> {
    source: &'w S,
    visit: &'w mut dyn FnMut(Item),
    damage: Vec<Damage>,
    faults: u32,
    /// How often something was read.
    reads: u32,
    ahead: Ahead,
}

/// After more faults than this, the rest is not worth a read for every few bytes.
const MAX_FAULTS: u32 = 4096;
/// More faults than this in one file are not listed one by one.
const MAX_DAMAGE: usize = 16;

impl<S: ReadAt + ?Sized> Walk<'_, S> {
    fn damaged(&mut self, offset: u64, what: &str) {
        self.faults = self.faults.saturating_add(1);
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(Damage { offset, what: what.to_owned() });
        }
    }

    /// Fills as much of the buffer as the range allows; an unreadable place is damage.
    fn read<'b>(&mut self, offset: u64, end: u64, buffer: &'b mut [u8]) -> &'b [u8] {
        let room = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        self.reads = self.reads.wrapping_add(1);
        match self.ahead.read(self.source, offset, &mut buffer[..room]) {
            Ok(count) => &buffer[..count.min(room)],
            Err(error) => {
                self.damaged(offset, &format!("cannot be read: {error}"));
                &[]
            }
        }
    }

    /// Walks the fatbin at `start` and returns where the next one may begin; `None` when there is none at `start`.
    fn fatbin(&mut self, start: u64, end: u64) -> Option<u64> {
        // Enough for the header and the first entry, which saves one read in every fatbin.
        let mut buffer = [0; HEADER + ENTRY];
        let bytes = self.read(start, end, &mut buffer);
        let header = Header::parse(bytes)?;
        (self.visit)(Item::Fatbin(start));
        if usize::from(header.header_size) < HEADER {
            self.damaged(start, "the size in the fatbin header is too small");
            return Some(start.saturating_add(HEADER as u64));
        }
        let mut position = start.saturating_add(u64::from(header.header_size));
        let stop = position.saturating_add(header.entries_size);
        if stop > end {
            self.damaged(start, "the fatbin extends past the end of its section");
        }
        let stop = stop.min(end);
        let first = bytes.get(usize::from(header.header_size)..).and_then(EntryHeader::parse);
        let mut known = first;
        while position < stop {
            let entry = match known.take() {
                Some(entry) => entry,
                None => {
                    let mut buffer = [0; ENTRY];
                    let bytes = self.read(position, stop, &mut buffer);
                    match EntryHeader::parse(bytes) {
                        Some(entry) if bytes.len() == ENTRY => entry,
                        _ => {
                            self.damaged(position, "an entry header is truncated");
                            return Some(stop);
                        }
                    }
                }
            };
            if (entry.header_size as usize) < ENTRY {
                self.damaged(position, "the size in an entry header is too small");
                return self.after_damage(position, stop);
            }
            let next = position
                .checked_add(u64::from(entry.header_size))
                .and_then(|payload| payload.checked_add(entry.padded_size));
            let fits = next.is_some_and(|next| next <= stop);
            if !fits {
                self.damaged(position, "an entry extends past the end of its fatbin");
                return self.after_damage(position, stop);
            }
            if entry.kind == KIND_CONCAT {
                self.group(position, stop, &entry);
            } else {
                (self.visit)(Item::Entry { offset: position, header: entry });
            }
            position = next.unwrap_or(stop);
        }
        Some(stop)
    }

    /// Where to go on after a damaged entry: the sizes cannot be trusted, so at the next magic behind it.
    fn after_damage(&mut self, position: u64, stop: u64) -> Option<u64> {
        Some(self.find_magic(position.saturating_add(8), stop).unwrap_or(stop))
    }

    /// The entries of a compressed group, from its plain inner table.
    fn group(&mut self, start: u64, stop: u64, group: &EntryHeader) {
        let table = start.saturating_add(u64::from(group.options));
        let mut head = [0; 8];
        let bytes = self.read(table, stop, &mut head);
        let (Some(count), Some(size)) = (u32_at(bytes, 0), u32_at(bytes, 4)) else {
            return self.damaged(table, "the table of a compressed group is truncated");
        };
        let inside = group.options as usize >= ENTRY && group.options.saturating_add(size) <= group.header_size;
        if !inside || size > MAX_TABLE {
            return self.damaged(table, "the table of a compressed group lies outside its header");
        }
        let table_end = table.saturating_add(u64::from(size));
        let mut position = table.saturating_add(8);
        for _ in 0..count {
            let mut buffer = [0; ENTRY];
            let bytes = self.read(position, table_end, &mut buffer);
            let entry = match EntryHeader::parse(bytes) {
                Some(entry) if bytes.len() == ENTRY => entry,
                _ => return self.damaged(position, "the table of a compressed group is truncated"),
            };
            if entry.kind == KIND_CONCAT {
                return self.damaged(position, "a compressed group inside a compressed group");
            }
            // Inner headers have no compression bits: the group as a whole is compressed.
            let flags = entry.flags | group.flags & 0xF000;
            (self.visit)(Item::Entry { offset: position, header: EntryHeader { flags, ..entry } });
            let Some(length) = self.inner_length(position, table_end, &entry) else {
                return self.damaged(position, "an inner header of a compressed group extends past its table");
            };
            position = position.saturating_add(length);
        }
    }

    /// Size of an inner header: it ends behind its identifier and its options, whichever is last.
    fn inner_length(&mut self, start: u64, end: u64, entry: &EntryHeader) -> Option<u64> {
        let mut length = ENTRY as u64;
        if entry.identifier != 0 {
            length = length.max(u64::from(entry.identifier) + u64::from(entry.identifier_len) + 1);
        }
        if entry.options != 0 {
            length = length.max(u64::from(entry.options) + 8);
            let mut pair = [0; 8];
            let bytes = self.read(start.checked_add(u64::from(entry.options))?, end, &mut pair);
            let (string, string_len) = (u32_at(bytes, 0)?, u32_at(bytes, 4)?);
            length = length.max(u64::from(string) + u64::from(string_len) + 1);
        }
        let length = length.checked_next_multiple_of(8)?;
        (start.checked_add(length)? <= end).then_some(length)
    }

    /// Skips zeros, which are padding, and garbage, which is damage; gives the place of the next fatbin.
    fn resync(&mut self, start: u64, end: u64) -> Option<u64> {
        // Not at `start` itself: a magic with too little behind it to be a fatbin would be found forever.
        let next = self.find_magic(start.saturating_add(1), end);
        if let Some(garbage) = self.first_nonzero(start, next.unwrap_or(end)) {
            self.damaged(garbage, "no fatbin begins here");
        }
        next
    }

    fn find_magic(&mut self, start: u64, end: u64) -> Option<u64> {
        let magic = MAGIC.to_le_bytes();
        let mut buffer = vec![0; FIRST_PIECE];
        let mut position = start;
        while position < end {
            position = self.source.skip_hole(position);
            let bytes = self.read(position, end, &mut buffer);
            if bytes.len() < magic.len() {
                return None;
            }
            if let Some(found) = memchr::memmem::find(bytes, &magic) {
                return Some(position + found as u64);
            }
            // The last bytes of a piece may be the first of a magic.
            position += (bytes.len() - (magic.len() - 1)) as u64;
            stretch(&mut buffer, PIECE);
        }
        None
    }

    fn first_nonzero(&mut self, start: u64, end: u64) -> Option<u64> {
        let mut buffer = vec![0; FIRST_PIECE];
        let mut position = start;
        while position < end {
            position = self.source.skip_hole(position);
            let bytes = self.read(position, end, &mut buffer);
            if bytes.is_empty() {
                return None;
            }
            if let Some(found) = nonzero(bytes) {
                return Some(position + found as u64);
            }
            position += bytes.len() as u64;
            stretch(&mut buffer, PIECE);
        }
        None
    }
}
