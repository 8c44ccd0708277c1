//! A context on a device and what lives in it: modules, their kernels, launches, events. Each has the lifetime of what it uses.

use std::{
    ffi::{CString, c_uint, c_void},
    marker::PhantomData,
    ptr,
};

use cudarc::driver::sys::{CUdevice, CUevent, CUfunction, CUfunction_attribute, CUjit_option, CUmodule};

use super::{
    api::{Api, number},
    memory::{Memory, Parameter},
};
use crate::facts::ContactOutcome;

/// Buffers for what the compiler writes, and their sizes.
const JIT_OPTIONS: [CUjit_option; 4] = [
    CUjit_option::CU_JIT_INFO_LOG_BUFFER,
    CUjit_option::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES,
    CUjit_option::CU_JIT_ERROR_LOG_BUFFER,
    CUjit_option::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
];
const JIT_LOG: usize = 4096;

/// A context on a device, current in this thread, which it does not leave.
pub struct Context<'a> {
    api: &'a Api,
    device: CUdevice,
    of_this_thread: PhantomData<*const ()>,
}

/// A loaded module, unloaded when it is dropped.
pub struct Module<'c> {
    api: &'c Api,
    module: CUmodule,
}

/// A kernel of a module.
pub struct Function<'m> {
    function: CUfunction,
    module: PhantomData<&'m Module<'m>>,
}

impl<'a> Context<'a> {
    /// The primary context of a device. The handle must be one of this driver's.
    pub(super) fn new(api: &'a Api, device: CUdevice) -> Result<Self, ContactOutcome> {
        let mut context = ptr::null_mut();
        // SAFETY: the place is a pointer's own.
        unsafe { api.functions.retain_context(&mut context, device) }?;
        let retained = Self { api, device, of_this_thread: PhantomData };
        // SAFETY: the context stays until it is released.
        unsafe { api.functions.set_context(context) }?;
        Ok(retained)
    }

    /// Bytes that are free.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn free_memory(&self) -> Result<u64, ContactOutcome> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the places are numbers' own.
        unsafe { self.api.functions.memory_info(&mut free, &mut total) }?;
        Ok(free as u64)
    }

    /// Waits for all that was launched.
    ///
    /// # Errors
    /// What the driver answers; an error of a launch comes up here.
    pub fn wait(&self) -> Result<(), ContactOutcome> {
        // SAFETY: nothing is handed over.
        unsafe { self.api.functions.synchronize() }
    }

    /// Loads machine code or a fatbin.
    ///
    /// # Safety
    /// The driver is not told how long the image is: it must be an ELF file or a fatbin whose own headers name nothing beyond its end.
    ///
    /// # Errors
    /// What the driver answers.
    pub unsafe fn load(&self, image: &[u8]) -> Result<Module<'_>, ContactOutcome> {
        let mut module = ptr::null_mut();
        // SAFETY: the place is a pointer's own; the image is as long as its headers say.
        unsafe { self.api.functions.load(&mut module, image.as_ptr().cast()) }?;
        Ok(Module { api: self.api, module })
    }

    /// Compiles PTX and loads it. Beside the result comes what the compiler wrote, errors first.
    pub fn compile(&self, ptx: &str) -> (Result<Module<'_>, ContactOutcome>, [String; 2]) {
        let Ok(ptx) = CString::new(ptx) else {
            let what = "the PTX contains a zero byte".to_owned();
            return (Err(ContactOutcome::Garbled { what }), Default::default());
        };
        let (mut info, mut error) = (vec![0_u8; JIT_LOG], vec![0_u8; JIT_LOG]);
        let length = || ptr::without_provenance_mut::<c_void>(JIT_LOG);
        let mut values = [info.as_mut_ptr().cast(), length(), error.as_mut_ptr().cast(), length()];
        let (mut options, mut module) = (JIT_OPTIONS, ptr::null_mut());
        // SAFETY: the text ends in a zero byte; each option has its value, and the buffers are as long as is said.
        let loaded = unsafe {
            self.api.functions.load_with_options(
                &mut module,
                ptx.as_ptr().cast(),
                options.len() as c_uint,
                options.as_mut_ptr(),
                values.as_mut_ptr(),
            )
        };
        let said = |buffer: &[u8]| {
            let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(0);
            String::from_utf8_lossy(buffer.get(..end).unwrap_or_default()).into_owned()
        };
        (loaded.map(|()| Module { api: self.api, module }), [said(&error), said(&info)])
    }

    /// Takes memory.
    ///
    /// # Errors
    /// What the driver answers: `CUDA_ERROR_OUT_OF_MEMORY` when there is not enough.
    pub fn allocate(&self, bytes: usize) -> Result<Memory<'_>, ContactOutcome> {
        Memory::new(self.api, bytes)
    }

    /// Starts a kernel on a grid of blocks, each of so many threads.
    ///
    /// # Safety
    /// The parameters must be the kernel's own, as many and each of its size, and what it reads and writes must lie in the memory that they
    /// name.
    ///
    /// # Errors
    /// What the driver answers. What goes wrong while it runs comes up later.
    pub unsafe fn launch(
        &self,
        function: &Function<'_>,
        grid: [u32; 2],
        threads: u32,
        parameters: &[Parameter],
    ) -> Result<(), ContactOutcome> {
        let mut places: Vec<*mut c_void> = parameters.iter().map(Parameter::place).collect();
        let (stream, extra) = (ptr::null_mut(), ptr::null_mut());
        let [x, y] = grid;
        let functions = &self.api.functions;
        // SAFETY: each pointer leads to a value of its parameter's size, and lives through the call, which copies it; the rest is passed on
        // to the caller.
        unsafe { functions.launch(function.function, x, y, 1, threads, 1, 1, 0, stream, places.as_mut_ptr(), extra) }
    }

    /// Nanoseconds that the device needs for what `work` starts.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn timed(&self, work: impl FnOnce() -> Result<(), ContactOutcome>) -> Result<u64, ContactOutcome> {
        let (start, end) = (Event::new(self.api)?, Event::new(self.api)?);
        start.record()?;
        work()?;
        end.record()?;
        // SAFETY: the event is alive and recorded.
        unsafe { self.api.functions.wait_for_event(end.event) }?;
        let milliseconds: f32 = number(|place| {
            // SAFETY: the place is a number's own; both events are alive and have happened.
            unsafe { self.api.functions.elapsed(place, start.event, end.event) }
        })?;
        Ok((f64::from(milliseconds) * 1e6) as u64)
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: it was retained, and what was made in it is gone before it. What the driver says now changes nothing.
        let _ = unsafe { self.api.functions.release_context(self.device) };
    }
}

