//! Memory of a device, and how a kernel gets it.

use std::{ffi::c_void, ptr};

use cudarc::driver::sys::CUdeviceptr;

use super::api::{Api, number};
use crate::facts::ContactOutcome;

/// Memory of the device, given back when it is dropped. Copies stay inside of it.
pub struct Memory<'c> {
    api: &'c Api,
    address: CUdeviceptr,
    bytes: usize,
}

/// A kernel's parameter, held as the driver reads it: at an address, in its own size.
pub enum Parameter {
    /// A pointer to device memory.
    Address(u64),
    /// `uint32_t`
    Word(u32),
    /// `uint64_t`
    Long(u64),
}

impl<'c> Memory<'c> {
    /// Takes so many bytes in the current context.
    pub(super) fn new(api: &'c Api, bytes: usize) -> Result<Self, ContactOutcome> {
        let address = number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { api.functions.allocate(place, bytes) }
        })?;
        Ok(Self { api, address, bytes })
    }

    /// Its address, for a kernel.
    pub fn parameter(&self) -> Parameter {
        Parameter::Address(self.address)
    }

    /// Copies from the host to `offset`.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> Result<(), ContactOutcome> {
        let to = self.at(offset, bytes.len())?;
        // SAFETY: both places have this many bytes.
        unsafe { self.api.functions.copy_to_device(to, bytes.as_ptr().cast(), bytes.len()) }
    }

    /// Copies to the host from `offset`.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) -> Result<(), ContactOutcome> {
        let from = self.at(offset, bytes.len())?;
        // SAFETY: both places have this many bytes.
        unsafe { self.api.functions.copy_to_host(bytes.as_mut_ptr().cast(), from, bytes.len()) }
    }

    /// Fills `bytes` from `offset` on with four bytes again and again; both are multiples of four.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn fill(&self, offset: usize, bytes: usize, pattern: u32) -> Result<(), ContactOutcome> {
        let to = self.at(offset, bytes)?;
        // SAFETY: the place has this many bytes.
        unsafe { self.api.functions.fill(to, pattern, bytes / 4) }
    }

    /// The address at `offset` when `length` bytes are there.
    fn at(&self, offset: usize, length: usize) -> Result<CUdeviceptr, ContactOutcome> {
        match offset.checked_add(length) {
            Some(end) if end <= self.bytes => Ok(self.address.wrapping_add(offset as u64)),
            _ => Err(ContactOutcome::Garbled { what: "a copy beyond the end of a buffer".to_owned() }),
        }
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        // SAFETY: it was allocated here; the driver waits for kernels that still use it.
        let _ = unsafe { self.api.functions.free(self.address) };
    }
}

impl Parameter {
    /// Where its value is. The driver reads it only.
    pub(super) fn place(&self) -> *mut c_void {
        match self {
            Self::Address(value) | Self::Long(value) => ptr::from_ref(value).cast_mut().cast(),
            Self::Word(value) => ptr::from_ref(value).cast_mut().cast(),
        }
    }
}
