//! Damage never panics, and costs what the file is long.

use proptest::prelude::*;

use super::{
    Counting,
    writer::{archive, dll, fatbins, library, parts},
};
use crate::binary::{read_source, read_source_deep};

/// A change: where (in parts of the length), and what is written there.
pub type Change = (f64, Vec<u8>);

pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..9),
        prop::sample::select(vec![vec![0; 8], vec![0xFF; 4], vec![0xFF; 8], vec![0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0]]),
        any::<u16>().prop_map(|number| number.to_le_bytes().to_vec()),
    ];
    prop::collection::vec((0.0..1.0, value), 0..12)
}

pub fn apply(mut bytes: Vec<u8>, changes: &[Change], cut: f64) -> Vec<u8> {
    for (place, value) in changes {
        let start = (bytes.len() as f64 * place) as usize;
        for (byte, new) in bytes.iter_mut().skip(start).zip(value) {
            *byte = *new;
        }
    }
    if cut > 0.7 {
        bytes.truncate((bytes.len() as f64 * (cut - 0.7) / 0.3) as usize);
    }
    bytes
}

/// Reads it both ways and holds the cost against the length.
fn check(bytes: &[u8]) {
    let length = bytes.len() as u64;
    let source = Counting::new(bytes);
    let library = read_source(&source, "x");
    let (least, _) = source.counts();
    let _ = read_source_deep(&source, "x");
    let (reads, read) = source.counts();
    assert!(reads < 64 + length / 4, "{reads} reads of {length} bytes");
    assert!(read < (256 << 10) + length * 40, "{read} bytes read of {length}");
    // More at a time gives the same, and sooner.
    for spare in [64, 80, 200, 2048] {
        let source = Counting::with_spare(bytes, spare);
        assert_eq!(read_source(&source, "x").ok(), library.as_ref().ok().cloned());
        assert!(source.counts().0 <= least);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn reading_stays_linear(parts in parts(), changes in changes(), cut in 0.0..1.0, bsd: bool) {
        let object = library(&parts);
        let members = [("a.o".to_owned(), object.clone()), ("b.fatbin".to_owned(), fatbins(&parts.general))];
        for bytes in [archive(&members, bsd), dll(&parts), fatbins(&parts.general), object] {
            check(&apply(bytes, &changes, cut));
        }
    }

    #[test]
    fn noise_behind_a_magic_is_survived(
        magic in prop::sample::select(vec![&b"\x7fELF\x02\x01\x01"[..], b"MZ", b"!<arch>\n", b"!<thin>\n", b"\x50\xED\x55\xBA", b""]),
        noise in prop::collection::vec(any::<u8>(), 0..700),
    ) {
        let mut bytes = magic.to_vec();
        bytes.extend(noise);
        check(&bytes);
    }
}
