//! The words of facts that rows use too: targets of code, versions, platforms.

mod arch;
mod platform;
mod version;

pub use arch::{CodeKind, CodeTarget, ComputeCapability, ParseError, Suffix, Target};
pub use platform::{Cpu, Os, Platform};
pub use version::{CudaVersion, DriverVersion, PtxIsa, PythonVersion};
