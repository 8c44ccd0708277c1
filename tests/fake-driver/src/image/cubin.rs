//! A cubin: an ELF file whose flags say which machine code it holds, in two layouts.

use super::{INVALID_IMAGE, Machine, NO_BINARY, Suffix, Taken, Target, number};
use crate::ffi::Input;

const MACHINE_CUDA: u64 = 190;
const EXECUTABLE: u64 = 2;
/// An image is not larger than what a code section of some hundred kernels takes.
const LARGEST: usize = 1 << 30;
/// Drivers from this CUDA version on read the second layout.
const SECOND_LAYOUT: u32 = 12080;
/// Type of the section `.nv.compat`, whose attribute 9 says since CUDA 13 that code is for one architecture only.
const COMPAT: u64 = 0x7000_0086;

/// Loads it if the device runs it.
pub fn take(image: Input, machine: &Machine) -> Result<Taken, u32> {
    let bytes = whole(image).ok_or(INVALID_IMAGE)?;
    let elf = Elf::read(bytes).ok_or(INVALID_IMAGE)?;
    if elf.machine != MACHINE_CUDA || elf.kind != EXECUTABLE {
        return Err(INVALID_IMAGE);
    }
    let target = elf.target().ok_or(INVALID_IMAGE)?;
    if elf.abi == 8 && machine.cuda < SECOND_LAYOUT {
        return Err(INVALID_IMAGE);
    }
    // CUDA_FORCE_PTX_JIT is about fatbins: a cubin by itself is taken all the same (580.159.04 on an H200).
    if !target.runs_on(machine.device, machine.cuda) {
        return Err(NO_BINARY);
    }
    Ok(Taken { kernels: elf.kernels(), binary: target.arch, ptx: elf.virtual_arch().unwrap_or(target.arch) })
}

/// The whole file: nobody says how long it is, the section headers stand at its end.
fn whole(image: Input) -> Option<&'static [u8]> {
    let head = image.bytes(0, 64)?;
    let field = |at, size| usize::try_from(number(head, at, size)?).ok();
    let sections = field(40, 8)?.checked_add(field(58, 2)?.checked_mul(field(60, 2)?)?)?;
    let programs = field(32, 8)?.checked_add(field(54, 2)?.checked_mul(field(56, 2)?)?)?;
    image.bytes(0, sections.max(programs).min(LARGEST))
}

struct Elf<'b> {
    bytes: &'b [u8],
    abi: u8,
    kind: u64,
    machine: u64,
    flags: u64,
}

struct Section<'b> {
    name: &'b str,
    kind: u64,
    content: &'b [u8],
}

impl<'b> Elf<'b> {
    fn read(bytes: &'b [u8]) -> Option<Self> {
        let field = |at, size| number(bytes, at, size);
        Some(Self { bytes, abi: *bytes.get(8)?, kind: field(16, 2)?, machine: field(18, 2)?, flags: field(48, 4)? })
    }

    fn target(&self) -> Option<Target> {
        let (arch, specific) = match self.abi {
            7 => (self.flags & 0xff, self.flags & 0x800 != 0),
            8 => ((self.flags >> 8) & 0xff, self.flags & 0x8 != 0 || self.is_marked_specific()),
            _ => return None,
        };
        let suffix = if specific { Suffix::Specific } else { Suffix::None };
        Some(Target { arch: u32::try_from(arch).ok()?, suffix })
    }

    /// The architecture of the PTX that it was compiled from: the first layout alone says it.
    fn virtual_arch(&self) -> Option<u32> {
        (self.abi == 7).then(|| u32::try_from((self.flags >> 16) & 0xff).ok()).flatten().filter(|arch| *arch != 0)
    }

    fn is_marked_specific(&self) -> bool {
        let Some(compat) = self.sections().find(|section| section.kind == COMPAT) else { return false };
        let mut rest = compat.content;
        while let [format, attribute, low, high, ..] = rest {
            let value = u16::from_le_bytes([*low, *high]);
            if *attribute == 9 && value == 1 {
                return true;
            }
            let more = if *format == 4 { usize::from(value) } else { 0 };
            rest = rest.get(4 + more..).unwrap_or_default();
        }
        false
    }

    /// A kernel's code is the section `.text.` and its name.
    fn kernels(&self) -> Vec<String> {
        self.sections().filter_map(|section| section.name.strip_prefix(".text.")).map(str::to_owned).collect()
    }

    fn sections(&self) -> impl Iterator<Item = Section<'b>> {
        let bytes = self.bytes;
        let field = move |at, size| usize::try_from(number(bytes, at, size)?).ok();
        let table = field(40, 8).zip(field(58, 2)).zip(field(60, 2)).zip(field(62, 2));
        let part = move |header: usize| {
            let from = field(header + 24, 8)?;
            bytes.get(from..from.checked_add(field(header + 32, 8)?)?)
        };
        let (start, size, count, names) =
            table.map_or((0, 0, 0, 0), |(((start, size), count), names)| (start, size, count, names));
        let names = part(start.saturating_add(names.saturating_mul(size))).unwrap_or_default();
        (0..count).filter_map(move |index| {
            let header = start.checked_add(index.checked_mul(size)?)?;
            let name = names.get(field(header, 4)?..)?.split(|byte| *byte == 0).next()?;
            let kind = number(bytes, header + 4, 4)?;
            Some(Section { name: std::str::from_utf8(name).ok()?, kind, content: part(header).unwrap_or_default() })
        })
    }
}
