//! The Python version of an environment, by its files.

use std::path::{Path, PathBuf};

use super::pyvenv::{self, Pyvenv};
use crate::{
    facts::{Fact, PythonVersion, Source},
    system::Root,
};

/// A version and the library folder that belongs to it.
#[derive(Debug)]
pub struct Version {
    /// The version, and its source.
    pub python: Fact<PythonVersion>,
    /// `lib/python3.11`; Windows has none.
    pub folder: Option<PathBuf>,
}

/// The version of the environment in `prefix`.
///
/// Several may have been here one after the other (an upgraded virtual environment, Debian's /usr/lib), so the folders are asked
/// last, but they alone know a free-threaded Python from another.
pub fn version(root: &Root, prefix: &Path, venv: Option<&Pyvenv>, interpreter: Option<&Path>) -> Version {
    let library = prefix.join("lib");
    let folders: Vec<_> = root.names(&library).iter().filter_map(|name| of_folder(name)).collect();
    let folders: Vec<_> = folders
        .into_iter()
        .map(|version| (version, library.join(format!("python{version}"))))
        .filter(|(_, path)| root.is_dir(path))
        .collect();
    let told = told(root, prefix, venv, interpreter);
    let same =
        |version: &PythonVersion, told: &PythonVersion| (version.major, version.minor) == (told.major, told.minor);
    let found = match &told {
        Some((told, _)) => folders
            .iter()
            .find(|(version, _)| version == told)
            .or_else(|| folders.iter().find(|(version, _)| same(version, told))),
        None => folders.iter().max_by_key(|(version, _)| (version.major, version.minor, !version.free_threaded)),
    };
    let python = match (told, found) {
        (Some((told, via)), Some((version, _))) if told == *version => Fact::known(told, via),
        (_, Some((version, path))) => Fact::known(*version, Source::file(root.shown(path))),
        (Some((told, via)), None) => Fact::known(told, via),
        (None, None) => Fact::unknown("not found in pyvenv.cfg, a lib/python3.* folder or the interpreter's files"),
    };
    Version { python, folder: found.map(|(_, path)| path.clone()) }
}

/// Of a folder name: `python3.14t`.
pub fn of_folder(name: &str) -> Option<PythonVersion> {
    name.strip_prefix("python").filter(|version| version.contains('.'))?.parse().ok()
}

/// What pyvenv.cfg, conda or the interpreter says.
fn told(
    root: &Root,
    prefix: &Path,
    venv: Option<&Pyvenv>,
    interpreter: Option<&Path>,
) -> Option<(PythonVersion, Source)> {
    let source = |path: &Path| Source::file(root.shown(path));
    if let Some(version) = venv.and_then(|venv| venv.version.as_deref()).and_then(two_numbers) {
        return Some((version, source(&prefix.join(pyvenv::FILE))));
    }
    let meta = prefix.join("conda-meta");
    let package =
        root.names(&meta).into_iter().find_map(|name| Some((two_numbers(name.strip_prefix("python-")?)?, name)));
    if let Some((version, name)) = package {
        return Some((version, source(&meta.join(name))));
    }
    if let Some(real) = interpreter.and_then(|interpreter| root.real(interpreter).ok()) {
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(version) = of_folder(name.strip_suffix(".exe").unwrap_or(name)) {
            return Some((version, source(&real)));
        }
    }
    root.names(prefix).into_iter().find_map(|name| Some((of_windows_file(&name)?, source(&prefix.join(name)))))
}

/// `3.11.7`, `3.11.7.final.0`, `3.14.0-h1234_cp314`: the first two numbers.
fn two_numbers(text: &str) -> Option<PythonVersion> {
    let mut parts = text.trim().split(|c: char| !c.is_ascii_digit());
    format!("{}.{}", parts.next()?, parts.next()?).parse().ok()
}

/// `python312.dll`, `python313t.dll`, `python312._pth`.
fn of_windows_file(name: &str) -> Option<PythonVersion> {
    let name = name.strip_suffix("._pth").or_else(|| name.strip_suffix(".dll"))?;
    let (major, minor) = name.strip_prefix("python")?.split_at_checked(1)?;
    format!("{major}.{minor}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(version: Option<PythonVersion>) -> String {
        version.map(|version| version.to_string()).unwrap_or_default()
    }

    #[test]
    fn names_tell_versions() {
        assert_eq!(shown(of_folder("python3.14t")), "3.14t");
        assert_eq!(shown(of_folder("python3")), "");
        assert_eq!(shown(two_numbers("3.11.7.final.0")), "3.11");
        assert_eq!(shown(two_numbers("3.12.4-h1234_0_cpython.json")), "3.12");
        assert_eq!(shown(two_numbers("dateutil-2.9.0")), "");
        assert_eq!(shown(of_windows_file("python313t.dll")), "3.13t");
        assert_eq!(shown(of_windows_file("python312._pth")), "3.12");
        assert_eq!(shown(of_windows_file("python3.dll")), "");
    }

    proptest! {
        #[test]
        fn any_name_is_taken(name in any::<String>()) {
            of_folder(&format!("python{name}"));
            of_windows_file(&format!("python{name}.dll"));
            two_numbers(&name);
        }
    }
}
