//! Reads what a program gives to `cuModuleLoadData`, as a driver does: a cubin, PTX text, a fatbin, or the wrapper that compilers put
//! around one. Layouts: NVIDIA's fatbinary.h and the ELF headers that ptxas 11.2 to 13.5 write.

mod cubin;
mod fatbin;
mod ptx;
mod target;

pub use target::{Suffix, Target};

use crate::ffi::Input;

/// `CUDA_ERROR_INVALID_IMAGE`.
pub const INVALID_IMAGE: u32 = 200;
/// `CUDA_ERROR_NO_BINARY_FOR_GPU`.
pub const NO_BINARY: u32 = 209;
/// `CUDA_ERROR_INVALID_PTX`.
pub const INVALID_PTX: u32 = 218;
/// `CUDA_ERROR_UNSUPPORTED_PTX_VERSION`.
pub const UNSUPPORTED_PTX: u32 = 222;
/// `CUDA_ERROR_JIT_COMPILATION_DISABLED`.
pub const JIT_DISABLED: u32 = 223;

/// What decides whether an image loads.
#[derive(Debug, Clone, Copy)]
pub struct Machine {
    /// Compute capability of the device as a number: 120.
    pub device: u32,
    /// CUDA version of the driver: 12080.
    pub cuda: u32,
    /// `CUDA_DISABLE_PTX_JIT=1`.
    pub jit_disabled: bool,
    /// `CUDA_FORCE_PTX_JIT=1`.
    pub jit_forced: bool,
}

/// An image that the driver took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Names of its kernels; none are known of compressed images.
    pub kernels: Vec<String>,
    /// Architecture of the machine code that runs: its own, or the device's where it was compiled.
    pub binary: u32,
    /// Architecture of the PTX that it was made from.
    pub ptx: u32,
}

/// Takes an image, or says with which code it is refused.
pub fn take(image: Input, machine: &Machine) -> Result<Taken, u32> {
    let start = image.bytes(0, 4).ok_or(INVALID_IMAGE)?;
    match start {
        [0x7f, b'E', b'L', b'F'] => cubin::take(image, machine),
        [0x50, 0xed, 0x55, 0xba] => fatbin::take(image, machine),
        // __fatBinC_Wrapper_t: magic, version, pointer to the fatbin.
        [0xb1, 0x43, 0x62, 0x46] => fatbin::take(image.pointer(8).ok_or(INVALID_IMAGE)?, machine),
        _ => ptx::take(image.text().ok_or(INVALID_IMAGE)?, machine),
    }
}

/// Little-endian number of `size` bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(size)?)?;
    Some(field.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
