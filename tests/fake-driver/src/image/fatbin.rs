//! A fatbin: images side by side, of which the driver takes the machine code that fits best, else the PTX that it can compile.

use super::{INVALID_IMAGE, Machine, NO_BINARY, Suffix, Taken, Target, cubin, number, ptx};
use crate::ffi::Input;

const PTX: u64 = 1;
const ELF: u64 = 2;
const COMPRESSED: u64 = 0xf000;
const ZSTD: u64 = 0x8000;
const SPECIFIC: u64 = 0x10_0000;
const FAMILY: u64 = 0x20_0000;
/// Drivers of this CUDA version (R550) are the first that unpack zstd.
const FIRST_ZSTD: u32 = 12040;
const LARGEST: usize = 4 << 30;

struct Entry {
    kind: u64,
    target: Target,
    isa: (u32, u32),
    flags: u64,
    payload: usize,
}

/// Takes one of its images.
pub fn take(image: Input, machine: &Machine) -> Result<Taken, u32> {
    let head = image.bytes(0, 16).ok_or(INVALID_IMAGE)?;
    let field = |at, size| number(head, at, size).and_then(|value| usize::try_from(value).ok());
    let (header, size) = field(6, 2).zip(field(8, 8)).ok_or(INVALID_IMAGE)?;
    let length = header.checked_add(size).filter(|length| *length <= LARGEST).ok_or(INVALID_IMAGE)?;
    let bytes = image.bytes(0, length).ok_or(INVALID_IMAGE)?;
    let entries = entries(bytes, header);

    let native = entries
        .iter()
        .filter(|entry| entry.kind == ELF && !machine.jit_forced && entry.target.runs_on(machine.device, machine.cuda))
        .max_by_key(|entry| (entry.target.arch, entry.target.suffix != Suffix::None));
    if let Some(entry) = native {
        return entry.take(image, machine);
    }
    let mut refused = NO_BINARY;
    let mut texts: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == PTX).collect();
    texts.sort_by_key(|entry| std::cmp::Reverse(entry.target.arch));
    for entry in texts {
        match ptx::check(entry.isa, entry.target, machine) {
            Ok(()) => return entry.take(image, machine),
            // The reason that a newer driver or another setting would remove is the better one.
            Err(code) if refused == NO_BINARY => refused = code,
            Err(_) => {}
        }
    }
    Err(refused)
}

impl Entry {
    fn take(&self, image: Input, machine: &Machine) -> Result<Taken, u32> {
        if self.flags & ZSTD != 0 && machine.cuda < FIRST_ZSTD {
            return Err(INVALID_IMAGE);
        }
        if self.flags & COMPRESSED != 0 {
            let binary = if self.kind == ELF { self.target.arch } else { machine.device };
            return Ok(Taken { kernels: Vec::new(), binary, ptx: self.target.arch });
        }
        let payload = image.at(self.payload).ok_or(INVALID_IMAGE)?;
        match self.kind {
            // The container alone tells code for a family.
            ELF => cubin::take(payload, &Machine { device: self.target.arch, ..*machine }),
            _ => ptx::take(payload.text().ok_or(INVALID_IMAGE)?, machine),
        }
    }
}

/// The entries up to the first that does not fit into the container.
fn entries(bytes: &[u8], first: usize) -> Vec<Entry> {
    let mut list = Vec::new();
    let mut at = first;
    let entry = |at: usize| {
        let field = |offset, size| number(bytes, at + offset, size);
        let short = |offset, size| u32::try_from(field(offset, size)?).ok();
        let flags = field(40, 8)?;
        let suffix = match (flags & SPECIFIC != 0, flags & FAMILY != 0) {
            (true, _) => Suffix::Specific,
            (false, true) => Suffix::Family,
            _ => Suffix::None,
        };
        let header = usize::try_from(field(4, 4)?).ok().filter(|header| *header >= 64)?;
        let payload = at.checked_add(header)?;
        let next = payload.checked_add(usize::try_from(field(8, 8)?).ok()?).filter(|next| *next <= bytes.len())?;
        let entry = Entry {
            kind: field(0, 2)?,
            target: Target { arch: short(28, 4)?, suffix },
            isa: (short(26, 2)?, short(24, 2)?),
            flags,
            payload,
        };
        Some((entry, next))
    };
    while let Some((found, next)) = entry(at) {
        list.push(found);
        at = next;
    }
    list
}
