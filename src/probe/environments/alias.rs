//! What PATH has of programs from Microsoft's Store: aliases in `WindowsApps`, files without bytes, which only Windows can start and nobody can
//! read.

use std::path::Path;

use crate::system::{Node, Root};

/// The folder of all aliases.
pub const ALIASES: &str = "WindowsApps";

/// Whether a file is such an alias. One of a package of its own lies in a folder of its name; without that, it may lead to another program,
/// such as the one that offers to install Python.
pub fn is_alias(root: &Root, path: &Path) -> bool {
    let near = path.ancestors().skip(1).take(2).any(|folder| folder.ends_with(ALIASES));
    near && matches!(root.node(path), Ok(Node::File { len: 0, .. }))
}
