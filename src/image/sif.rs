//! Apptainer's and Singularity's image files (SIF): a header, descriptors of the parts, and the parts, one of which is the file system.
//!
//! Format: <https://github.com/apptainer/sif>, pkg/sif/sif.go, and arch.go for the numbers of processors.

use super::{
    Image,
    blob::Blob,
    error::{Error, invalid},
    squash,
};
use crate::facts::{Cpu, Os, Platform};

const HEADER: usize = 128;
const DESCRIPTOR: usize = 585;
/// Images have some ten.
const MAX_DESCRIPTORS: u64 = 1000;
/// Kinds of parts.
const PARTITION: i32 = 0x4004;
const OCI_INDEX: i32 = 0x400A;
/// The partition that a container starts from.
const PRIMARY: i32 = 2;

/// The image of a SIF file.
pub(super) fn image(blob: &Blob) -> Result<Image, Error> {
    let mut header = [0; HEADER];
    blob.exact(0, &mut header)?;
    let count = number(&header, 88)?;
    let at = number(&header, 96)?;
    if count > MAX_DESCRIPTORS {
        return Err(Error::Unreadable("its SIF header is damaged".to_owned()));
    }
    let mut oci = false;
    for index in 0..count {
        let mut descriptor = [0; DESCRIPTOR];
        blob.exact(at.saturating_add(index * DESCRIPTOR as u64), &mut descriptor)?;
        let (kind, used) = (small(&descriptor, 0), descriptor.get(4) == Some(&1));
        oci |= used && kind == OCI_INDEX;
        // The first bytes of what a partition says of itself: file system, role, processor.
        let extra = descriptor.get(DESCRIPTOR - 384..).unwrap_or_default();
        if !used || kind != PARTITION || small(extra, 4) != PRIMARY {
            continue;
        }
        match small(extra, 0) {
            1 => {}
            5 => {
                return Err(Error::Unreadable(
                    "its file system is encrypted: only Apptainer can read it, with the key".to_owned(),
                ));
            }
            other => {
                let name = match other {
                    2 => "ext3",
                    3 => "an archive",
                    4 => "raw data",
                    _ => "of an unknown kind",
                };
                return Err(Error::Unreadable(format!(
                    "its file system is {name}, and only squashfs is read: `apptainer build --sandbox DIR IMAGE`, then --root DIR"
                )));
            }
        }
        let part = blob.part(number(&descriptor, 17)?, number(&descriptor, 25)?);
        let part = part.map_err(|error| Error::of("its file system", &error))?;
        let mut magic = [0; 4];
        part.exact(0, &mut magic)?;
        if magic != squash::MAGIC {
            return Err(Error::Unreadable("its file system is said to be a squashfs and is none".to_owned()));
        }
        let cpu = match extra.get(8..10) {
            Some(b"02") => Some(Cpu::X86_64),
            Some(b"04") => Some(Cpu::Aarch64),
            _ => None,
        };
        return squash::image(part, cpu.map(|cpu| Platform { os: Os::Linux, cpu }), None);
    }
    Err(Error::Unreadable(match oci {
        true => "it is an OCI-SIF, whose layers are not read: `singularity push` it, or save the image with `docker save`",
        false => "it has no file system to start from",
    }
    .to_owned()))
}

fn small(bytes: &[u8], at: usize) -> i32 {
    bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes)
}

/// A number of the format, which has signed ones of 64 bits.
fn number(bytes: &[u8], at: usize) -> Result<u64, Error> {
    let value = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(i64::from_le_bytes);
    value.and_then(|value| u64::try_from(value).ok()).ok_or_else(|| invalid("its SIF header is damaged").into())
}
