//! A plan as commands to paste, for the user's own tool and shell.

use super::plan::{Change, Install, Plan};
use crate::{
    facts::{Environment, Host, Manager, Origin, Os, PythonVersion, ShellKind},
    finding::Command,
    shell::{NoWord, ShellLine, Word},
};

/// PyTorch's own package indexes; a build's index is this and its suffix.
pub const TORCH_INDEXES: &str = "https://download.pytorch.org/";

/// The lines that carry out a plan. A plan about the machine alone has no environment.
///
/// # Errors
/// When a name that was read is unsafe on a command line: then there are no commands at all.
pub fn commands(plan: &Plan, environment: Option<&Environment>, host: &Host) -> Result<Vec<Command>, NoWord> {
    let windows = environment
        .and_then(|environment| environment.platform.value())
        .or(host.platform.value())
        .is_some_and(|platform| platform.os == Os::Windows);
    let usual = if windows { ShellKind::PowerShell } else { ShellKind::Sh };
    let shell = host.shell.value().copied().unwrap_or(usual);
    let manager = environment.and_then(|environment| environment.manager.value().copied());
    let writer = Writer { windows, shell, manager, environment };
    let mut lines = Vec::new();
    let mut new_python = None;
    let mut gone: Vec<&str> = Vec::new();
    for change in &plan.changes {
        match change {
            Change::Variable(name, value) => lines.push(writer.variable(name, value.as_deref())?),
            // A hidden GPU is a variable, too; what follows needs no line; a driver has none that fits every system.
            Change::Hide(_) | Change::Install(_) | Change::Follow { .. } | Change::Driver(_) => {}
            Change::Uninstall(name) => gone.push(name.as_str()),
            Change::NewPython(python) => new_python = Some(*python),
        }
    }
    if !gone.is_empty() {
        lines.push(writer.uninstall(&gone)?);
    }
    let installs: Vec<&Install> = plan.installs().collect();
    if installs.is_empty() {
        return Ok(lines);
    }
    lines.extend(match new_python {
        Some(python) => writer.in_new_environment(python, &installs, plan.index.as_deref())?,
        None => writer.install(&installs, plan)?,
    });
    Ok(lines)
}

/// What the lines are written for.
struct Writer<'e> {
    /// Whether the environment's folders are those of Windows.
    windows: bool,
    shell: ShellKind,
    manager: Option<Manager>,
    environment: Option<&'e Environment>,
}

