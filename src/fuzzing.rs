//! Doors for the fuzz targets (`fuzz/`) to parsers that are not public. Only there when they are built.

/// Reads the bytes as a kernel module.
pub fn modinfo(bytes: &[u8]) {
    let _ = crate::probe::kernel::modinfo::read(bytes);
}
