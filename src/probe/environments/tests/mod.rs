//! Scenes of environments in a temporary folder, and what the probe makes of them. Unix only: most of them need symbolic links.

#![cfg(unix)]

mod broken;
mod content;
mod platforms;
mod selection;
mod windows;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use crate::{
    facts::{Environment, Facts},
    probe::{self, Options, header::tests::elf},
    system::Surroundings,
};

/// A home folder with whatever a test puts there.
struct Scene {
    dir: tempfile::TempDir,
    options: Options,
    surroundings: Surroundings,
}

impl Scene {
    /// An empty home, which is also the current folder.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = fs::canonicalize(dir.path()).unwrap();
        let surroundings = Surroundings { folder: Some(home.clone()), home: Some(home), ..Default::default() };
        Self { dir, options: Options::default(), surroundings }
    }

    fn path(&self, path: &str) -> PathBuf {
        fs::canonicalize(self.dir.path()).unwrap().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        // What lies in a folder of programs is one.
        if path.parent().is_some_and(|folder| folder.ends_with("bin") || folder.ends_with("shims")) {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        path
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// A virtual environment of Python 3.11.
    fn venv(&self, path: &str) -> PathBuf {
        self.write(&format!("{path}/pyvenv.cfg"), "home = /gone/bin\nversion = 3.11.7\n");
        self.write(&format!("{path}/bin/python"), elf(62));
        fs::create_dir_all(self.path(&format!("{path}/lib/python3.11/site-packages"))).unwrap();
        self.link(&format!("{path}/lib64"), "lib");
        self.path(path)
    }

    /// An installed Python 3.11 with its interpreter's usual names.
    fn python(&self, path: &str) -> PathBuf {
        self.write(&format!("{path}/bin/python3.11"), elf(62));
        self.link(&format!("{path}/bin/python3"), "python3.11");
        fs::create_dir_all(self.path(&format!("{path}/lib/python3.11/site-packages"))).unwrap();
        self.path(path)
    }

    fn conda(&self, path: &str) -> PathBuf {
        self.write(&format!("{path}/conda-meta/python-3.11.9-h1_0_cpython.json"), "{}");
        self.python(path)
    }

    /// An installed distribution in a virtual environment's site-packages.
    fn install(&self, venv: &str, name: &str, version: &str, files: &[&str]) {
        let site = format!("{venv}/lib/python3.11/site-packages");
        let info = format!("{site}/{}-{version}.dist-info", name.replace('-', "_"));
        self.write(
            &format!("{info}/METADATA"),
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nText"),
        );
        self.write(&format!("{info}/INSTALLER"), "pip\n");
        for file in files {
            self.write(&format!("{site}/{file}"), elf(62));
        }
        let record: String = files.iter().map(|file| format!("{file},sha256=x,64\n")).collect();
        self.write(&format!("{info}/RECORD"), record);
    }

    fn set(&mut self, name: &str, value: impl AsRef<Path>) {
        self.surroundings.variables.insert(name.to_owned(), value.as_ref().to_str().unwrap().to_owned());
    }

    fn name(&mut self, path: &str) {
        let path = self.path(path);
        self.options.python.push(path);
    }

    fn facts(&self) -> Facts {
        probe::facts(&self.options, &self.surroundings).unwrap()
    }

    fn environments(&self) -> Vec<Environment> {
        self.facts().environments
    }

    /// Each environment's id and why it is one; the selected one is the first.
    fn found(&self) -> Vec<(String, String)> {
        let environments = self.environments();
        for (index, environment) in environments.iter().enumerate() {
            assert_eq!(environment.selected, index == 0, "{}", environment.id);
        }
        environments.into_iter().map(|environment| (environment.id, environment.found_by)).collect()
    }

    fn error(&self) -> String {
        format!("{:#}", probe::facts(&self.options, &self.surroundings).unwrap_err())
    }
}

fn pairs<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    expected.map(|(id, found_by)| (id.to_owned(), found_by.to_owned())).into()
}
