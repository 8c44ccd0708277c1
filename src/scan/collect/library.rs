//! How far one library is read: its sections, or all of it if those are not conclusive.

use std::path::Path;

use super::super::{
    depth::Depth,
    progress::{Counted, Progress},
};
use crate::{
    binary::{self, FileSource},
    facts::{Flaw, Library},
    python,
};

/// A file of this size of which sections show next to nothing keeps its code elsewhere.
const STUB_FILE: u64 = 1 << 20;
/// Next to nothing: one byte in this many.
const STUB_SHARE: u64 = 256;

/// Reads libraries to one depth.
#[derive(Debug, Clone, Copy)]
pub struct LibraryReader<'p> {
    pub depth: Depth,
    pub progress: &'p Progress,
}

impl LibraryReader<'_> {
    /// A file that was named: where no section shows code, all of it is searched.
    pub fn named(self, path: &Path, shown: &str, size: u64) -> Result<Library, binary::Error> {
        let library = self.by_sections(path, shown, size)?;
        if library.code.is_unknown() { self.searched(path, shown) } else { Ok(library) }
    }

    /// One file of a folder, if it is a whole library.
    pub fn in_folder(self, path: &Path, shown: &str, size: u64) -> Result<Library, binary::Error> {
        match broken(path) {
            Some((Flaw::NoSections, _)) => binary::read_deep(path, shown),
            Some((_, why)) => Err(binary::Error::Broken(why)),
            None => self.by_sections(path, shown, size),
        }
    }

    /// By what its sections show. Where that is a stub only, all of it is searched.
    fn by_sections(self, path: &Path, shown: &str, size: u64) -> Result<Library, binary::Error> {
        if self.depth.deep {
            return self.searched(path, shown);
        }
        let library = binary::read_library(path, shown)?;
        let stub = library.code.value().is_some_and(|code| {
            let stored: u64 = code.bytes.values().sum();
            code.fatbins > 0 && size >= STUB_FILE && stored.saturating_mul(STUB_SHARE) < size
        });
        if stub { self.searched(path, shown) } else { Ok(library) }
    }

    /// All of it searched.
    fn searched(self, path: &Path, shown: &str) -> Result<Library, binary::Error> {
        let source = FileSource::open(path)?;
        binary::read_deep_of(&Counted::new(&source, self.progress), shown, path.parent())
    }
}

/// What is wrong with a file that has the name of a shared library. Its reader reports that it cannot be opened.
pub fn broken(path: &Path) -> Option<(Flaw, String)> {
    let name = path.file_name()?.to_string_lossy();
    python::shared_library(&name).then_some(())?;
    binary::flaw(&FileSource::open(path).ok()?, &name, None).ok()?
}
