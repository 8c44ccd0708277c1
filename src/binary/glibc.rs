//! The newest version of the GNU C library that an ELF file asks for, out of its table of needed versions.
//!
//! Source: Linux Standard Base, symbol versioning (`.gnu.version_r`).

use super::{
    Error, ReadAt,
    fields::{u16_at, u32_at},
    sections::{Header, MAX_TABLE, Section, Table, read_range},
};

/// `SHT_GNU_verneed`.
const VERNEED: u32 = 0x6fff_fffe;

/// A library asks a dozen files for a few dozen versions.
const MAX_ENTRIES: usize = 1024;
/// `GLIBC_2.17` and what may stand in its place: `GLIBC_ABI_DT_RELR`.
const MAX_NAME: u64 = 32;
const PREFIX: &str = "GLIBC_";

/// The newest version of the GNU C library that a file needs, `2.32`; `None` where it is no ELF file, asks for none, or is damaged.
pub fn needed_glibc(source: &dyn ReadAt) -> Option<String> {
    let header = Header::read(source).ok()?;
    let table = Table::read(source, &header).ok()?;
    let section = table.sections().map(|(_, section)| section).find(|section| section.kind == VERNEED)?;
    newest(source, section, table.get(section.link)?).ok()?
}

/// The newest of the versions `GLIBC_…` in the section; `None` where it names none.
fn newest(source: &dyn ReadAt, section: &Section, strings: &Section) -> Result<Option<String>, Error> {
    let bytes = read_range(source, section.range(), MAX_TABLE)?;
    let mut newest = None;
    for offset in names(&bytes).into_iter().filter(|offset| *offset < strings.size) {
        let start = strings.offset.saturating_add(offset);
        let text = read_range(source, start..start.saturating_add(MAX_NAME.min(strings.size - offset)), MAX_NAME)?;
        let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
        newest = newest.max(std::str::from_utf8(name).ok().and_then(version));
    }
    Ok(newest.map(|(major, minor)| format!("{major}.{minor}")))
}

/// Where the names of the versions start in the table of strings.
fn names(bytes: &[u8]) -> Vec<u64> {
    let mut names = Vec::new();
    let mut file = 0usize;
    // Each step goes forward, so that a table which leads back to itself ends.
    while names.len() < MAX_ENTRIES {
        let (Some(count), Some(first), Some(next)) =
            (u16_at(bytes, file + 2), link(bytes, file + 8), link(bytes, file + 12))
        else {
            break;
        };
        let mut entry = file.saturating_add(first);
        for _ in 0..count {
            let (Some(name), Some(step)) =
                (u32_at(bytes, entry.saturating_add(8)), link(bytes, entry.saturating_add(12)))
            else {
                break;
            };
            names.push(u64::from(name));
            if step == 0 || names.len() >= MAX_ENTRIES {
                break;
            }
            entry = entry.saturating_add(step);
        }
        if next == 0 {
            break;
        }
        file = file.saturating_add(next).min(bytes.len());
    }
    names
}

fn link(bytes: &[u8], offset: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, offset)?).ok()
}

/// `GLIBC_2.32`, and `GLIBC_2.2.5` as 2.2; not `GLIBC_PRIVATE`.
fn version(name: &str) -> Option<(u16, u16)> {
    let mut numbers = name.strip_prefix(PREFIX)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files and the versions that each is asked for, as the table has them: the strings follow.
    fn table(files: &[&[&str]]) -> (Vec<u8>, Vec<u8>) {
        let (mut bytes, mut strings) = (Vec::new(), vec![0]);
        for (number, versions) in files.iter().enumerate() {
            let last = number + 1 == files.len();
            let size = 16 + 16 * versions.len() as u32;
            bytes.extend([1u16, versions.len() as u16].map(u16::to_le_bytes).concat());
            bytes.extend([0, 16, if last { 0 } else { size }].map(u32::to_le_bytes).concat());
            for (index, version) in versions.iter().enumerate() {
                let step = if index + 1 == versions.len() { 0 } else { 16 };
                bytes.extend([0, 0, strings.len() as u32, step].map(u32::to_le_bytes).concat());
                strings.extend(version.bytes().chain([0]));
            }
        }
        (bytes, strings)
    }

    fn of(table: &[u8], strings: &[u8]) -> Option<String> {
        let all = [table, strings].concat();
        let section = |offset: usize, size: usize| Section::plain(offset as u64, size as u64);
        newest(&all.as_slice(), &section(0, table.len()), &section(table.len(), strings.len())).unwrap()
    }

    #[test]
    fn the_newest_of_all_files_counts_as_a_number() {
        let (bytes, strings) =
            table(&[&["GLIBC_2.2.5", "GLIBC_2.32"], &["GLIBCXX_3.4.29", "GLIBC_PRIVATE", "GLIBC_2.9"]]);
        assert_eq!(of(&bytes, &strings).as_deref(), Some("2.32"));
        let (bytes, strings) = table(&[&["GLIBCXX_3.4.29"]]);
        assert_eq!(of(&bytes, &strings), None);
        assert_eq!(of(&[], &strings), None);
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_program_needs_one() {
        let source = crate::binary::FileSource::open(&std::env::current_exe().unwrap()).unwrap();
        assert!(needed_glibc(&source).unwrap().starts_with("2."));
        assert_eq!(needed_glibc(&b"no ELF file".as_slice()), None);
    }

    #[test]
    fn a_damaged_table_ends() {
        let (bytes, strings) = table(&[&["GLIBC_2.2.5", "GLIBC_2.17"], &["GLIBC_2.28"]]);
        for (at, value) in [(12, 1u32), (12, u32::MAX), (8, u32::MAX), (28, 1), (24, u32::MAX), (44, u32::MAX)] {
            let mut bent = bytes.clone();
            bent[at..at + 4].copy_from_slice(&value.to_le_bytes());
            of(&bent, &strings);
        }
        for cut in 0..bytes.len() {
            of(&bytes[..cut], &strings);
        }
        // Counts that say more than there is.
        let mut bent = bytes;
        bent[2..4].copy_from_slice(&u16::MAX.to_le_bytes());
        assert!(of(&bent, &strings).is_some());
    }
}
