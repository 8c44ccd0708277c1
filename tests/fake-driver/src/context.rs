//! Contexts: which device a thread works on, and the error that a kernel left behind. After such an error every call of the process
//! fails, as on a real driver (CUDA C++ Programming Guide, "Error Checking").

use std::{
    cell::Cell,
    ffi::{c_int, c_uint},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::Duration,
};

use crate::{
    cuda::{Code, DEVICE_UNAVAILABLE, INVALID_CONTEXT, INVALID_DEVICE, NOT_INITIALIZED, count, device},
    ffi::Out,
    scenario::Device,
};

thread_local! {
    /// `CUcontext` of this thread: the device's number and 1; 0 is none.
    static CONTEXT: Cell<usize> = const { Cell::new(0) };
}

/// The code that a kernel left; 0 while none failed.
static LEFT: AtomicU32 = AtomicU32::new(0);
/// Whether a kernel runs that never ends.
static ENDLESS: AtomicBool = AtomicBool::new(false);

/// The device of this thread's context, unless a kernel has spoilt it.
pub fn current() -> Result<&'static Device, Code> {
    let number = CONTEXT.get().checked_sub(1).ok_or(INVALID_CONTEXT)?;
    match LEFT.load(Ordering::SeqCst) {
        0 => Ok(device(c_int::try_from(number).map_err(|_| INVALID_CONTEXT)?)?.1),
        code => Err(Code(code)),
    }
}

/// The same, after all kernels have ended: calls that wait learn of a kernel's fault, or wait for ever.
pub fn finished() -> Result<&'static Device, Code> {
    let device = current()?;
    while ENDLESS.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_secs(3600));
    }
    Ok(device)
}

/// A kernel that fails: the calls from now on return this code.
pub fn spoil(code: u32) {
    LEFT.store(code, Ordering::SeqCst);
}

/// A kernel that never ends.
pub fn occupy() {
    ENDLESS.store(true, Ordering::SeqCst);
}

exports! {
    /// The primary context of a device.
    fn cuDevicePrimaryCtxRetain(context: Out<usize>, number: c_int) {
        let (_, device) = device(number)?;
        // Prohibited; exclusive to a process, and another has it.
        if device.compute_mode == 2 || (device.compute_mode == 3 && device.busy) {
            return Err(DEVICE_UNAVAILABLE);
        }
        Ok(context.set(usize::try_from(number).map_err(|_| INVALID_DEVICE)? + 1)?)
    }

    /// Gives the primary context back.
    fn cuDevicePrimaryCtxRelease_v2(number: c_int) {
        device(number).map(|_| ())
    }

    /// Makes a context this thread's; NULL leaves it none.
    fn cuCtxSetCurrent(context: usize) {
        if context > count().ok_or(NOT_INITIALIZED)? {
            return Err(INVALID_CONTEXT);
        }
        CONTEXT.set(context);
        Ok(())
    }

    /// This thread's context.
    fn cuCtxGetCurrent(context: Out<usize>) {
        count().ok_or(NOT_INITIALIZED)?;
        Ok(context.set(CONTEXT.get())?)
    }

    /// Waits for all kernels.
    fn cuCtxSynchronize() {
        finished().map(|_| ())
    }

    /// Waits for the kernels of a stream.
    fn cuStreamSynchronize(stream: usize) {
        let _ = stream;
        finished().map(|_| ())
    }

    /// Free and whole memory of the device.
    fn cuMemGetInfo_v2(free: Out<usize>, total: Out<usize>) {
        let device = finished()?;
        let (all, left) = crate::memory::room(device);
        free.set(left)?;
        Ok(total.set(all)?)
    }

    /// Flags of a context: none matter here.
    fn cuCtxGetFlags(flags: Out<c_uint>) {
        current()?;
        Ok(flags.set(0)?)
    }
}
