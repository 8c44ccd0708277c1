//! The text formats of Python packaging: names, versions, requirements, markers, metadata. No file is opened here: the environment
//! probe, manifests and rules share these readers.

mod marker;
mod metadata;
mod names;
mod record;
mod requirement;
mod version_py;
mod versions;

pub use marker::{Marker, MarkerEnvironment};
pub use metadata::{Metadata, egg_requires};
pub use names::normalize;
pub use record::{record_paths, shared_library};
pub use requirement::{Requirement, RequirementError};
pub use version_py::{VersionPy, version_py};
pub use versions::{cuda_of_local, cuda_tag, public_version};
