//! What Python packages say of themselves as text: names, versions, requirements with their markers, metadata, file lists.
//! Nothing here reads a file or runs Python.

mod error;
mod library_name;
mod local_version;
mod marker;
mod marker_environment;
mod marker_operator;
mod marker_parser;
mod metadata;
mod names;
mod parsed;
mod record;
mod requirement;
mod tags;
mod version_py;
mod versions;
mod wheel_name;

pub use error::RequirementError;
pub use library_name::{file_name, is_variant, library_stem, library_variant};
pub use local_version::{
    BuiltFor, CudaTag, TorchVariant, built_for, cuda_major_named, cuda_of_local, minor_release, torch_variant,
};
pub use marker::Marker;
pub use marker_environment::MarkerEnvironment;
pub use metadata::{Metadata, egg_requires};
pub use names::{normalize, of_conda};
pub use parsed::{public, specifiers, version, without_local};
pub use record::{device_code, native_file, record_libraries, record_paths, shared_library};
pub use requirement::Requirement;
pub use tags::{System, WheelPlatform, WheelTarget};
pub use version_py::{TorchVersion, version_py};
pub use versions::{cuda_tag, exact_version, in_range, pinned, public_version, satisfies};
pub use wheel_name::WheelName;
