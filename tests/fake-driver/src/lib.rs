//! A test double of NVIDIA's driver at the ABI boundary: one library that serves as libnvidia-ml.so.1 and as libcuda.so.1
//! (nvml.dll and nvcuda.dll), so that tests run the shipped program and see what it does with a driver. The variable
//! `GPUCHECK_FAKE` names the scenario file. It shares no code with gpucheck: a shared mistake would prove itself right.
//!
//! It reads the images that it is given to load, by the rules of NVIDIA's manuals, computes gpucheck's own kernels on the host, and lets
//! them fail as the scenario says. Its device has a clock of its own, so that times do not depend on the host.
//!
//! Signatures, structures and codes are those of nvml.h and cuda.h 13.5. What it cannot show: that the real libraries behave so, that
//! a kernel is right on a GPU, that a real driver takes a cubin.

#[macro_use]
mod export;

mod context;
mod cuda;
mod cuda_errors;
mod event;
mod faults;
mod ffi;
mod image;
mod instance;
mod kernels;
mod launch;
mod memory;
mod module;
mod nvml;
mod nvml_device;
mod scenario;
mod visible;

pub use scenario::Scenario;

/// Every function that a scenario can name.
pub fn functions() -> impl Iterator<Item = &'static str> {
    let files = [
        nvml::FUNCTIONS,
        nvml_device::FUNCTIONS,
        cuda::FUNCTIONS,
        context::FUNCTIONS,
        memory::FUNCTIONS,
        module::FUNCTIONS,
        launch::FUNCTIONS,
        event::FUNCTIONS,
    ];
    files.into_iter().flatten().copied()
}
