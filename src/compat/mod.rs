//! Which code runs on which device under which driver: pure functions, no I/O.
//!
//! Sources of the rules: NVIDIA's CUDA programming guide (binary and PTX compatibility, architecture- and family-specific
//! targets), the nvcc manual and the CUDA compatibility guide. What is a list of devices or versions is data in `knowledge/`.

mod arch_list;
mod built;
mod coverage;
mod image;
mod requirement;

pub use arch_list::{ArchListItem, arch_list};
pub use built::{Built, built, general};
pub use coverage::{Coverage, Reach, coverage, generation, one_fatbin, reach, reach_with_share};
pub use image::{DriverSupport, Jit, ptx_runs, sass_runs};
pub use requirement::{RequirementFacts, requirement_met};

#[cfg(test)]
mod tests;
