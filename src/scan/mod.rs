//! What a file, a folder or a package can run on, before it is installed: facts from its libraries, and what they amount to.

mod collect;
mod sizes;
mod verdict;

use serde::Serialize;

pub use collect::{Collected, Depth, collect};
pub use sizes::{Size, sizes};
pub use verdict::{Run, runs};

use crate::facts::Library;

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
