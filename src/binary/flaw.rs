//! Whether a file is a whole library at all: by its first bytes and by what its headers say of its length, a few small reads.
//!
//! A library that was cut off while it was copied, a hole of zeros in its place or the pointer of a large file has a name and a size like
//! any other, and no device code: that must not pass for a library without device code.

use std::io;

use super::{
    ReadAt, pe,
    sections::{Header, Table},
};
use crate::facts::{Cpu, Flaw, Os, Platform};

/// How much is read of a file that is not a binary, to say what it is instead.
const HEAD: usize = 4096;
/// `e_machine` of the processors that NVIDIA supports, and of its GPUs.
const ELF_X86_64: u16 = 62;
const ELF_AARCH64: u16 = 183;
const ELF_CUDA: u16 = 190;
const PE_X86_64: u16 = 0x8664;
const PE_AARCH64: u16 = 0xAA64;
/// First bytes of macOS libraries: one architecture, or several.
const MACH_O: [[u8; 4]; 3] = [[0xCF, 0xFA, 0xED, 0xFE], [0xCE, 0xFA, 0xED, 0xFE], [0xCA, 0xFE, 0xBA, 0xBE]];

/// What is wrong with a library of this name, and the same for people as the end of a sentence; `None` if it is whole. `platform`:
/// what it must be for, where that is known; only an installed library is checked against what a loader accepts.
///
/// # Errors
/// What the operating system says.
pub fn flaw(source: &dyn ReadAt, name: &str, platform: Option<Platform>) -> io::Result<Option<(Flaw, String)>> {
    let name = name.to_ascii_lowercase();
    let windows = name.ends_with(".dll") || name.ends_with(".pyd");
    let mut magic = [0; 4];
    let count = source.read_at(0, &mut magic)?;
    let head = magic.get(..count).unwrap_or_default();
    let found = |flaw, why: &str| Ok(Some((flaw, why.to_owned())));
    if head.is_empty() {
        return found(Flaw::Empty, "is empty (0 bytes)");
    }
    // Packages for every system contain libraries for each: only what the name promises counts.
    if head.starts_with(b"\x7fELF") {
        return if windows {
            found(Flaw::OtherMachine, "is a library for Linux")
        } else {
            Ok(of_elf(source, platform))
        };
    }
    if head.starts_with(b"MZ") {
        return if windows {
            Ok(of_pe(source, platform))
        } else {
            found(Flaw::OtherMachine, "is a library for Windows")
        };
    }
    if MACH_O.iter().any(|magic| head.starts_with(magic)) {
        return match platform {
            Some(platform) if platform.os != Os::Macos => found(Flaw::OtherMachine, "is a library for macOS"),
            _ => Ok(None),
        };
    }
    let mut head = vec![0; HEAD.min(usize::try_from(source.len()).unwrap_or(HEAD))];
    let count = source.read_at(0, &mut head)?;
    head.truncate(count);
    if head.iter().all(|byte| *byte == 0) {
        return found(Flaw::Zeros, "starts with only zero bytes");
    }
    if head.starts_with(b"version https://git-lfs") {
        return found(Flaw::Pointer, "is a Git LFS pointer, not the file itself (run git lfs pull)");
    }
    if is_link_in_text(&head) {
        return match platform {
            Some(_) => {
                found(Flaw::LinkerScript, "is a linker script or the name of another file, not a loadable library")
            }
            None => Ok(None),
        };
    }
    found(Flaw::NoLibrary, "is not a library of any kind")
}

/// Linker scripts, and links that an archive has turned into the name that they lead to: files with a library's name that are not meant to
/// be libraries.
fn is_link_in_text(head: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(head) else { return false };
    let text = text.trim();
    let name = text.len() < 256 && !text.contains(['\n', ' ', '<']) && text.contains(".so");
    name || ["INPUT", "GROUP", "OUTPUT_FORMAT", "/* GNU ld script"].iter().any(|start| text.starts_with(start))
}

fn of_elf(source: &dyn ReadAt, platform: Option<Platform>) -> Option<(Flaw, String)> {
    let cut = |why: String| Some((Flaw::CutOff, format!("is truncated or damaged: {why}")));
    let header = match Header::read(source) {
        Ok(header) => header,
        Err(error) => return cut(error.to_string()),
    };
    // A cubin is code for GPUs whatever its name; no loader takes it for a library.
    if header.machine == ELF_CUDA {
        return platform.map(|_| (Flaw::OtherMachine, "contains only GPU code and is not a library".to_owned()));
    }
    let cpu = elf_cpu(header.machine);
    let other = |platform: &Platform| match platform.os {
        Os::Linux => cpu != Some(platform.cpu),
        Os::Macos => true,
        Os::Windows => false,
    };
    if let Some(platform) = platform.filter(other) {
        let own = named(Os::Linux, cpu);
        return Some((Flaw::OtherMachine, format!("is a library for {own}, but this is {platform}")));
    }
    let programs = match header.programs(source) {
        Ok(programs) => programs,
        Err(error) => return cut(error.to_string()),
    };
    let end = programs.loaded_end();
    let refusal = platform.filter(|platform| platform.os == Os::Linux).and_then(|_| header.refusal(&programs));
    if let Some(why) = refusal {
        return Some((Flaw::NotLoadable, format!("is a file that the loader rejects: {why}")));
    }
    if end > source.len() {
        return cut(format!("its loaded segments end at byte {end}, but the file has {} bytes", source.len()));
    }
    match Table::read(source, &header) {
        Ok(table) if table.is_blank() => {
            Some((Flaw::NoSections, "has no section headers, so its GPU code cannot be determined".to_owned()))
        }
        Ok(_) => None,
        Err(error) => cut(error.to_string()),
    }
}

