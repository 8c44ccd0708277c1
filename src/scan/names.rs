//! What names say: which files can contain device code, which are packages, and how a path is shown.

use std::path::Path;

use crate::{python, report::scan::BundleKind};

/// Endings of files with device code, besides those of shared libraries.
const ENDINGS: [&str; 6] = ["a", "o", "lib", "cubin", "fatbin", "ptx"];

/// The kind of package that a file's name promises.
pub fn package_kind(target: &Path) -> Option<BundleKind> {
    let name = target.to_string_lossy();
    match name.rsplit_once('.')?.1 {
        "whl" => Some(BundleKind::Wheel),
        "conda" => Some(BundleKind::Conda),
        "bz2" if name.ends_with(".tar.bz2") => Some(BundleKind::Conda),
        _ => None,
    }
}

/// Whether a name is that of a file that can contain device code.
pub fn is_candidate(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    python::shared_library(name) || ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

/// A path below a folder, with forward slashes; the folder itself is a dot.
pub fn relative(path: &Path, base: &Path) -> String {
    match path.strip_prefix(base).unwrap_or(path).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/") {
        text if text.is_empty() => ".".to_owned(),
        text => text,
    }
}
