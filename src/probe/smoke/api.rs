//! The functions of libcuda that the run calls, with raw signatures: a result is a number, so that one that no header knows stays a
//! number. Each is looked up where it is needed; an older driver lacks some.

use std::ffi::{c_char, c_int, c_uint, c_void};

use libloading::Library;

use super::super::live::{codes, library};
use crate::facts::ContactOutcome;

/// `CUresult`.
type Code = u32;
/// `CUdevice` is an int in cuda.h.
pub type Handle = c_int;
/// `CUdeviceptr`, 64 bit since CUDA 3.2 (the functions that end in `_v2`).
pub type Address = u64;
/// `CUcontext`, `CUmodule`, `CUfunction`, `CUevent`: opaque pointers, never looked into.
pub type Opaque = *mut c_void;

/// The library, open.
pub struct Api {
    library: Library,
}

impl Api {
    /// Opens libcuda as any program of this user would.
    ///
    /// # Errors
    /// When there is none or it cannot be loaded.
    pub fn open() -> Result<Self, ContactOutcome> {
        library::open(&library::cuda_names(), "cuInit").map(|opened| Self { library: opened.library })
    }

    /// Leaves the library loaded: unloading runs NVIDIA's destructors, which a broken driver may not survive.
    pub fn leave(self) {
        std::mem::forget(self.library);
    }

    /// A function by the first of its names that is there.
    ///
    /// # Safety
    /// `F` must be the function's type in cuda.h, with numbers for enums and pointers for handles.
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

fn check(call: &str, code: Code) -> Result<(), ContactOutcome> {
    match code {
        0 => Ok(()),
        code => Err(ContactOutcome::Failed { call: call.to_owned(), code, name: codes::cuda(code) }),
    }
}

/// Declares functions of libcuda: a name for Rust, the parameters of cuda.h, the names in the library, the one that people know first.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) = $first:literal $(or $other:literal)*;)+) => {
        impl Api {$(
            $(#[$doc])*
            ///
            /// # Safety
            /// Pointers must be valid for what the function reads and writes; handles must come from this library and be alive.
            #[allow(clippy::too_many_arguments, reason = "as many as in cuda.h")]
            pub unsafe fn $name(&self, $($argument: $type),*) -> Result<(), ContactOutcome> {
                // SAFETY: the parameters are those of cuda.h.
                let function = unsafe { self.find::<unsafe extern "C" fn($($type),*) -> Code>(&[$first $(, $other)*]) }?;
                // SAFETY: passed on to the caller.
                check($first, unsafe { function($($argument),*) })
            }
        )+}
    };
}

functions! {
    /// Makes the driver ready; the flags must be 0.
    init(flags: c_uint) = "cuInit";
    /// The CUDA version that the driver serves.
    driver_version(version: *mut c_int) = "cuDriverGetVersion";
    /// How many devices this process sees.
    device_count(count: *mut c_int) = "cuDeviceGetCount";
    /// The device of this number.
    device(device: *mut Handle, ordinal: c_int) = "cuDeviceGet";
    /// Product name, into a buffer of `length` bytes.
    device_name(name: *mut c_char, length: c_int, device: Handle) = "cuDeviceGetName";
    /// PCI address, into a buffer of `length` bytes.
    device_address(address: *mut c_char, length: c_int, device: Handle) = "cuDeviceGetPCIBusId";
    /// Bytes of memory.
    device_memory(bytes: *mut usize, device: Handle) = "cuDeviceTotalMem_v2";
    /// One attribute (`CUdevice_attribute`).
    device_attribute(value: *mut c_int, attribute: c_int, device: Handle) = "cuDeviceGetAttribute";
    /// Makes or takes the context that the CUDA runtime uses too.
    retain_context(context: *mut Opaque, device: Handle) = "cuDevicePrimaryCtxRetain";
    /// Gives it back.
    release_context(device: Handle) = "cuDevicePrimaryCtxRelease_v2" or "cuDevicePrimaryCtxRelease";
    /// Makes it this thread's.
    set_context(context: Opaque) = "cuCtxSetCurrent";
    /// Waits for all that was launched.
    synchronize() = "cuCtxSynchronize";
    /// Free and total memory.
    memory_info(free: *mut usize, total: *mut usize) = "cuMemGetInfo_v2";
    /// Loads a cubin, PTX text that ends in a zero byte, or a fatbin.
    load(module: *mut Opaque, image: *const c_void) = "cuModuleLoadData";
    /// The same with options of the compiler: `count` numbers, and as many values.
    load_with_options(module: *mut Opaque, image: *const c_void, count: c_uint, options: *const c_uint, values: *mut *mut c_void) = "cuModuleLoadDataEx";
    /// Unloads it.
    unload(module: Opaque) = "cuModuleUnload";
    /// A kernel of a module, by its name, which ends in a zero byte.
    function(function: *mut Opaque, module: Opaque, name: *const c_char) = "cuModuleGetFunction";
    /// One attribute of a kernel (`CUfunction_attribute`).
    function_attribute(value: *mut c_int, attribute: c_int, function: Opaque) = "cuFuncGetAttribute";
    /// Takes memory of the device.
    allocate(address: *mut Address, bytes: usize) = "cuMemAlloc_v2";
    /// Gives it back.
    free(address: Address) = "cuMemFree_v2";
    /// Copies to the device, and waits for it.
    copy_to_device(to: Address, from: *const c_void, bytes: usize) = "cuMemcpyHtoD_v2";
    /// Copies from the device, and waits for it.
    copy_to_host(to: *mut c_void, from: Address, bytes: usize) = "cuMemcpyDtoH_v2";
    /// Writes `count` times the same four bytes.
    fill(to: Address, pattern: c_uint, count: usize) = "cuMemsetD32_v2";
    /// Makes an event; the flags are 0.
    create_event(event: *mut Opaque, flags: c_uint) = "cuEventCreate";
    /// Puts an event into a stream; null is the default stream.
    record_event(event: Opaque, stream: Opaque) = "cuEventRecord";
    /// Waits until an event has happened.
    wait_for_event(event: Opaque) = "cuEventSynchronize";
    /// Milliseconds between two events.
    elapsed(milliseconds: *mut f32, start: Opaque, end: Opaque) = "cuEventElapsedTime" or "cuEventElapsedTime_v2";
    /// Destroys an event.
    destroy_event(event: Opaque) = "cuEventDestroy_v2" or "cuEventDestroy";
    /// Starts a kernel: grid, block, bytes of dynamic shared memory, stream, one pointer for each parameter, null.
    launch(
        function: Opaque, grid_x: c_uint, grid_y: c_uint, grid_z: c_uint, block_x: c_uint, block_y: c_uint, block_z: c_uint, shared: c_uint,
        stream: Opaque, parameters: *mut *mut c_void, extra: *mut *mut c_void
    ) = "cuLaunchKernel";
}
