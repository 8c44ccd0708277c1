//! The knowledge base: what is known of GPUs, drivers, CUDA and packages, each row with its source and the day it was checked.

mod gpu_lookup;
mod library_owners;
mod load;
mod overlay;
mod queries;
mod schema;

pub use gpu_lookup::{GpuAnswer, GpuLookupError};
pub use library_owners::Bringer;
pub use load::Knowledge;
pub use queries::{Floor, Position};
pub use schema::{
    AdviceRow, ArchitectureRow, Basis, BranchRow, CommonOwner, GpuRow, OpenModules, ParserRow, Problem, PtxasRow,
    Published, TorchBuild, TorchRelease,
};
