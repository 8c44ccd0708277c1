//! The knowledge base: what is known of GPUs, drivers, CUDA and packages, each row with its source and the day it was checked.

mod clash;
mod gpu_lookup;
mod listing;
mod load;
mod nearest;
mod overlay;
mod part;
mod queries;
mod schema;

pub use gpu_lookup::{GpuAnswer, GpuLookupError};
pub use listing::Kind;
pub use load::Knowledge;
pub use nearest::nearest;
pub use queries::{Floor, Position, python_range};
pub use schema::{
    AdviceRow, ArchitectureRow, Basis, BranchRow, FailureRow, GpuRow, NightlyRow, OpenModules, ParserRow, Problem,
    PtxasRow, Published, ToolkitRow, TorchBuild, TorchRelease, UnreadRow, VariableRow,
};
