//! A PyTorch build that could serve.

use crate::knowledge::{TorchBuild, TorchRelease};

/// A build of a release.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'k> {
    /// The release.
    pub release: &'k TorchRelease,
    /// The build.
    pub build: &'k TorchBuild,
}
