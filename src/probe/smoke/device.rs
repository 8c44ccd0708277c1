//! One device, made ready to compute: safe calls over [`Api`], each with the lifetime of what it uses.

use std::{
    ffi::{CString, c_char, c_int, c_uint, c_void},
    ptr,
};

use super::{
    super::live::message::{address, capability, text},
    api::{Api, Handle, Opaque},
    memory::{Memory, Parameter},
};
use crate::facts::{ComputeCapability, ContactOutcome, SmokeDevice};

/// `CUdevice_attribute` in cuda.h.
mod attribute {
    pub const CLOCK_RATE: i32 = 13;
    pub const MULTIPROCESSORS: i32 = 16;
    pub const INTEGRATED: i32 = 18;
    pub const COMPUTE_MODE: i32 = 20;
    pub const MEMORY_CLOCK_RATE: i32 = 36;
    pub const MEMORY_BUS_WIDTH: i32 = 37;
    pub const MAJOR: i32 = 75;
    pub const MINOR: i32 = 76;
}
/// `CU_FUNC_ATTRIBUTE_BINARY_VERSION` in cuda.h.
const BINARY_VERSION: c_int = 6;
/// `CUjit_option` in cuda.h: buffers for what the compiler writes, and their sizes.
const JIT_OPTIONS: [c_uint; 4] = [3, 4, 5, 6];
const JIT_LOG: usize = 4096;

/// The driver, initialised, and one of its devices.
pub struct Device<'a> {
    api: &'a Api,
    handle: Handle,
}

/// A context on a device, current in this thread.
pub struct Context<'a> {
    api: &'a Api,
    handle: Handle,
}

/// A loaded module, unloaded when it is dropped.
pub struct Module<'a> {
    api: &'a Api,
    module: Opaque,
}

/// A kernel of a module.
pub struct Function<'m> {
    function: Opaque,
    _module: &'m Module<'m>,
}

/// Which device is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its number among those that this process sees.
    Ordinal(i32),
    /// By its PCI address.
    Address(String),
}

impl<'a> Device<'a> {
    /// Makes the driver ready and finds the device.
    ///
    /// # Errors
    /// What the driver answers; [`ContactOutcome::Garbled`] when it does not have the device.
    pub fn find(api: &'a Api, wanted: &Wanted) -> Result<Self, ContactOutcome> {
        // SAFETY: nothing is handed over.
        unsafe { api.init(0) }?;
        let ordinals = match wanted {
            Wanted::Ordinal(ordinal) => *ordinal..ordinal.saturating_add(1),
            Wanted::Address(_) => {
                let mut count = 0;
                // SAFETY: the place is a number's own.
                unsafe { api.device_count(&mut count) }?;
                0..count.min(1024)
            }
        };
        for ordinal in ordinals {
            let mut handle = 0;
            // SAFETY: the place is a number's own.
            unsafe { api.device(&mut handle, ordinal) }?;
            let device = Self { api, handle };
            match wanted {
                Wanted::Address(wanted) if device.address().as_ref() != Some(wanted) => {}
                _ => return Ok(device),
            }
        }
        Err(ContactOutcome::Garbled { what: "CUDA lists no device at this PCI address any more".to_owned() })
    }

    /// PCI address as Linux writes it.
    pub fn address(&self) -> Option<String> {
        // SAFETY: the function gets a buffer and its length.
        let raw = self.text(|buffer, length| unsafe { self.api.device_address(buffer, length, self.handle) })?;
        address(&raw)
    }

