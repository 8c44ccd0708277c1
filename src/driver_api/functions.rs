//! The functions of libcuda that are called, raw. Each is looked up where it is needed, as an older driver lacks some, and returns a number:
//! a code that no header has must not become a Rust enum.

use std::{
    ffi::{c_char, c_int, c_uint, c_void},
    mem::ManuallyDrop,
};

use cudarc::driver::sys::{
    self, CUcontext, CUdevice, CUdevice_attribute, CUdeviceptr, CUevent, CUfunction, CUfunction_attribute,
    CUjit_option, CUmodule, CUresult, CUstream, CUuuid,
};
use libloading::Library;

use super::codes;
use crate::facts::ContactOutcome;

/// What a function returns: `CUresult`, or a code that only the driver knows.
type Status = u32;

/// The library's functions. It is never unloaded: a function that was found stays where it is.
pub struct Functions {
    library: ManuallyDrop<Library>,
}

impl Functions {
    /// Those of this library.
    pub fn new(library: ManuallyDrop<Library>) -> Self {
        Self { library }
    }

    /// A function by the first of its names that is there.
    ///
    /// # Safety
    /// `F` must be the function's type in cuda.h, with a number for its result.
    unsafe fn find<F: Copy>(&self, names: &[&str]) -> Result<F, ContactOutcome> {
        for name in names {
            // SAFETY: passed on to the caller.
            if let Ok(symbol) = unsafe { self.library.get::<F>(name.as_bytes()) } {
                return Ok(*symbol);
            }
        }
        Err(ContactOutcome::MissingFunction { name: names.first().copied().unwrap_or_default().to_owned() })
    }
}

fn check(call: &str, status: Status) -> Result<(), ContactOutcome> {
    if status == CUresult::CUDA_SUCCESS as Status {
        return Ok(());
    }
    Err(ContactOutcome::Failed { call: call.to_owned(), code: status, name: codes::name(status) })
}

/// Declares functions of libcuda: a name for Rust, the parameters of cuda.h, the name in the library, and older ones that do the same. That
/// the parameters are those of cuda.h is checked by the compiler against cudarc.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) = $symbol:ident $(or $older:ident)*;)+) => {
        impl Functions {$(
            $(#[$doc])*
            ///
            /// # Safety
            /// Pointers must be valid for what the function reads and writes; handles must come from this library and be alive.
            #[allow(clippy::too_many_arguments, reason = "as many as in cuda.h")]
            pub unsafe fn $name(&self, $($argument: $type),*) -> Result<(), ContactOutcome> {
                const _: unsafe fn($($type),*) -> CUresult = sys::$symbol;
                type Raw = unsafe extern "C" fn($($type),*) -> Status;
                // SAFETY: the parameters are those of cuda.h, and CUresult is a 32-bit number.
                let function = unsafe { self.find::<Raw>(&[stringify!($symbol) $(, stringify!($older))*]) }?;
                // SAFETY: passed on to the caller.
                check(stringify!($symbol), unsafe { function($($argument),*) })
            }
        )+}
    };
}

