//! Environments that the lines make first: with another Python, beside a Python that pip does not change, or by conda.

use super::{Install, Lines, Plan, Writer, fixed, from, requirements};
use crate::{
    facts::{Manager, PythonVersion},
    shell::{NoWord, Word},
};

impl Writer<'_> {
    pub(super) fn in_new_environment(
        &self,
        python: PythonVersion,
        installs: &[&Install],
        plan: &Plan,
        lines: &mut Lines,
    ) -> Result<(), NoWord> {
        let mut wanted = requirements(installs)?;
        wanted.extend(from(plan)?);
        let folder = |inside| Word::named_after(".venv-py", python, inside);
        let (tool, make, pip) = match (self.manager, self.windows) {
            (Manager::Pixi, _) => {
                lines.commands.push(self.pixi_python(python)?);
                return self.add_to_pixi(installs, plan, lines);
            }
            (Manager::Poetry, _) => {
                let words = [fixed(["env", "use"]), vec![Word::python("", python)]].concat();
                lines.commands.push(self.line("poetry", &Word::fixed("poetry"), &words)?);
                return self.in_poetry(installs, plan, lines);
            }
            (Manager::Docker, _) => return Self::in_image_with(&Word::image(python), installs, plan, lines),
            (Manager::Uv | Manager::UvProject, _) => {
                let program = || Word::fixed("uv");
                let make = [fixed(["venv", "--python"]), vec![Word::python("", python), folder("")]].concat();
                let pip = [fixed(["pip", "install", "--python"]), vec![folder("")], wanted].concat();
                ("uv", (program(), make), (program(), pip))
            }
            (Manager::Conda, _) => return self.in_conda_environment_of(python, wanted, lines),
            (Manager::Pip | Manager::System, windows) => {
                let start = if windows { Word::fixed("py") } else { Word::python("python", python) };
                let version = windows.then(|| Word::python("-", python));
                let make = [version.into_iter().collect(), fixed(["-m", "venv"]), vec![folder("")]].concat();
                let inside = match windows {
                    true => Word::named_after(".\\.venv-py", python, "\\Scripts\\python.exe"),
                    false => folder("/bin/python"),
                };
                let pip = [fixed(["-m", "pip", "install"]), wanted].concat();
                ("pip", (start, make), (inside, pip))
            }
        };
        lines.commands.push(self.line(tool, &make.0, &make.1)?);
        lines.commands.push(self.line(tool, &pip.0, &pip.1)?);
        Ok(())
    }

    /// A virtual environment of a Python that pip refuses to change (PEP 668).
    pub(super) fn beside_system(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        let python = self.environment.and_then(|environment| environment.interpreter.value());
        let python = match python {
            Some(path) => self.path(Word::interpreter(path)?),
            None => Word::fixed(if self.windows { "py" } else { "python3" }),
        };
        let inside = Word::fixed(if self.windows { ".\\.venv\\Scripts\\python.exe" } else { ".venv/bin/python" });
        let pip = [fixed(["-m", "pip", "install"]), requirements(installs)?, from(plan)?].concat();
        lines.commands.push(self.line("pip", &python, &fixed(["-m", "venv", ".venv"]))?);
        lines.commands.push(self.line("pip", &inside, &pip)?);
        Ok(())
    }

    /// An environment of conda's with pip in it; without a Python to name, the one that is active.
    pub(super) fn in_conda_environment(
        &self,
        installs: &[&Install],
        plan: &Plan,
        lines: &mut Lines,
    ) -> Result<(), NoWord> {
        let Some(python) = self.environment.and_then(|environment| environment.python.value().copied()) else {
            return self.with_pip(installs, plan, lines);
        };
        let wanted = [requirements(installs)?, from(plan)?].concat();
        self.in_conda_environment_of(python, wanted, lines)
    }

    fn in_conda_environment_of(
        &self,
        python: PythonVersion,
        wanted: Vec<Word>,
        lines: &mut Lines,
    ) -> Result<(), NoWord> {
        let conda = Word::fixed("conda");
        let name = || Word::named_after("py", python, "");
        let make =
            [fixed(["create", "--name"]), vec![name(), Word::python("python=", python)], fixed(["pip"])].concat();
        let run = [fixed(["run", "--name"]), vec![name()]].concat();
        let pip = [run, fixed(["python", "-m", "pip", "install"]), wanted].concat();
        lines.commands.push(self.line("conda", &conda, &make)?);
        lines.commands.push(self.line("conda", &conda, &pip)?);
        Ok(())
    }
}
