//! Static libraries: the members of an `ar` archive.
//!
//! Source: the manual pages ar(5) of System V and BSD, and GNU binutils for thin archives. A header of 60 bytes in text, contents,
//! and a byte of padding after an odd size. GNU keeps long names in the member `//`, BSD before the contents (`#1/length`). The
//! members of a thin archive are files beside it.

use std::ops::Range;

use super::ReadAt;
use crate::facts::Damage;

const MAGIC: &[u8; 8] = b"!<arch>\n";
const THIN_MAGIC: &[u8; 8] = b"!<thin>\n";
const HEADER: u64 = 60;
const MAX_NAME: usize = 4096;

/// Whether members are in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    Thin,
}

/// A member that is not a symbol table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Offset of its header.
    pub header: u64,
    /// Its contents.
    pub data: Data,
}

/// Where the contents of a member are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    /// In the archive.
    Inside(Range<u64>),
    /// In the file of this name, relative to the folder of the archive.
    Beside(String),
}

/// Which kind of archive it is, if it is one.
pub(super) fn kind(source: &dyn ReadAt) -> std::io::Result<Option<Kind>> {
    let mut head = [0; 8];
    let count = source.read_at(0, &mut head)?;
    Ok(match head.get(..count) {
        Some(head) if head == MAGIC => Some(Kind::Whole),
        Some(head) if head == THIN_MAGIC => Some(Kind::Thin),
        _ => None,
    })
}

/// Gives the members to the visitor, in order and without overlap; reading ends at the first fault.
pub(super) fn members(source: &dyn ReadAt, kind: Kind, visit: &mut dyn FnMut(Member)) -> Option<Damage> {
    let mut position = MAGIC.len() as u64;
    let mut names = 0..0;
    while position < source.len() {
        let damage = |what: &str| Some(Damage { offset: position, what: what.to_owned() });
        let mut header = [0; HEADER as usize];
        let count = match source.read_at(position, &mut header) {
            Ok(count) => count,
            Err(error) => return damage(&format!("cannot be read: {error}")),
        };
        if count < header.len() {
            // Some tools end an archive with a line feed more.
            let padding = header[..count].iter().all(|byte| matches!(byte, b'\n' | 0));
            return if padding { None } else { damage("the header of an archive member is truncated") };
        }
        let (name, size) = (header[..16].trim_ascii_end(), header[48..58].trim_ascii());
        let size = std::str::from_utf8(size).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(size) = size.and_then(|text| text.parse::<u64>().ok()).filter(|_| header.ends_with(b"`\n")) else {
            return damage("invalid archive member header");
        };
        let start = position + HEADER;
        // Tables are in the archive even when it is thin.
        let table = matches!(name, b"/" | b"//" | b"/SYM64/");
        if kind == Kind::Thin && !table {
            match beside(source, name, &names) {
                Some(name) => visit(Member { header: position, data: Data::Beside(name) }),
                None => return damage("the name of an archive member lies outside the name table"),
            }
            position = start;
            continue;
        }
        let end = start.saturating_add(size);
        let inside = start..end.min(source.len());
        if name == b"//" {
            names = inside;
        } else if !table && !name.starts_with(b"__.SYMDEF") {
            let behind_name = inside.start.saturating_add(bsd_name_length(name)).min(inside.end);
            visit(Member { header: position, data: Data::Inside(behind_name..inside.end) });
        }
        if end > source.len() {
            return damage("an archive member extends past the end of the file");
        }
        position = end + end % 2;
    }
    None
}

/// How many bytes of a BSD member are its name. A BSD symbol table with a long name is treated as an ordinary member: it is not an object file.
fn bsd_name_length(name: &[u8]) -> u64 {
    let digits = name.strip_prefix(b"#1/").and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The file of a thin archive's member.
fn beside(source: &dyn ReadAt, name: &[u8], names: &Range<u64>) -> Option<String> {
    let Some(offset) = name.strip_prefix(b"/") else {
        let name = name.strip_suffix(b"/").unwrap_or(name);
        return Some(String::from_utf8_lossy(name).into_owned());
    };
    let offset: u64 = std::str::from_utf8(offset).ok()?.parse().ok()?;
    let start = names.start.checked_add(offset).filter(|start| names.contains(start))?;
    let mut buffer = [0; MAX_NAME];
    let room = usize::try_from(names.end - start).unwrap_or(MAX_NAME).min(MAX_NAME);
    let count = source.read_at(start, &mut buffer[..room]).ok()?;
    let line = buffer[..count].split(|byte| *byte == b'\n').next()?;
    let name = line.strip_suffix(b"/").unwrap_or(line);
    Some(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, size: &str) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
    }

    fn list(bytes: &[u8]) -> (Vec<Data>, Option<Damage>) {
        let kind = kind(&bytes).unwrap().expect("an archive");
        let mut found = Vec::new();
        let damage = members(&bytes, kind, &mut |member| found.push(member.data));
        (found, damage)
    }

    #[test]
    fn names_of_all_makers_are_understood_and_tables_skipped() {
        let mut bytes = MAGIC.to_vec();
        for (name, contents) in [
            ("/", "odd"),
            ("//", "a_very_long_name.o/\n"),
            ("/0", "one"),
            ("#1/4", "nametwo"),
            ("x.o/", ""),
            ("__.SYMDEF", "t"),
        ] {
            bytes.extend(header(name, &contents.len().to_string()));
            bytes.extend(contents.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        }
        let (found, damage) = list(&bytes);
        let texts: Vec<_> = found
            .iter()
            .map(|data| match data {
                Data::Inside(range) => std::str::from_utf8(&bytes[range.start as usize..range.end as usize]).unwrap(),
                Data::Beside(name) => name,
            })
            .collect();
        assert_eq!((texts, damage), (vec!["one", "two", ""], None));
    }

    #[test]
    fn thin_members_are_named_only() {
        let mut bytes = THIN_MAGIC.to_vec();
        let names = "folder/a_very_long_name.o/\nb.o/\n";
        bytes.extend(header("//", &names.len().to_string()));
        bytes.extend(names.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        bytes.extend(header("/0", "999999"));
        bytes.extend(header("/27", "5"));
        bytes.extend(header("c.o/", "5"));
        let whole = list(&bytes);
        let beside = |name: &str| Data::Beside(name.to_owned());
        assert_eq!(whole, (vec![beside("folder/a_very_long_name.o"), beside("b.o"), beside("c.o")], None));
        bytes.extend(header("/4000", "5"));
        assert_eq!(list(&bytes).1.map(|damage| damage.offset), Some(bytes.len() as u64 - HEADER));
    }

    #[test]
    fn sizes_that_lie_end_the_list_where_the_file_ends() {
        for (size, kept) in [("9999999999", 1), ("-1", 0), ("12x", 0), ("", 0), ("+5", 0)] {
            let mut bytes = MAGIC.to_vec();
            bytes.extend(header("a.o/", size));
            bytes.extend(b"contents");
            let (found, damage) = list(&bytes);
            assert_eq!((found.len(), damage.map(|damage| damage.offset)), (kept, Some(8)), "{size}");
        }
    }
}
