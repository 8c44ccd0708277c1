//! An installed distribution, as its metadata and its folder describe it.

use std::path::{Path, PathBuf};

use crate::facts::{Listing, Package};

/// A distribution and what its RECORD lists.
#[derive(Debug)]
pub struct Distribution {
    /// What the facts say of it; libraries are not read yet.
    pub package: Package,
    /// The folder it is installed in.
    pub site: PathBuf,
    /// Its shared libraries, relative to `site`; `None` when there is no RECORD.
    pub natives: Option<Vec<String>>,
    /// The Python files that it cannot be imported without, as far as its RECORD lists them; `None` when there is no RECORD.
    pub sources: Option<Vec<Wanted>>,
    /// A file of an editable install that has no effect any more.
    pub left: Option<PathBuf>,
    /// Whether there is only its module, and no metadata.
    pub bare: bool,
    /// The folder that its modules are taken from, where that is another.
    pub source: Option<PathBuf>,
}

impl Distribution {
    /// The source of the list of its libraries.
    pub fn listing(&self) -> Listing {
        match (&self.natives, self.package.editable.as_deref()) {
            (_, Some("")) => Listing::Nowhere,
            // Every torch has libraries: a RECORD that lists none was truncated, or belongs to something else.
            (Some(natives), None) if !natives.is_empty() || self.package.name != "torch" => Listing::Record,
            _ if self.bare => Listing::Module,
            _ => Listing::Folder,
        }
    }

    /// The folder of its modules.
    pub fn code(&self) -> &Path {
        self.source.as_deref().unwrap_or(&self.site)
    }
}

/// A file that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Relative to the folder of packages.
    pub path: String,
    /// Whether it has to have bytes: an `__init__.py` without any is usual, unless it was installed with some.
    pub filled: bool,
}
