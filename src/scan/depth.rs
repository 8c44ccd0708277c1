//! How much of a scanned file is read.

/// How far reading goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Depth {
    /// Search each file for code that no section names, which reads all of it.
    pub deep: bool,
    /// Of packages, read only the beginning of large members: the base set.
    pub quick: bool,
}
