//! Packages around bytes of the fuzzer, so that it need not find checksums and directories by chance.

use gpucheck::binary::{ArchiveOptions, read_archive_source};

/// Reads the bytes as a package of this file name, whole and by sample, on one thread.
pub fn read_package(name: &str, bytes: &[u8]) {
    for quick in [false, true] {
        let options = ArchiveOptions { quick, threads: 1, ..ArchiveOptions::default() };
        if let Ok(archive) = read_archive_source(&bytes, name, &options) {
            // Deflate makes at most 1032 bytes of one; zstd more, but not beyond what is taken for a bomb.
            let most = (64 << 20) + archive.read_bytes.saturating_mul(1100);
            assert!(archive.inflated_bytes <= most * 4, "{} of {}", archive.inflated_bytes, bytes.len());
            assert!(
                archive.read_bytes <= (bytes.len() as u64 + (1 << 16)) * 5,
                "{} of {}",
                archive.read_bytes,
                bytes.len()
            );
        }
    }
}

/// A member of a zip file: name, method, bytes as stored, size and checksum of what they stand for.
pub struct Member<'m>(pub &'m str, pub u16, pub &'m [u8], pub u32, pub u32);

/// A member that is stored.
pub fn stored<'m>(name: &'m str, bytes: &'m [u8]) -> Member<'m> {
    Member(name, 0, bytes, bytes.len() as u32, crc32fast::hash(bytes))
}

/// A zip file of these members.
pub fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for Member(name, method, packed, size, crc) in members {
        let offset = bytes.len() as u32;
        bytes.extend(b"PK\x03\x04");
        bytes.extend([0; 22]);
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(*packed);
        directory.extend(b"PK\x01\x02\0\0\0\0\0\0");
        directory.extend(method.to_le_bytes());
        directory.extend([0; 4]);
        for number in [*crc, packed.len() as u32, *size] {
            directory.extend(number.to_le_bytes());
        }
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size, count) = (bytes.len() as u32, directory.len() as u32, members.len() as u16);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    bytes.extend([0; 2]);
    bytes
}

/// A zstd frame that holds the bytes as they are.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    // Magic, a header without checksum and content size, a window of 128 KiB.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38];
    let mut chunks = bytes.chunks(64 << 10).peekable();
    while let Some(chunk) = chunks.next() {
        let last = u32::from(chunks.peek().is_none());
        frame.extend(&((chunk.len() as u32) << 3 | last).to_le_bytes()[..3]);
        frame.extend(chunk);
    }
    if bytes.is_empty() {
        frame.extend([1, 0, 0]);
    }
    frame
}
