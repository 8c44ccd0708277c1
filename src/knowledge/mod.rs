//! The knowledge base: what is known of GPUs, drivers, CUDA and packages, each row with its source and the day it was checked.

mod by_name;
mod clash;
mod gpu_lookup;
mod images;
mod jetson;
mod laid;
mod library_owners;
mod listing;
mod load;
mod nearest;
mod online;
mod packages;
mod part;
mod queries;
mod texts;
pub mod update;

pub use gpu_lookup::{GpuAnswer, GpuLookupError};
pub use gpucheck_model::knowledge::{
    AdviceCommand, AdviceRow, AdviceTool, ArchitectureRow, Basis, BranchRow, CommonOwner, CondaRow, Confidence,
    CudaHome, ErrorKind, ErrorRow, FailureRow, Files, FixRow, GpuRow, JetpackRow, JetsonTorchRow, Level, NightlyRow,
    OpenModules, PackageBuild, PackageFile, ParserRow, Problem, ProblemRow, PtxasRow, Published, Range, RowKind,
    SourceBuild, ToolRow, ToolkitIs, ToolkitPart, ToolkitRow, TorchBuild, TorchFile, TorchRelease, UnpublishedRow,
    UnreadRow, VariableIs, VariableRow, Variant, When, choose,
};
pub use library_owners::Bringer;
pub use load::Knowledge;
pub use nearest::nearest;
pub use online::{Online, OnlineFile};
pub use packages::{Interests, digits, matches};
pub use queries::{DriverFloor, Position, python_range};
pub use texts::{TextRow, Texts};
