//! A uv project: pyproject.toml says what is wanted, uv.lock what that is, and `.venv` follows.

use super::{Install, Lines, Plan, Writer, fixed, index_name, names, requirements, seeing};
use crate::{
    facts::{Environment, Manager, Origin},
    finding::Command,
    shell::{FileText, NoWord, Word},
};

impl Writer<'_> {
    /// Whether this is the environment that uv keeps for a project: `.venv` beside its lock file, or one that is still to be made.
    pub(super) fn is_project(&self) -> bool {
        let of_project = |environment: &Environment| match &environment.origin {
            // What its files declare is changed in them.
            Origin::Hypothetical | Origin::Declared(_) => true,
            _ => environment.id.rsplit('/').next() == Some(".venv"),
        };
        self.manager == Manager::UvProject && self.environment.is_none_or(of_project)
    }

    /// `uv add` records packages and their index in pyproject.toml, and uv.lock follows.
    pub(super) fn in_project(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        let uv = Word::fixed("uv");
        if plan.restores {
            // What belongs to no extra or group that is named stays: it may have been installed with one.
            let words = [fixed(["sync"]), self.project()?, fixed(["--inexact"])].concat();
            lines.commands.push(self.line("uv", &uv, &words)?);
            lines.notes.push(
                "uv sync installs what uv.lock has; name the extras and groups that you use (--extra, --group)"
                    .to_owned(),
            );
            return Ok(());
        }
        let index = plan.index.as_deref();
        let named = index.map(|index| Word::index(&index_name(index), index)).transpose()?;
        let mut index = named.into_iter().flat_map(|named| [Word::fixed("--index"), named]).collect();
        // Only a file can say that an index is for these packages alone.
        if let (true, Some(address)) = (self.is_new(), plan.index.as_deref()) {
            lines.edits.push(sources(installs, address)?);
            index = Vec::new();
        }
        let again = if plan.reinstall { names(installs)? } else { Vec::new() };
        let again = again.into_iter().flat_map(|name| [Word::fixed("--reinstall-package"), name]);
        let words = [fixed(["add"]), self.project()?, again.collect(), requirements(installs)?, index].concat();
        let words = words.into_iter().chain(seeing(plan)).collect::<Vec<_>>();
        lines.commands.push(self.line("uv", &uv, &words)?);
        Ok(())
    }

    pub(super) fn out_of_project(&self, names: &[&str]) -> Result<Command, NoWord> {
        let mut words = [fixed(["remove"]), self.project()?].concat();
        for name in names {
            words.push(Word::name(name)?);
        }
        self.line("uv", &Word::fixed("uv"), &words)
    }

    fn is_new(&self) -> bool {
        self.environment.is_some_and(|environment| environment.origin == Origin::Hypothetical)
    }

    /// `--project FOLDER`: without it uv takes the project of the folder that the shell is in.
    pub(super) fn project(&self) -> Result<Vec<Word>, NoWord> {
        let Some(environment) = self.environment else { return Ok(Vec::new()) };
        if let Origin::Declared(file) = &environment.origin {
            return match file.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
                Some((folder, _)) => Ok(vec![Word::fixed("--project"), self.path(Word::path(folder)?)]),
                None => Ok(Vec::new()),
            };
        }
        let lock = environment.manager.via().and_then(|via| via.at.strip_suffix("/uv.lock"));
        let above = || environment.id.rsplit_once('/').map(|(above, _)| above);
        match lock.or_else(above).filter(|folder| !folder.is_empty()) {
            Some(folder) => Ok(vec![Word::fixed("--project"), self.path(Word::path(folder)?)]),
            None => Ok(Vec::new()),
        }
    }
}

/// The index, and that only these packages come from it.
fn sources(installs: &[&Install], index: &str) -> Result<FileText, NoWord> {
    let name = Word::name(&index_name(index))?;
    let mut text = FileText::new("pyproject.toml").fixed("[tool.uv.sources]");
    for package in names(installs)? {
        text = text.inline(&package, "index", &name);
    }
    let text = text.fixed("").fixed("[[tool.uv.index]]").pair("name", &name).pair("url", &Word::url(index)?);
    Ok(text.fixed("explicit = true"))
}
