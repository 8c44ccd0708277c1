//! Looks at a machine and its Python environments. A probe sees and never judges; it executes nothing, imports nothing and
//! uses no network. What could not be looked at becomes [`crate::facts::Fact::Unknown`] with the reason.

mod container;
mod env_vars;
mod environments;
mod glibc;
mod header;
mod host;
mod kernel;
pub mod live;
mod pci;
mod redact;
mod root;
mod surroundings;
mod toolkits;

use std::path::PathBuf;

use anyhow::Context;

pub use root::Root;
pub use surroundings::Surroundings;

use crate::facts::{Fact, Facts};

/// What the user asked to look at.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--root`: the file-system root of every file that is read.
    pub root: Option<PathBuf>,
    /// `--python` and PATH arguments: interpreters, environments, site-packages or project folders.
    pub python: Vec<PathBuf>,
    /// `--all`: read the libraries of every environment, not of the selected one only.
    pub all: bool,
}

/// Everything there is to see.
///
/// # Errors
/// For what the user named and cannot be read: a root that is no folder, a `--python` that is no Python environment. All else
/// that fails becomes an unknown fact.
pub fn facts(options: &Options, surroundings: &Surroundings) -> anyhow::Result<Facts> {
    let shown = || options.root.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    let root = Root::new(options.root.as_deref(), surroundings.home.as_deref())
        .with_context(|| format!("--root {}: expected a folder to take as the root of the file system", shown()))?;
    let host = host::host(&root, surroundings);
    let kernel = kernel::kernel(&root, &host);
    Ok(Facts {
        driver: kernel::driver(&kernel, &host),
        kernel,
        driver_libraries: Fact::default(),
        nvml: Fact::default(),
        cuda: Fact::default(),
        gpus: pci::gpus(&root, &host),
        toolkits: toolkits::toolkits(&root, surroundings),
        env_vars: env_vars::env_vars(&root, surroundings),
        environments: environments::environments(&root, options, surroundings, &host)?,
        host,
    })
}
