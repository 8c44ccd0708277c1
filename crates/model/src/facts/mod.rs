//! The words of facts that rows use too: targets of code, versions, platforms, tools.

mod arch;
mod manager;
mod platform;
mod version;

pub use arch::{CodeKind, CodeTarget, ComputeCapability, ParseError, Suffix, Target};
pub use manager::Manager;
pub use platform::{Cpu, Os, Platform};
pub use version::{CudaVersion, DriverVersion, PtxIsa, PythonVersion};
