//! The target of a bare cubin, from its ELF header.
//!
//! Source: cubins of ten ptxas versions for 34 targets, compared with what cuobjdump says of them. There are two layouts: ABI 7
//! (toolkits up to 12.9 for sm_90 and older) and ABI 8.

use super::elf::CubinHeader;
use crate::facts::{CodeTarget, ComputeCapability, Suffix, Target};

/// The target; `a` only where the header tells it (ABI 8 of CUDA 13 does not).
pub(super) fn target(header: CubinHeader) -> Option<CodeTarget> {
    let (number, accelerated) = match header.abi_version {
        8.. => (header.flags >> 8 & 0xFF, header.flags & 0x8 != 0),
        _ => (header.flags & 0xFF, header.flags & 0x800 != 0),
    };
    let suffix = if accelerated { Suffix::Accelerated } else { Suffix::Plain };
    Some(CodeTarget::sass(Target { capability: ComputeCapability::from_number(number)?, suffix }))
}
