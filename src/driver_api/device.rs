//! One device as the driver describes it, word for word.

use std::ffi::{c_char, c_int};

use cudarc::driver::sys::{CUdevice, CUdevice_attribute, CUuuid};

use super::{
    api::{Api, number},
    context::Context,
};
use crate::facts::ContactOutcome;

/// More than any text of the driver about a device.
const LONGEST: usize = 256;

/// A device that this process sees.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    api: &'a Api,
    handle: CUdevice,
}

impl<'a> Device<'a> {
    /// The device of this number.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn nth(api: &'a Api, ordinal: c_int) -> Result<Self, ContactOutcome> {
        let handle = number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { api.functions.device(place, ordinal) }
        })?;
        Ok(Self { api, handle })
    }

    /// Product name, as written.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn name(&self) -> Result<String, ContactOutcome> {
        text(|buffer, length| {
            // SAFETY: the buffer has this length.
            unsafe { self.api.functions.device_name(buffer, length, self.handle) }
        })
    }

    /// PCI address, as written.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn address(&self) -> Result<String, ContactOutcome> {
        text(|buffer, length| {
            // SAFETY: the buffer has this length.
            unsafe { self.api.functions.device_address(buffer, length, self.handle) }
        })
    }

    /// The bytes of its UUID.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn uuid(&self) -> Result<[u8; 16], ContactOutcome> {
        let mut uuid = CUuuid { bytes: [0; 16] };
        // SAFETY: the place is a UUID's own.
        unsafe { self.api.functions.device_uuid(&mut uuid, self.handle) }?;
        Ok(uuid.bytes.map(|byte| byte.to_ne_bytes()[0]))
    }

    /// Bytes of memory.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn memory(&self) -> Result<u64, ContactOutcome> {
        let bytes: usize = number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { self.api.functions.device_memory(place, self.handle) }
        })?;
        Ok(bytes as u64)
    }

    /// One attribute.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn attribute(&self, attribute: CUdevice_attribute) -> Result<c_int, ContactOutcome> {
        number(|place| {
            // SAFETY: the place is a number's own.
            unsafe { self.api.functions.device_attribute(place, attribute, self.handle) }
        })
    }

    /// The two numbers of its compute capability.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn capability(&self) -> Result<(c_int, c_int), ContactOutcome> {
        use CUdevice_attribute::{
            CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR as MAJOR,
            CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR as MINOR,
        };
        Ok((self.attribute(MAJOR)?, self.attribute(MINOR)?))
    }

    /// Makes a context on it: the one that the CUDA runtime, and so PyTorch, would use.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn context(&self) -> Result<Context<'a>, ContactOutcome> {
        Context::new(self.api, self.handle)
    }
}

/// The text that a call writes into a buffer.
fn text(ask: impl FnOnce(*mut c_char, c_int) -> Result<(), ContactOutcome>) -> Result<String, ContactOutcome> {
    let mut buffer = [0_u8; LONGEST];
    ask(buffer.as_mut_ptr().cast(), LONGEST as c_int)?;
    let written = buffer.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(written).into_owned())
}
