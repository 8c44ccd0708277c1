//! Writes fatbins, and files of all formats that carry them.

use proptest::prelude::*;

use crate::facts::{CodeKind, CodeTarget, ComputeCapability, Suffix, Target};

/// One entry: its target, the flag bits of its compression, and how long payload and extension are.
#[derive(Debug, Clone)]
pub struct Entry {
    pub code: CodeTarget,
    pub compression: u64,
    pub payload: usize,
    pub extension: usize,
}

/// Where the fatbins of a file are.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    pub general: Vec<Vec<Entry>>,
    pub relocatable: Vec<Vec<Entry>>,
    pub hidden: Vec<Vec<Entry>>,
}

pub fn parts() -> impl Strategy<Value = Parts> {
    let entry = (
        prop::sample::select(vec![CodeKind::Sass, CodeKind::Ptx, CodeKind::LtoIr, CodeKind::TileIr]),
        prop::sample::select(vec![50u32, 75, 90, 100, 103, 120, 121]),
        prop::sample::select(vec![Suffix::Plain, Suffix::Family, Suffix::Accelerated]),
        prop::sample::select(vec![0u64, 0x2000, 0x8000]),
        0usize..20,
        0usize..6,
    );
    let entry = entry.prop_map(|(kind, number, suffix, compression, payload, extension)| {
        let capability = ComputeCapability::from_number(number).unwrap();
        let code = CodeTarget { kind, target: Target { capability, suffix } };
        Entry { code, compression, payload: payload * 8, extension: extension * 8 }
    });
    let fatbins = || prop::collection::vec(prop::collection::vec(entry.clone(), 1..5), 0..4);
    (fatbins(), fatbins(), fatbins()).prop_map(|(general, relocatable, hidden)| Parts { general, relocatable, hidden })
}

pub fn fatbin(entries: &[Entry]) -> Vec<u8> {
    let mut body = Vec::new();
    for entry in entries {
        let (kind, suffix) = (entry.code.kind, entry.code.target.suffix);
        let kind: u16 = match kind {
            CodeKind::Ptx => 1,
            CodeKind::Sass => 2,
            CodeKind::LtoIr => 8,
            CodeKind::TileIr => 0x80,
            CodeKind::Other(number) => number,
        };
        let suffix = match suffix {
            Suffix::Plain => 0u64,
            Suffix::Accelerated => 0x10_0000,
            Suffix::Family => 0x20_0000,
        };
        let mut header = vec![0; 64 + entry.extension];
        put(&mut header, 0, &kind.to_le_bytes());
        put(&mut header, 2, &0x0101u16.to_le_bytes());
        put(&mut header, 4, &(64 + entry.extension as u32).to_le_bytes());
        put(&mut header, 8, &(entry.payload as u64).to_le_bytes());
        put(&mut header, 28, &entry.code.target.capability.number().to_le_bytes());
        put(&mut header, 40, &(suffix | entry.compression | 1).to_le_bytes());
        body.extend(header);
        body.resize(body.len() + entry.payload, 0xA5);
    }
    let mut bytes = vec![0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0];
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(body);
    bytes
}

pub fn fatbins(list: &[Vec<Entry>]) -> Vec<u8> {
    list.iter().flat_map(|entries| fatbin(entries)).collect()
}

/// A section of an ELF file: name, type, contents.
pub type Section<'s> = (&'s str, u32, Vec<u8>);

