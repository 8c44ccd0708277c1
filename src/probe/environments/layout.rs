//! The layout of an environment's folder: a virtual environment, a conda environment, an installed or an embedded
//! Python, or bare site-packages.

use std::path::{Path, PathBuf};

use super::{
    conda,
    pyvenv::{self, Pyvenv},
    sites::{self, Place},
    underpth::{self, UnderPth},
    version::{self, Version},
};
use crate::{
    facts::{Fact, PythonVersion},
    system::{Root, Surroundings},
};

/// An environment's places.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Its folder.
    pub prefix: PathBuf,
    /// Its interpreter, by the name a shell would use.
    pub interpreter: Option<PathBuf>,
    /// Folders of distributions in the order Python looks through them.
    pub site_packages: Vec<PathBuf>,
    /// Interpreter version.
    pub python: Fact<PythonVersion>,
    /// Whether its folders are those of Windows.
    pub windows: bool,
    /// What makes it a virtual environment.
    pub venv: Option<Pyvenv>,
    /// Whether conda made it.
    pub conda: bool,
    /// What tells an embedded Python its folders.
    pub underpth: Option<UnderPth>,
}

impl Layout {
    /// The environment in `prefix`, when there is one. `interpreter` is how it was found, if by its interpreter.
    pub fn of_prefix(
        root: &Root,
        surroundings: &Surroundings,
        prefix: &Path,
        interpreter: Option<&Path>,
    ) -> Option<Self> {
        let venv = pyvenv::read(root, prefix);
        let own = first_file(root, prefix, &["bin/python", "bin/python3", "Scripts/python.exe", "python.exe"]);
        // A virtual environment keeps its name when its base interpreter is gone; anything else needs one.
        let interpreter = interpreter.map(Path::to_owned).or(own);
        if venv.is_none() && interpreter.is_none() {
            return None;
        }
        let conda = venv.is_none() && conda::is_conda(root, prefix);
        let underpth = underpth::read(root, prefix).filter(|_| venv.is_none());
        let Version { python, folder } = version::version(root, prefix, venv.as_ref(), interpreter.as_deref());
        // An embedded Python has no `Lib` before something is installed in it.
        let windows = folder.is_none() && (root.is_dir(&prefix.join("Lib")) || underpth.is_some());
        // A project may have a `bin/python` of its own: without a library folder it is not a Python.
        if venv.is_none() && !windows && folder.is_none() && python.value().is_none() {
            return None;
        }
        let place = Place {
            prefix,
            python: python.value().copied(),
            windows,
            venv: venv.as_ref(),
            library: folder.as_deref(),
            underpth: underpth.as_ref(),
        };
        let site_packages = sites::site_packages(root, surroundings, place);
        Some(Self { prefix: prefix.to_owned(), interpreter, site_packages, python, windows, venv, conda, underpth })
    }

    /// The environment that a folder of distributions belongs to, or the folder alone (`pip install --target`).
    pub fn of_site_packages(root: &Root, surroundings: &Surroundings, folder: &Path) -> Option<Self> {
        let named = is_named(folder);
        let filled = || root.names(folder).iter().any(|name| name.ends_with(".dist-info"));
        if !root.is_dir(folder) || !(named || filled()) {
            return None;
        }
        let library = folder.parent().filter(|_| named).and_then(|parent| parent.file_name());
        let library = library.and_then(|name| name.to_str()).unwrap_or_default();
        let windows = library == "Lib";
        let whole = prefix_of_site(folder).and_then(|prefix| Self::of_prefix(root, surroundings, &prefix, None));
        if let Some(whole) = whole.filter(|whole| whole.venv.is_some() || whole.conda) {
            return Some(whole);
        }
        let python = match version::of_folder(library) {
            Some(python) => Fact::known(python, crate::facts::Source::file(root.shown(folder))),
            None => Fact::unknown("a site-packages folder does not say which Python it is for"),
        };
        let site_packages = vec![folder.to_owned()];
        let prefix = folder.to_owned();
        let (venv, conda, underpth) = (None, false, None);
        Some(Self { prefix, interpreter: None, site_packages, python, windows, venv, conda, underpth })
    }
}

/// The folder of the environment that a folder of distributions with one of the usual names lies in: `Lib/site-packages`, or
/// `lib/python3.12/site-packages`.
pub fn prefix_of_site(folder: &Path) -> Option<PathBuf> {
    let parent = folder.parent().filter(|_| is_named(folder))?;
    let library = if parent.file_name().is_some_and(|name| name == "Lib") { parent } else { parent.parent()? };
    library.parent().map(Path::to_owned)
}

fn is_named(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name == "site-packages" || name == "dist-packages")
}

/// The first of these files that exists.
fn first_file(root: &Root, prefix: &Path, names: &[&str]) -> Option<PathBuf> {
    let join = |name: &&str| name.split('/').fold(prefix.to_owned(), |path, part| path.join(part));
    names.iter().map(join).find(|path| root.is_file(path))
}
