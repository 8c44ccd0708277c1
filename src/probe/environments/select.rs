//! Which environments exist, and which one is meant: what the user names, then what the shell has activated, then what lies
//! beside the project, then what PATH has.

use std::path::{Path, PathBuf};

use anyhow::bail;
use gpucheck_ground::Order as _;

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
const FOLDERS: [&str; 6] = [".venv", "venv", ".pixi/envs/default", "env", ".conda", "python_embeded"];
/// Folders that hold several environments of a project: pixi's, and those of conda with `--prefix envs/NAME`.
const OF_SEVERAL: [&str; 2] = [".pixi/envs", "envs"];
/// As many as a project has, and more.
const MOST_IN_ONE: usize = 100;
/// Where uv keeps the environment of a project instead.
const OF_UV: &str = "UV_PROJECT_ENVIRONMENT";

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
    let mut list = own(&finder, options)?;
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

/// Whether there is an environment that the user names, that the shell has activated, or that belongs to the project.
///
/// # Errors
/// As [`candidates`].
pub fn has_own(root: &Root, options: &Options, surroundings: &Surroundings) -> anyhow::Result<bool> {
    Ok(!own(&Finder { root, surroundings }, options)?.found.is_empty())
}

/// Whether an environment lies in the folder of the project itself.
pub fn in_project(root: &Root, options: &Options, surroundings: &Surroundings) -> bool {
    let finder = Finder { root, surroundings };
    options.project.as_ref().is_some_and(|folder| !finder.beside(&root.tidy(folder.clone())).is_empty())
}

/// All that do not merely happen to be on PATH, or installed somewhere.
fn own<'a>(finder: &Finder<'a>, options: &Options) -> anyhow::Result<List<'a>> {
    let Finder { root, surroundings } = *finder;
    let mut list = List { root, found: Vec::new() };
    for path in &options.python {
        let layout = finder.named(path)?;
        list.add(layout, format!("--python {}", root.shown(path)), false);
    }
    // A project that the user names comes before what the shell has activated for another.
    let project = options.project.as_ref().map(|folder| root.tidy(folder.clone()));
    if let Some(folder) = &project {
        for (name, layout) in finder.beside(folder) {
            list.add(layout, format!("{name} in {}", root.shown(folder)), false);
        }
    }
    // What the shell has activated: a virtual environment inside a conda one wins. Whether a plain `pip` is its own is PATH's affair:
    // an editor, sudo or direnv may set the variable alone.
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let folder = surroundings.filled(name).and_then(|path| surroundings.absolute(PathBuf::from(path)));
        if let Some(layout) = folder.and_then(|folder| finder.prefix(&root.tidy(folder))) {
            list.add(layout, name.to_owned(), false);
        }
    }
    let folder = project.as_ref().or(surroundings.folder.as_ref());
    for folder in folder.iter().flat_map(|folder| folder.ancestors()) {
        for (name, layout) in finder.beside(folder) {
            list.add(layout, format!("{name} in {}", root.shown(folder)), false);
        }
    }
    Ok(list)
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
        registered.order_by_key(|python| Some(python.tag.as_str()) != chosen);
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
    fn beside(&self, folder: &Path) -> Vec<(String, Layout)> {
        let marked = self.root.is_file(&folder.join("pyvenv.cfg"));
        let itself = marked.then(|| self.prefix(folder)).flatten().map(|layout| ("pyvenv.cfg".to_owned(), layout));
        // Only beside what uv takes for a project does its variable say where the environment is.
        let of_uv = self.surroundings.filled(OF_UV).filter(|_| self.root.is_file(&folder.join("pyproject.toml")));
        let named = of_uv.into_iter().map(str::to_owned).chain(FOLDERS.map(str::to_owned));
        let several = OF_SEVERAL.into_iter().flat_map(|name| {
            let names = self.root.names(&folder.join(name)).into_iter().take(MOST_IN_ONE);
            names.map(move |inner| format!("{name}/{inner}")).collect::<Vec<_>>()
        });
        let inside = named.chain(several).filter_map(|name| {
            let layout = self.prefix(&folder.join(&name))?;
            Some((name, layout))
        });
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
