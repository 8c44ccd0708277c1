//! Which environments exist, and which one is meant: what the user names, then what the shell has activated, then what lies
//! beside the project, then what PATH has.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::{
    alias::is_alias,
    interpreter::{self, OnPath},
    layout::Layout,
    lists, store,
};
use crate::{
    probe::Options,
    system::{Root, Surroundings},
};

/// Folders that people and tools keep a project's environment in; the last is ComfyUI's, misspelt there.
const FOLDERS: [&str; 4] = [".venv", "venv", ".pixi/envs/default", "python_embeded"];

/// An environment that exists. The first in the list is the selected one.
#[derive(Debug)]
pub struct Candidate {
    /// Its places.
    pub layout: Layout,
    /// Why it is one.
    pub found_by: String,
    /// Whether a plain `pip` acts on it.
    pub active: bool,
}

/// All environments, each once, the selected one first.
///
/// # Errors
/// When the user named something that is not a Python environment.
pub fn candidates(root: &Root, options: &Options, surroundings: &Surroundings) -> anyhow::Result<Vec<Candidate>> {
    let finder = Finder { root, surroundings };
    let mut list = List { root, found: Vec::new() };
    for path in &options.python {
        let layout = finder.named(path)?;
        list.add(layout, format!("--python {}", root.shown(path)), false);
    }
    // What the shell has activated: a virtual environment inside a conda one wins. Whether a plain `pip` is its own is PATH's affair:
    // an editor, sudo or direnv may set the variable alone.
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let folder = surroundings.filled(name).and_then(|path| surroundings.absolute(PathBuf::from(path)));
        if let Some(layout) = folder.and_then(|folder| finder.prefix(&root.tidy(folder))) {
            list.add(layout, name.to_owned(), false);
        }
    }
    for folder in surroundings.folder.iter().flat_map(|folder| folder.ancestors()) {
        for (name, layout) in finder.beside(folder) {
            list.add(layout, format!("{name} in {}", root.shown(folder)), false);
        }
    }
    let mut activated = false;
    for OnPath { path, name, first } in interpreter::on_path(root, surroundings) {
        if let Some(layout) = finder.interpreter(&path) {
            list.add(layout, format!("{name} on PATH"), first && !activated);
            activated = true;
        }
    }
    finder.installed(&mut list);
    // A machine may have dozens, which nobody who works with one of them asked about.
    if list.found.is_empty() || options.all {
        finder.listed(&mut list);
    }
    Ok(list.found)
}

struct List<'a> {
    root: &'a Root,
    found: Vec<Candidate>,
}

impl List<'_> {
    /// Adds an environment, or what was learnt of it the second time.
    fn add(&mut self, layout: Layout, found_by: String, active: bool) {
        let real = |layout: &Layout| self.root.real(&layout.prefix).unwrap_or_else(|_| layout.prefix.clone());
        let place = real(&layout);
        match self.found.iter_mut().find(|other| real(&other.layout) == place) {
            Some(other) => other.active |= active,
            None => self.found.push(Candidate { layout, found_by, active }),
        }
    }
}

struct Finder<'a> {
    root: &'a Root,
    surroundings: &'a Surroundings,
}

impl Finder<'_> {
    fn prefix(&self, folder: &Path) -> Option<Layout> {
        Layout::of_prefix(self.root, self.surroundings, folder, None)
    }

    fn interpreter(&self, path: &Path) -> Option<Layout> {
        let prefix = interpreter::prefix(self.root, path)?;
        Layout::of_prefix(self.root, self.surroundings, &prefix, Some(path))
    }

    /// Pythons that are installed without being on PATH: those that `py` starts, and the Store's.
    fn installed(&self, list: &mut List<'_>) {
        // Another root has another registry.
        let mut registered: Vec<_> = self.surroundings.registered.iter().filter(|_| self.root.is_live()).collect();
        // What `py` is told to start ("Customizing default Python versions" in "Using Python on Windows").
        let chosen = self.surroundings.filled("PY_PYTHON");
        registered.sort_by_key(|python| Some(python.tag.as_str()) != chosen);
        for python in registered {
            let path = python.interpreter().and_then(|path| self.surroundings.absolute(path));
            let path = path.filter(|path| self.root.is_file(path) && !is_alias(self.root, path));
            if let Some(layout) = path.and_then(|path| self.interpreter(&path)) {
                list.add(layout, format!("the registry ({} {})", python.company, python.tag), false);
            }
        }
        for layout in store::pythons(self.root, self.surroundings) {
            list.add(layout, "the Microsoft Store's Pythons".to_owned(), false);
        }
    }

    /// What tools have a list of.
    fn listed(&self, list: &mut List<'_>) {
        for folder in lists::conda(self.root, self.surroundings) {
            if let Some(layout) = self.prefix(&folder) {
                list.add(layout, "conda's environments.txt".to_owned(), false);
            }
        }
        for folder in lists::uv(self.root, self.surroundings) {
            if let Some(layout) = self.prefix(&folder) {
                list.add(layout, "uv's Pythons".to_owned(), false);
            }
        }
    }

    /// The environments that lie in a project's folder, and the folder itself where it is a virtual environment.
    fn beside(&self, folder: &Path) -> Vec<(&'static str, Layout)> {
        let marked = self.root.is_file(&folder.join("pyvenv.cfg"));
        let itself = marked.then(|| self.prefix(folder)).flatten().map(|layout| ("pyvenv.cfg", layout));
        let inside = FOLDERS.into_iter().filter_map(|name| Some((name, self.prefix(&folder.join(name))?)));
        itself.into_iter().chain(inside).collect()
    }

    /// What the user means by a path.
    fn named(&self, path: &Path) -> anyhow::Result<Layout> {
        let shown = self.root.shown(path);
        let Some(path) = self.placed(path).or_else(|| interpreter::called(self.root, self.surroundings, path)) else {
            // A single name is as likely a mistyped command as a path.
            let kinds = if path.components().count() == 1 { "file, folder or command" } else { "file or folder" };
            bail!("{shown}: no such {kinds}");
        };
        let found = if self.root.is_file(&path) {
            interpreter::behind_shim(self.root, self.surroundings, path.clone())
                .and_then(|path| self.interpreter(&path))
                .or_else(|| store::behind(self.root, self.surroundings, &path))
        } else {
            let site_packages = || Layout::of_site_packages(self.root, self.surroundings, &path);
            let project = || self.beside(&path).into_iter().next().map(|(_, layout)| layout);
            self.prefix(&path).or_else(site_packages).or_else(project)
        };
        match found {
            Some(layout) => Ok(layout),
            None => bail!(
                "{shown}: not a Python environment: expected an interpreter, a virtual or conda environment, a \
                 site-packages folder, or a project folder with .venv or venv in it"
            ),
        }
    }

    /// The path from the root on. Below `--root` people name a place as seen from inside or from outside.
    fn placed(&self, path: &Path) -> Option<PathBuf> {
        // A shell leaves the tilde of `--python=~/x` alone.
        let home = path.strip_prefix("~").ok().and_then(|rest| Some(self.surroundings.home.as_ref()?.join(rest)));
        let path = home.unwrap_or_else(|| path.to_owned());
        let inside = !self.root.is_live() && path.has_root();
        let path = if inside { path } else { self.surroundings.absolute(path)? };
        if self.root.real(&path).is_ok() { Some(self.root.tidy(path)) } else { self.root.inside(&path) }
    }
}
