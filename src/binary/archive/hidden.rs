//! Fatbins outside the sections that are named for them.

use std::ops::Range;

use gpucheck_ground::Order as _;
use memchr::memmem;

use super::super::{
    ReadAt, cubin, elf, fatbin,
    fatbin::Item,
    fields::{u16_at, u64_at},
    layout::{ENTRY, EntryHeader, HEADER, KIND_CONCAT, MAGIC},
    pe,
    sections::Header,
};
use crate::facts::{CodeObjects, Extent, Fact, How, Library, Source as Via};

/// Entries to read in all; the richest library has some 45,000.
const MAX_ENTRIES: usize = 1 << 20;

/// Whether a fatbin's header is one that a producer writes: the magic alone also occurs in programs that read fatbins.
pub(super) fn sound_header(bytes: &[u8]) -> bool {
    u16_at(bytes, 4) == Some(1)
        && u16_at(bytes, 6) == Some(HEADER as u16)
        && u64_at(bytes, 8).is_some_and(|size| size > 0)
}

/// Every place with the magic.
pub(super) fn magics(bytes: &[u8]) -> Vec<u64> {
    memmem::find_iter(bytes, &MAGIC.to_le_bytes()).map(|at| at as u64).collect()
}

/// Adds to a library the code at those of `magics` (in order) that lie outside any section of their own.
pub(super) fn add(source: &dyn ReadAt, magics: &[u64], library: &mut Library) {
    let mut head = [0; 4];
    let count = source.read_at(0, &mut head).unwrap_or(0);
    let named = match head.get(..count) {
        Some(b"\x7fELF") => match Header::read(source).and_then(|header| Ok((elf::read(source, &header)?, header))) {
            Ok((elf, header)) if header.machine != cubin::EM_CUDA => [elf.fatbin, elf.relocatable].concat(),
            _ => return,
        },
        Some([b'M', b'Z', ..]) => match pe::read(source) {
            Ok(pe) => [pe.fatbin, pe.relocatable].concat(),
            Err(_) => return,
        },
        _ => return,
    };
    let found = outside(source, magics, named);
    match &mut library.code {
        Fact::Known { value, .. } if value.hidden.is_empty() => {
            value.hidden = found.hidden;
            value.extent = Extent::WholeFile;
        }
        code @ Fact::Unknown { .. } if !found.hidden.is_empty() => {
            *code = Fact::known(found, Via::new(How::Binary, format!("{}, data sections", library.path)));
        }
        _ => {}
    }
}

fn outside(source: &dyn ReadAt, magics: &[u64], mut named: Vec<Range<u64>>) -> CodeObjects {
    named.order_by_key(|range| range.start);
    let mut code = CodeObjects { extent: Extent::WholeFile, ..CodeObjects::default() };
    let (mut end, mut entries, mut section) = (0, 0, 0);
    for start in magics.iter().copied() {
        while named.get(section).is_some_and(|range| range.end <= start) {
            section += 1;
        }
        if start < end || entries > MAX_ENTRIES || named.get(section).is_some_and(|range| range.contains(&start)) {
            continue;
        }
        let mut header = [0; HEADER];
        if !source.read_at(start, &mut header).is_ok_and(|count| count == HEADER) || !sound_header(&header) {
            continue;
        }
        let stop = start.saturating_add(HEADER as u64).saturating_add(u64_at(&header, 8).unwrap_or(0));
        if stop > source.len() {
            continue;
        }
        // Looked at first without searching for what may follow a fault, so that time is linear in the entries.
        if !fills(source, start + HEADER as u64, stop, &mut entries) {
            continue;
        }
        end = stop;
        fatbin::walk(source, start..stop, &mut |item| {
            if let Item::Entry { header, .. } = item
                && let Some(target) = header.code()
            {
                *code.hidden.entry(target).or_default() += 1;
            }
        });
    }
    code
}

/// Whether entries that name a target fill the range exactly.
fn fills(source: &dyn ReadAt, first: u64, stop: u64, entries: &mut usize) -> bool {
    let mut position = first;
    while position < stop {
        *entries += 1;
        let mut bytes = [0; ENTRY];
        let Ok(ENTRY) = source.read_at(position, &mut bytes) else { return false };
        let Some(entry) = EntryHeader::parse(&bytes) else { return false };
        let targeted = entry.kind == KIND_CONCAT || entry.code().is_some();
        if *entries > MAX_ENTRIES || !targeted || (entry.header_size as usize) < ENTRY {
            return false;
        }
        position = position.saturating_add(entry.header_size.into()).saturating_add(entry.padded_size);
    }
    position == stop
}
