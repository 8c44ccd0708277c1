//! Rows that were read from package indexes, laid over the others, and what is said of where they come from.

use gpucheck_model::knowledge::{Files, PackageBuild, PackageFile, TorchBuild, TorchRelease};

use super::{
    load::Knowledge,
    online::{Online, OnlineFile},
};
use crate::{
    facts::{How, Platform, Source},
    python,
};

impl Knowledge {
    /// The key of the sources of rows that were read.
    pub const READ: &str = "online";

    /// These rows with those over them that were read.
    ///
    /// # Errors
    /// What is wrong with one that was read: then nothing of it counts.
    pub fn with_read(&self, files: Files, online: Online) -> Result<Self, String> {
        if let Some(problem) = files.faults().first() {
            return Err(problem.message.clone());
        }
        let mut knowledge = self.clone();
        knowledge.overlay(files);
        knowledge.online = Some(match knowledge.online.take() {
            Some(before) => before.and(online),
            None => online,
        });
        Ok(knowledge)
    }

    /// Whether what is known of this version was read from its wheel for this answer.
    pub fn was_read(&self, package: &str, version: &str) -> bool {
        let version = python::public_version(version);
        let read = |online: &Online| online.measured.iter().any(|(name, of)| name == package && of == version);
        self.online.as_ref().is_some_and(read)
    }

    /// The source of what a row says of a build of torch.
    pub fn torch_source(&self, release: &TorchRelease, build: &TorchBuild) -> Source {
        Source::new(how(&build.source), self.cite_torch(release, build))
    }

    /// The source of what a row says of a package.
    pub fn build_source(&self, file: &PackageFile, row: &PackageBuild) -> Source {
        Source::new(how(&row.source), self.cite_build(file, row))
    }

    /// The wheel that a row was read from; nothing of one that a file has.
    pub(super) fn wheel_of(
        &self,
        row: &[String],
        package: &str,
        version: &str,
        platform: Option<Platform>,
    ) -> Option<String> {
        let online = self.online.as_ref().filter(|_| is_read(row))?;
        let is = |file: &&OnlineFile| {
            file.package == package && file.version == version && (platform.is_none() || file.platform == platform)
        };
        online.files.iter().find(is).map(|file| format!("{}, read from the index", file.file))
    }
}

fn is_read(source: &[String]) -> bool {
    source.iter().any(|key| key == Knowledge::READ)
}

fn how(source: &[String]) -> How {
    if is_read(source) { How::Index } else { How::Knowledge }
}
