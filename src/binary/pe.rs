//! PE (Windows DLLs and extension modules): the sections with device code, and the DLLs that are imported.
//!
//! Source: Microsoft's PE format specification. Section names are cut to eight bytes: `.nv_fatb`, `__nv_rel`.

use std::ops::Range;

use super::{
    Error, ReadAt,
    fields::{u16_at, u32_at},
};

const MAX_SECTIONS: u16 = 4096;
const MAX_IMPORTS: u32 = 512;

/// What the reader needs to know of a PE file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pe {
    /// The processor that it is for, as its header names it.
    pub machine: u16,
    /// File ranges of `.nv_fatb`.
    pub fatbin: Vec<Range<u64>>,
    /// File ranges of `__nv_rel`.
    pub relocatable: Vec<Range<u64>>,
    /// Imported DLLs.
    pub needed: Vec<String>,
}

struct Section {
    name: [u8; 8],
    virtual_size: u32,
    address: u32,
    raw_size: u32,
    raw_offset: u32,
}

impl Section {
    fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            name: bytes.get(..8)?.try_into().ok()?,
            virtual_size: u32_at(bytes, 8)?,
            address: u32_at(bytes, 12)?,
            raw_size: u32_at(bytes, 16)?,
            raw_offset: u32_at(bytes, 20)?,
        })
    }

    /// Contents without the padding to the file alignment, where the virtual size says how long they are.
    fn range(&self) -> Range<u64> {
        let size = if self.virtual_size == 0 { self.raw_size } else { self.virtual_size.min(self.raw_size) };
        let start = u64::from(self.raw_offset);
        start..start + u64::from(size)
    }
}

/// Reads the headers of a PE file whose `MZ` has been seen.
pub(super) fn read(source: &dyn ReadAt) -> Result<Pe, Error> {
    let Headers { list, machine, imports } = headers(source)?;
    let ranges = |name: &[u8; 8]| {
        list.iter()
            .filter(|section| section.name == *name)
            .map(Section::range)
            .filter(|range| !range.is_empty())
            .collect()
    };
    Ok(Pe {
        machine,
        fatbin: ranges(b".nv_fatb"),
        relocatable: ranges(b"__nv_rel"),
        needed: imported(source, &list, imports.unwrap_or(0))?,
    })
}

/// The processor that a PE file is for, and where the last of its sections ends in the file.
pub(super) fn extent(source: &dyn ReadAt) -> Result<(u16, u64), Error> {
    let Headers { list, machine, .. } = headers(source)?;
    Ok((machine, list.iter().map(|section| section.range().end).max().unwrap_or(0)))
}

/// What the headers say.
struct Headers {
    list: Vec<Section>,
    machine: u16,
    imports: Option<u32>,
}

fn headers(source: &dyn ReadAt) -> Result<Headers, Error> {
    let mut dos = [0; 64];
    let count = source.read_at(0, &mut dos)?;
    let start = u32_at(&dos[..count], 60).ok_or(Error::malformed(0, "the DOS header is truncated"))?;
    let mut header = [0; 24 + 240];
    let count = source.read_at(start.into(), &mut header)?;
    let header = &header[..count];
    let cut = || Error::malformed(start.into(), "the PE header is truncated");
    if header.get(..4).ok_or_else(cut)? != b"PE\0\0" {
        return Err(Error::malformed(start.into(), "no PE header"));
    }
    let sections = u16_at(header, 6).ok_or_else(cut)?;
    let optional_size = u16_at(header, 20).ok_or_else(cut)?;
    if sections > MAX_SECTIONS {
        return Err(Error::malformed(start.into(), "the PE file has too many sections"));
    }
    // The second data directory lists the imports; where the directories begin depends on the word size.
    let directories = match u16_at(header, 24) {
        Some(0x20B) => 24 + 112,
        Some(0x10B) => 24 + 96,
        _ => return Err(Error::malformed(start.into(), "the PE file is neither 32 nor 64 bit")),
    };
    let imports = u32_at(header, directories + 8).filter(|_| usize::from(optional_size) >= directories - 24 + 16);
    let mut table = vec![0; usize::from(sections) * 40];
    let table_offset = u64::from(start) + 24 + u64::from(optional_size);
    let count = source.read_at(table_offset, &mut table)?;
    let list: Vec<Section> = table[..count].chunks_exact(40).filter_map(Section::parse).collect();
    if list.len() < usize::from(sections) {
        return Err(Error::malformed(table_offset, "the section table is truncated"));
    }
    let machine = u16_at(header, 4).ok_or_else(cut)?;
    Ok(Headers { list, machine, imports })
}

/// File offset of a relative virtual address.
fn file_offset(sections: &[Section], address: u32) -> Option<u64> {
    sections.iter().find_map(|section| {
        let inside = address.checked_sub(section.address)?;
        (inside < section.raw_size).then(|| u64::from(section.raw_offset) + u64::from(inside))
    })
}

fn imported(source: &dyn ReadAt, sections: &[Section], table: u32) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let Some(start) = file_offset(sections, table).filter(|_| table != 0) else { return Ok(names) };
    for index in 0..MAX_IMPORTS {
        let mut descriptor = [0; 20];
        let count = source.read_at(start + u64::from(index) * 20, &mut descriptor)?;
        let Some(name) = u32_at(&descriptor[..count], 12).filter(|name| *name != 0) else { break };
        let Some(offset) = file_offset(sections, name) else { break };
        let mut text = [0; 256];
        let count = source.read_at(offset, &mut text)?;
        let name = text[..count].split(|byte| *byte == 0).next().unwrap_or_default();
        names.push(String::from_utf8_lossy(name).into_owned());
    }
    Ok(names)
}
