//! Programs on PATH, as a shell finds them: regular files that may be executed, in the order of its folders. None is run.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use which::{
    WhichConfig,
    sys::{Sys, SysMetadata},
};

use super::{Root, Surroundings};

/// What a shell could start by this name, first to last. On Windows the endings of PATHEXT are tried.
pub fn programs<'a>(root: &'a Root, surroundings: &'a Surroundings, name: &OsStr) -> Vec<PathBuf> {
    // A name with folders is not searched for on PATH.
    if Path::new(name).file_name() != Some(name) {
        return Vec::new();
    }
    let config = WhichConfig::new_with_sys(Inside { root, surroundings }).binary_name(name.to_owned());
    config.all_results().map(Iterator::collect).unwrap_or_default()
}

/// The system as the surroundings describe it, with the files of a root.
struct Inside<'a> {
    root: &'a Root,
    surroundings: &'a Surroundings,
}

/// The kind of a file.
struct Kind {
    file: bool,
    link: bool,
}

impl SysMetadata for Kind {
    fn is_symlink(&self) -> bool {
        self.link
    }

    fn is_file(&self) -> bool {
        self.file
    }
}

impl Sys for Inside<'_> {
    type ReadDirEntry = fs::DirEntry;
    type Metadata = Kind;

    fn is_windows(&self) -> bool {
        cfg!(windows)
    }

    fn current_dir(&self) -> io::Result<PathBuf> {
        self.surroundings.folder.clone().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// No shell expands `~` in PATH when it looks for a program.
    fn home_dir(&self) -> Option<PathBuf> {
        None
    }

    fn env_split_paths(&self, _: &OsStr) -> Vec<PathBuf> {
        self.surroundings.folders("PATH")
    }

    fn env_path(&self) -> Option<OsString> {
        self.surroundings.filled("PATH").map(OsString::from)
    }

    fn env_path_ext(&self) -> Option<OsString> {
        self.surroundings.filled("PATHEXT").or(Some(".COM;.EXE;.BAT;.CMD")).map(OsString::from)
    }

    fn metadata(&self, path: &Path) -> io::Result<Kind> {
        Ok(Kind { file: self.root.is_file(path), link: false })
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Kind> {
        Ok(Kind { file: self.root.is_file(path), link: self.root.is_link(path) })
    }

    /// Used on Windows only, for the case of a name, which does not matter here.
    fn read_dir(&self, _: &Path) -> io::Result<Box<dyn Iterator<Item = io::Result<fs::DirEntry>>>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_valid_executable(&self, path: &Path) -> io::Result<bool> {
        Ok(self.root.is_executable(path))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_what_may_be_executed_is_a_program() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, mode: u32| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        put("a/python3", 0o644);
        fs::create_dir_all(dir.path().join("b/python3")).unwrap();
        put("c/python3", 0o755);
        put("d/python3.12", 0o755);
        fs::create_dir_all(dir.path().join("e")).unwrap();
        symlink("/d/python3.12", dir.path().join("e/python3")).unwrap();
        symlink("nowhere", dir.path().join("d/python3")).unwrap();
        let mut surroundings = Surroundings::default();
        surroundings.variables.insert("PATH".to_owned(), "/a:/b::/c:~/d:/d:/e:relative".to_owned());
        let root = Root::new(Some(dir.path()), None).unwrap();
        let found = |name: &str| programs(&root, &surroundings, OsStr::new(name));
        assert_eq!(found("python3"), [Path::new("/c/python3"), Path::new("/e/python3")]);
        assert!(found("nvcc").is_empty() && found("c/python3").is_empty() && found("").is_empty());
        surroundings.variables.insert("PATH".to_owned(), String::new());
        assert!(programs(&root, &surroundings, OsStr::new("python3")).is_empty());
    }
}
