//! ELF: where the sections with device code are, and which libraries the loader must find.
//!
//! Source: System V ABI, chapters on object files and dynamic linking.

use std::ops::Range;

use super::{
    Error, ReadAt,
    fields::{u32_at, u64_at},
    sections::{Class, Header, MAX_TABLE, Section, Table, read_range},
};
use crate::facts::Damage;

const SHT_DYNAMIC: u32 = 6;
const SHT_NOBITS: u32 = 8;
const SHF_COMPRESSED: u64 = 0x800;
const DT_NEEDED: u64 = 1;

const MAX_NEEDED: usize = 512;
/// Of a name this much is read.
const MAX_LENGTH: u64 = 256;
/// Names that begin within this many bytes are read at once.
const MAX_SPAN: u64 = 4096;
/// More unusable sections than this are not listed one by one.
const MAX_UNUSABLE: usize = 16;

/// What the reader needs to know of an ELF file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Elf {
    /// File ranges of `.nv_fatbin`.
    pub fatbin: Vec<Range<u64>>,
    /// File ranges of `__nv_relfatbin`.
    pub relocatable: Vec<Range<u64>>,
    /// NEEDED entries.
    pub needed: Vec<String>,
    /// Sections of the right name that could not be used.
    pub unusable: Vec<Damage>,
    /// Whether sections have no names, so that the right one may have been missed.
    pub nameless: bool,
}

/// Finds the sections of a file that is not a cubin.
pub(super) fn read(source: &dyn ReadAt, header: &Header) -> Result<Elf, Error> {
    let table = Table::read(source, header)?;
    let mut elf = Elf { nameless: table.is_nameless(), ..Elf::default() };
    for (name, section) in table.sections() {
        let target = match name {
            b".nv_fatbin" => &mut elf.fatbin,
            b"__nv_relfatbin" => &mut elf.relocatable,
            _ if section.kind == SHT_DYNAMIC && elf.needed.is_empty() => {
                if let Some(strings) = table.get(section.link) {
                    elf.needed = needed(source, header.class, section, strings)?;
                }
                continue;
            }
            _ => continue,
        };
        let unusable = if section.kind == SHT_NOBITS {
            "the device code section occupies no space in the file"
        } else if section.flags & SHF_COMPRESSED != 0 {
            "the device code section is compressed as a whole"
        } else {
            if section.size > 0 {
                target.push(section.range());
            }
            continue;
        };
        if elf.unusable.len() < MAX_UNUSABLE {
            elf.unusable.push(Damage { offset: section.offset, what: unusable.to_owned() });
        }
    }
    Ok(elf)
}

/// NEEDED names out of the dynamic section.
fn needed(source: &dyn ReadAt, class: Class, dynamic: &Section, strings: &Section) -> Result<Vec<String>, Error> {
    let bytes = read_range(source, dynamic.range(), MAX_TABLE)?;
    let mut offsets = Vec::new();
    for entry in bytes.chunks_exact(if class.wide { 16 } else { 8 }) {
        let (tag, value) = if class.wide {
            (u64_at(entry, 0), u64_at(entry, 8))
        } else {
            (u32_at(entry, 0).map(u64::from), u32_at(entry, 4).map(u64::from))
        };
        match (tag, value) {
            (Some(0), _) => break,
            (Some(DT_NEEDED), Some(offset)) if offset < strings.size && offsets.len() < MAX_NEEDED => {
                offsets.push(offset);
            }
            _ => {}
        }
    }
    // Linkers put these names next to each other, so that one read serves most libraries.
    let (Some(first), Some(last)) = (offsets.iter().min(), offsets.iter().max()) else { return Ok(Vec::new()) };
    let place = |offset: u64| strings.offset.saturating_add(offset);
    let all = match last - first {
        0..MAX_SPAN => {
            read_range(source, place(*first)..place(*last).saturating_add(MAX_LENGTH), MAX_SPAN + MAX_LENGTH)?
        }
        _ => Vec::new(),
    };
    let name = |offset: &u64| {
        let start = usize::try_from(offset - first).ok();
        let text = match start.and_then(|start| all.get(start..)).filter(|text| !text.is_empty()) {
            Some(text) => text.get(..MAX_LENGTH as usize).unwrap_or(text).to_vec(),
            None => read_range(source, place(*offset)..place(*offset).saturating_add(MAX_LENGTH), MAX_LENGTH)?,
        };
        let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(name).into_owned())
    };
    offsets.iter().map(name).collect()
}
