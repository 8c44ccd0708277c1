//! Launching kernels: what the device would compute is computed here and now, unless the scenario lets it fail.

use std::{
    ffi::{c_uint, c_void},
    sync::{LazyLock, Mutex},
    time::Instant,
};

use crate::{
    context,
    cuda::{Code, INVALID_VALUE},
    kernels::{Arguments, ILLEGAL_ADDRESS},
    module, scenario,
};

/// `CUDA_ERROR_NOT_SUPPORTED`: a kernel that this driver cannot compute.
const NOT_SUPPORTED: Code = Code(801);
/// The largest block of every architecture.
const MOST_THREADS: u64 = 1024;

/// By how much the device's clock is ahead of the host's, in seconds.
static AHEAD: Mutex<f64> = Mutex::new(0.0);
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Seconds on the device's clock.
pub fn clock() -> f64 {
    START.elapsed().as_secs_f64() + *AHEAD.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

exports! {
    /// Runs a kernel.
    fn cuLaunchKernel(
        function: usize,
        grid_x: c_uint,
        grid_y: c_uint,
        grid_z: c_uint,
        block_x: c_uint,
        block_y: c_uint,
        block_z: c_uint,
        shared: c_uint,
        stream: usize,
        parameters: *const *const c_void,
        extra: *const *const c_void,
    ) {
        let _ = (shared, stream);
        context::current()?;
        let threads = u64::from(block_x) * u64::from(block_y) * u64::from(block_z);
        if [grid_x, grid_y, grid_z].contains(&0) || !(1..=MOST_THREADS).contains(&threads) || !extra.is_null() {
            return Err(INVALID_VALUE);
        }
        let kernel = module::kernel(function)?.ok_or(NOT_SUPPORTED)?;
        let launch = &scenario::current().launch;
        let name = kernel.name();
        let listed = |names: &[String]| names.iter().any(|listed| listed == name);
        // What goes wrong inside a kernel shows at the next call that waits for it.
        if let Some(code) = launch.faults.get(name) {
            context::spoil(*code);
            return Ok(());
        }
        if listed(&launch.hang) {
            context::occupy();
            return Ok(());
        }
        let start = Instant::now();
        if !listed(&launch.silent) {
            let arguments = Arguments::new(parameters, [grid_x, grid_y], threads);
            match kernel.compute(&arguments, listed(&launch.wrong)) {
                Some(()) => {}
                None => context::spoil(ILLEGAL_ADDRESS),
            }
        }
        let extra = start.elapsed().as_secs_f64() * (launch.slow.unwrap_or(1.0) - 1.0);
        *AHEAD.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += extra;
        Ok(())
    }
}
