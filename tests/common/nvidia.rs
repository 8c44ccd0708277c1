//! NVIDIA's cuobjdump, which lists the entries of files: what the reader is held against.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

/// cuobjdump 13.5.37, installed into the test cache by pip; why not where there is none for this machine.
pub fn cuobjdump() -> Result<PathBuf, String> {
    let environment = super::try_environment("cuobjdump-13.5.37", &["nvidia-cuda-cuobjdump==13.5.37"])?;
    Ok(super::site_packages(&environment).join("nvidia/cu13/bin/cuobjdump"))
}

/// Machine code and PTX in a file by target, as `cuobjdump -all` lists them: it drops the `f` of machine code. What it complains of
/// is an error.
pub fn list(cuobjdump: &Path, file: &Path) -> Result<BTreeMap<String, u32>, String> {
    let mut counts = BTreeMap::new();
    for (option, kind) in [("-lelf", "sm_"), ("-lptx", "compute_")] {
        let output = Command::new(cuobjdump).args(["-all", option]).arg(file).output().map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("fatal") {
            return Err(said);
        }
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let name = line.strip_suffix(".cubin").or_else(|| line.strip_suffix(".ptx"));
            if let Some((_, target)) = name.and_then(|name| name.rsplit_once(".sm_")) {
                *counts.entry(format!("{kind}{target}")).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// The contents of a DLL's sections for fatbins, as far as they are fatbins.
pub fn fatbins_of_dll(dll: &[u8]) -> Vec<&[u8]> {
    let number =
        |at: usize, size: usize| dll[at..at + size].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let header = number(0x3C, 4);
    let first = header + 24 + number(header + 20, 2);
    let mut fatbins = Vec::new();
    for section in (0..number(header + 6, 2)).map(|index| first + 40 * index) {
        if !matches!(&dll[section..section + 8], b".nv_fatb" | b"__nv_rel") {
            continue;
        }
        let (start, size) = (number(section + 20, 4), number(section + 8, 4).min(number(section + 16, 4)));
        let mut at = start;
        while at + 16 <= start + size {
            if dll[at..at + 4] == [0x50, 0xED, 0x55, 0xBA] {
                let end = at + 16 + number(at + 8, 8);
                fatbins.push(&dll[at..end]);
                at = end;
            } else {
                at += 8;
            }
        }
    }
    fatbins
}

/// An ELF object whose `.nv_fatbin` holds these fatbins: cuobjdump for Linux reads no DLLs.
pub fn object_of(fatbins: &[&[u8]]) -> Vec<u8> {
    let names = b"\0.nv_fatbin\0.shstrtab\0\0\0";
    let body = fatbins.concat();
    let (names_at, table_at) = (64 + body.len() as u64, (64 + body.len() + names.len()) as u64);
    let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\x3E\0\x01\0\0\0".to_vec();
    bytes.extend([0; 16]);
    bytes.extend(table_at.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
    bytes.extend(body);
    bytes.extend(names);
    bytes.extend([0; 64]);
    for (name, kind, flags, start, size) in [(1u32, 1u32, 2u64, 64u64, names_at - 64), (12, 3, 0, names_at, 22)] {
        bytes.extend([name.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([flags, 0, start, size, 0, 8, 0].map(u64::to_le_bytes).concat());
    }
    bytes
}
