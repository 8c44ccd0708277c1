//! Looks at a machine and its Python environments. A probe observes and never judges; it executes nothing that it reads, imports nothing
//! and uses no network; only the driver's libraries are called, contained in [`live`]. What could not be read becomes
//! [`crate::facts::Fact::Unknown`] with the reason.

mod container;
mod container_configs;
mod container_tools;
mod driver_files;
mod driver_folders;
mod driver_libraries;
mod env_vars;
mod environments;
pub mod framework;
mod glibc;
mod header;
mod here;
mod host;
pub(crate) mod kernel;
mod linker_name;
pub mod live;
mod loader;
mod pci;
pub mod resolver;
pub mod revision;
mod shared_object;
mod shell;
pub mod slurm;
pub mod smoke;
mod toolkits;

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;

pub use environments::{
    Distribution, Site, build_of_text, folders_of_package, in_folders as system_libraries, is_metadata, package, site,
};
pub use here::{Here, InstalledPython, here};

use crate::{
    facts::{Fact, Facts, Framework, Host, Smoke},
    knowledge::Interests,
    system::{Root, Surroundings, Tree},
};

/// Why nothing is known of the driver's libraries.
const NOT_ASKED: &str = "the driver was not queried";

/// What the user asked to check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--root`: the file-system root of every file that is read.
    pub root: Option<PathBuf>,
    /// A tree of files that takes the place of the root: that of an image in an archive.
    pub tree: Option<Arc<dyn Tree>>,
    /// `--python` and PATH arguments: interpreters, environments, site-packages or project folders.
    pub python: Vec<PathBuf>,
    /// The folder of a project, instead of the current one: what lies in it and above it is looked for.
    pub project: Option<PathBuf>,
    /// `--all`: read the libraries of every environment, not of the selected one only.
    pub all: bool,
    /// Ask the driver too, in child processes.
    pub live: bool,
    /// How long the driver may take to answer.
    pub timeout: Duration,
    /// `--identify`: keep the UUIDs of GPUs.
    pub identify: bool,
    /// What the knowledge base asks to check, besides what is always checked.
    pub interests: Interests,
    /// Leave the Python environments alone.
    pub without_environments: bool,
    /// Also ask the GPUs to compute.
    pub smoke: Option<smoke::Options>,
}

/// Reads everything.
///
/// # Errors
/// For something the user named that cannot be read: a root that is not a folder, a `--python` that is not a Python environment. All else
/// that fails becomes an unknown fact.
pub fn facts(options: &Options, surroundings: &Surroundings) -> anyhow::Result<Facts> {
    let shown = || options.root.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let home = surroundings.home.as_deref();
    let root = match &options.tree {
        Some(tree) => Root::of_tree(Arc::clone(tree), home),
        None => Root::new(options.root.as_deref(), home)
            .with_context(|| format!("--root {}: expected a folder to use as the root of the file system", shown()))?,
    };
    // First, so that the driver answers while the files are read.
    let live = (options.live && root.is_live()).then(|| live::Live::start(options.timeout));
    let host = host::host(&root, surroundings);
    let environments = || match options.without_environments {
        true => Ok(Vec::new()),
        false => environments::environments(&root, options, surroundings, &host),
    };
    let machine = || machine(&root, options, surroundings, &host);
    let (environments, mut facts) = crate::parallel::both(environments, machine);
    facts.environments = environments?;
    if let Some(live) = live {
        live::merge(&mut facts, live.finish(&root), options.identify);
        if let Some(options) = &options.smoke {
            facts.smoke = smoke::smoke(&facts, options, surroundings.home.as_deref())?;
        }
    }
    Ok(facts)
}

/// Whether there is an environment besides those that merely are on PATH: one that is named or active, or one of the project.
///
/// # Errors
/// As [`facts`].
pub fn has_own_environment(options: &Options, surroundings: &Surroundings) -> anyhow::Result<bool> {
    let root = Root::new(options.root.as_deref(), surroundings.home.as_deref())?;
    environments::has_own(&root, options, surroundings)
}

/// Whether the folder of `options.project` itself has an environment.
pub fn project_has_environment(options: &Options, surroundings: &Surroundings) -> bool {
    let root = Root::new(options.root.as_deref(), surroundings.home.as_deref());
    root.is_ok_and(|root| environments::in_project(&root, options, surroundings))
}

/// The machine without its Python environments.
fn machine(root: &Root, options: &Options, surroundings: &Surroundings, host: &Host) -> Facts {
    let devices = pci::devices(root, host);
    let kernel = kernel::kernel(root, host, &devices);
    let places = driver_folders::places(root, surroundings, host);
    Facts {
        driver: kernel::driver(&kernel, host),
        kernel,
        driver_libraries: driver_libraries::driver_libraries(root, &places, host),
        driver_files: driver_files::driver_files(root, &places, host),
        linker_name: linker_name::linker_name(root, surroundings, &places),
        nvml: Fact::unknown(NOT_ASKED),
        cuda: Fact::unknown(NOT_ASKED),
        smoke: match options.smoke {
            Some(_) => Fact::unknown(NOT_ASKED),
            None => Fact::unknown(Smoke::NOT_ASKED),
        },
        framework: Fact::unknown(Framework::NOT_ASKED),
        expected: Vec::new(),
        required: Vec::new(),
        excused: Default::default(),
        lowest_driver: None,
        gpus: pci::gpus(root, &devices),
        toolkits: toolkits::toolkits(root, surroundings),
        env_vars: env_vars::env_vars(root, surroundings, &options.interests.variables, options.identify),
        environments: Vec::new(),
        not_installed: None,
        written: Default::default(),
        ignores: Vec::new(),
        symptoms: Vec::new(),
        host: host.clone(),
    }
}
