//! From the name of an interpreter to the folder of its environment, the way a shell and pyenv's shims find it.

use std::path::{Path, PathBuf};

use super::{alias::is_alias, pyvenv};
use crate::system::{Root, Surroundings, is_remote, programs};

/// Names that a shell may know an interpreter by, those that people type first.
const NAMES: [&str; 2] = if cfg!(windows) { ["python", "python3"] } else { ["python3", "python"] };

/// An interpreter that a shell finds by a name.
#[derive(Debug)]
pub struct OnPath {
    /// The interpreter, shims resolved.
    pub path: PathBuf,
    /// The name.
    pub name: &'static str,
    /// Whether the name starts it, and not an alias of the Store before it.
    pub first: bool,
}

/// Interpreters on PATH: the first `python3`, the first `python`.
pub fn on_path(root: &Root, surroundings: &Surroundings) -> Vec<OnPath> {
    let first = |name: &'static str| {
        let programs = programs(root, surroundings, name.as_ref());
        let aliases = programs.iter().take_while(|program| is_alias(root, program)).count();
        let path = programs.into_iter().skip(aliases).find_map(|program| behind_shim(root, surroundings, program))?;
        Some(OnPath { path, name, first: aliases == 0 })
    };
    NAMES.into_iter().filter_map(first).collect()
}

/// What a shell would start by a name without folders, such as `python3.12`.
pub fn called(root: &Root, surroundings: &Surroundings, name: &Path) -> Option<PathBuf> {
    programs(root, surroundings, name.as_os_str())
        .into_iter()
        .find_map(|program| behind_shim(root, surroundings, program))
}

/// The interpreter itself, or the one that its shim would start; nothing for another program. Nobody can read behind an alias of the Store.
pub fn behind_shim(root: &Root, surroundings: &Surroundings, path: PathBuf) -> Option<PathBuf> {
    if !root.is_file(&path) || is_alias(root, &path) {
        return None;
    }
    if let Some(target) = target(root, &path) {
        return Some(target);
    }
    match path.parent().filter(|folder| folder.ends_with("shims")) {
        Some(shims) => {
            let name = path.file_name()?.to_str()?;
            let name = name.strip_suffix(".bat").or_else(|| name.strip_suffix(".exe")).unwrap_or(name);
            pyenv(root, surroundings, shims.parent()?, name)
        }
        None => is_python(&path).then_some(path),
    }
}

/// What a launcher of Python's install manager starts: `python.exe.__target__` beside it has the path (its src/pymanager/launcher.cpp).
fn target(root: &Root, path: &Path) -> Option<PathBuf> {
    let mut name = path.file_name()?.to_owned();
    name.push(".__target__");
    let file = path.with_file_name(name);
    if !root.is_file(&file) {
        return None;
    }
    let text = root.read_text(&file, 32 << 10).ok()?;
    let target = PathBuf::from(text.trim_start_matches('\u{feff}').trim());
    (!is_remote(&target, path) && root.is_file(&target)).then_some(target)
}

/// Folder of the environment that an interpreter belongs to.
pub fn prefix(root: &Root, interpreter: &Path) -> Option<PathBuf> {
    is_python(interpreter).then_some(())?;
    let folder = interpreter.parent()?;
    // Python looks for pyvenv.cfg beside the name it was started by, before it follows links.
    if let Some(prefix) = [Some(folder), folder.parent()].into_iter().flatten().find(|folder| is_venv(root, folder)) {
        return Some(prefix.to_owned());
    }
    let real = root.real(interpreter).ok().filter(|real| is_python(real))?;
    let folder = real.parent()?;
    if folder.ends_with("bin") || folder.ends_with("Scripts") { folder.parent() } else { Some(folder) }
        .map(Path::to_owned)
}

fn is_venv(root: &Root, folder: &Path) -> bool {
    root.is_file(&folder.join(pyvenv::FILE))
}

/// Whether the file is named like an interpreter; links to version managers are not.
fn is_python(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
    let rest = rest.map(|rest| rest.strip_suffix(".exe").unwrap_or(rest));
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 't' || c == 'w'))
}

/// What pyenv's shim starts: PYENV_VERSION, the nearest .python-version, the global version.
fn pyenv(root: &Root, surroundings: &Surroundings, pyenv: &Path, name: &str) -> Option<PathBuf> {
    let listed = |text: String| {
        let words = text.lines().map(|line| line.split('#').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
        words.iter().flat_map(|line| line.split([':', ' ', '\t'])).map(str::to_owned).collect::<Vec<_>>()
    };
    let file = |path: PathBuf| root.read_text(&path, 4096).ok().map(listed);
    let nearest =
        || surroundings.folder.as_deref()?.ancestors().find_map(|folder| file(folder.join(".python-version")));
    let versions = surroundings.filled("PYENV_VERSION").map(|text| listed(text.to_owned()));
    let versions = versions.or_else(nearest).or_else(|| file(pyenv.join("version")))?;
    versions.iter().filter(|version| is_name(version)).find_map(|version| installed(root, pyenv, version, name))
}

/// A version is a folder name; `system` means whatever PATH has after the shims.
fn is_name(version: &str) -> bool {
    !version.is_empty() && version != "system" && !version.starts_with('.') && !version.contains(['/', '\\'])
}

/// The interpreter of an installed version; `3.11` means the newest 3.11.
fn installed(root: &Root, pyenv: &Path, version: &str, name: &str) -> Option<PathBuf> {
    let versions = pyenv.join("versions");
    // pyenv-win has no `bin` folder.
    let at = |version: &str| {
        let folder = versions.join(version);
        let paths = [folder.join("bin").join(name), folder.join(format!("{name}.exe"))];
        paths.into_iter().find(|path| root.is_file(path))
    };
    at(version).or_else(|| {
        let prefix = format!("{version}.");
        let last = |name: &String| name.strip_prefix(&prefix).and_then(|rest| rest.parse::<u32>().ok());
        let newest = root.names(&versions).into_iter().filter(|name| last(name).is_some()).max_by_key(last)?;
        at(&newest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interpreters_are_named_like_one() {
        for name in ["python", "python3", "python3.11", "python3.14t", "Python.exe", "pythonw.exe", "pypy3"] {
            assert!(is_python(Path::new(name)), "{name}");
        }
        for name in ["mise", "python3-config", "python-argcomplete-tcsh", "requirements.txt", ""] {
            assert!(!is_python(Path::new(name)), "{name}");
        }
    }
}
