//! The folders that an environment's interpreter looks through for distributions, in its order (CPython's site.py and the
//! changes of Debian and Fedora to it).

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{interpreter, pyvenv::Pyvenv, underpth::UnderPth, version};
use crate::{
    facts::PythonVersion,
    system::{Root, Surroundings},
};

/// What tells where an environment's folders are.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// Its folder.
    pub prefix: &'p Path,
    /// Interpreter version.
    pub python: Option<PythonVersion>,
    /// Whether its folders are those of Windows.
    pub windows: bool,
    /// What makes it a virtual environment.
    pub venv: Option<&'p Pyvenv>,
    /// `lib/python3.12` in it, elsewhere than on Windows.
    pub library: Option<&'p Path>,
    /// What tells an embedded Python its folders.
    pub underpth: Option<&'p UnderPth>,
}

/// The folders that exist, each once.
pub fn site_packages(root: &Root, surroundings: &Surroundings, place: Place<'_>) -> Vec<PathBuf> {
    let Place { prefix, python: version, windows, venv, library, underpth } = place;
    let mut folders = Vec::new();
    match (venv, underpth) {
        (Some(venv), _) => {
            folders.extend(own(prefix, library));
            let folder = prefix.join("lib");
            if library.is_none() && is_closed(root, &folder) {
                folders.push(folder);
            }
            if venv.system_site_packages {
                folders.extend(user(surroundings, version, windows));
                folders.extend(venv.home.as_deref().map(|home| base(root, home)).unwrap_or_default());
            }
        }
        // Isolated: neither the user's folder nor one of a variable counts.
        (None, Some(underpth)) => {
            folders.extend(underpth.listed.iter().filter(|folder| has_distributions(root, folder)).cloned());
            folders.extend(own(prefix, library).into_iter().filter(|_| underpth.site));
        }
        (None, None) => {
            folders.extend(user(surroundings, version, windows));
            folders.extend(distribution(prefix, version));
            folders.extend(own(prefix, library));
        }
    }
    let mut seen = Vec::new();
    folders.retain(|folder| match root.real(folder) {
        // lib64 is often a link to lib.
        Ok(real) => {
            let new = root.is_dir(&real) && !seen.contains(&real);
            seen.push(real);
            new
        }
        // A folder below one that may not be entered stays in the list, so that it is reported.
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    });
    folders
}

/// Whether there are distributions in a folder that a Python was told of.
fn has_distributions(root: &Root, folder: &Path) -> bool {
    root.names(folder).iter().any(|name| name.ends_with(".dist-info"))
}

/// Whether a folder is there and does not let its entries be seen.
fn is_closed(root: &Root, folder: &Path) -> bool {
    root.listing(folder).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// purelib and platlib of the environment itself.
fn own(prefix: &Path, library: Option<&Path>) -> Vec<PathBuf> {
    let Some(library) = library else { return vec![prefix.join("Lib").join("site-packages")] };
    let name = library.file_name().unwrap_or_default();
    vec![library.join("site-packages"), prefix.join("lib64").join(name).join("site-packages")]
}

/// Where Debian and Fedora put what pip and what their own packages install.
fn distribution(prefix: &Path, version: Option<PythonVersion>) -> Vec<PathBuf> {
    let Some(version) = version else { return Vec::new() };
    let local = prefix.join("local");
    let name = format!("python{version}");
    vec![
        local.join("lib").join(&name).join("dist-packages"),
        local.join("lib64").join(&name).join("site-packages"),
        local.join("lib").join(&name).join("site-packages"),
        prefix.join("lib").join("python3").join("dist-packages"),
    ]
}

/// `pip install --user`.
fn user(surroundings: &Surroundings, version: Option<PythonVersion>, windows: bool) -> Option<PathBuf> {
    let version = version.filter(|_| surroundings.filled("PYTHONNOUSERSITE").is_none())?;
    if windows {
        let folder = Path::new(surroundings.filled("APPDATA")?).join("Python");
        return Some(folder.join(format!("Python{}{}", version.major, version.minor)).join("site-packages"));
    }
    let library = surroundings.home.as_deref()?.join(".local").join("lib");
    Some(library.join(format!("python{version}")).join("site-packages"))
}

/// The folders of the interpreter that a virtual environment was made from; `home` is where that lies.
fn base(root: &Root, home: &Path) -> Vec<PathBuf> {
    let interpreter =
        ["python3", "python", "python.exe"].iter().map(|name| home.join(name)).find(|path| root.is_file(path));
    let Some(prefix) = interpreter.as_deref().and_then(|interpreter| interpreter::prefix(root, interpreter)) else {
        return Vec::new();
    };
    let version = version::version(root, &prefix, None, interpreter.as_deref());
    let mut folders = distribution(&prefix, version.python.value().copied());
    folders.extend(own(&prefix, version.folder.as_deref()));
    folders
}
