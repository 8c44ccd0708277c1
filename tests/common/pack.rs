//! Archives made in tests, with lies in them where they are asked for.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// A zip file with what the directory says of each member left open to lies.
#[derive(Default)]
pub struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
}

/// A member: name, method, flags, checksum, packed bytes, size.
pub struct Lie<'a>(pub &'a str, pub u16, pub u16, pub u32, pub &'a [u8], pub u64);

impl Zip {
    /// Adds a member that is compressed.
    pub fn deflated(self, name: &str, contents: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(contents).unwrap();
        self.raw(&Lie(name, 8, 0, crc(contents), &encoder.finish().unwrap(), contents.len() as u64))
    }

    /// Adds a member as it is.
    pub fn stored(self, name: &str, contents: &[u8]) -> Self {
        self.raw(&Lie(name, 0, 0, crc(contents), contents, contents.len() as u64))
    }

    /// Adds a member of which the directory says what it is told to.
    pub fn raw(mut self, lie: &Lie<'_>) -> Self {
        let header = u32::try_from(self.bytes.len()).unwrap();
        let Lie(name, _, _, _, packed, _) = lie;
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend([0; 22]);
        self.bytes.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        self.bytes.extend([0; 2]);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(*packed);
        self.entry(lie, header)
    }

    /// Adds a line to the directory alone.
    pub fn entry(mut self, Lie(name, method, flags, crc, packed, size): &Lie<'_>, header: u32) -> Self {
        self.directory.extend(b"PK\x01\x02\0\0\0\0");
        self.directory.extend([flags.to_le_bytes(), method.to_le_bytes(), [0; 2], [0; 2]].concat());
        let sizes = [*crc, u32::try_from(packed.len()).unwrap(), u32::try_from(*size).unwrap()];
        self.directory.extend(sizes.map(u32::to_le_bytes).concat());
        self.directory.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(header.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.members += 1;
        self
    }

    /// The file.
    pub fn finish(mut self) -> Vec<u8> {
        let (start, size) = (self.bytes.len() as u32, self.directory.len() as u32);
        self.bytes.extend(self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.members.to_le_bytes(), self.members.to_le_bytes()].concat());
        self.bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

/// The checksum that a directory has.
pub fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A tar archive of these members.
pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, contents) in members {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend(block);
        bytes.extend(*contents);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
