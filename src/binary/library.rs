//! One file: which format it is, what its device code adds up to.

use std::path::Path;

use super::{
    Error, FileSource, ReadAt, Summary, ar, contents,
    source::{Bounded, MOST_READ},
    static_library,
};
use crate::facts::{Container, Extent, Fact, How, Library};

/// Reads the contents of a file on disk. `shown` is how reports name it.
///
/// # Errors
/// When it cannot be opened, its format cannot carry device code, or it is damaged before its sections could be found. Later
/// damage is part of the result.
pub fn read_library(path: &Path, shown: &str) -> Result<Library, Error> {
    library(&FileSource::open(path)?, shown, path.parent(), false)
}

/// Reads the contents of a file on disk, and searches all of it for code that no section names: at the speed of memory or disk, where
/// [`read_library`] reads a few pages. What is found so is counted as hidden.
///
/// # Errors
/// As [`read_library`].
pub fn read_deep(path: &Path, shown: &str) -> Result<Library, Error> {
    library(&FileSource::open(path)?, shown, path.parent(), true)
}

/// [`read_deep`] of a file that is open already, whose members beside it are in `folder`.
///
/// # Errors
/// As [`read_library`].
pub fn read_deep_of(source: &dyn ReadAt, shown: &str, folder: Option<&Path>) -> Result<Library, Error> {
    library(source, shown, folder, true)
}

/// Reads the contents of a source. A thin archive has none: its members are separate files.
///
/// # Errors
/// As [`read_library`].
pub fn read_source(source: &dyn ReadAt, shown: &str) -> Result<Library, Error> {
    library(source, shown, None, false)
}

/// Reads the contents of a source, as [`read_deep`] does.
///
/// # Errors
/// As [`read_library`].
pub fn read_source_deep(source: &dyn ReadAt, shown: &str) -> Result<Library, Error> {
    library(source, shown, None, true)
}

fn library(source: &dyn ReadAt, shown: &str, folder: Option<&Path>, deep: bool) -> Result<Library, Error> {
    let bounded = Bounded::new(source, MOST_READ);
    let source: &dyn ReadAt = &bounded;
    let mut summary = Summary::default();
    let mut damage = Vec::new();
    let contents = match ar::kind(source)? {
        Some(kind) => static_library::read(source, kind, folder, deep, &mut summary, &mut damage),
        None => contents::read(source, deep, &mut summary, &mut damage)?.ok_or(Error::NotABinary)?,
    };
    let bare = summary.is_empty();
    summary.damage(damage);
    let via = |place: &str| crate::facts::Source::new(How::Binary, format!("{shown}, {place}"));
    let cut_off = bounded.is_spent() || source.len() > MOST_READ;
    let searched = deep && contents.container != Container::Cubin;
    let code = match contents.place {
        None if bare && searched && cut_off => Fact::unknown(format!(
            "no device code section, and no device code in its first {} GiB; the rest is not searched",
            MOST_READ >> 30
        )),
        None if summary.is_empty() && searched => Fact::absent(via("the whole file")),
        None if summary.is_empty() => Fact::unknown(contents.missing),
        place => {
            summary.extent(if deep && !cut_off { Extent::WholeFile } else { Extent::Sections });
            Fact::known(summary.finish(), via(place.unwrap_or("the whole file")))
        }
    };
    let contents::Contents { container, cpu, needed, .. } = contents;
    Ok(Library { path: shown.to_owned(), container, cpu, needed, glibc: None, code })
}
