//! ELF: the file header and the section table, with the names of the sections.
//!
//! Source: System V ABI, chapter on object files. Only little-endian files can carry NVIDIA code for a host that NVIDIA supports.

use std::ops::Range;

use super::{
    Error, ReadAt,
    fields::{u16_at, u32_at, u64_at},
};

/// A linked file has some fifty sections, an object file of a large translation unit some ten thousand.
const MAX_SECTIONS: u64 = 1 << 20;
/// Of section names this much is read at most; of any other table too.
pub(super) const MAX_TABLE: u64 = 1 << 22;
/// Types of program headers: what is loaded, and what the loader goes by.
const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
/// `e_type` of what can be loaded into a running program.
const ET_DYN: u16 = 3;
/// Size of a program header of 64 bits.
const PROGRAM_SIZE: usize = 56;
/// `EI_OSABI` that loaders of Linux take: System V and GNU.
const LINUX_ABIS: [u8; 2] = [0, 3];
/// Longer than any name that is searched for: comparing stays cheap where a hostile table never terminates its names.
const MAX_NAME: usize = 32;

/// Sizes and offsets of the two ELF classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// 64 bit.
    pub wide: bool,
}

/// The ELF header, as far as it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub class: Class,
    pub abi_version: u8,
    /// `EI_OSABI`.
    abi: u8,
    /// `EI_VERSION` and `e_version`.
    versions: (u8, u32),
    /// `e_type`: 1 relocatable, 2 executable.
    pub kind: u16,
    pub machine: u16,
    pub flags: u32,
    /// Offset of the program headers, their size and number.
    programs: (u64, u16, u16),
    /// Offset of the section headers, their size and number.
    sections: (u64, u16, u16),
    /// Index of the section of section names.
    names: u16,
}

/// The program headers: the type of each, and which part of the file it describes.
#[derive(Debug)]
pub(super) struct Programs(Vec<(u32, Range<u64>)>);

/// One section header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    name: u32,
    pub kind: u32,
    pub flags: u64,
    pub offset: u64,
    pub size: u64,
    pub link: u32,
}

/// All section headers.
#[derive(Debug, Default)]
pub(super) struct Table {
    list: Vec<Section>,
    names: Vec<u8>,
}

impl Class {
    const fn header_size(self) -> usize {
        if self.wide { 64 } else { 52 }
    }

    const fn section_size(self) -> usize {
        if self.wide { 64 } else { 40 }
    }

    fn section(self, bytes: &[u8]) -> Option<Section> {
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
    /// One of which only its place matters.
    #[cfg(test)]
    pub(super) fn plain(offset: u64, size: u64) -> Self {
        Self { name: 0, kind: 0, flags: 0, offset, size, link: 0 }
    }

    /// Where its contents are in the file.
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset.saturating_add(self.size)
    }
}

impl Header {
    /// Reads the header of a file whose magic has been seen.
    pub fn read(source: &dyn ReadAt) -> Result<Self, Error> {
        let mut buffer = [0; 64];
        let count = source.read_at(0, &mut buffer)?;
        let bytes = &buffer[..count];
        let class = match bytes.get(4) {
            Some(1) => Class { wide: false },
            Some(2) => Class { wide: true },
            _ => return Err(Error::malformed(4, "the ELF class is neither 32 nor 64 bit")),
        };
        if bytes.get(5) != Some(&1) {
            return Err(Error::malformed(5, "the ELF file is not little-endian"));
        }
        if bytes.len() < class.header_size() {
            return Err(Error::malformed(0, "the ELF header is truncated"));
        }
        Self::parse(class, bytes).ok_or(Error::malformed(0, "the ELF header is truncated"))
    }

    fn parse(class: Class, bytes: &[u8]) -> Option<Self> {
        // Behind the flags both classes have the same six fields of 16 bits.
        let (programs, sections, flags) = if class.wide {
            (u64_at(bytes, 32)?, u64_at(bytes, 40)?, 48)
        } else {
            (u32_at(bytes, 28)?.into(), u32_at(bytes, 32)?.into(), 36)
        };
        Some(Self {
            class,
            abi_version: *bytes.get(8)?,
            abi: *bytes.get(7)?,
            versions: (*bytes.get(6)?, u32_at(bytes, 20)?),
            kind: u16_at(bytes, 16)?,
            machine: u16_at(bytes, 18)?,
            flags: u32_at(bytes, flags)?,
            programs: (programs, u16_at(bytes, flags + 6)?, u16_at(bytes, flags + 8)?),
            sections: (sections, u16_at(bytes, flags + 10)?, u16_at(bytes, flags + 12)?),
            names: u16_at(bytes, flags + 14)?,
        })
    }

    /// Where the last of the header tables ends, which in a cubin is its end; nothing without a section table.
    pub fn end(&self) -> Option<u64> {
        let end = |(offset, size, count): (u64, u16, u16)| offset.checked_add(u64::from(size) * u64::from(count));
        let proper = usize::from(self.sections.1) == self.class.section_size() && self.sections.2 > 0;
        (proper && self.sections.0 >= self.class.header_size() as u64).then_some(())?;
        Some(end(self.sections)?.max(end(self.programs)?))
    }

