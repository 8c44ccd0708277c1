//! Device code that no section names: fatbins and bare cubins anywhere in a file.
//!
//! Source: 143 files of 47 wheels (docs/fatbin.md). Hidden fatbins occur at any alignment. The magic alone also occurs as a constant
//! in the code of compilers (libnvrtc, libtriton), so what counts is version and header size behind it, and entries that fill the
//! fatbin exactly.

use std::{io, ops::Range};

use gpucheck_ground::stretch;
use memchr::memmem::Finder;

use super::{
    ReadAt, Slice, cubin, fatbin,
    fields::{u16_at, u64_at},
    layout::{ENTRY, EntryHeader, HEADER, KIND_CONCAT},
    sections::Header,
    source::MOST_READ,
};
use crate::facts::{CodeTarget, Damage};

/// Magic, version 1 and header size 16.
const FATBIN: [u8; 8] = [0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0];
const ELF: [u8; 4] = *b"\x7fELF";
/// The file passes through memory in pieces of this size.
const WINDOW: usize = 1 << 20;

/// More faults than this are not listed one by one.
const MAX_DAMAGE: usize = 16;

/// What the search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// An entry of a fatbin, or a runnable cubin.
    Code(CodeTarget),
    /// A cubin that is input of the device linker.
    LinkInput(CodeTarget),
}

/// Looks through the whole source, but not into `known` ranges, which are sorted and do not overlap. Time is linear in its length.
pub(super) fn search(source: &dyn ReadAt, known: &[Range<u64>], visit: &mut dyn FnMut(Hidden)) -> Vec<Damage> {
    let mut search = Search {
        source,
        visit,
        damage: Vec::new(),
        // Each entry takes at least its header, so that files made by a compiler never come near.
        failures_left: source.len() / ENTRY as u64 + 4096,
    };
    let (mut start, stop) = (0, source.len().min(MOST_READ));
    if stop < source.len() {
        let what = format!("not searched beyond this point: only the first {} GiB of a file are", MOST_READ >> 30);
        search.damaged(Damage { offset: stop, what });
    }
    for range in known.iter().cloned().chain(std::iter::once(stop..stop)) {
        if let Err(error) = search.part(start..range.start.min(stop)) {
            search.damaged(Damage { offset: start, what: format!("cannot be searched: {error}") });
        }
        start = range.end;
    }
    search.damage
}

struct Search<'s> {
    source: &'s dyn ReadAt,
    visit: &'s mut dyn FnMut(Hidden),
    damage: Vec<Damage>,
    /// How many more entries may be read in vain: false beginnings that share one long row of entries are a trap.
    failures_left: u64,
}

/// A source with a piece of it in memory.
struct Window<'w> {
    source: &'w dyn ReadAt,
    start: u64,
    bytes: &'w [u8],
}

impl ReadAt for Window<'_> {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let inside = offset.checked_sub(self.start).and_then(|inside| usize::try_from(inside).ok());
        let piece = inside.and_then(|start| self.bytes.get(start..start.checked_add(buffer.len())?));
        match piece {
            Some(piece) => {
                buffer.copy_from_slice(piece);
                Ok(piece.len())
            }
            None => self.source.read_at(offset, buffer),
        }
    }
}

