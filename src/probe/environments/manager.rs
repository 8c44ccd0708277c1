//! The tool that manages an environment, and so whose command lines change it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{layout::Layout, pyvenv};
use crate::{
    facts::{Fact, Manager, Source},
    system::{Root, is_remote},
};

/// The file by which a Python says that pip is not to change it (PEP 668), in its standard library's folder.
const EXTERNALLY_MANAGED: &str = "EXTERNALLY-MANAGED";
/// Files that make a folder a pixi workspace, in pixi's own order.
const MANIFESTS: [&str; 3] = ["pixi.toml", "pyproject.toml", "mojoproject.toml"];
/// Longer than any file in which pixi says where an environment is from.
const MOST: u64 = 64 << 10;

/// By the files that the tools leave; an environment without any is pip's.
pub fn manager(root: &Root, layout: &Layout) -> Fact<Manager> {
    let prefix = &layout.prefix;
    if layout.conda {
        return match pixi_manifest(root, prefix) {
            Some(manifest) => Fact::known(Manager::Pixi, Source::file(root.shown(&manifest))),
            None => Fact::known(Manager::Conda, Source::file(root.shown(&prefix.join("conda-meta")))),
        };
    }
    let Some(venv) = &layout.venv else {
        return match externally_managed(root, layout) {
            Some(marker) => Fact::known(Manager::System, Source::file(root.shown(&marker))),
            None => Fact::known(Manager::Pip, Source::file(root.shown(prefix))),
        };
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

/// What pixi writes into `conda-meta/pixi` of the environments of a workspace.
#[derive(Debug, Deserialize)]
struct PixiFile {
    manifest_path: PathBuf,
}

/// The manifest of the workspace that a pixi environment belongs to. What pixi installs for the user alone belongs to none, and its
/// command line has no place for packages of PyPI: that is conda's then.
fn pixi_manifest(root: &Root, prefix: &Path) -> Option<PathBuf> {
    let inside = prefix.parent().filter(|envs| envs.ends_with(".pixi/envs"));
    let workspace = inside.and_then(|envs| envs.parent()?.parent());
    let beside =
        workspace.and_then(|folder| MANIFESTS.iter().map(|name| folder.join(name)).find(|file| root.is_file(file)));
    beside.or_else(|| {
        let text = root.read_text(&prefix.join("conda-meta/pixi"), MOST).ok()?;
        let file: PixiFile = serde_json::from_str(&text).ok()?;
        let called = MANIFESTS.iter().any(|name| file.manifest_path.ends_with(name));
        let here = !is_remote(&file.manifest_path, prefix);
        (called && here && root.is_file(&file.manifest_path)).then_some(file.manifest_path)
    })
}

/// The marker of a Python that pip does not change.
fn externally_managed(root: &Root, layout: &Layout) -> Option<PathBuf> {
    let library = match layout.python.value() {
        _ if layout.windows => "Lib".to_owned(),
        Some(python) => format!("lib/python{}.{}", python.major, python.minor),
        None => return None,
    };
    let marker = layout.prefix.join(library).join(EXTERNALLY_MANAGED);
    root.is_file(&marker).then_some(marker)
}
