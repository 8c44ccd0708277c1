//! The tool that manages an environment, and so whose command lines change it.

use super::{layout::Layout, pyvenv};
use crate::{
    facts::{Fact, Manager, Source},
    system::Root,
};

/// By the files that the tools leave; an environment without any is pip's.
pub fn manager(root: &Root, layout: &Layout) -> Fact<Manager> {
    let prefix = &layout.prefix;
    if layout.conda {
        return Fact::known(Manager::Conda, Source::file(root.shown(&prefix.join("conda-meta"))));
    }
    let Some(venv) = &layout.venv else {
        return Fact::known(Manager::Pip, Source::file(root.shown(prefix)));
    };
    let config = Source::file(root.shown(&prefix.join(pyvenv::FILE)));
    if !venv.uv {
        return Fact::known(Manager::Pip, config);
    }
    // In a workspace the lock lies above the member that has the environment.
    let lock = prefix.ancestors().skip(1).map(|folder| folder.join("uv.lock")).find(|path| root.is_file(path));
    match lock {
        Some(lock) => Fact::known(Manager::UvProject, Source::file(root.shown(&lock))),
        None => Fact::known(Manager::Uv, config),
    }
}