/// An ELF file of 64 bits, with its section headers last.
pub fn elf(machine: u16, abi: u8, flags: u32, sections: &[Section<'_>]) -> Vec<u8> {
    let mut names = vec![0u8];
    let mut bytes = vec![0u8; 64];
    let mut table = vec![0u8; 64];
    for (name, kind, contents) in sections.iter().cloned().chain([(".shstrtab", 3, Vec::new())]) {
        let mut header = vec![0; 64];
        put(&mut header, 0, &(names.len() as u32).to_le_bytes());
        put(&mut header, 4, &kind.to_le_bytes());
        names.extend(name.as_bytes());
        names.push(0);
        let contents = if name == ".shstrtab" { names.clone() } else { contents };
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        put(&mut header, 24, &(bytes.len() as u64).to_le_bytes());
        put(&mut header, 32, &(contents.len() as u64).to_le_bytes());
        bytes.extend(contents);
        table.extend(header);
    }
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let (offset, count) = (bytes.len() as u64, (table.len() / 64) as u16);
    bytes.extend(table);
    put(&mut bytes, 0, b"\x7fELF\x02\x01\x01");
    put(&mut bytes, 8, &[abi]);
    put(&mut bytes, 16, &(if machine == 190 { 2u16 } else { 3 }).to_le_bytes());
    put(&mut bytes, 18, &machine.to_le_bytes());
    put(&mut bytes, 40, &offset.to_le_bytes());
    put(&mut bytes, 48, &flags.to_le_bytes());
    put(&mut bytes, 58, &64u16.to_le_bytes());
    put(&mut bytes, 60, &count.to_le_bytes());
    put(&mut bytes, 62, &(count - 1).to_le_bytes());
    bytes
}

/// A shared library with the parts, the hidden ones in a data section at an odd offset.
pub fn library(parts: &Parts) -> Vec<u8> {
    let mut data = b"odd".to_vec();
    data.extend(fatbins(&parts.hidden));
    let sections = [
        (".rodata", 1, data),
        (".nv_fatbin", 1, fatbins(&parts.general)),
        ("__nv_relfatbin", 1, fatbins(&parts.relocatable)),
    ];
    elf(62, 0, 0, &sections)
}

/// A DLL with the parts.
pub fn dll(parts: &Parts) -> Vec<u8> {
    let sections = [
        (b".rdata\0\0", fatbins(&parts.hidden)),
        (b".nv_fatb", fatbins(&parts.general)),
        (b"__nv_rel", fatbins(&parts.relocatable)),
    ];
    let mut bytes = vec![0u8; 64 + 24 + 240 + 3 * 40];
    put(&mut bytes, 0, b"MZ");
    put(&mut bytes, 60, &64u32.to_le_bytes());
    put(&mut bytes, 64, b"PE\0\0");
    put(&mut bytes, 64 + 6, &3u16.to_le_bytes());
    put(&mut bytes, 64 + 20, &240u16.to_le_bytes());
    put(&mut bytes, 64 + 24, &0x20Bu16.to_le_bytes());
    for (index, (name, contents)) in sections.into_iter().enumerate() {
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        let (at, raw) = (64 + 24 + 240 + index * 40, contents.len().next_multiple_of(512) as u32);
        put(&mut bytes, at, name);
        put(&mut bytes, at + 8, &(contents.len() as u32).to_le_bytes());
        put(&mut bytes, at + 12, &(0x1000 * (index as u32 + 1)).to_le_bytes());
        put(&mut bytes, at + 16, &raw.to_le_bytes());
        let offset = bytes.len() as u32;
        put(&mut bytes, at + 20, &offset.to_le_bytes());
        bytes.extend(contents);
    }
    bytes
}

/// A static library. Names longer than GNU's field go into its table of names, or before the contents as BSD does it.
pub fn archive(members: &[(String, Vec<u8>)], bsd: bool) -> Vec<u8> {
    let mut names = String::new();
    let mut list: Vec<(String, Vec<u8>)> = vec![("/".to_owned(), vec![0; 7])];
    for (name, contents) in members {
        if bsd {
            let mut named = name.clone().into_bytes();
            named.extend(contents);
            list.push((format!("#1/{}", name.len()), named));
        } else if name.len() > 15 {
            list.push((format!("/{}", names.len()), contents.clone()));
            names.push_str(&format!("{name}/\n"));
        } else {
            list.push((format!("{name}/"), contents.clone()));
        }
    }
    list.insert(1, ("//".to_owned(), names.into_bytes()));
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, contents) in list {
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, contents.len()).bytes());
        bytes.extend(contents);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

pub fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    bytes[offset..offset + value.len()].copy_from_slice(value);
}
