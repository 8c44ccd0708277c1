//! The knowledge base: what is known of GPUs, drivers, CUDA and packages, each row with its source and the day it was checked.

mod by_name;
mod clash;
mod gpu_lookup;
mod library_owners;
mod listing;
mod load;
mod nearest;
mod overlay;
mod packages;
mod part;
mod queries;
mod schema;

pub use gpu_lookup::{GpuAnswer, GpuLookupError};
pub use library_owners::Bringer;
pub use listing::RowKind;
pub use load::Knowledge;
pub use nearest::nearest;
pub use packages::{Interests, choose, digits, matches};
pub use queries::{DriverFloor, Position, python_range};
pub use schema::{
    AdviceCommand, AdviceRow, ArchitectureRow, Basis, BranchRow, CommonOwner, Confidence, ErrorKind, ErrorRow,
    FailureRow, FixRow, GpuRow, Level, NightlyRow, OpenModules, PackageBuild, PackageFile, ParserRow, Problem,
    ProblemRow, PtxasRow, Published, Range, ToolkitIs, ToolkitPart, ToolkitRow, TorchBuild, TorchRelease,
    UnpublishedRow, UnreadRow, VariableIs, VariableRow, When,
};
