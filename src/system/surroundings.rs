//! What a process inherits: environment variables, current folder, home. Probes ask this and never the process itself, so that
//! tests can bring their own.

use std::{collections::BTreeMap, path::PathBuf};

use super::registered::{self, RegisteredPython};

/// The surroundings that decide which environment a plain `python` means.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// Current folder; `None` when it was deleted or may not be read.
    pub folder: Option<PathBuf>,
    /// Home folder; services and containers may have none.
    pub home: Option<PathBuf>,
    /// Pythons of Windows' registry, in the order in which `py` prefers them.
    pub registered: Vec<RegisteredPython>,
}

impl Surroundings {
    /// Those of this process. A name or value that is not Unicode gets replacement characters.
    pub fn of_process() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        Self {
            variables: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
            folder: std::env::current_dir().ok(),
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            registered: registered::registered(),
        }
    }

    /// A variable that is set, even to nothing. Windows does not distinguish `Path` from `PATH`.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let exact = self.variables.get(name);
        let found = exact.or_else(|| {
            let same = |other: &&String| cfg!(windows) && other.eq_ignore_ascii_case(name);
            self.variables.keys().find(same).and_then(|key| self.variables.get(key))
        });
        found.map(String::as_str)
    }

    /// A variable that is set to something.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.variable(name).filter(|value| !value.trim().is_empty())
    }

    /// The folders that a variable such as PATH lists; relative ones, and empty entries, start at the current folder.
    pub fn folders(&self, name: &str) -> Vec<PathBuf> {
        // An empty variable would be split into one empty entry.
        let Some(value) = self.filled(name) else { return Vec::new() };
        std::env::split_paths(value).filter_map(|path| self.absolute(path)).collect()
    }

    /// `path` from the root on; `~` is the shell's business and stays. On Windows `\x` is on the current folder's drive, and `D:x` in the
    /// folder that this process has on that drive.
    pub fn absolute(&self, path: PathBuf) -> Option<PathBuf> {
        // An image has no drives, wherever it is looked at.
        let drives = cfg!(windows) && self.folder.as_ref().is_some_and(|folder| folder.is_absolute());
        if path.is_absolute() || (path.has_root() && !drives) {
            return Some(path);
        }
        let joined = self.folder.as_ref()?.join(path);
        if drives { std::path::absolute(joined).ok() } else { Some(joined) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_set_but_not_filled() {
        let mut surroundings = Surroundings::default();
        surroundings.variables.insert("CUDA_VISIBLE_DEVICES".to_owned(), String::new());
        assert_eq!(surroundings.variable("CUDA_VISIBLE_DEVICES"), Some(""));
        assert_eq!(surroundings.filled("CUDA_VISIBLE_DEVICES"), None);
        assert_eq!(surroundings.variable("PATH"), None);
        surroundings.folder = Some(PathBuf::from("/here"));
        assert!(surroundings.folders("CUDA_VISIBLE_DEVICES").is_empty() && surroundings.folders("PATH").is_empty());
        surroundings.folder = None;
        assert!(surroundings.absolute(PathBuf::from("x")).is_none());
    }
}
