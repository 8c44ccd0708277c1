//! pixi's workspaces: `manifest` reads pixi.toml and `[tool.pixi]`, `lock` pixi.lock, which decides where it is there.

mod lock;
mod manifest;

use std::path::Path;

use super::{Format, NotRead, Reading, Sheet, Text};
use crate::facts::{Cpu, Os, Platform};

/// The files of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixiFile {
    /// pixi.toml, and pyproject.toml where pixi has a table in it.
    Manifest,
    /// pixi.lock.
    Lock,
}

impl Format for PixiFile {
    fn name(&self) -> &'static str {
        match self {
            Self::Manifest => "workspace of pixi",
            Self::Lock => "lock file of pixi",
        }
    }

    fn claims(&self, text: &Text) -> bool {
        match (self, text.name()) {
            (Self::Manifest, "pixi.toml") | (Self::Lock, "pixi.lock") => true,
            (Self::Manifest, "pyproject.toml") => manifest::has_one(text),
            _ => false,
        }
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        match self {
            Self::Lock => lock::read(text, reading, None),
            Self::Manifest => match reading.beside(text.folder(), "pixi.lock") {
                Ok(lock) => lock::read(&lock, reading, None),
                Err(_) => manifest::read(text, reading, None),
            },
        }
    }
}

/// Reads what a command in this folder installs.
///
/// # Errors
/// Where there is no workspace.
pub(super) fn include(
    folder: &Path,
    environment: &str,
    reading: &mut Reading<'_>,
    sheet: &mut Sheet,
) -> Result<(), NotRead> {
    if let Ok(lock) = reading.beside(folder, "pixi.lock") {
        lock::read(&lock, reading, Some((environment, sheet)));
        return Ok(());
    }
    let manifest = reading.beside(folder, "pixi.toml").or_else(|_| reading.beside(folder, "pyproject.toml"))?;
    manifest::read(&manifest, reading, Some((environment, sheet)));
    Ok(())
}

/// Whether a person wants to know of an environment (`--set environment=NAME`).
fn is_chosen(reading: &Reading<'_>, name: &str) -> bool {
    reading.choices.set.get("environment").is_none_or(|chosen| chosen == name)
}

/// How reports name an environment.
fn id(text: &Text, name: &str) -> String {
    match name {
        "default" => text.shown.clone(),
        _ => format!("{} ({name})", text.shown),
    }
}

/// conda's name of a platform.
pub(super) fn subdir(platform: Option<Platform>) -> &'static str {
    match platform.map(|platform| (platform.os, platform.cpu)) {
        Some((Os::Windows, _)) => "win-64",
        Some((Os::Macos, Cpu::Aarch64)) => "osx-arm64",
        Some((Os::Macos, Cpu::X86_64)) => "osx-64",
        Some((Os::Linux, Cpu::Aarch64)) => "linux-aarch64",
        Some((Os::Linux, Cpu::X86_64)) | None => "linux-64",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{declared, environment, steps};
    use crate::facts::{RequestRole, Resolver};

    const WORKSPACE: &str = r#"[workspace]
channels = ["conda-forge", { channel = "https://u:p@c.example/x" }]
[system-requirements]
cuda = "12"
[dependencies]
python = "3.11.*"
pytorch = { version = ">=2.4,<2.5", build = "cuda*" }
[target.win-64.dependencies]
x = "*"
[pypi-dependencies]
a = { version = "==1.0", extras = ["b"], index = "https://i.example" }
self = { path = ".", editable = true }
[pypi-options]
extra-index-urls = ["https://download.pytorch.org/whl/cu124"]
[feature.old]
channels = ["pytorch"]
[feature.old.dependencies]
pytorch = "2.1.*"
[environments]
old = ["old"]
bare = { features = ["old"], no-default-feature = true }
"#;

    #[test]
    fn environments_put_features_together() {
        let declared = declared("pixi.toml", WORKSPACE);
        let [default, old, bare] = declared.environments.as_slice() else { panic!("{:?}", declared.environments) };
        assert_eq!(steps(default), [vec!["torch>=2.4,<2.5", "x", "-cuda==12"], vec!["a==1.0"]]);
        assert_eq!(default.python.value().map(ToString::to_string).as_deref(), Some("3.11"));
        assert_eq!(default.steps[0].requests[0].build.as_deref(), Some("cuda*"));
        assert_eq!((default.steps[1].resolver, default.steps[1].indexes.len()), (Resolver::Uv, 1));
        assert_eq!(default.gaps.len(), 1, "the folder");
        assert_eq!(steps(old)[0], ["torch==2.1.*", "x", "-cuda==12"], "the feature's own counts");
        assert_eq!(old.steps[0].indexes[0].url, "pytorch");
        assert_eq!(steps(bare), [["torch==2.1.*", "-cuda"]]);
        assert_eq!(bare.steps[0].requests[1].role, RequestRole::Removed, "no driver is assumed");
        assert_eq!(declared.written["/environments/0/steps/0/requests/0"].line, 7);
        assert!(!format!("{default:?}").contains("u:p"));
    }

    #[test]
    fn a_project_has_a_workspace() {
        let text = "[project]\nname = 'x'\ndependencies = ['torch==2.4.0']\n[tool.pixi.project]\nchannels = ['conda-forge']\n\
                    [tool.pixi.dependencies]\nnumpy = '*'\n";
        assert_eq!(steps(&environment("pyproject.toml", text).0), [vec!["numpy", "-cuda"], vec!["torch==2.4.0"]]);
        assert_eq!(declared("pixi.toml", "broken = [").environments[0].gaps.len(), 1);
    }

    #[test]
    fn a_lock_has_files() {
        let text = r#"version: 6
environments:
  default:
    channels:
    - url: https://conda.anaconda.org/conda-forge/
    packages:
      linux-64:
      - conda: https://conda.anaconda.org/conda-forge/linux-64/pytorch-2.5.1-cuda126_py311_200.conda
      - conda: .
      - pypi: https://f.example/torchvision-0.20.1-cp311-cp311-manylinux1_x86_64.whl
      - pypi: ./
  other:
    packages: {osx-64: []}
packages: []
"#;
        let declared = declared("pixi.lock", text);
        let [default, other] = declared.environments.as_slice() else { panic!("{:?}", declared.environments) };
        assert_eq!(steps(default), [["torch==2.5.1", "torchvision"]]);
        assert_eq!(default.steps[0].requests[0].build.as_deref(), Some("cuda126_py311_200"));
        assert_eq!(other.gaps.len(), 1, "not for this platform");
        assert_eq!(declared.written["/environments/0/steps/0/requests/0"].line, 8);
    }
}
