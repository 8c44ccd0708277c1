//! What a package must have been built for to be installed here, without looking at what is installed.

use std::path::PathBuf;

use super::{Options, environments::select, glibc, host};
use crate::{
    facts::{Fact, Platform, PythonVersion},
    system::{Root, Surroundings},
};

/// This machine, as an installer sees it.
#[derive(Debug, Clone)]
pub struct Here {
    /// System and processor.
    pub platform: Fact<Platform>,
    /// Version of the GNU C library.
    pub glibc: Fact<String>,
    /// Python environments, the selected one first.
    pub pythons: Vec<InstalledPython>,
}

/// A Python environment's places.
#[derive(Debug, Clone)]
pub struct InstalledPython {
    /// Its folder.
    pub prefix: PathBuf,
    /// Its folders of packages.
    pub site_packages: Vec<PathBuf>,
    /// Its version.
    pub version: Fact<PythonVersion>,
}

/// Looks at the system and at where Python is.
pub fn here(root: &Root, surroundings: &Surroundings) -> Here {
    // Only something that the user names can be an error here, and nothing is named.
    let candidates = select::candidates(root, &Options::default(), surroundings).unwrap_or_default();
    let python = |candidate: select::Candidate| InstalledPython {
        prefix: candidate.layout.prefix,
        site_packages: candidate.layout.site_packages,
        version: candidate.layout.python,
    };
    Here {
        platform: host::platform(root),
        glibc: glibc::version(root),
        pythons: candidates.into_iter().map(python).collect(),
    }
}
