//! Reads one installed library: what it contains, or what is wrong with it.

use std::{io, path::Path};

use crate::{
    binary::{self, FileSource, Headed, ReadAt},
    facts::{BadFile, Container, Fact, Flaw, Library, Platform},
    python,
    system::Root,
};

/// The result of reading a file. A broken file is still a library of its package, with unknown code; a file that is not a binary
/// at all (a linker script named `.so`) is not a library.
#[derive(Debug, Default)]
pub struct Look {
    /// The library.
    pub library: Option<Library>,
    /// What is wrong with it.
    pub bad: Option<BadFile>,
}

/// The device code of a file that no package is known to need: damage is not reported, and files without code are left out.
pub fn code_of(root: &Root, path: &Path, shown: &str) -> Option<Library> {
    let source = root.open(path).map(FileSource::opened).and_then(Headed::new).ok()?;
    let library = binary::read_source(&source, shown).ok().filter(|library| library.code.value().is_some())?;
    Some(with_glibc(library, &source))
}

/// The same, with the C library that it needs.
fn with_glibc(library: Library, source: &dyn ReadAt) -> Library {
    let glibc = (library.container == Container::Elf).then(|| binary::needed_glibc(source)).flatten();
    Library { glibc, ..library }
}

/// Looks at a file that should be a library.
pub fn look(root: &Root, path: &Path, shown: &str, platform: Option<Platform>) -> Look {
    let source = match root.open(path).map(FileSource::opened).and_then(Headed::new) {
        Ok(source) => source,
        Err(error) => return broken(shown, refused(root, path, &error)),
    };
    let flaw = if python::device_code(shown) { Ok(None) } else { binary::flaw(&source, shown, platform) };
    match flaw {
        Err(error) => return broken(shown, refused(root, path, &error)),
        Ok(Some((what @ (Flaw::NoLibrary | Flaw::LinkerScript | Flaw::Pointer | Flaw::Zeros), why))) => {
            return Look { library: None, bad: Some(BadFile { path: shown.to_owned(), what, why }) };
        }
        // The system may load it, and nothing says that it contains no code.
        Ok(Some((what @ Flaw::NoSections, why))) => {
            let bad = Some(BadFile { path: shown.to_owned(), what, why });
            return Look { library: binary::read_source(&source, shown).ok(), bad };
        }
        Ok(Some(flaw)) => return broken(shown, flaw),
        Ok(None) => {}
    }
    match binary::read_source(&source, shown) {
        Ok(library) => Look { library: Some(with_glibc(library, &source)), bad: None },
        Err(binary::Error::NotABinary) => Look::default(),
        Err(binary::Error::Io(error)) => broken(shown, refused(root, path, &error)),
        Err(error) => broken(shown, (Flaw::CutOff, format!("is truncated or damaged: {error}"))),
    }
}

fn broken(shown: &str, (what, why): (Flaw, String)) -> Look {
    let library = Library {
        path: shown.to_owned(),
        container: if shown.ends_with(".dll") || shown.ends_with(".pyd") { Container::Pe } else { Container::Elf },
        needed: Vec::new(),
        cpu: None,
        glibc: None,
        code: Fact::unknown(format!("cannot be read: it {why}")),
    };
    Look { library: Some(library), bad: Some(BadFile { path: shown.to_owned(), what, why }) }
}

/// The fault behind a file that could not be opened or read.
pub(super) fn refused(root: &Root, path: &Path, error: &io::Error) -> (Flaw, String) {
    let link = root.is_link(path);
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if link => {
            (Flaw::Absent, "is a broken symbolic link".to_owned())
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => (Flaw::Absent, "is missing".to_owned()),
        _ if root.is_dir(path) => (Flaw::NotAFile, "is a folder".to_owned()),
        _ if root.is_other(path) => (Flaw::NotAFile, "is a pipe or a device, not a file".to_owned()),
        io::ErrorKind::PermissionDenied => (Flaw::Unreadable, format!("cannot be read: {error}")),
        // Below another root the links are followed by hand, which says so; the system's own name for it is not stable yet.
        _ if link && root.real(path).is_err() => {
            (Flaw::LinkLoop, "is a symbolic link that leads back to itself".to_owned())
        }
        _ => (Flaw::Unreadable, format!("cannot be read: {error}")),
    }
}
