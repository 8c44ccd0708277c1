//! The platform a program was built for, out of its first bytes.

use std::path::Path;

use crate::{
    facts::{Cpu, Os, Platform},
    system::Root,
};

/// `e_machine` and PE machine numbers of the processors that NVIDIA supports.
const ELF_X86_64: u16 = 62;
const ELF_AARCH64: u16 = 183;
const PE_X86_64: u16 = 0x8664;
const PE_AARCH64: u16 = 0xAA64;

/// Platform of an ELF or PE file; `None` when it is neither, of another processor, or cannot be read.
pub fn platform(root: &Root, path: &Path) -> Option<Platform> {
    of_bytes(&root.read(path, 1024).ok()?)
}

/// As [`platform`], of the first bytes of a file.
fn of_bytes(bytes: &[u8]) -> Option<Platform> {
    let u16_at = |offset: usize| bytes.get(offset..offset.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes);
    if bytes.starts_with(b"\x7fELF\x02\x01") {
        let cpu = match u16_at(18)? {
            ELF_X86_64 => Cpu::X86_64,
            ELF_AARCH64 => Cpu::Aarch64,
            _ => return None,
        };
        return Some(Platform { os: Os::Linux, cpu });
    }
    if bytes.starts_with(b"MZ") {
        let header = bytes.get(60..64)?.try_into().ok().map(u32::from_le_bytes)?;
        let header = usize::try_from(header).ok()?;
        if bytes.get(header..header.checked_add(4)?)? != b"PE\0\0" {
            return None;
        }
        let cpu = match u16_at(header + 4)? {
            PE_X86_64 => Cpu::X86_64,
            PE_AARCH64 => Cpu::Aarch64,
            _ => return None,
        };
        return Some(Platform { os: Os::Windows, cpu });
    }
    None
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The first bytes of a Linux program for x86_64 (62) or aarch64 (183).
    pub(crate) fn elf(machine: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        // With the headers of two segments, so that a loader would take it: what is loaded and what it goes by, both without bytes.
        bytes.resize(64 + 2 * 56, 0);
        for (at, value) in [(16, 3), (18, machine), (20, 1), (32, 64), (54, 56), (56, 2), (64, 1), (120, 2)] {
            bytes[at] = value;
        }
        bytes
    }

    #[test]
    fn headers_name_the_platform() {
        assert_eq!(of_bytes(&elf(62)).unwrap().to_string(), "linux-x86_64");
        assert_eq!(of_bytes(&elf(183)).unwrap().to_string(), "linux-aarch64");
        assert_eq!(of_bytes(&elf(3)), None);
        let mut pe = b"MZ".to_vec();
        pe.resize(128, 0);
        pe[60] = 64;
        pe[64..70].copy_from_slice(b"PE\0\0\x64\x86");
        assert_eq!(of_bytes(&pe).unwrap().to_string(), "windows-x86_64");
        assert_eq!(of_bytes(b"#!/bin/sh"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..200), pe: bool) {
            of_bytes(&bytes);
            of_bytes(&[if pe { b"MZ" as &[u8] } else { b"\x7fELF\x02\x01" }, &bytes].concat());
        }
    }
}
