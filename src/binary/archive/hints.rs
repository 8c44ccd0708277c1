//! Predicts which parts of an ELF file will be needed, before its section headers arrive.

use std::ops::Range;

use memchr::memmem::Finder;

use super::super::fields::{u16_at, u32_at, u64_at};

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const MAX_DYNAMIC: u64 = 1 << 20;
/// Bytes to keep in front of a place with names.
pub(super) const BEFORE: u64 = 256;
/// Bytes of names to keep of one file.
const MAX_NAMES: u64 = 1 << 20;

/// Where the dynamic section is, by the program headers of a 64-bit file.
pub(super) fn dynamic(head: &[u8]) -> Option<Range<u64>> {
    let range = segments(head).find(|(kind, ..)| *kind == PT_DYNAMIC)?.2;
    Some(range.start..range.end.min(range.start.saturating_add(MAX_DYNAMIC)))
}

/// Where the processor's code is, likewise. It contains no fatbins.
pub(super) fn code(head: &[u8]) -> Option<Range<u64>> {
    let code = segments(head).filter(|(kind, flags, _)| *kind == PT_LOAD && flags & PF_X != 0).map(|(.., range)| range);
    code.max_by_key(|range| range.end - range.start)
}

/// What is writable when it is loaded.
pub(super) fn writable(head: &[u8]) -> Vec<Range<u64>> {
    segments(head).filter(|(kind, flags, _)| *kind == PT_LOAD && flags & PF_W != 0).map(|(.., range)| range).collect()
}

/// Kind, flags and place in the file of each segment.
fn segments(head: &[u8]) -> impl Iterator<Item = (u32, u32, Range<u64>)> {
    let first = u64_at(head, 32).and_then(|first| usize::try_from(first).ok());
    let size = usize::from(u16_at(head, 54).unwrap_or(0));
    let count = usize::from(u16_at(head, 56).unwrap_or(0));
    (0..count).map_while(move |index| {
        let header = head.get(first?.checked_add(index * size)?..)?;
        let start = u64_at(header, 8)?;
        Some((u32_at(header, 0)?, u32_at(header, 4)?, start..start.checked_add(u64_at(header, 32)?)?))
    })
}

/// Finds what looks like the names of libraries, and the names of sections, which come before whatever points at them.
pub(super) struct Hints {
    library: Finder<'static>,
    section: Finder<'static>,
    kept: u64,
}

impl Default for Hints {
    fn default() -> Self {
        Self { library: Finder::new(b".so"), section: Finder::new(b"\0.shstrtab\0"), kept: 0 }
    }
}

impl Hints {
    /// Ranges of `bytes` to be kept, each with [`BEFORE`] bytes more in front.
    pub(super) fn names(&mut self, bytes: &[u8]) -> Vec<Range<u64>> {
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut add = |at: usize, len: u64| {
            let at = at as u64;
            // Adjacent names are kept once.
            match ranges.last_mut().filter(|last| at < last.end) {
                Some(last) => {
                    let end = last.end.max(at + len);
                    self.kept += end - last.end;
                    last.end = end;
                }
                None if self.kept < MAX_NAMES => {
                    self.kept += len + BEFORE;
                    ranges.push(at..at + len);
                }
                None => {}
            }
        };
        for at in self.section.find_iter(bytes) {
            // It may be the first of the names, or the last; the others are some kilobytes at most.
            add(at.saturating_sub(8 << 10), 16 << 10);
        }
        let end = |at: usize| matches!(bytes.get(at + 3), Some(0 | b'.') | None);
        for at in self.library.find_iter(bytes).filter(|at| end(*at)) {
            add(at, BEFORE + 4);
        }
        ranges
    }
}
