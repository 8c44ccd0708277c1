//! ELF: where the sections with device code are, and which libraries the loader must find.
//!
//! Source: System V ABI, chapters on object files and dynamic linking. Only little-endian files can carry NVIDIA code for a host
//! that NVIDIA supports.

use std::ops::Range;

use super::{
    Error, Source,
    fields::{u16_at, u32_at, u64_at},
};

/// `e_machine` of a cubin.
const EM_CUDA: u16 = 190;
const SHT_DYNAMIC: u32 = 6;
const SHT_NOBITS: u32 = 8;
const SHF_COMPRESSED: u64 = 0x800;
const DT_NEEDED: u64 = 1;

/// A linked file has some fifty sections, an object file of a large translation unit some ten thousand.
const MAX_SECTIONS: u64 = 1 << 20;
/// Of section names and dynamic entries together this much is read at most.
const MAX_TABLE: u64 = 1 << 22;
const MAX_NEEDED: usize = 512;

/// What the reader needs to know of an ELF file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Elf {
    /// File ranges of `.nv_fatbin`.
    pub fatbin: Vec<Range<u64>>,
    /// File ranges of `__nv_relfatbin`.
    pub relocatable: Vec<Range<u64>>,
    /// NEEDED entries.
    pub needed: Vec<String>,
    /// Whether the file is itself a cubin, and then its header's flags and ABI version.
    pub cubin: Option<CubinHeader>,
    /// Sections of the right name that could not be used.
    pub unusable: Vec<(u64, &'static str)>,
}

/// What a cubin's ELF header says of its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CubinHeader {
    pub flags: u32,
    pub abi_version: u8,
    pub executable: bool,
}

/// Sizes and offsets of the two ELF classes.
struct Class {
    wide: bool,
}

struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    offset: u64,
    size: u64,
    link: u32,
}

impl Class {
    const fn header_size(&self) -> usize {
        if self.wide { 64 } else { 52 }
    }

    const fn section_size(&self) -> usize {
        if self.wide { 64 } else { 40 }
    }

    fn section(&self, bytes: &[u8]) -> Option<Section> {
        let (name, kind) = (u32_at(bytes, 0)?, u32_at(bytes, 4)?);
        Some(if self.wide {
            Section {
                name,
                kind,
                flags: u64_at(bytes, 8)?,
                offset: u64_at(bytes, 24)?,
                size: u64_at(bytes, 32)?,
                link: u32_at(bytes, 40)?,
            }
        } else {
            Section {
                name,
                kind,
                flags: u32_at(bytes, 8)?.into(),
                offset: u32_at(bytes, 16)?.into(),
                size: u32_at(bytes, 20)?.into(),
                link: u32_at(bytes, 24)?,
            }
        })
    }
}

impl Section {
    fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.size)
    }
}

/// Reads the headers of an ELF file whose magic has been seen.
pub(super) fn read(source: &dyn Source) -> Result<Elf, Error> {
    let mut buffer = [0; 64];
    let count = source.read_at(0, &mut buffer)?;
    let header = &buffer[..count];
    let class = match header.get(4) {
        Some(1) => Class { wide: false },
        Some(2) => Class { wide: true },
        _ => return Err(Error::malformed(4, "the ELF class is neither 32 nor 64 bit")),
    };
    if header.get(5) != Some(&1) {
        return Err(Error::malformed(5, "the ELF file is not little-endian"));
    }
    let cut = || Error::malformed(0, "the ELF header is cut off");
    if header.len() < class.header_size() {
        return Err(cut());
    }
    let (offset, sizes, flags) = if class.wide {
        (u64_at(header, 40).ok_or_else(cut)?, 58, 48)
    } else {
        (u32_at(header, 32).ok_or_else(cut)?.into(), 46, 36)
    };
    let mut elf = Elf::default();
    if u16_at(header, 18) == Some(EM_CUDA) {
        elf.cubin = Some(CubinHeader {
            flags: u32_at(header, flags).ok_or_else(cut)?,
            abi_version: header.get(8).copied().unwrap_or(0),
            executable: u16_at(header, 16) == Some(2),
        });
        return Ok(elf);
    }
    let entry_size = u16_at(header, sizes).ok_or_else(cut)?;
    let mut sections: u64 = u16_at(header, sizes + 2).ok_or_else(cut)?.into();
    let mut names: u32 = u16_at(header, sizes + 4).ok_or_else(cut)?.into();
    if offset == 0 {
        // A file without section headers (stripped of them) may still have NEEDED entries, but nothing names its parts.
        return Ok(elf);
    }
    if usize::from(entry_size) < class.section_size() {
        return Err(Error::malformed(sizes as u64, "the section headers are too small"));
    }
    let first = section_at(source, &class, offset, entry_size, 0)?
        .ok_or(Error::malformed(offset, "the section header table lies outside the file"))?;
    if sections == 0 {
        // Extended numbering: the count stands in the size of the first section.
        sections = first.size;
    }
    if names == 0xFFFF {
        names = first.link;
    }
    let table_end = sections.checked_mul(entry_size.into()).and_then(|size| offset.checked_add(size));
    if sections > MAX_SECTIONS || table_end.is_none_or(|end| end > source.len()) {
        return Err(Error::malformed(offset, "the section header table lies outside the file"));
    }
    let table = read_range(source, offset..table_end.unwrap_or(offset), MAX_SECTIONS * 64)?;
    let section =
        |index: u32| table.get(index as usize * usize::from(entry_size)..).and_then(|bytes| class.section(bytes));
    let name_section = section(names).ok_or(Error::malformed(offset, "there is no section of section names"))?;
    let name_table = read_range(source, name_section.range(), MAX_TABLE)?;
    for index in 0..sections as u32 {
        let Some(section) = section(index) else { break };
        let name = name_table.get(section.name as usize..).and_then(|rest| rest.split(|byte| *byte == 0).next());
        let target = match name {
            Some(b".nv_fatbin") => &mut elf.fatbin,
            Some(b"__nv_relfatbin") => &mut elf.relocatable,
            _ if section.kind == SHT_DYNAMIC && elf.needed.is_empty() => {
                if let Some(strings) = self::section_at(source, &class, offset, entry_size, section.link)? {
                    elf.needed = needed(source, &class, &section, &strings)?;
                }
                continue;
            }
            _ => continue,
        };
        if section.kind == SHT_NOBITS {
            elf.unusable.push((section.offset, "the section of device code takes no room in the file"));
        } else if section.flags & SHF_COMPRESSED != 0 {
            elf.unusable.push((section.offset, "the section of device code is compressed as a whole"));
        } else if section.size > 0 {
            target.push(section.range());
        }
    }
    Ok(elf)
}

/// One section header, read by itself.
fn section_at(source: &dyn Source, class: &Class, table: u64, size: u16, index: u32) -> Result<Option<Section>, Error> {
    let Some(offset) = u64::from(index).checked_mul(size.into()).and_then(|offset| table.checked_add(offset)) else {
        return Ok(None);
    };
    let mut buffer = [0; 64];
    let count = source.read_at(offset, &mut buffer)?;
    Ok(class.section(&buffer[..count]))
}

/// The bytes of a range, as far as they exist and up to `most`: memory follows what is there, not what a header claims.
fn read_range(source: &dyn Source, range: Range<u64>, most: u64) -> Result<Vec<u8>, Error> {
    let length = range.end.min(source.len()).saturating_sub(range.start).min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let count = source.read_at(range.start, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// NEEDED names out of the dynamic section.
fn needed(source: &dyn Source, class: &Class, dynamic: &Section, strings: &Section) -> Result<Vec<String>, Error> {
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
