//! NVML: starting it, and what it says of the system. Signatures are those of nvml.h.

use std::{
    ffi::{CStr, c_char, c_int, c_uint},
    sync::atomic::{AtomicU32, Ordering},
};

use crate::{
    faults,
    ffi::{Null, Out},
    scenario,
};

/// An `nvmlReturn_t`.
pub struct Code(pub u32);

const UNINITIALIZED: Code = Code(1);
pub const INVALID_ARGUMENT: Code = Code(2);
pub const NOT_SUPPORTED: Code = Code(3);
pub const NOT_FOUND: Code = Code(6);
const INSUFFICIENT_SIZE: Code = Code(7);
pub const ARGUMENT_VERSION_MISMATCH: Code = Code(25);

impl From<Null> for Code {
    fn from(_: Null) -> Self {
        INVALID_ARGUMENT
    }
}

/// How often it was started and not shut down.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// The code of a library that is not started.
pub fn started() -> Result<(), Code> {
    if STARTED.load(Ordering::SeqCst) == 0 { Err(UNINITIALIZED) } else { Ok(()) }
}

/// Writes a text that must fit.
pub fn text(place: Out<c_char>, length: c_uint, text: &str) -> Result<(), Code> {
    match c_int::try_from(length) {
        Ok(fits) if text.len() < length as usize => Ok(place.text(text, fits)?),
        _ => Err(INSUFFICIENT_SIZE),
    }
}

exports! {
    /// Starts it.
    fn nvmlInit_v2() {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Starts it; the flags allow machines without a GPU, which this one does anyway.
    fn nvmlInitWithFlags(_flags: c_uint) {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Shuts it down once for each start.
    fn nvmlShutdown() {
        let down = STARTED.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1));
        down.map(|_| ()).map_err(|_| UNINITIALIZED)
    }

    /// Version of the driver.
    fn nvmlSystemGetDriverVersion(version: Out<c_char>, length: c_uint) {
        started()?;
        text(version, length, &scenario::current().driver_version)
    }

    /// Version of this library; needs no start.
    fn nvmlSystemGetNVMLVersion(version: Out<c_char>, length: c_uint) {
        text(version, length, &scenario::current().nvml_version())
    }

    /// CUDA version of the driver; needs no start.
    fn nvmlSystemGetCudaDriverVersion(version: Out<c_int>) {
        Ok(version.set(scenario::current().cuda_version)?)
    }

    /// The same, by asking libcuda.
    fn nvmlSystemGetCudaDriverVersion_v2(version: Out<c_int>) {
        Ok(version.set(scenario::current().cuda_version)?)
    }
}

/// Text of a code, as `nvmlErrorString` says it (nvidia-ml-py 13.615.71).
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "the name is NVIDIA's")]
pub extern "C" fn nvmlErrorString(code: c_uint) -> *const c_char {
    faults::strike("nvmlErrorString");
    let text: &CStr = match code {
        0 => c"Success",
        1 => c"Uninitialized",
        2 => c"Invalid Argument",
        3 => c"Not Supported",
        4 => c"Insufficient Permissions",
        6 => c"Not Found",
        7 => c"Insufficient Size",
        9 => c"Driver Not Loaded",
        10 => c"Timeout",
        12 => c"NVML Shared Library Not Found",
        13 => c"Function Not Found",
        15 => c"GPU is lost",
        16 => c"GPU requires restart",
        17 => c"The operating system has blocked the request.",
        18 => c"RM has detected an NVML/RM version mismatch.",
        20 => c"Insufficient Memory",
        _ => c"Unknown Error",
    };
    text.as_ptr()
}
