//! The target of a bare cubin, from its ELF header and two of its sections.
//!
//! Source: cubins of ten ptxas versions for 34 targets, compared with the names they were made under. There are three layouts:
//! ABI 7 (toolkits up to 12.9 for sm_90 and older), ABI 8 of CUDA 12.8 and 12.9, and ABI 8 of CUDA 13, whose header does not say
//! `a`: there an attribute in `.nv.compat` does. `f` appears only in the tool's own command line, kept as a note.

use super::{
    ReadAt,
    fields::u16_at,
    sections::{Header, Table, read_range},
};
use crate::facts::{CodeTarget, ComputeCapability, Suffix, Target};

/// `e_machine` of a cubin.
pub(super) const EM_CUDA: u16 = 190;
const ET_EXEC: u16 = 2;
/// There is no `a` before sm_90a.
const FIRST_ACCELERATED: u32 = 90;
/// Attribute of `.nv.compat`: 1 for an `a` target.
const ACCELERATOR_TARGET: u8 = 0x09;
/// Format of an attribute whose value is a length with as many bytes behind it.
const FORMAT_SIZED: u8 = 4;
/// Both sections have some hundred bytes.
const MAX_SECTION: u64 = 1 << 16;

/// What a cubin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cubin {
    pub code: CodeTarget,
    /// Runnable; otherwise input of the device linker.
    pub executable: bool,
}

/// The target. Where the sections cannot be read, it comes from the header; `None` when that does not name an architecture.
pub(super) fn read(source: &dyn ReadAt, header: &Header) -> Option<Cubin> {
    let (number, accelerated) = match header.abi_version {
        8.. => (header.flags >> 8 & 0xFF, header.flags & 0x8 != 0),
        // In cubins of CUDA 9.0 the bit means something else: libcupti contains one for sm_60 that has it set.
        _ => (header.flags & 0xFF, header.flags & 0x800 != 0 && header.flags & 0xFF >= FIRST_ACCELERATED),
    };
    let capability = ComputeCapability::from_number(number)?;
    let suffix = if accelerated {
        Suffix::Accelerated
    } else if header.abi_version >= 8 {
        suffix_in_sections(source, header, capability)
    } else {
        Suffix::Plain
    };
    let code = CodeTarget::sass(Target { capability, suffix });
    Some(Cubin { code, executable: header.kind == ET_EXEC })
}

fn suffix_in_sections(source: &dyn ReadAt, header: &Header, capability: ComputeCapability) -> Suffix {
    let table = Table::read(source, header).unwrap_or_default();
    let contents = |name: &[u8]| {
        let (_, section) = table.sections().find(|(found, _)| *found == name)?;
        read_range(source, section.range(), MAX_SECTION).ok()
    };
    if contents(b".nv.compat").is_some_and(|bytes| accelerator_target(&bytes)) {
        return Suffix::Accelerated;
    }
    let noted = contents(b".note.nv.tkinfo").and_then(|bytes| noted_target(&bytes));
    // A note about another architecture says nothing about this code.
    noted.filter(|target| target.capability == capability).map_or(Suffix::Plain, |target| target.suffix)
}

/// Whether the attributes name an `a` target. Records: format (one byte), attribute (one byte), value (two bytes).
fn accelerator_target(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let (Some([format, attribute]), Some(value)) = (rest.first_chunk(), u16_at(rest, 2)) {
        if *attribute == ACCELERATOR_TARGET && *format != FORMAT_SIZED {
            return value == 1;
        }
        let length = if *format == FORMAT_SIZED { 4 + usize::from(value) } else { 4 };
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}

/// The target in the command line of the tool that made the cubin: `… -arch sm_100f …`.
fn noted_target(note: &[u8]) -> Option<Target> {
    let option = b"-arch";
    let start = note.windows(option.len()).position(|window| window == option)? + option.len();
    let word = note.get(start..)?.trim_ascii_start();
    let word = word.strip_prefix(b"=").unwrap_or(word);
    let end = word.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).unwrap_or(word.len());
    std::str::from_utf8(word.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_attribute_is_found_behind_sized_ones() {
        assert!(accelerator_target(&[2, 9, 1, 0]));
        assert!(!accelerator_target(&[2, 9, 0, 0, 2, 2, 1, 0]));
        // The bytes of a sized value are not records.
        assert!(!accelerator_target(&[4, 0x0B, 4, 0, 2, 9, 1, 0]));
        assert!(accelerator_target(&[4, 0x0B, 4, 0, 2, 9, 0, 0, 2, 9, 1, 0]));
        assert!(!accelerator_target(&[4, 0x0B, 0xFF, 0xFF, 2, 9]));
        assert!(!accelerator_target(&[]));
    }

    #[test]
    fn no_architecture_before_hopper_is_accelerated() {
        for (flags, target) in [(0x003C_0D3C_u32, "sm_60"), (0x005A_0D5A, "sm_90a"), (0x005A_055A, "sm_90")] {
            let mut bytes = [0; 64];
            bytes[..9].copy_from_slice(b"\x7fELF\x02\x01\x01\x33\x07");
            bytes[18] = 190;
            bytes[48..52].copy_from_slice(&flags.to_le_bytes());
            let source = bytes.as_slice();
            let header = Header::read(&source).unwrap();
            assert_eq!(read(&source, &header).map(|cubin| cubin.code.to_string()).as_deref(), Some(target));
        }
    }

    #[test]
    fn the_command_line_names_the_family() {
        let target = |text: &str| noted_target(text.as_bytes()).map(|target| target.to_string());
        assert_eq!(target("r13.0/compiler.36424714_0\0-arch sm_100f \0").as_deref(), Some("100f"));
        assert_eq!(target("-arch=sm_120a").as_deref(), Some("120a"));
        assert_eq!(target("-arch"), None);
        assert_eq!(target("nothing"), None);
    }
}
