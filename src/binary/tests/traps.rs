//! Files made so that a careless reader takes time in the square of their length.

use super::{
    Counting,
    writer::{Section, archive, elf, put},
};
use crate::binary::{read_source, read_source_deep};

const SIZE: usize = 4 << 20;

/// Reads it both ways; at most some reads for each 64 bytes, and the whole a few times.
fn check(what: &str, bytes: &[u8]) {
    let source = Counting::new(bytes);
    let _ = read_source(&source, "x");
    let _ = read_source_deep(&source, "x");
    let (reads, read) = source.counts();
    let length = bytes.len() as u64;
    assert!(
        reads < 1000 + length / 8 && read < (1 << 20) + length * 80,
        "{what}: {reads} reads, {read} bytes of {length}"
    );
}

/// A row of entries, each with a fatbin header in its payload that claims all the rest of the row; the row ends badly.
fn nested_beginnings(length: usize) -> Vec<u8> {
    const STEP: usize = 64 + 16;
    let count = length / STEP;
    let mut bytes = vec![0; count * STEP];
    for (index, piece) in bytes.chunks_exact_mut(STEP).enumerate() {
        let rest = ((count - index - 1) * STEP) as u64;
        put(piece, 0, &2u16.to_le_bytes());
        put(piece, 2, &0x0101u16.to_le_bytes());
        put(piece, 4, &64u32.to_le_bytes());
        put(piece, 8, &16u64.to_le_bytes());
        put(piece, 28, &120u32.to_le_bytes());
        put(piece, 64, &[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0]);
        put(piece, 72, &rest.to_le_bytes());
    }
    let last = bytes.len() - STEP;
    put(&mut bytes, last + 8, &999u64.to_le_bytes());
    bytes
}

#[test]
fn beginnings_that_share_one_row_of_entries_are_not_each_followed_to_its_end() {
    check("nested", &elf(62, 0, 0, &[(".data", 1, nested_beginnings(SIZE))]));
    let section: Section<'_> = (".nv_fatbin", 1, nested_beginnings(SIZE));
    check("nested in the section", &elf(62, 0, 0, &[section]));
}

#[test]
fn magics_without_end_are_cheap() {
    for magic in [&b"\x50\xED\x55\xBA"[..], &[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0], b"\x7fELF", b"\x7fELF\x02\x01\x01"]
    {
        let noise: Vec<u8> = magic.iter().copied().cycle().take(SIZE / 4).collect();
        check("data", &elf(62, 0, 0, &[(".data", 1, noise.clone())]));
        check("section", &elf(62, 0, 0, &[(".nv_fatbin", 1, noise)]));
    }
}

#[test]
fn cubin_headers_without_end_are_cheap() {
    let mut cubin = elf(190, 8, 90 << 8, &[]);
    let rest = SIZE as u64 / 2;
    put(&mut cubin, 40, &rest.to_le_bytes());
    let noise: Vec<u8> = cubin.iter().copied().take(64).cycle().take(SIZE).collect();
    check("cubins", &elf(62, 0, 0, &[(".data", 1, noise)]));
}

#[test]
fn a_thousand_sections_in_one_place_are_read_once() {
    let mut bytes = elf(62, 0, 0, &[(".nv_fatbin", 1, vec![0x50; SIZE])]);
    let table = bytes.len() - 3 * 64;
    let header = bytes[table + 64..table + 128].to_vec();
    let names = bytes[table + 128..].to_vec();
    bytes.truncate(table + 64);
    for _ in 0..1000 {
        bytes.extend(&header);
    }
    bytes.extend(names);
    put(&mut bytes, 60, &1002u16.to_le_bytes());
    put(&mut bytes, 62, &1001u16.to_le_bytes());
    check("sections", &bytes);
    let read = read_source(&bytes.as_slice(), "x").unwrap();
    let damage = &read.code.value().expect("damage").damage;
    assert!(damage.iter().any(|damage| damage.what.contains("overlap")), "{damage:?}");
}

#[test]
fn an_archive_of_empty_members_is_linear() {
    let members: Vec<_> = (0..20_000).map(|index| (format!("m{index}.o"), b"\x7fELF".to_vec())).collect();
    let bytes = archive(&members, false);
    check("members", &bytes);
    let read = read_source(&bytes.as_slice(), "x").unwrap();
    assert!(read.code.value().expect("damage").damage.len() <= 64);
}

#[test]
fn targets_without_end_do_not_fill_memory() {
    let mut entries = vec![0; 64 * 60_000];
    for (index, entry) in entries.chunks_exact_mut(64).enumerate() {
        put(entry, 0, &2u16.to_le_bytes());
        put(entry, 4, &64u32.to_le_bytes());
        put(entry, 28, &u32::try_from(index).unwrap().to_le_bytes());
    }
    let mut bytes = vec![0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0];
    bytes.extend((entries.len() as u64).to_le_bytes());
    bytes.extend(entries);
    for section in [".nv_fatbin", "__nv_relfatbin", ".data"] {
        let library = read_source_deep(&elf(62, 0, 0, &[(section, 1, bytes.clone())]).as_slice(), "x").unwrap();
        let Some(code) = library.code.value() else { continue };
        let counted = code.sass.len() + code.relocatable.len() + code.hidden.len() + code.other.len();
        assert!(counted < 5000, "{section}: {counted} targets");
        assert!(section == ".data" || code.damage.iter().any(|damage| damage.what.contains("targets")), "{section}");
    }
}
