//! ELF: where the sections with device code are, and which libraries the loader must find.
//!
//! Source: System V ABI, chapters on object files and dynamic linking.

use std::ops::Range;

use super::{
    Error, Source,
    fields::{u32_at, u64_at},
    sections::{Class, Header, MAX_TABLE, Section, Table, read_range},
};
use crate::facts::Damage;

const SHT_DYNAMIC: u32 = 6;
const SHT_NOBITS: u32 = 8;
const SHF_COMPRESSED: u64 = 0x800;
const DT_NEEDED: u64 = 1;

const MAX_NEEDED: usize = 512;
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

/// Finds the sections of a file that is no cubin.
pub(super) fn read(source: &dyn Source, header: &Header) -> Result<Elf, Error> {
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
            "the section of device code takes no room in the file"
        } else if section.flags & SHF_COMPRESSED != 0 {
            "the section of device code is compressed as a whole"
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
fn needed(source: &dyn Source, class: Class, dynamic: &Section, strings: &Section) -> Result<Vec<String>, Error> {
    let bytes = read_range(source, dynamic.range(), MAX_TABLE)?;
    let mut names = Vec::new();
    for entry in bytes.chunks_exact(if class.wide { 16 } else { 8 }) {
        let (tag, value) = if class.wide {
            (u64_at(entry, 0), u64_at(entry, 8))
        } else {
            (u32_at(entry, 0).map(u64::from), u32_at(entry, 4).map(u64::from))
        };
        match (tag, value) {
            (Some(0), _) => break,
            (Some(DT_NEEDED), Some(offset)) if offset < strings.size && names.len() < MAX_NEEDED => {
                let start = strings.offset.saturating_add(offset);
                let text = read_range(source, start..start.saturating_add(256), 256)?;
                let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
                names.push(String::from_utf8_lossy(name).into_owned());
            }
            _ => {}
        }
    }
    Ok(names)
}