functions! {
    /// Makes the driver ready; the flags must be 0.
    init(flags: c_uint) = cuInit;
    /// The CUDA version that the driver serves.
    driver_version(version: *mut c_int) = cuDriverGetVersion;
    /// How many devices this process sees.
    device_count(count: *mut c_int) = cuDeviceGetCount;
    /// The device of this number.
    device(device: *mut CUdevice, ordinal: c_int) = cuDeviceGet;
    /// Product name, into a buffer of `length` bytes.
    device_name(name: *mut c_char, length: c_int, device: CUdevice) = cuDeviceGetName;
    /// PCI address, into a buffer of `length` bytes.
    device_address(address: *mut c_char, length: c_int, device: CUdevice) = cuDeviceGetPCIBusId;
    /// UUID. The second version (CUDA 11.4) gives a MIG instance's own.
    device_uuid(uuid: *mut CUuuid, device: CUdevice) = cuDeviceGetUuid_v2 or cuDeviceGetUuid;
    /// Bytes of memory.
    device_memory(bytes: *mut usize, device: CUdevice) = cuDeviceTotalMem_v2;
    /// One attribute.
    device_attribute(value: *mut c_int, attribute: CUdevice_attribute, device: CUdevice) = cuDeviceGetAttribute;
    /// Makes or takes the context that the CUDA runtime uses too.
    retain_context(context: *mut CUcontext, device: CUdevice) = cuDevicePrimaryCtxRetain;
    /// Gives it back.
    release_context(device: CUdevice) = cuDevicePrimaryCtxRelease_v2 or cuDevicePrimaryCtxRelease;
    /// Makes it this thread's.
    set_context(context: CUcontext) = cuCtxSetCurrent;
    /// Waits for all that was launched.
    synchronize() = cuCtxSynchronize;
    /// Free and total memory.
    memory_info(free: *mut usize, total: *mut usize) = cuMemGetInfo_v2;
    /// Loads a cubin, PTX text that ends in a zero byte, or a fatbin.
    load(module: *mut CUmodule, image: *const c_void) = cuModuleLoadData;
    /// The same with options of the compiler: `count` names, and as many values.
    load_with_options(module: *mut CUmodule, image: *const c_void, count: c_uint, options: *mut CUjit_option, values: *mut *mut c_void) = cuModuleLoadDataEx;
    /// Unloads it.
    unload(module: CUmodule) = cuModuleUnload;
    /// A kernel of a module, by its name, which ends in a zero byte.
    function(function: *mut CUfunction, module: CUmodule, name: *const c_char) = cuModuleGetFunction;
    /// One attribute of a kernel.
    function_attribute(value: *mut c_int, attribute: CUfunction_attribute, function: CUfunction) = cuFuncGetAttribute;
    /// Takes memory of the device.
    allocate(address: *mut CUdeviceptr, bytes: usize) = cuMemAlloc_v2;
    /// Gives it back.
    free(address: CUdeviceptr) = cuMemFree_v2;
    /// Copies to the device, and waits for it.
    copy_to_device(to: CUdeviceptr, from: *const c_void, bytes: usize) = cuMemcpyHtoD_v2;
    /// Copies from the device, and waits for it.
    copy_to_host(to: *mut c_void, from: CUdeviceptr, bytes: usize) = cuMemcpyDtoH_v2;
    /// Writes `count` times the same four bytes.
    fill(to: CUdeviceptr, pattern: c_uint, count: usize) = cuMemsetD32_v2;
    /// Makes an event; the flags are 0.
    create_event(event: *mut CUevent, flags: c_uint) = cuEventCreate;
    /// Puts an event into a stream; null is the default stream.
    record_event(event: CUevent, stream: CUstream) = cuEventRecord;
    /// Waits until an event has happened.
    wait_for_event(event: CUevent) = cuEventSynchronize;
    /// Milliseconds between two events that have happened.
    elapsed(milliseconds: *mut f32, start: CUevent, end: CUevent) = cuEventElapsedTime_v2 or cuEventElapsedTime;
    /// Destroys an event.
    destroy_event(event: CUevent) = cuEventDestroy_v2 or cuEventDestroy;
    /// Starts a kernel: grid, block, bytes of dynamic shared memory, stream, one pointer for each parameter, null.
    launch(
        function: CUfunction, grid_x: c_uint, grid_y: c_uint, grid_z: c_uint, block_x: c_uint, block_y: c_uint, block_z: c_uint, shared: c_uint,
        stream: CUstream, parameters: *mut *mut c_void, extra: *mut *mut c_void
    ) = cuLaunchKernel;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_name_stays_a_number() {
        let failed = |code, name| Err(ContactOutcome::Failed { call: "cuInit".to_owned(), code, name });
        assert_eq!(check("cuInit", 0), Ok(()));
        assert_eq!(check("cuInit", 77777), failed(77777, None));
        assert_eq!(check("cuInit", 100), failed(100, Some("CUDA_ERROR_NO_DEVICE".to_owned())));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_function_that_is_missing_is_told_by_its_newest_name() {
        // SAFETY: the C library is loaded already.
        let library = unsafe { Library::new("libc.so.6") }.ok().map(ManuallyDrop::new);
        let functions = Functions::new(library.expect("the C library"));
        let missing = |name: &str| Err(ContactOutcome::MissingFunction { name: name.to_owned() });
        // SAFETY: the C library has no such functions, so that none is called.
        unsafe {
            assert_eq!(functions.init(0), missing("cuInit"));
            assert_eq!(functions.release_context(0), missing("cuDevicePrimaryCtxRelease_v2"));
        }
    }
}
