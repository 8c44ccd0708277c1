//! The files of `knowledge/` as types, and what makes them valid. Also compiled into build.rs, which checks the built-in files and
//! embeds them; at run time the same code reads overlays.

mod advice;
mod arch_list;
mod architecture;
mod cuda;
mod files;
mod gpu;
mod libraries;
mod package;
mod problem;
mod torch;
mod validate;

pub use advice::{AdviceFile, AdviceRow};
pub use arch_list::{ArchListFile, ParserRow};
pub use architecture::{ArchitectureFile, ArchitectureRow, OpenModules};
pub use cuda::{BranchRow, CudaFile};
pub use files::Files;
pub use gpu::{GpuFile, GpuRow};
pub use libraries::{CommonOwner, LibrariesFile, LibraryRow};
pub use package::{PackageFile, PtxasRow};
pub use problem::Problem;
pub use torch::{Basis, Published, TorchBuild, TorchFile, TorchRelease};
