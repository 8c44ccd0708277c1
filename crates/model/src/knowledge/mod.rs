//! The files of `knowledge/` as types, and their validation. The build script checks the built-in files with it and embeds them; at
//! run time the same code reads overlays.

mod advice;
mod arch_list;
mod architecture;
mod cuda;
mod dependent;
mod error;
mod failure;
mod files;
mod gpu;
mod image;
mod interval;
mod jetson;
mod libraries;
mod package;
mod package_build;
mod package_problem;
mod pattern;
mod problem;
mod range;
mod reading;
mod row_kind;
mod rows;
mod table;
mod tool;
mod torch;
mod torch_conda;
mod torch_wheels;
mod validate;
mod validate_cuda;
mod validate_gpus;
mod validate_others;
mod validate_package;
mod validate_torch;
mod variable;

pub use advice::{AdviceCommand, AdviceFile, AdviceRow, AdviceTool};
pub use arch_list::{ArchListFile, ParserRow};
pub use architecture::{ArchitectureFile, ArchitectureRow, OpenModules};
pub use cuda::{BranchRow, CudaFile, ToolkitRow};
pub use dependent::{DependentFile, DependentRow};
pub use error::{ErrorFile, ErrorKind, ErrorRow};
pub use failure::{FailureFile, FailureRow};
pub use files::{Files, PACKAGES};
pub use gpu::{GpuFile, GpuRow};
pub use image::{ImageFile, ImageRow, tag_tells};
pub use interval::Interval;
pub use jetson::{JetpackRow, JetsonFile, JetsonTorchRow};
pub use libraries::{CommonOwner, CommonRow, LibrariesFile, LibraryRow};
pub use package::{AbiRow, PackageFile, PtxasRow, UnpublishedRow, WheelsRow};
pub use package_build::{PackageBuild, Variant, choose};
pub use package_problem::{
    Confidence, CudaHome, FixRow, Level, ProblemRow, SourceBuild, ToolkitIs, ToolkitPart, VariableIs, When,
};
pub use pattern::{Hit, Pattern, lower};
pub use problem::{Places, Problem};
pub use range::Range;
pub use reading::from_toml;
pub use row_kind::RowKind;
pub use rows::{Embedded, Rows, lay_packages, spelled};
pub use tool::{ToolFile, ToolRow};
pub use torch::{Basis, NightlyRow, Published, TorchBuild, TorchFile, TorchRelease};
pub use torch_conda::CondaRow;
pub use validate_gpus::contradictions;
pub use variable::{UnreadRow, VariableFile, VariableRow};

#[cfg(test)]
mod tests;
