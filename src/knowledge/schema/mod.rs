//! The files of `knowledge/` as types, and what makes them valid. Also compiled into build.rs, which checks the built-in files and
//! embeds them; at run time the same code reads overlays.

mod advice;
mod arch_list;
mod architecture;
mod cuda;
mod files;
mod gpu;
mod package;
mod package_build;
mod package_problem;
mod problem;
mod range;
mod torch;
mod validate;
mod validate_package;

pub use advice::{AdviceCommand, AdviceFile, AdviceRow};
pub use arch_list::{ArchListFile, ParserRow};
pub use architecture::{ArchitectureFile, ArchitectureRow, OpenModules};
pub use cuda::{BranchRow, CudaFile};
pub use files::Files;
pub use gpu::{GpuFile, GpuRow};
pub use package::{AbiRow, PackageFile, PtxasRow, UnpublishedRow};
pub use package_build::PackageBuild;
pub use package_problem::{Confidence, FixRow, Level, ProblemRow, VariableIs, When};
pub use problem::Problem;
pub use range::Range;
pub use torch::{Basis, Published, TorchBuild, TorchFile, TorchRelease};