    /// Why the system's loader would not take this file as a library, whole as it may be: the checks of glibc's `open_verify` and
    /// `_dl_map_object_from_fd` that need nothing but the headers.
    pub fn refusal(&self, programs: &Programs) -> Option<&'static str> {
        let has = |wanted: u32| programs.0.iter().any(|(kind, _)| *kind == wanted);
        if self.kind != ET_DYN {
            Some("it is not a shared object (an object file, a program or a core dump)")
        } else if !self.class.wide {
            Some("it is 32-bit")
        } else if self.versions != (1, 1) {
            Some("its ELF version is not valid")
        } else if !LINUX_ABIS.contains(&self.abi) {
            Some("it is for the ABI of another system")
        } else if usize::from(self.programs.1) != PROGRAM_SIZE || !has(PT_LOAD) {
            Some("it has no loadable segment")
        } else if !has(PT_DYNAMIC) {
            Some("it has no dynamic section")
        } else {
            None
        }
    }

    /// The program headers.
    pub fn programs(&self, source: &dyn ReadAt) -> Result<Programs, Error> {
        let (offset, size, count) = self.programs;
        let length = u64::from(size) * u64::from(count);
        let cut = || Error::malformed(offset, "the program headers lie outside the file");
        let end = offset.checked_add(length).filter(|end| *end <= source.len()).ok_or_else(cut)?;
        let bytes = read_range(source, offset..end, length)?;
        let program = |entry: &[u8]| {
            let (start, size) = match self.class.wide {
                true => (u64_at(entry, 8)?, u64_at(entry, 32)?),
                false => (u32_at(entry, 4)?.into(), u32_at(entry, 16)?.into()),
            };
            Some((u32_at(entry, 0)?, start..start.saturating_add(size)))
        };
        Ok(Programs(bytes.chunks_exact(usize::from(size).max(1)).filter_map(program).collect()))
    }
}

impl Programs {
    /// Where in the file the last byte that the system loads lies; nothing is loaded of an object file.
    pub fn loaded_end(&self) -> u64 {
        self.0.iter().filter(|(kind, _)| *kind == PT_LOAD).map(|(_, range)| range.end).max().unwrap_or(0)
    }
}

impl Table {
    /// Reads the section headers and their names. A file without any (stripped of them) has an empty table.
    pub fn read(source: &dyn ReadAt, header: &Header) -> Result<Self, Error> {
        let (offset, entry_size, count) = header.sections;
        if offset == 0 {
            return Ok(Self::default());
        }
        let step = usize::from(entry_size);
        if step < header.class.section_size() {
            return Err(Error::malformed(0, "the section headers are too small"));
        }
        let outside = || Error::malformed(offset, "the section header table lies outside the file");
        let (mut count, mut names) = (u64::from(count), u32::from(header.names));
        // Extended numbering: values that do not fit into 16 bits are in the first section.
        if count == 0 || names == 0xFFFF {
            let mut first = [0; 64];
            let read = source.read_at(offset, &mut first)?;
            let first = header.class.section(&first[..read]).ok_or_else(outside)?;
            count = if count == 0 { first.size } else { count };
            names = if names == 0xFFFF { first.link } else { names };
        }
        if count == 0 {
            return Ok(Self::default());
        }
        let end = count.checked_mul(entry_size.into()).and_then(|size| offset.checked_add(size));
        let end = end.filter(|end| count <= MAX_SECTIONS && *end <= source.len()).ok_or_else(outside)?;
        let bytes = read_range(source, offset..end, end - offset)?;
        let list: Vec<_> = bytes.chunks_exact(step).filter_map(|bytes| header.class.section(bytes)).collect();
        let name_section = list.get(names as usize).ok_or(Error::malformed(offset, "no section name table"))?;
        let names = read_range(source, name_section.range(), MAX_TABLE)?;
        Ok(Self { list, names })
    }

    /// All sections with the first bytes of their names.
    pub fn sections(&self) -> impl Iterator<Item = (&[u8], &Section)> {
        self.list.iter().map(|section| {
            let rest = self.names.get(section.name as usize..).unwrap_or_default();
            let rest = rest.get(..MAX_NAME).unwrap_or(rest);
            (rest.split(|byte| *byte == 0).next().unwrap_or_default(), section)
        })
    }

    /// Whether it has no section that says anything.
    pub fn is_blank(&self) -> bool {
        self.list.iter().all(|section| section.kind == 0)
    }

    /// Whether there are no names, or one of them lies outside the name table: then none can be trusted.
    pub fn is_nameless(&self) -> bool {
        let outside = |section: &Section| section.name as usize >= self.names.len();
        self.list.iter().any(outside) || self.sections().all(|(name, _)| name.is_empty())
    }

    /// The section of this number.
    pub fn get(&self, index: u32) -> Option<&Section> {
        self.list.get(index as usize)
    }
}

/// The bytes of a range, as far as they exist and up to `most`: memory follows what is there, not what a header claims.
pub(super) fn read_range(source: &dyn ReadAt, range: Range<u64>, most: u64) -> Result<Vec<u8>, Error> {
    let length = range.end.min(source.len()).saturating_sub(range.start).min(most);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let count = source.read_at(range.start, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}
