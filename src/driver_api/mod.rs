//! The CUDA driver API: the one place that loads libcuda and calls it, and the loader's choice of the driver's libraries. It says what the
//! driver answers, with nothing made of it.
//!
//! Types, constants and the parameters of every function are cudarc's (`cudarc::driver::sys`, generated from cuda.h). Loading and calling
//! are not, because the driver that a doctor is called for is the broken, old or brand-new one (cudarc 0.19.10):
//!
//! - Its loader panics where there is no driver: `cuInit(0)` on a machine without libcuda ends with "Unable to dynamically load the "cuda"
//!   shared library". Here that is [`ContactOutcome::NoLibrary`](crate::facts::ContactOutcome::NoLibrary).
//! - It panics where a driver is older than the header: calling `cuDeviceGetUuid_v2` on one before CUDA 11.4 ends with "Missing symbol
//!   cuDeviceGetUuid_v2". Here every function is looked up before it is called, and a missing one is a fact.
//! - It asks for `libcuda.so` before `libcuda.so.1`: with a toolkit's `lib64/stubs` on LD_LIBRARY_PATH it loads the stub, while programs get
//!   the driver.
//! - Its functions return `CUresult` as a Rust enum, which is undefined behaviour for a code that its header does not have: with a libcuda whose
//!   `cuInit` returns 37, an optimised program dies by SIGILL, with 77777 by SIGSEGV. Here a result is a number.
//! - It knows no path: which file the loader took, and why it refused one, cannot be asked.
//!
//! Calls may hang or crash the process: only the children of [`probe`](crate::probe) make them.

mod api;
mod codes;
mod context;
mod device;
mod functions;
pub mod library;
mod memory;

pub use api::Api;
pub use context::{Context, Function, Module};
pub use cudarc::driver::sys::{CUdevice_attribute, CUresult};
pub use device::Device;
pub use memory::{Memory, Parameter};