/// The processor that an ELF header names, if it is one that has wheels.
pub(super) const fn elf_cpu(machine: u16) -> Option<Cpu> {
    match machine {
        ELF_X86_64 => Some(Cpu::X86_64),
        ELF_AARCH64 => Some(Cpu::Aarch64),
        _ => None,
    }
}

/// The processor that a PE header names, if it is one that has wheels.
pub(super) const fn pe_cpu(machine: u16) -> Option<Cpu> {
    match machine {
        PE_X86_64 => Some(Cpu::X86_64),
        PE_AARCH64 => Some(Cpu::Aarch64),
        _ => None,
    }
}

/// What a library is for, for people.
fn named(os: Os, cpu: Option<Cpu>) -> String {
    cpu.map_or_else(|| "another processor".to_owned(), |cpu| Platform { os, cpu }.to_string())
}

fn of_pe(source: &dyn ReadAt, platform: Option<Platform>) -> Option<(Flaw, String)> {
    let (machine, end) = match pe::extent(source) {
        Ok(found) => found,
        Err(error) => return Some((Flaw::CutOff, format!("is truncated or damaged: {error}"))),
    };
    let cpu = pe_cpu(machine);
    let other = |platform: &Platform| platform.os == Os::Windows && cpu != Some(platform.cpu);
    if let Some(platform) = platform.filter(other) {
        let own = named(Os::Windows, cpu);
        return Some((Flaw::OtherMachine, format!("is a library for {own}, but this is {platform}")));
    }
    if end > source.len() {
        let why = format!("is truncated: its sections end at byte {end}, but the file has {} bytes", source.len());
        return Some((Flaw::CutOff, why));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIBRARY: &[u8] =
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so"));

    fn of(bytes: &[u8], platform: Option<&str>) -> Option<Flaw> {
        let platform = platform.map(|platform| platform.parse().unwrap());
        let name = if bytes.starts_with(b"MZ") { "x.dll" } else { "x.so" };
        flaw(&bytes, name, platform).unwrap().map(|(flaw, _)| flaw)
    }

    #[test]
    fn what_is_no_whole_library_is_told_apart() {
        let mut unnamed = LIBRARY.to_vec();
        unnamed[40..48].fill(0);
        unnamed[58..64].fill(0);
        let mut uncounted = LIBRARY.to_vec();
        uncounted[60..62].fill(0);
        let mut hole = LIBRARY.to_vec();
        let table = u64::from_le_bytes(LIBRARY[40..48].try_into().unwrap()) as usize;
        hole[table..].fill(0);
        for (bytes, wanted) in [
            (LIBRARY, None),
            (&[], Some(Flaw::Empty)),
            (&[0; 9000], Some(Flaw::Zeros)),
            (&LIBRARY[..40], Some(Flaw::CutOff)),
            (&LIBRARY[..200], Some(Flaw::CutOff)),
            (&LIBRARY[..LIBRARY.len() - 1], Some(Flaw::CutOff)),
            (&unnamed, Some(Flaw::NoSections)),
            (&uncounted, Some(Flaw::NoSections)),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", Some(Flaw::Pointer)),
            (b"<html>502 Bad Gateway</html>", Some(Flaw::NoLibrary)),
            (b"some text", Some(Flaw::NoLibrary)),
            (b"/* GNU ld script */ INPUT(libx.so.1)", None),
            (b"INPUT(libd.so.1)", None),
            (b"libx.so.1.2", None),
        ] {
            assert_eq!(of(bytes, None), wanted, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(30)]));
        }
        // A table of zeros does not count, whatever the header promises.
        assert!(matches!(of(&hole, None), Some(Flaw::NoSections | Flaw::CutOff)));
    }

    #[test]
    fn other_machines_are_told_where_the_own_is_known() {
        assert_eq!(of(LIBRARY, Some("linux-x86_64")), None);
        assert_eq!(of(LIBRARY, Some("linux-aarch64")), Some(Flaw::OtherMachine));
        assert_eq!(of(&[0xCF, 0xFA, 0xED, 0xFE, 7], Some("linux-x86_64")), Some(Flaw::OtherMachine));
        assert_eq!(of(&[0xCF, 0xFA, 0xED, 0xFE, 7], None), None);
        let mut pe = b"MZ".to_vec();
        pe.resize(600, 0);
        pe[60] = 64;
        pe[64..70].copy_from_slice(b"PE\0\0\x64\x86");
        pe[84] = 240;
        pe[88..90].copy_from_slice(&[0x0B, 2]);
        assert_eq!(of(&pe, Some("windows-x86_64")), None);
        assert_eq!(of(&pe, Some("windows-aarch64")), Some(Flaw::OtherMachine));
        assert_eq!(of(&pe[..70], Some("windows-x86_64")), Some(Flaw::CutOff));
        assert_eq!(of(&pe, Some("linux-x86_64")), None, "packages bring what is for others");
        let kind = |bytes: &[u8], name| flaw(&bytes, name, None).unwrap().map(|(flaw, _)| flaw);
        assert_eq!(kind(&pe, "x.so.1"), Some(Flaw::OtherMachine));
        assert_eq!(kind(LIBRARY, "x.PYD"), Some(Flaw::OtherMachine));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..300), start in 0..3usize) {
            let start: &[u8] = [b"", b"\x7fELF\x02\x01" as &[u8], b"MZ"][start];
            of(&[start, &bytes].concat(), Some("linux-x86_64"));
        }

        #[test]
        fn any_change_of_a_header_is_taken(at in 0..1024usize, byte: u8, length in 0..5000usize) {
            let mut bytes = LIBRARY.to_vec();
            if let Some(place) = bytes.get_mut(at) { *place = byte; }
            bytes.truncate(length);
            of(&bytes, None);
        }
    }
}
