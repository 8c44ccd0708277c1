//! What could not be read, and what came over the network.

use serde::Serialize;

/// A folder, a file or a member of a package that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unread {
    /// Its path.
    pub path: String,
    /// Why not.
    pub why: String,
    /// Whether it may hold device code: then nothing can be said of the whole.
    pub matters: bool,
}

/// What was read of one file over the network.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remote {
    /// What was asked for, without secrets.
    pub target: String,
    /// Where it was, without secrets.
    pub url: String,
    /// Name of the file.
    pub file: String,
    /// The index that it was found on, and what named that; nothing for an address.
    pub index: Option<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// Bytes of it that came over the network.
    pub bytes: u64,
    /// Bytes of the index's pages that came over the network.
    pub index_bytes: u64,
    /// Requests that were made, for both.
    pub requests: u64,
    /// Whether only samples of its libraries were read.
    pub sampled: bool,
    /// Members that could hold GPU code and were not looked into.
    pub not_looked_into: Vec<String>,
    /// Whether it was downloaded whole, as the server gives out no parts.
    pub downloaded: bool,
}
