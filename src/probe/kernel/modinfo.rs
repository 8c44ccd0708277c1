//! The `.modinfo` section of a kernel module: what `modinfo` prints. Only headers and that section are read.
//!
//! Source: System V ABI (ELF64); the kernel's include/linux/moduleparam.h writes `tag=value` strings, each ended by a zero.

use crate::{
    binary::ReadAt,
    facts::{DriverVersion, KernelModule},
};

const HEADER: usize = 64;
const SECTION: usize = 64;
/// Section names and `.modinfo` of NVIDIA's module have a few KB; the latter lists its parameters.
const MAX_TEXT: u64 = 1 << 20;

/// What a module says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Modinfo {
    /// `version=580.95.05`.
    pub version: Option<DriverVersion>,
    /// By its licence: `Dual MIT/GPL` is the open one's, `NVIDIA` the closed one's.
    pub flavour: Option<KernelModule>,
}

/// Reads an uncompressed module; `None` when it is not one.
pub fn read<S: ReadAt + ?Sized>(source: &S) -> Option<Modinfo> {
    let header = bytes(source, 0, HEADER)?;
    // 64 bits, little-endian.
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size) = (u64_at(&header, 40)?, usize::from(u16_at(&header, 58)?));
    let (count, names) = (usize::from(u16_at(&header, 60)?), usize::from(u16_at(&header, 62)?));
    if size != SECTION {
        return None;
    }
    let sections = bytes(source, table, count.checked_mul(SECTION)?)?;
    let section = |index: usize| sections.get(index.checked_mul(SECTION)?..)?.get(..SECTION);
    let content = |section: &[u8]| {
        let size = u64_at(section, 32)?.min(MAX_TEXT);
        bytes(source, u64_at(section, 24)?, usize::try_from(size).ok()?)
    };
    let names = content(section(names)?)?;
    let is_modinfo = |section: &&[u8]| {
        let name = u32_at(section, 0).and_then(|at| names.get(usize::try_from(at).ok()?..));
        name.is_some_and(|name| name.starts_with(b".modinfo\0"))
    };
    Some(of_text(&content(sections.chunks_exact(SECTION).find(is_modinfo)?)?))
}

fn of_text(text: &[u8]) -> Modinfo {
    let fields = || text.split(|byte| *byte == 0).filter_map(|field| std::str::from_utf8(field).ok());
    let flavour = fields().filter_map(|field| field.strip_prefix("license=")).find_map(|licence| match licence {
        "NVIDIA" => Some(KernelModule::Proprietary),
        _ if licence.contains("GPL") => Some(KernelModule::Open),
        _ => None,
    });
    Modinfo { version: fields().find_map(|field| field.strip_prefix("version=")?.parse().ok()), flavour }
}

/// Exactly this many bytes. The length is checked against the file before memory is taken for it.
fn bytes<S: ReadAt + ?Sized>(source: &S, offset: u64, length: usize) -> Option<Vec<u8>> {
    let end = offset.checked_add(u64::try_from(length).ok()?)?;
    if end > source.len() {
        return None;
    }
    let mut buffer = vec![0; length];
    (source.read_at(offset, &mut buffer).ok()? == length).then_some(buffer)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(8)?)?.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A kernel module with nothing but a `.modinfo` of these fields.
    pub fn module(fields: &[&str]) -> Vec<u8> {
        let text: Vec<u8> = fields.iter().flat_map(|field| [field.as_bytes(), b"\0"].concat()).collect();
        let names = b"\0.shstrtab\0.modinfo\0";
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(HEADER, 0);
        let mut sections = vec![0; SECTION];
        for (name, content) in [(1u32, names.as_slice()), (11, &text)] {
            let mut section = vec![0; SECTION];
            section[..4].copy_from_slice(&name.to_le_bytes());
            section[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
            section[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
            sections.extend(section);
            file.extend(content);
        }
        let table = file.len() as u64;
        file[40..48].copy_from_slice(&table.to_le_bytes());
        for (at, value) in [(58, SECTION as u16), (60, 3), (62, 1)] {
            file[at..at + 2].copy_from_slice(&value.to_le_bytes());
        }
        file.extend(sections);
        file
    }

    #[test]
    fn version_and_licence_are_read() {
        let of = |fields: &[&str]| read(module(fields).as_slice()).unwrap();
        let open = of(&["alias=char-major-195-*", "version=580.95.05", "supported=external", "license=Dual MIT/GPL"]);
        assert_eq!((open.version.unwrap().to_string().as_str(), open.flavour), ("580.95.05", Some(KernelModule::Open)));
        assert_eq!(
            of(&["license=NVIDIA", "version=x"]),
            Modinfo { version: None, flavour: Some(KernelModule::Proprietary) }
        );
        assert_eq!(of(&["srcversion=580.95.05"]), Modinfo::default());
        assert_eq!(read(b"\x28\xb5\x2f\xfd".as_slice()), None);
    }

    proptest! {
        #[test]
        fn damage_is_taken(at in 0usize..300, value: u8, cut in 0usize..400) {
            let mut bytes = module(&["version=580.95.05", "license=NVIDIA"]);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut);
            read(bytes.as_slice());
        }
    }
}
