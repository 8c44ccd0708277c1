//! The reader of files, held to its promise: reads and bytes grow with the length of the file, whatever its headers say.

use std::{
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use gpucheck::{
    binary::{ReadAt, read_source, read_source_deep},
    facts::Library,
};

struct Counting<'b> {
    bytes: &'b [u8],
    reads: AtomicU64,
    read: AtomicU64,
}

impl ReadAt for Counting<'_> {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read_at(offset, buffer)?;
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads the bytes as a file, without and with the search for hidden code.
pub fn read(bytes: &[u8]) {
    let source = Counting { bytes, reads: AtomicU64::new(0), read: AtomicU64::new(0) };
    let shallow = read_source(&source, "x");
    let deep = read_source_deep(&source, "x");
    let length = bytes.len() as u64;
    let (reads, read) = (source.reads.into_inner(), source.read.into_inner());
    assert!(reads < 64 + length / 4, "{reads} reads of {length} bytes");
    assert!(read < (256 << 10) + length * 40, "{read} bytes read of {length}");
    // What the sections say does not change when more is looked at.
    if let (Ok(shallow), Ok(deep)) = (&shallow, &deep) {
        assert_eq!(named(shallow), named(deep));
    }
}

fn named(library: &Library) -> Option<(u32, String)> {
    let code = library.code.value().filter(|code| code.fatbins > 0)?;
    Some((code.fatbins, format!("{:?} {:?} {:?}", code.sass, code.ptx, code.other)))
}
