//! The knowledge base: what is known of GPUs, drivers, CUDA and packages, each row with its source and the day it was checked.

mod gpu_lookup;
mod load;
mod overlay;
mod packages;
mod queries;
mod schema;

pub use gpu_lookup::{GpuAnswer, GpuLookupError};
pub use load::Knowledge;
pub use packages::{Interests, choose, digits, matches};
pub use queries::{Floor, Position};
pub use schema::{
    AdviceCommand, AdviceRow, ArchitectureRow, Basis, BranchRow, Confidence, FixRow, GpuRow, Level, OpenModules,
    PackageBuild, PackageFile, ParserRow, Problem, ProblemRow, PtxasRow, Published, Range, TorchBuild, TorchRelease,
    UnpublishedRow, VariableIs, When,
};