/// Words of gpucheck's own.
fn fixed<const N: usize>(words: [&'static str; N]) -> Vec<Word> {
    words.into_iter().map(Word::fixed).collect()
}

impl Writer<'_> {
    fn line(&self, tool: &'static str, program: &Word, arguments: &[Word]) -> Result<Command, NoWord> {
        let tool = match self.shell {
            ShellKind::Sh => tool,
            ShellKind::PowerShell => "powershell",
            ShellKind::Cmd => "cmd",
        };
        Ok(Command { tool, line: ShellLine::command(self.shell, program, arguments)? })
    }

    fn variable(&self, name: &str, value: Option<&str>) -> Result<Command, NoWord> {
        let value = value.map(Word::value).transpose()?;
        let line = ShellLine::variable(self.shell, name, value.as_ref())?;
        let tool = match self.shell {
            ShellKind::Sh => "sh",
            ShellKind::PowerShell => "powershell",
            ShellKind::Cmd => "cmd",
        };
        Ok(Command { tool, line })
    }

    /// The interpreter, where the shell has another one or none activated.
    fn other_interpreter(&self) -> Result<Option<Word>, NoWord> {
        let Some(environment) = self.environment.filter(|environment| !environment.active) else { return Ok(None) };
        match environment.interpreter.value() {
            Some(path) => Word::interpreter(path).map(Some),
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
    fn pip(&self, verb: [&'static str; 1]) -> Result<(&'static str, Word, Vec<Word>), NoWord> {
        let python = self.other_interpreter()?;
        if let Some(folder) = self.nameless().filter(|_| python.is_none()) {
            let of_uv = matches!(self.manager, Some(Manager::Uv | Manager::UvProject));
            let python = vec![Word::fixed("--python"), Word::path(folder)?];
            return Ok(match of_uv {
                true => ("uv", Word::fixed("uv"), [fixed(["pip"]), fixed(verb), python].concat()),
                false => ("pip", Word::fixed("pip"), [python, fixed(verb)].concat()),
            });
        }
        let uses = self.manager.unwrap_or(Manager::Pip);
        Ok(match (uses, python) {
            (Manager::Uv | Manager::UvProject, python) => {
                let mut words = fixed(["pip"]);
                words.extend(fixed(verb));
                words.extend(python.into_iter().flat_map(|python| [Word::fixed("--python"), python]));
                ("uv", Word::fixed("uv"), words)
            }
            (Manager::Pip, None) => ("pip", Word::fixed("pip"), fixed(verb)),
            (manager, python) => {
                let tool = if manager == Manager::Conda { "conda" } else { "pip" };
                let mut words = fixed(["-m", "pip"]);
                words.extend(fixed(verb));
                (tool, python.unwrap_or_else(|| Word::fixed("python")), words)
            }
        })
    }

    fn install(&self, installs: &[&Install], plan: &Plan) -> Result<Vec<Command>, NoWord> {
        if self.is_project() && !plan.alone {
            return Ok(vec![self.in_project(installs, plan)?]);
        }
        let mut wanted = Vec::new();
        if plan.reinstall {
            let of_uv = matches!(self.manager, Some(Manager::Uv | Manager::UvProject));
            wanted.push(Word::fixed(if of_uv { "--reinstall" } else { "--force-reinstall" }));
        }
        if plan.alone {
            wanted.push(Word::fixed("--no-deps"));
        }
        wanted.extend(requirements(installs)?);
        wanted.extend(from(plan.index.as_deref())?);
        let links = plan.links.as_deref().map(Word::url).transpose()?;
        wanted.extend(links.into_iter().flat_map(|links| [Word::fixed("--find-links"), links]));
        let (tool, program, mut words) = self.pip(["install"])?;
        words.extend(wanted);
        let mut lines = Vec::new();
        lines.extend(self.drop_condas_own(installs)?);
        lines.push(self.line(tool, &program, &words)?);
        Ok(lines)
    }

    /// Whether this is the environment that uv keeps for a project: `.venv` beside its lock file.
    fn is_project(&self) -> bool {
        let of_project = |id: &str| id.rsplit('/').next() == Some(".venv");
        self.manager == Some(Manager::UvProject)
            && self.environment.is_none_or(|environment| of_project(&environment.id))
    }

    /// `uv add` records packages and their index in pyproject.toml, and uv.lock follows.
    fn in_project(&self, installs: &[&Install], plan: &Plan) -> Result<Command, NoWord> {
        let again = match plan.reinstall {
            true => installs.iter().map(|install| Word::name(&install.name)).collect::<Result<Vec<_>, NoWord>>()?,
            false => Vec::new(),
        };
        let again = again.into_iter().flat_map(|name| [Word::fixed("--reinstall-package"), name]);
        let index = plan.index.as_deref().map(|index| Word::index(&index_name(index), index)).transpose()?;
        let index = index.into_iter().flat_map(|index| [Word::fixed("--index"), index]).collect();
        let words = [fixed(["add"]), self.project()?, again.collect(), requirements(installs)?, index].concat();
        self.line("uv", &Word::fixed("uv"), &words)
    }

    /// `--project FOLDER`: without it uv takes the project of the folder that the shell is in.
    fn project(&self) -> Result<Vec<Word>, NoWord> {
        let Some(environment) = self.environment else { return Ok(Vec::new()) };
        let lock = environment.manager.via().and_then(|via| via.at.strip_suffix("/uv.lock"));
        let above = || environment.id.rsplit_once('/').map(|(above, _)| above);
        match lock.or_else(above).filter(|folder| !folder.is_empty()) {
            Some(folder) => Ok(vec![Word::fixed("--project"), Word::path(folder)?]),
            None => Ok(Vec::new()),
        }
    }

    fn uninstall(&self, names: &[&str]) -> Result<Command, NoWord> {
        let of_uv = matches!(self.manager, Some(Manager::Uv | Manager::UvProject));
        let (tool, program, mut words) = if self.is_project() {
            ("uv", Word::fixed("uv"), [fixed(["remove"]), self.project()?].concat())
        } else {
            self.pip(["uninstall"])?
        };
        // Only pip asks for confirmation.
        words.extend(Some(Word::fixed("-y")).filter(|_| !of_uv));
        for name in names {
            words.push(Word::name(name)?);
        }
        self.line(tool, &program, &words)
    }

    /// conda's own package of a name must go first, or two tools own the same files.
    fn drop_condas_own(&self, installs: &[&Install]) -> Result<Option<Command>, NoWord> {
        let Some(environment) = self.environment else { return Ok(None) };
        let of_conda = |install: &&&Install| {
            environment.package(&install.name).is_some_and(|package| package.installer.as_deref() == Some("conda"))
        };
        let names = installs
            .iter()
            .filter(of_conda)
            .map(|install| Word::conda_name(if install.name == "torch" { "pytorch" } else { &install.name }))
            .collect::<Result<Vec<Word>, NoWord>>()?;
        if names.is_empty() {
            return Ok(None);
        }
        let mut words = fixed(["remove", "--prefix"]);
        words.push(Word::path(&environment.id)?);
        words.push(Word::fixed("--force-remove"));
        words.extend(names);
        self.line("conda", &Word::fixed("conda"), &words).map(Some)
    }

    fn in_new_environment(
        &self,
        python: PythonVersion,
        installs: &[&Install],
        index: Option<&str>,
    ) -> Result<Vec<Command>, NoWord> {
        let mut wanted = requirements(installs)?;
        wanted.extend(from(index)?);
        let folder = |inside| Word::named_after(".venv-py", python, inside);
        let (tool, make, pip) = match (self.manager, self.windows) {
            (Some(Manager::Uv | Manager::UvProject), _) => {
                let program = || Word::fixed("uv");
                let make = [fixed(["venv", "--python"]), vec![Word::python("", python), folder("")]].concat();
                let pip = [fixed(["pip", "install", "--python"]), vec![folder("")], wanted].concat();
                ("uv", (program(), make), (program(), pip))
            }
            (Some(Manager::Conda), _) => {
                let program = || Word::fixed("conda");
                let name = || Word::named_after("py", python, "");
                let make = [fixed(["create", "--name"]), vec![name(), Word::python("python=", python)], fixed(["pip"])]
                    .concat();
                let run = [fixed(["run", "--name"]), vec![name()]].concat();
                let pip = [run, fixed(["python", "-m", "pip", "install"]), wanted].concat();
                ("conda", (program(), make), (program(), pip))
            }
            (_, windows) => {
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
        Ok(vec![self.line(tool, &make.0, &make.1)?, self.line(tool, &pip.0, &pip.1)?])
    }
}

fn requirements(installs: &[&Install]) -> Result<Vec<Word>, NoWord> {
    installs.iter().map(|install| install.word()).collect()
}

fn from(index: Option<&str>) -> Result<Vec<Word>, NoWord> {
    let index = index.map(Word::url).transpose()?;
    Ok(index.into_iter().flat_map(|index| [Word::fixed("--index-url"), index]).collect())
}

/// A name for an index in pyproject.toml: `pytorch-cu128`.
fn index_name(index: &str) -> String {
    format!("pytorch-{}", index.rsplit('/').find(|part| !part.is_empty()).unwrap_or("index"))
}

impl Install {
    /// As a requirement of pip and uv, for people.
    pub fn requirement(&self) -> String {
        match (&self.version, &self.spec) {
            (Some(version), _) => format!("{}=={version}", self.name),
            (None, Some(spec)) => spec.clone(),
            (None, None) => self.name.clone(),
        }
    }

    fn word(&self) -> Result<Word, NoWord> {
        match (&self.version, &self.spec) {
            (Some(version), _) => Word::exact(&self.name, version),
            (None, Some(spec)) => Word::requirement(spec),
            (None, None) => Word::name(&self.name),
        }
    }
}