impl Module<'_> {
    /// A kernel by its name.
    ///
    /// # Errors
    /// What the driver answers: `CUDA_ERROR_NOT_FOUND` when there is none of this name.
    pub fn function(&self, name: &str) -> Result<Function<'_>, ContactOutcome> {
        let garbled = || ContactOutcome::Garbled { what: "the kernel's name contains a zero byte".to_owned() };
        let name = CString::new(name).map_err(|_| garbled())?;
        let mut function = ptr::null_mut();
        // SAFETY: the place is a pointer's own, the module is alive, the name ends in a zero byte.
        unsafe { self.api.functions.function(&mut function, self.module, name.as_ptr()) }?;
        Ok(Function { function, module: PhantomData })
    }

    /// For which capability the code was made that the driver has taken: 86 for 8.6.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn binary_version(&self, kernel: &str) -> Result<i32, ContactOutcome> {
        let kernel = self.function(kernel)?;
        let attribute = CUfunction_attribute::CU_FUNC_ATTRIBUTE_BINARY_VERSION;
        number(|place| {
            // SAFETY: the place is a number's own, the function is alive.
            unsafe { self.api.functions.function_attribute(place, attribute, kernel.function) }
        })
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: it was loaded here; its functions cannot outlive it.
        let _ = unsafe { self.api.functions.unload(self.module) };
    }
}

/// An event, destroyed when it is dropped.
struct Event<'a> {
    api: &'a Api,
    event: CUevent,
}

impl<'a> Event<'a> {
    fn new(api: &'a Api) -> Result<Self, ContactOutcome> {
        let mut event = ptr::null_mut();
        // SAFETY: the place is a pointer's own.
        unsafe { api.functions.create_event(&mut event, 0) }?;
        Ok(Self { api, event })
    }

    fn record(&self) -> Result<(), ContactOutcome> {
        // SAFETY: the event is alive; null is the default stream.
        unsafe { self.api.functions.record_event(self.event, ptr::null_mut()) }
    }
}

impl Drop for Event<'_> {
    fn drop(&mut self) {
        // SAFETY: it was made here, and nothing uses it any more.
        let _ = unsafe { self.api.functions.destroy_event(self.event) };
    }
}