    /// What CUDA says of it. What it does not say is left out.
    pub fn describe(&self) -> SmokeDevice {
        // SAFETY: the function gets a buffer and its length.
        let name = self.text(|buffer, length| unsafe { self.api.device_name(buffer, length, self.handle) });
        let number = |which| self.attribute(which).and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0);
        let mut bytes = 0;
        // SAFETY: the place is a number's own.
        let memory = unsafe { self.api.device_memory(&mut bytes, self.handle) };
        SmokeDevice {
            name: name.and_then(|name| text(&name)).unwrap_or_else(|| "a device without a name".to_owned()),
            capability: self.capability(),
            multiprocessors: number(attribute::MULTIPROCESSORS),
            clock_khz: number(attribute::CLOCK_RATE),
            memory_clock_khz: number(attribute::MEMORY_CLOCK_RATE),
            memory_bus_bits: number(attribute::MEMORY_BUS_WIDTH),
            compute_mode: self.attribute(attribute::COMPUTE_MODE).and_then(|mode| u32::try_from(mode).ok()),
            integrated: self.attribute(attribute::INTEGRATED) == Some(1),
            free: None,
            memory: memory.is_ok().then_some(bytes as u64),
        }
    }

    /// Its compute capability.
    pub fn capability(&self) -> Option<ComputeCapability> {
        capability(self.attribute(attribute::MAJOR)?, self.attribute(attribute::MINOR)?)
    }

    fn attribute(&self, which: i32) -> Option<i32> {
        let mut value = 0;
        // SAFETY: the place is a number's own.
        unsafe { self.api.device_attribute(&mut value, which, self.handle) }.ok().map(|()| value)
    }

    fn text(&self, ask: impl Fn(*mut c_char, c_int) -> Result<(), ContactOutcome>) -> Option<String> {
        let mut buffer = [0_u8; 256];
        ask(buffer.as_mut_ptr().cast(), buffer.len() as c_int).ok()?;
        Some(String::from_utf8_lossy(buffer.split(|byte| *byte == 0).next()?).into_owned())
    }

    /// Makes a context on it: the one that the CUDA runtime, and so PyTorch, would use.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn context(&self) -> Result<Context<'a>, ContactOutcome> {
        let mut context = ptr::null_mut();
        // SAFETY: the place is a pointer's own; the context is the device's and stays until it is released.
        unsafe {
            self.api.retain_context(&mut context, self.handle)?;
            self.api.set_context(context)?;
        }
        Ok(Context { api: self.api, handle: self.handle })
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: it was retained, and what was made in it is gone before it. What the driver says now matters to nobody.
        let _ = unsafe { self.api.release_context(self.handle) };
    }
}

impl<'a> Context<'a> {
    /// Bytes that are free.
    pub fn free_memory(&self) -> Option<u64> {
        let (mut free, mut total) = (0, 0);
        // SAFETY: the places are numbers' own.
        unsafe { self.api.memory_info(&mut free, &mut total) }.ok().map(|()| free as u64)
    }

    /// Waits for all that was launched.
    ///
    /// # Errors
    /// What the driver answers; an error of a launch comes up here.
    pub fn wait(&self) -> Result<(), ContactOutcome> {
        // SAFETY: nothing is handed over.
        unsafe { self.api.synchronize() }
    }

