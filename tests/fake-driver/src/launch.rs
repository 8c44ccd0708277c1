//! Launching kernels: what the device would compute is computed here and now, unless the scenario lets it fail.

use std::{
    ffi::{c_uint, c_void},
    sync::Mutex,
};

use crate::{
    context,
    cuda::{Code, INVALID_VALUE},
    kernels::{Arguments, ILLEGAL_ADDRESS, Work},
    module,
    scenario::{self, Device},
};

/// `CUDA_ERROR_NOT_SUPPORTED`: a kernel that this driver cannot compute.
const NOT_SUPPORTED: Code = Code(801);
/// The largest block of every architecture.
const MOST_THREADS: u64 = 1024;

/// Seconds on the device's clock, which runs while kernels do and never else: so that times do not depend on the host.
static CLOCK: Mutex<f64> = Mutex::new(0.0);
/// What a launch takes without any work.
const OVERHEAD: f64 = 2e-6;
/// Multiply-adds of a multiprocessor in a clock, and by how much tensor cores are faster.
const LANES: f64 = 128.0;
const TENSOR_CORES: f64 = 1.5;
/// The part of what the device's clocks allow that kernels reach.
const REACHED: f64 = 0.7;

fn with_clock<T>(work: impl FnOnce(&mut f64) -> T) -> T {
    work(&mut CLOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Seconds on the device's clock.
pub fn clock() -> f64 {
    with_clock(|clock| *clock)
}

/// What work takes on a device.
fn seconds(device: &Device, work: &Work) -> f64 {
    let lanes = f64::from(device.multiprocessors) * LANES * if work.on_tensor_cores { TENSOR_CORES } else { 1.0 };
    let arithmetic = work.operations / (lanes * 2.0 * f64::from(device.clock) * 1e3 * REACHED);
    // Memory transfers twice in a clock.
    let memory =
        work.bytes / (2.0 * f64::from(device.memory_clock) * 1e3 * f64::from(device.bus_width) / 8.0 * REACHED);
    OVERHEAD + arithmetic.max(memory)
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
        let device = context::current()?;
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
        let arguments = Arguments::new(parameters, [grid_x, grid_y], threads);
        let time = kernel.work(&arguments).map_or(0.0, |work| seconds(device, &work));
        with_clock(|clock| *clock += time * launch.slow.unwrap_or(1.0));
        if !listed(&launch.silent) {
            match kernel.compute(&arguments, listed(&launch.wrong)) {
                Some(()) => {}
                None => context::spoil(ILLEGAL_ADDRESS),
            }
        }
        Ok(())
    }
}
