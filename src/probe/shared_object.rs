//! Whether a file is a whole shared library for a platform, by its ELF headers and its length. Nothing of it is loaded.
//!
//! Source: System V ABI (ELF64); ld.so(8) for what the loader passes over.

use std::{io, path::Path};

use crate::{
    binary::{FileSource, ReadAt},
    facts::{Cpu, FileDamage, Platform},
    system::{Node, Root},
};

const HEADER: usize = 64;
/// Size of a program header and of a section header.
const SEGMENT: usize = 56;
const SECTION: u64 = 64;
/// NVIDIA's have nine.
const MOST_SEGMENTS: usize = 256;
const SHARED_OBJECT: u16 = 3;
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;

/// What is wrong with a file that should be a shared library for this platform (without one: for any of NVIDIA's).
pub fn damage(root: &Root, path: &Path, platform: Option<&Platform>) -> Option<FileDamage> {
    match root.node(path) {
        Err(error) => return Some(unopened(&error)),
        Ok(Node::File { len: 0, .. }) => return Some(FileDamage::Empty),
        Ok(Node::File { .. }) => {}
        Ok(_) => return Some(FileDamage::NotAFile),
    }
    match root.open(path) {
        Ok(opened) => of_content(&FileSource::opened(opened), platform),
        Err(error) => Some(FileDamage::Unreadable { why: error.kind().to_string() }),
    }
}

fn unopened(error: &io::Error) -> FileDamage {
    match error.kind() {
        io::ErrorKind::PermissionDenied => FileDamage::Unreadable { why: error.kind().to_string() },
        // Circles of links have a kind of their own, which is not stable.
        _ => FileDamage::Dangling,
    }
}

fn of_content<S: ReadAt + ?Sized>(source: &S, platform: Option<&Platform>) -> Option<FileDamage> {
    let length = source.len();
    let no_library = |what: &str| Some(FileDamage::NotALibrary { what: what.to_owned() });
    let cut_off = |needed| Some(FileDamage::CutOff { bytes: length, needed });
    let mut header = [0; HEADER];
    let read = match source.read_at(0, &mut header) {
        Ok(read) => read,
        Err(error) => return Some(FileDamage::Unreadable { why: error.kind().to_string() }),
    };
    if !header.starts_with(b"\x7fELF") {
        return no_library("it has no ELF header");
    }
    if read < HEADER {
        return cut_off(HEADER as u64);
    }
    // 64 bits, little-endian.
    if header[4..6] != [2, 1] || !machine_fits(u16_at(&header, 18), platform) {
        return Some(FileDamage::OtherMachine);
    }
    if u16_at(&header, 16) != SHARED_OBJECT {
        return no_library("it is an ELF file of another type");
    }
    let count = usize::from(u16_at(&header, 56));
    if usize::from(u16_at(&header, 54)) != SEGMENT || count == 0 || count > MOST_SEGMENTS {
        return no_library("its ELF header has no valid program header table");
    }
    let (segments_at, sections_at) = (u64_at(&header, 32), u64_at(&header, 40));
    let segments_end = segments_at.saturating_add((count * SEGMENT) as u64);
    let sections_end = match sections_at {
        0 => 0,
        at => at.saturating_add(SECTION * u64::from(u16_at(&header, 60))),
    };
    if segments_end > length {
        return cut_off(segments_end.max(sections_end));
    }
    let mut segments = vec![0; count * SEGMENT];
    if source.read_at(segments_at, &mut segments).ok() != Some(segments.len()) {
        return no_library("its program headers cannot be read");
    }
    let of = |kind: u32| segments.chunks_exact(SEGMENT).filter(move |segment| u32_at(segment, 0) == kind);
    let ends = of(LOAD).map(|segment| u64_at(segment, 8).saturating_add(u64_at(segment, 32)));
    let Some(needed) = ends.max() else { return no_library("it has no loadable segment") };
    let needed = needed.max(sections_end);
    if needed > length {
        return cut_off(needed);
    }
    let Some(dynamic) = of(DYNAMIC).next() else { return no_library("it has no dynamic section") };
    let mut first = [0; 8];
    match source.read_at(u64_at(dynamic, 8), &mut first) {
        Ok(8) if first != [0; 8] => None,
        // What a crash of the machine leaves of a file that was being written.
        _ => no_library("its dynamic section is empty"),
    }
}

fn machine_fits(machine: u16, platform: Option<&Platform>) -> bool {
    let cpu = match machine {
        62 => Cpu::X86_64,
        183 => Cpu::Aarch64,
        _ => return false,
    };
    platform.is_none_or(|platform| platform.cpu == cpu)
}

/// Zero where the bytes end: all callers have them.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The smallest shared library: a header, one segment to load, and a dynamic section, for x86_64 (62) or aarch64 (183).
    pub(crate) fn library(machine: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(HEADER, 0);
        for (at, value) in [(16, 3), (18, machine), (32, 64), (54, 56), (56, 2)] {
            bytes[at] = value;
        }
        let end = (HEADER + 2 * SEGMENT) as u64;
        for (kind, offset, size) in [(LOAD, 0, end + 16), (DYNAMIC, end, 16)] {
            let mut segment = [0; SEGMENT];
            segment[..4].copy_from_slice(&kind.to_le_bytes());
            segment[8..16].copy_from_slice(&offset.to_le_bytes());
            segment[32..40].copy_from_slice(&size.to_le_bytes());
            bytes.extend(segment);
        }
        bytes.extend([14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn of(bytes: &[u8]) -> Option<FileDamage> {
        of_content(bytes, Some(&"linux-x86_64".parse().unwrap()))
    }

    #[test]
    fn only_a_whole_library_of_the_machine_is_in_order() {
        let whole = library(62);
        assert_eq!(of(&whole), None);
        assert_eq!(of_content(library(183).as_slice(), None), None);
        assert_eq!(of(&library(183)), Some(FileDamage::OtherMachine));
        let mut narrow = whole.clone();
        narrow[4] = 1;
        assert_eq!(of(&narrow), Some(FileDamage::OtherMachine));
        for length in 4..whole.len() {
            assert!(matches!(of(&whole[..length]), Some(FileDamage::CutOff { .. })), "{length}");
        }
        for text in [&b"version https://git-lfs"[..], &[0; 400], b"no"] {
            assert!(matches!(of(text), Some(FileDamage::NotALibrary { .. })));
        }
        // Lengths are kept by what a crash of the machine leaves: the content is not.
        for from in [16, HEADER, HEADER + 2 * SEGMENT] {
            let mut zeros = whole.clone();
            zeros[from..].fill(0);
            assert!(of(&zeros).is_some(), "{from}");
        }
    }

    #[test]
    fn sections_count_for_the_length() {
        let mut stripped = library(62);
        stripped[41] = 0x10;
        stripped[60] = 1;
        assert_eq!(of(&stripped), Some(FileDamage::CutOff { bytes: stripped.len() as u64, needed: 0x1040 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(at in 0usize..200, value: u8, cut in 0usize..220) {
            let mut bytes = library(62);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut);
            of(&bytes);
        }
    }
}