impl Search<'_> {
    fn damaged(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        }
    }

    /// Searches a part; what begins in it must end in it.
    fn part(&mut self, part: Range<u64>) -> io::Result<()> {
        let finders = (Finder::new(&FATBIN), Finder::new(&ELF));
        let mut buffer = Vec::new();
        let mut position = part.start;
        while position < part.end {
            position = self.source.skip_hole(position);
            let length = usize::try_from(part.end.saturating_sub(position)).unwrap_or(WINDOW).min(WINDOW);
            stretch(&mut buffer, length);
            let count = self.source.read_at(position, &mut buffer)?;
            if count < FATBIN.len() {
                break;
            }
            let bytes = &buffer[..count];
            let window = Window { source: self.source, start: position, bytes };
            let next = |finder: &Finder<'_>, from: usize| {
                let rest = bytes.get(from..).unwrap_or_default();
                finder.find(rest).map_or(usize::MAX, |found| from + found)
            };
            let mut hits = (next(&finders.0, 0), next(&finders.1, 0));
            let mut resume = position;
            while hits.0.min(hits.1) < bytes.len() {
                let hit = hits.0.min(hits.1);
                let start = position + hit as u64;
                let end = if hits.0 < hits.1 {
                    self.fatbin(&window, start, part.end)
                } else {
                    self.cubin(&window, start, part.end)
                };
                resume = end.unwrap_or(start + 1);
                let at = usize::try_from(resume - position).unwrap_or(usize::MAX);
                hits.0 = if hits.0 < at { next(&finders.0, at) } else { hits.0 };
                hits.1 = if hits.1 < at { next(&finders.1, at) } else { hits.1 };
            }
            // The last bytes of a piece may be the first of a magic.
            let searched = if position + count as u64 >= part.end { count } else { count - (FATBIN.len() - 1) };
            position = resume.max(position + searched as u64);
        }
        Ok(())
    }

    /// The end of the fatbin at `start`, whose entries are given to the visitor; `None` when it only looks like one.
    fn fatbin(&mut self, window: &Window<'_>, start: u64, end: u64) -> Option<u64> {
        let stop = self.tiled(window, start, end)?;
        let visit = &mut *self.visit;
        let damage = fatbin::walk(window, start..stop, &mut |item| {
            if let fatbin::Item::Entry { header, .. } = item
                && let Some(code) = header.code()
            {
                visit(Hidden::Code(code));
            }
        });
        for damage in damage {
            self.damaged(damage);
        }
        Some(stop)
    }

    /// Whether entries fill the fatbin exactly, and then where it ends.
    fn tiled(&mut self, window: &Window<'_>, start: u64, end: u64) -> Option<u64> {
        let mut head = [0; HEADER];
        let count = window.read_at(start, &mut head).ok()?;
        let mut position = start + HEADER as u64;
        let stop = position.checked_add(u64_at(&head[..count], 8)?).filter(|stop| *stop <= end && *stop > position)?;
        let mut entries = 0;
        let plausible = loop {
            let mut bytes = [0; ENTRY];
            let count = window.read_at(position, &mut bytes).ok()?;
            let entry = EntryHeader::parse(&bytes[..count]).filter(|_| count == ENTRY);
            entries += 1;
            let next = entry
                .filter(|entry| is_plausible(entry, &bytes))
                .and_then(|entry| position.checked_add(u64::from(entry.header_size))?.checked_add(entry.padded_size));
            match next {
                Some(next) if next == stop => break true,
                Some(next) if next < stop => position = next,
                _ => break false,
            }
            if entries > self.failures_left {
                break false;
            }
        };
        if plausible {
            return Some(stop);
        }
        if self.failures_left > 0 && entries >= self.failures_left {
            let what = "too much data looks like a fatbin but is not; fatbins after it may be missed".to_owned();
            self.damaged(Damage { offset: start, what });
        }
        self.failures_left = self.failures_left.saturating_sub(entries);
        None
    }

    /// The end of the cubin at `start`; `None` when it is another ELF file.
    fn cubin(&mut self, window: &Window<'_>, start: u64, end: u64) -> Option<u64> {
        let header = Header::read(&Slice::new(window, start..end)).ok()?;
        let stop = start.checked_add(header.end()?).filter(|stop| *stop <= end)?;
        let executable_or_relocatable = matches!(header.kind, 1 | 2);
        (header.machine == cubin::EM_CUDA && executable_or_relocatable).then_some(())?;
        let cubin = cubin::read(&Slice::new(window, start..stop), &header)?;
        (self.visit)(if cubin.executable { Hidden::Code(cubin.code) } else { Hidden::LinkInput(cubin.code) });
        Some(stop)
    }
}

/// Whether an entry header has the values that compilers write.
fn is_plausible(entry: &EntryHeader, bytes: &[u8]) -> bool {
    let version = u16_at(bytes, 2) == Some(0x0101);
    let kind = entry.kind.is_power_of_two() && entry.kind <= KIND_CONCAT;
    let target = entry.kind == KIND_CONCAT || entry.code().is_some();
    version && kind && target && entry.header_size as usize >= ENTRY
}
