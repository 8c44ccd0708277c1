//! What a file, a folder or a package can run on, before it is installed: facts from its libraries, and what they amount to.

mod collect;
mod remote;
mod sizes;
mod target;
mod verdict;

use serde::Serialize;

pub use collect::{Collected, Depth, collect};
pub use remote::{Network, Remote};
pub use sizes::{Size, sizes};
pub use target::Target;
pub use verdict::{Run, runs};

use crate::facts::{Extent, Fact, Library};

/// One library, and which of the GPUs in question can run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scanned {
    /// The library as it was read.
    #[serde(flatten)]
    pub library: Library,
    /// The GPUs in question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs_on: Vec<Run>,
}

/// Whether only the beginning of a library was read.
fn is_sample(library: &Library) -> bool {
    match &library.code {
        Fact::Known { value, .. } => value.extent == Extent::Sampled,
        Fact::Absent { .. } => false,
        Fact::Unknown { why } => why.starts_with("only sampled"),
    }
}
