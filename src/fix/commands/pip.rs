//! pip in an environment, by the user's own tool: pip itself, `uv pip`, the pip inside a conda environment.

use super::{Install, Lines, Plan, Writer, fixed, from, requirements};
use crate::{
    facts::{Manager, Origin},
    finding::Command,
    shell::{NoWord, Word},
};

impl Writer<'_> {
    /// The interpreter, where the shell has another one or none activated.
    fn other_interpreter(&self) -> Result<Option<Word>, NoWord> {
        let Some(environment) = self.environment.filter(|environment| !environment.active) else { return Ok(None) };
        match environment.interpreter.value() {
            Some(path) => Word::interpreter(path).map(|word| Some(self.path(word))),
            None => Ok(None),
        }
    }

    /// The folder of an environment that is not active and has no interpreter that is known: pip and uv are told it, and say so where
    /// there is none; without it they would change another environment.
    fn nameless(&self) -> Option<&str> {
        let environment = self.environment.filter(|environment| !environment.active)?;
        let unknown = environment.interpreter.value().is_none() && environment.origin == Origin::Installed;
        unknown.then_some(environment.id.as_str())
    }

    /// pip in this environment, by the user's own tool: which tool, what is run, and its first words.
    pub(super) fn pip(&self, verb: [&'static str; 1]) -> Result<(&'static str, Word, Vec<Word>), NoWord> {
        let python = self.other_interpreter()?;
        if let Some(folder) = self.nameless().filter(|_| python.is_none()) {
            let python = vec![Word::fixed("--python"), self.path(Word::path(folder)?)];
            return Ok(match self.of_uv() {
                true => ("uv", Word::fixed("uv"), [fixed(["pip"]), fixed(verb), python].concat()),
                false => ("pip", Word::fixed("pip"), [python, fixed(verb)].concat()),
            });
        }
        Ok(match (self.manager, python) {
            (Manager::Uv | Manager::UvProject, python) => {
                let mut words = fixed(["pip"]);
                words.extend(fixed(verb));
                words.extend(python.into_iter().flat_map(|python| [Word::fixed("--python"), python]));
                ("uv", Word::fixed("uv"), words)
            }
            (Manager::Pip, None) => ("pip", Word::fixed("pip"), fixed(verb)),
            (manager, python) => {
                let tool = if manager == Manager::Conda { "conda" } else { "pip" };
                let program = if manager == Manager::System { "python3" } else { "python" };
                let mut words = fixed(["-m", "pip"]);
                words.extend(fixed(verb));
                // The packages that pip may change there got there in this way.
                words.extend((manager == Manager::System).then(|| Word::fixed("--break-system-packages")));
                (tool, python.unwrap_or_else(|| Word::fixed(program)), words)
            }
        })
    }

    pub(super) fn with_pip(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        let mut wanted = Vec::new();
        if plan.reinstall {
            wanted.push(Word::fixed(if self.of_uv() { "--reinstall" } else { "--force-reinstall" }));
        }
        if plan.alone {
            wanted.push(Word::fixed("--no-deps"));
        }
        wanted.extend(requirements(installs)?);
        wanted.extend(from(plan)?);
        let (tool, program, mut words) = self.pip(["install"])?;
        words.extend(wanted);
        lines.commands.extend(self.drop_condas_own(installs)?);
        lines.commands.push(self.line(tool, &program, &words)?);
        Ok(())
    }

    pub(super) fn out_with_pip(&self, names: &[&str]) -> Result<Command, NoWord> {
        let (tool, program, mut words) = self.pip(["uninstall"])?;
        // Only pip asks for confirmation.
        words.extend(Some(Word::fixed("-y")).filter(|_| !self.of_uv()));
        for name in names {
            words.push(Word::name(name)?);
        }
        self.line(tool, &program, &words)
    }

    /// Names of conda's own packages among these.
    pub(super) fn of_conda(&self, installs: &[&Install]) -> Result<Vec<Word>, NoWord> {
        let of_conda = |install: &&&Install| {
            let package = self.environment.and_then(|environment| environment.package(&install.name));
            package.is_some_and(|package| package.installer.as_deref() == Some("conda"))
        };
        installs
            .iter()
            .filter(of_conda)
            .map(|install| Word::conda_name(if install.name == "torch" { "pytorch" } else { &install.name }))
            .collect()
    }

    /// conda's own package of a name must go first, or two tools own the same files.
    fn drop_condas_own(&self, installs: &[&Install]) -> Result<Option<Command>, NoWord> {
        let names = self.of_conda(installs)?;
        let Some(environment) = self.environment.filter(|_| !names.is_empty()) else { return Ok(None) };
        let mut words = fixed(["remove", "--prefix"]);
        words.push(self.path(Word::path(&environment.id)?));
        words.push(Word::fixed("--force-remove"));
        words.extend(names);
        self.line("conda", &Word::fixed("conda"), &words).map(Some)
    }
}
