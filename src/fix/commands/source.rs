//! What rows say beside packages: a build from source, and the toolkit that CUDA_HOME names.

use super::{Writer, fixed};
use crate::{
    facts::{Manager, Toolkit},
    finding::Command,
    knowledge::{CudaHome, SourceBuild},
    python::{self, Requirement},
    shell::{NoWord, ShellLine, Word},
};

/// Where NVIDIA's installers put a toolkit ("CUDA Installation Guide" for Linux and for Microsoft Windows).
const ON_LINUX: &str = "/usr/local/cuda";
const ON_WINDOWS: &str = r"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v";

impl Writer<'_> {
    /// Builds a package anew in the place of what is installed. What it requires is left alone: the same version requires the same, and
    /// a build of torch must not be exchanged on the way. pip would take its own build of yesterday from the cache.
    pub fn build(&self, what: &SourceBuild) -> Result<Vec<Command>, NoWord> {
        let (from, name) = match what.from.parse::<Requirement>() {
            Ok(requirement) => (self.version_of(&what.from)?, Some(requirement.name)),
            Err(_) => (Word::repository(&what.from)?, None),
        };
        let mut variables = Vec::new();
        for (name, value) in &what.variables {
            variables.push((name.as_str(), Word::value(value)?));
        }
        let (tool, program, words) = match &name {
            Some(name) if self.manager == Manager::UvProject && self.is_project() => {
                let another = (what.from != *name).then_some(from);
                ("uv", Word::fixed("uv"), self.build_in_project(what, another, &Word::name(name)?)?)
            }
            _ => {
                let (tool, program, mut words) = self.pip(["install"])?;
                words.extend(match self.of_uv() {
                    true => fixed(["--reinstall", "--no-cache", "--no-deps"]),
                    false => fixed(["--force-reinstall", "--no-cache-dir", "--no-deps"]),
                });
                words.extend(what.sees_environment.then(|| Word::fixed("--no-build-isolation")));
                if let Some(name) = &name {
                    words.extend([Word::fixed("--no-binary"), Word::name(name)?]);
                }
                words.push(from);
                (tool, program, words)
            }
        };
        let lines = ShellLine::command_with(self.shell, &variables, &program, &words)?;
        Ok(lines.into_iter().map(|line| self.of_tool(tool, line)).collect())
    }

    /// A name alone is the version that is installed.
    fn version_of(&self, from: &str) -> Result<Word, NoWord> {
        let package = self.environment.and_then(|environment| environment.package(from));
        match package.and_then(|package| package.version.value()) {
            Some(version) => Word::exact(from, python::public_version(version)),
            None => Word::requirement(from),
        }
    }

    /// The lock file decides on the version, unless `another` one is asked for.
    fn build_in_project(&self, what: &SourceBuild, another: Option<Word>, name: &Word) -> Result<Vec<Word>, NoWord> {
        let mut words = match another {
            Some(_) => [fixed(["add"]), self.project()?].concat(),
            None => [fixed(["sync"]), self.project()?, fixed(["--inexact"])].concat(),
        };
        words.extend(fixed(["--no-cache", "--reinstall-package"]));
        words.extend([name.clone(), Word::fixed("--no-binary-package"), name.clone()]);
        if what.sees_environment {
            words.extend([Word::fixed("--no-build-isolation-package"), name.clone()]);
        }
        words.extend(another);
        Ok(words)
    }

    /// Sets CUDA_HOME to an installed toolkit that fits, else to where the named release would be. Nothing where neither is known.
    pub fn cuda_home(&self, wanted: &CudaHome, toolkits: &[Toolkit]) -> Result<Option<Command>, NoWord> {
        let torch = self.environment.and_then(|environment| environment.package("torch")?.build.value()?.cuda);
        let fits = |toolkit: &&Toolkit| {
            let Some(release) = toolkit.version.value().filter(|_| toolkit.nvcc) else { return false };
            torch.is_none_or(|torch| torch.major == release.major)
                && wanted.range.as_ref().is_none_or(|range| python::in_range(range, &release.to_string()) == Some(true))
        };
        let release = wanted.release.clone().or_else(|| torch.filter(|_| self.windows).map(|cuda| cuda.to_string()));
        let path = match (toolkits.iter().find(fits), release) {
            (Some(toolkit), _) => toolkit.path.clone(),
            (None, Some(release)) if self.windows => format!("{ON_WINDOWS}{release}"),
            (None, Some(release)) => format!("{ON_LINUX}-{release}"),
            (None, None) if self.windows => return Ok(None),
            (None, None) => ON_LINUX.to_owned(),
        };
        self.variable("CUDA_HOME", Some(&path)).map(Some)
    }
}
