//! Loading: the embedded base, and a folder laid over it.

use std::{fs, io, path::Path};

use anyhow::Context as _;

use super::schema::{
    AdviceFile, ArchListFile, ArchitectureFile, CudaFile, Files, GpuFile, LibrariesFile, PackageFile, Problem,
    TorchFile,
};

/// The knowledge base in force.
#[derive(Debug, Clone)]
pub struct Knowledge {
    pub(super) gpus: GpuFile,
    pub(super) architectures: ArchitectureFile,
    pub(super) cuda: CudaFile,
    pub(super) torch: TorchFile,
    pub(super) arch_list: ArchListFile,
    pub(super) advice: AdviceFile,
    pub(super) libraries: LibrariesFile,
    pub(super) packages: Vec<PackageFile>,
    /// Newest day on which a row was checked.
    pub date: String,
    /// Hash of the built-in content.
    pub hash: &'static str,
    /// Folders laid over it, the strongest last.
    pub overlays: Vec<String>,
}

impl Knowledge {
    /// What the binary carries. build.rs has checked and embedded it.
    ///
    /// # Errors
    /// Only if the binary itself is damaged.
    pub fn builtin() -> anyhow::Result<Self> {
        let files: Files = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/knowledge.json")))
            .context("the knowledge base inside this binary is damaged")?;
        let missing = |name: &str| anyhow::anyhow!("the knowledge base inside this binary has no {name}");
        Ok(Self {
            gpus: files.gpus.ok_or_else(|| missing("gpus"))?,
            architectures: files.architectures.ok_or_else(|| missing("architectures"))?,
            cuda: files.cuda.ok_or_else(|| missing("cuda"))?,
            torch: files.torch.ok_or_else(|| missing("torch"))?,
            arch_list: files.arch_list.ok_or_else(|| missing("arch_list"))?,
            advice: files.advice.ok_or_else(|| missing("advice"))?,
            libraries: files.libraries.ok_or_else(|| missing("libraries"))?,
            packages: files.packages,
            date: env!("GPUCHECK_KNOWLEDGE_DATE").to_owned(),
            hash: env!("GPUCHECK_KNOWLEDGE_HASH"),
            overlays: Vec::new(),
        })
    }

    /// The built-in base with the files of `folder` laid over it: a row with the same key replaces, any other is added.
    ///
    /// # Errors
    /// Every fault of every file, each with file, line and column; a folder that cannot be read.
    pub fn with_overlay(folder: &Path) -> anyhow::Result<Self> {
        let mut knowledge = Self::builtin()?;
        let files = read_folder(folder)?;
        if let Some(date) = files.date().filter(|date| *date > knowledge.date.as_str()) {
            knowledge.date = date.to_owned();
        }
        knowledge.overlay(files);
        knowledge.overlays.push(folder.display().to_string());
        Ok(knowledge)
    }
}

/// Reads the TOML files of a folder and of its `packages/`.
fn read_folder(folder: &Path) -> anyhow::Result<Files> {
    let mut names = Vec::new();
    for (below, prefix) in [(folder.to_owned(), ""), (folder.join("packages"), "packages/")] {
        let entries = match fs::read_dir(&below) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !prefix.is_empty() => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read the knowledge folder {}", below.display()));
            }
        };
        for entry in entries {
            let name = entry.with_context(|| format!("cannot list {}", below.display()))?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".toml") {
                names.push(format!("{prefix}{name}"));
            }
        }
    }
    anyhow::ensure!(!names.is_empty(), "the knowledge folder {} holds no .toml file", folder.display());
    names.sort();
    let mut files = Files::default();
    let mut problems: Vec<Problem> = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Err(mut found) = files.add(&name, &path.display().to_string(), &text) {
            problems.append(&mut found);
        }
    }
    if problems.is_empty() {
        return Ok(files);
    }
    let list = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ");
    anyhow::bail!("the knowledge folder {} is not valid:\n  {list}", folder.display())
}
