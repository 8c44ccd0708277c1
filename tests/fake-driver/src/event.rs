//! Events: places on the default stream, whose kernels are computed while they are launched. Their times are
//! those of the device's own clock.

use std::{
    ffi::{c_float, c_uint},
    sync::Mutex,
};

use crate::{
    context,
    cuda::{Code, INVALID_HANDLE},
    ffi::Out,
    launch,
};

/// Times of the events in seconds of the device's clock; an event is the place here and 1.
static EVENTS: Mutex<Vec<Option<f64>>> = Mutex::new(Vec::new());
/// `CUDA_ERROR_NOT_READY`: it was not recorded.
const NOT_READY: Code = Code(600);

fn with<T>(work: impl FnOnce(&mut Vec<Option<f64>>) -> T) -> T {
    work(&mut EVENTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

fn time(event: usize) -> Result<f64, Code> {
    let place = event.checked_sub(1).ok_or(INVALID_HANDLE)?;
    with(|events| events.get(place).copied()).ok_or(INVALID_HANDLE)?.ok_or(NOT_READY)
}

exports! {
    /// An event that has not happened yet.
    fn cuEventCreate(event: Out<usize>, flags: c_uint) {
        let _ = flags;
        context::current()?;
        let handle = with(|events| {
            events.push(None);
            events.len()
        });
        Ok(event.set(handle)?)
    }

    /// Lets it happen behind the kernels so far.
    fn cuEventRecord(event: usize, stream: usize) {
        let _ = stream;
        context::current()?;
        let now = launch::clock();
        let record = |events: &mut Vec<Option<f64>>| events.get_mut(event.checked_sub(1)?).map(|time| *time = Some(now));
        with(record).ok_or(INVALID_HANDLE)
    }

    /// Waits until it has happened.
    fn cuEventSynchronize(event: usize) {
        context::finished()?;
        time(event).map(|_| ())
    }

    /// Milliseconds between two.
    fn cuEventElapsedTime(milliseconds: Out<c_float>, start: usize, end: usize) {
        context::finished()?;
        Ok(milliseconds.set(((time(end)? - time(start)?) * 1000.0) as c_float)?)
    }

    /// Forgets it.
    fn cuEventDestroy_v2(event: usize) {
        time(event).or_else(|code| if code.0 == NOT_READY.0 { Ok(0.0) } else { Err(code) }).map(|_| ())
    }
}