    /// Loads machine code or a fatbin.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn load(&self, image: &[u8]) -> Result<Module<'_>, ContactOutcome> {
        let mut module = ptr::null_mut();
        // SAFETY: the image's own headers say how long it is; they have been read and lie within the bytes.
        unsafe { self.api.load(&mut module, image.as_ptr().cast()) }?;
        Ok(Module { api: self.api, module })
    }

    /// Compiles PTX and loads it. Beside the result comes what the compiler wrote, shortened.
    pub fn compile(&self, ptx: &str) -> (Result<Module<'_>, ContactOutcome>, Option<String>) {
        let Ok(ptx) = CString::new(ptx) else {
            return (Err(ContactOutcome::Garbled { what: "the PTX has a zero byte".to_owned() }), None);
        };
        let (mut info, mut error) = (vec![0_u8; JIT_LOG], vec![0_u8; JIT_LOG]);
        let length = || ptr::without_provenance_mut::<c_void>(JIT_LOG);
        let mut values = [info.as_mut_ptr().cast(), length(), error.as_mut_ptr().cast(), length()];
        let mut module = ptr::null_mut();
        // SAFETY: the text ends in a zero byte; the options and their values are as cuda.h has them, the buffers as long as is said.
        let loaded = unsafe {
            self.api.load_with_options(
                &mut module,
                ptx.as_ptr().cast(),
                JIT_OPTIONS.len() as c_uint,
                JIT_OPTIONS.as_ptr(),
                values.as_mut_ptr(),
            )
        };
        let said = |buffer: &[u8]| {
            let end = buffer.iter().position(|byte| *byte == 0)?;
            let lines = String::from_utf8_lossy(buffer.get(..end)?).into_owned();
            lines.lines().find_map(text)
        };
        let log = said(&error).or_else(|| said(&info));
        (loaded.map(|()| Module { api: self.api, module }), log)
    }

    /// Takes memory.
    ///
    /// # Errors
    /// What the driver answers: 2 when there is not enough.
    pub fn allocate(&self, bytes: usize) -> Result<Memory<'_>, ContactOutcome> {
        Memory::new(self.api, bytes)
    }

    /// Starts a kernel on `grid` blocks of 256 threads.
    ///
    /// # Errors
    /// What the driver answers. What goes wrong while it runs comes up later.
    pub fn launch(
        &self,
        function: &Function<'_>,
        grid: [u32; 2],
        parameters: &[Parameter],
    ) -> Result<(), ContactOutcome> {
        let mut places: Vec<*mut c_void> = parameters.iter().map(Parameter::place).collect();
        let none = ptr::null_mut();
        // SAFETY: one pointer for each parameter, to a value of the parameter's size; they outlive the call, which copies them.
        // That the kernel stays inside of its buffers is what the guard bytes check.
        unsafe {
            let [x, y] = grid;
            self.api.launch(function.function, x, y, 1, 256, 1, 1, 0, none, places.as_mut_ptr(), ptr::null_mut())
        }
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
        unsafe { self.api.wait_for_event(end.0) }?;
        let mut milliseconds = 0.0;
        // SAFETY: both events are alive and have happened.
        unsafe { self.api.elapsed(&mut milliseconds, start.0, end.0) }?;
        Ok((f64::from(milliseconds) * 1e6) as u64)
    }
}

/// An event, destroyed when it is dropped.
struct Event<'a>(Opaque, &'a Api);

impl<'a> Event<'a> {
    fn new(api: &'a Api) -> Result<Self, ContactOutcome> {
        let mut event = ptr::null_mut();
        // SAFETY: the place is a pointer's own.
        unsafe { api.create_event(&mut event, 0) }?;
        Ok(Self(event, api))
    }

    fn record(&self) -> Result<(), ContactOutcome> {
        // SAFETY: the event is alive; null is the default stream.
        unsafe { self.1.record_event(self.0, ptr::null_mut()) }
    }
}

impl Drop for Event<'_> {
    fn drop(&mut self) {
        // SAFETY: it was made here and is used by nobody any more.
        let _ = unsafe { self.1.destroy_event(self.0) };
    }
}

impl Module<'_> {
    /// A kernel by its name.
    ///
    /// # Errors
    /// What the driver answers: 500 when there is none of this name.
    pub fn function(&self, name: &str) -> Result<Function<'_>, ContactOutcome> {
        let name =
            CString::new(name).map_err(|_| ContactOutcome::Garbled { what: "a name with a zero byte".to_owned() })?;
        let mut function = ptr::null_mut();
        // SAFETY: the module is alive, the name ends in a zero byte.
        unsafe { self.api.function(&mut function, self.module, name.as_ptr()) }?;
        Ok(Function { function, _module: self })
    }

    /// For which capability the code was made that the driver has taken.
    pub fn binary(&self, kernel: &str) -> Option<ComputeCapability> {
        let function = self.function(kernel).ok()?;
        let mut value = 0;
        // SAFETY: the place is a number's own, the function is alive.
        unsafe { self.api.function_attribute(&mut value, BINARY_VERSION, function.function) }.ok()?;
        u32::try_from(value).ok().and_then(ComputeCapability::from_number)
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: it was loaded here; its functions cannot outlive it.
        let _ = unsafe { self.api.unload(self.module) };
    }
}
