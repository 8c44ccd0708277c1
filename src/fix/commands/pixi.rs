//! A pixi workspace: its manifest says what is wanted, pixi.lock what that is, and `.pixi/envs` follows.

use super::{Install, Lines, Plan, Writer, fixed, names, requirements};
use crate::{
    facts::PythonVersion,
    finding::Command,
    shell::{NoWord, Word},
};

impl Writer<'_> {
    pub(super) fn in_pixi(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        if plan.reinstall || plan.restores {
            // The lock file has them: of what is missing nobody knows the names that it has them by.
            let what = if plan.restores { Vec::new() } else { names(installs)? };
            let words = [fixed(["reinstall"]), self.manifest()?, self.named("--environment")?, what].concat();
            lines.commands.push(self.line("pixi", &Word::fixed("pixi"), &words)?);
            return Ok(());
        }
        let own = self.of_conda(installs)?;
        if !own.is_empty() {
            // conda packages win over those of PyPI: both of a name cannot be met.
            let words = [fixed(["remove"]), self.manifest()?, self.named("--feature")?, own].concat();
            lines.commands.push(self.line("pixi", &Word::fixed("pixi"), &words)?);
        }
        let python = self.environment.filter(|_| self.is_to_be_made()).and_then(|new| new.python.value().copied());
        if let Some(python) = python {
            lines.commands.push(self.pixi_python(python)?);
        }
        self.add_to_pixi(installs, plan, lines)
    }

    /// Packages of PyPI need an interpreter of conda's.
    pub(super) fn pixi_python(&self, python: PythonVersion) -> Result<Command, NoWord> {
        let python = vec![Word::python("python=", python)];
        let words = [fixed(["add"]), self.manifest()?, self.named("--feature")?, python].concat();
        self.line("pixi", &Word::fixed("pixi"), &words)
    }

    pub(super) fn add_to_pixi(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        let index = plan.index.as_deref().map(Word::url).transpose()?;
        let index = index.into_iter().flat_map(|index| [Word::fixed("--index"), index]).collect();
        let feature = self.named("--feature")?;
        if let Some(name) = self.pixi_environment().filter(|_| !feature.is_empty()) {
            lines.notes.push(format!("assumes that environment {name} is made of a feature of the same name"));
        }
        let words = [fixed(["add", "--pypi"]), self.manifest()?, feature, index, requirements(installs)?].concat();
        lines.commands.push(self.line("pixi", &Word::fixed("pixi"), &words)?);
        Ok(())
    }

    pub(super) fn out_of_pixi(&self, names: &[&str]) -> Result<Command, NoWord> {
        let of_conda = |name: &&str| {
            let package = self.environment.and_then(|environment| environment.package(name));
            package.is_some_and(|package| package.installer.as_deref() == Some("conda"))
        };
        let own = names.iter().all(of_conda);
        let kind = if own { Vec::new() } else { fixed(["--pypi"]) };
        let mut words = [fixed(["remove"]), kind, self.manifest()?, self.named("--feature")?].concat();
        for name in names {
            words.push(match (own, *name) {
                (true, "torch") => Word::fixed("pytorch"),
                (_, name) => Word::name(name)?,
            });
        }
        self.line("pixi", &Word::fixed("pixi"), &words)
    }

    /// `--manifest-path FILE`: without it pixi takes the workspace of the folder that the shell is in.
    fn manifest(&self) -> Result<Vec<Word>, NoWord> {
        let manifest = self.environment.and_then(|environment| environment.manager.via());
        match manifest.filter(|via| via.at.ends_with(".toml")) {
            Some(via) => Ok(vec![Word::fixed("--manifest-path"), self.path(Word::path(&via.at)?)]),
            None => Ok(Vec::new()),
        }
    }

    /// The environment's name in its workspace.
    fn pixi_environment(&self) -> Option<&str> {
        let id = &self.environment?.id;
        id.rsplit_once("/envs/").map(|(_, name)| name).filter(|name| !name.contains('/'))
    }

    /// An option with the name of the environment, where that is not the default one.
    fn named(&self, option: &'static str) -> Result<Vec<Word>, NoWord> {
        match self.pixi_environment().filter(|name| *name != "default") {
            Some(name) => Ok(vec![Word::fixed(option), Word::name(name)?]),
            None => Ok(Vec::new()),
        }
    }
}
