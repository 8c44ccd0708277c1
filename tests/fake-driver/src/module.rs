//! Modules and the kernels in them.

use std::{
    ffi::{c_char, c_int, c_uint},
    sync::Mutex,
};

use crate::{
    context,
    cuda::{Code, INVALID_HANDLE, INVALID_VALUE, NOT_FOUND},
    ffi::{Input, Out},
    image::{self, Machine, Taken},
    kernels::Kernel,
    scenario,
};

/// The modules that are loaded; a `CUmodule` is the place here and 1. What is unloaded leaves its place empty.
static MODULES: Mutex<Vec<Option<Taken>>> = Mutex::new(Vec::new());
/// A `CUfunction` is the module's number, shifted by this, and the place of the kernel in it and 1.
const MODULE_SHIFT: u32 = 16;
/// `CU_JIT_ERROR_LOG_BUFFER` and its size.
const ERROR_LOG: (c_uint, c_uint) = (5, 6);

fn with<T>(work: impl FnOnce(&mut Vec<Option<Taken>>) -> T) -> T {
    work(&mut MODULES.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn load(module: Out<usize>, given: Input) -> Result<(), Code> {
    let device = context::finished()?;
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| value == "1");
    let number = |value: c_int| c_uint::try_from(value).unwrap_or(0);
    let machine = Machine {
        device: number(device.cc[0]) * 10 + number(device.cc[1]),
        cuda: number(scenario::current().cuda_version),
        jit_disabled: is_set("CUDA_DISABLE_PTX_JIT"),
        jit_forced: is_set("CUDA_FORCE_PTX_JIT"),
    };
    let taken = image::take(given, &machine).map_err(Code)?;
    let handle = with(|modules| {
        modules.push(Some(taken));
        modules.len()
    });
    Ok(module.set(handle)?)
}

/// What a `CUfunction` stands for.
fn find<T>(function: usize, work: impl FnOnce(&Taken, &str) -> T) -> Result<T, Code> {
    let (module, place) = (function >> MODULE_SHIFT, function & ((1 << MODULE_SHIFT) - 1));
    with(|modules| {
        let taken = modules.get(module.checked_sub(1)?)?.as_ref()?;
        Some(work(taken, taken.kernels.get(place.checked_sub(1)?)?))
    })
    .ok_or(INVALID_HANDLE)
}

/// The kernel of a `CUfunction`; nothing where this driver does not know how to compute it.
pub fn kernel(function: usize) -> Result<Option<Kernel>, Code> {
    find(function, |_, name| Kernel::named(name))
}

exports! {
    /// Loads an image.
    fn cuModuleLoadData(module: Out<usize>, given: Input) {
        load(module, given)
    }

    /// Loads an image with options, of which the buffer for error messages is served.
    fn cuModuleLoadDataEx(module: Out<usize>, given: Input, count: c_uint, options: *const c_uint, values: *const usize) {
        let loaded = load(module, given);
        if let Err(code) = &loaded {
            let option = |wanted| crate::ffi::option(count, options, values, wanted);
            if let (Some(buffer), Some(size)) = (option(ERROR_LOG.0), option(ERROR_LOG.1)) {
                let text = match code.0 {
                    image::UNSUPPORTED_PTX => "ptxas application ptx input, line 1; fatal   : Unsupported .version",
                    _ => "ptxas fatal   : Ptx assembly aborted due to errors",
                };
                // The size is a number in the place of a pointer.
                Out::<c_char>::at(buffer).text(text, c_int::try_from(size & 0xffff_ffff).unwrap_or(0))?;
            }
        }
        loaded
    }

    /// Forgets a module.
    fn cuModuleUnload(module: usize) {
        context::finished()?;
        let slot = |modules: &mut Vec<Option<Taken>>| modules.get_mut(module.checked_sub(1)?)?.take();
        with(slot).map(|_| ()).ok_or(INVALID_HANDLE)
    }

    /// A kernel by its name.
    fn cuModuleGetFunction(function: Out<usize>, module: usize, name: Input) {
        context::current()?;
        let name = name.text().ok_or(INVALID_VALUE)?;
        let place = with(|modules| {
            let taken = modules.get(module.checked_sub(1)?)?.as_ref()?;
            Some(taken.kernels.iter().position(|kernel| kernel == name))
        });
        let place = place.ok_or(INVALID_HANDLE)?.ok_or(NOT_FOUND)?;
        Ok(function.set((module << MODULE_SHIFT) + place + 1)?)
    }

    /// An attribute of a kernel.
    fn cuFuncGetAttribute(value: Out<c_int>, which: c_uint, function: usize) {
        context::current()?;
        let (ptx, binary) = find(function, |taken, _| (taken.ptx, taken.binary))?;
        let number = match which {
            // MAX_THREADS_PER_BLOCK, PTX_VERSION, BINARY_VERSION
            0 => 1024,
            5 => ptx,
            6 => binary,
            known if known < 16 => 0,
            _ => return Err(INVALID_VALUE),
        };
        Ok(value.set(c_int::try_from(number).map_err(|_| INVALID_VALUE)?)?)
    }
}
