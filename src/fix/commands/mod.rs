//! A plan as lines to paste, for the user's own tool and shell. One file for each tool that has command lines of its own: `pip` (with
//! uv's and conda's use of it), `project` (uv), `pixi`, `poetry`, `dockerfile`; `made` is for environments that are still to be made,
//! `source` for packages that are built.

mod dockerfile;
mod made;
mod pip;
mod pixi;
mod poetry;
mod project;
mod source;
#[cfg(test)]
mod tests;

use super::plan::{Change, Install, Plan};
use crate::{
    facts::{Environment, Host, Manager, Origin, Os, ShellKind},
    finding::Command,
    knowledge::AdviceTool,
    shell::{FileText, NoWord, ShellLine, Word},
};

/// PyTorch's own package indexes; a build's index is this and its suffix.
pub const TORCH_INDEXES: &str = "https://download.pytorch.org/";

/// What carries out a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// What to write into files, first.
    pub edits: Vec<FileText>,
    /// What to paste.
    pub commands: Vec<Command>,
    /// What the lines rest on and nobody has seen.
    pub notes: Vec<String>,
}

/// The lines that carry out a plan. A plan about the machine alone has no environment.
///
/// # Errors
/// When a name that was read is unsafe on a command line: then there are no commands at all.
pub fn lines(plan: &Plan, environment: Option<&Environment>, host: &Host) -> Result<Lines, NoWord> {
    let writer = Writer::of(environment, host);
    let mut lines = Lines::default();
    for (place, mut step) in plan.steps().into_iter().enumerate() {
        if place > 0 && writer.is_image() {
            // The first step has named the image that all of them change.
            step.changes.retain(|change| !matches!(change, Change::NewPython(_)));
        }
        let Lines { edits, mut commands, notes } = writer.step(&step)?;
        // A later step does not make the environment again.
        commands.retain(|command| !lines.commands.contains(command));
        lines.edits.extend(edits);
        lines.commands.extend(commands);
        lines.notes.extend(notes);
    }
    Ok(lines)
}

/// What the lines are written for.
pub(super) struct Writer<'e> {
    /// Whether the environment's folders are those of Windows.
    pub(super) windows: bool,
    shell: ShellKind,
    manager: Manager,
    environment: Option<&'e Environment>,
}

/// Words of gpucheck's own.
fn fixed<const N: usize>(words: [&'static str; N]) -> Vec<Word> {
    words.into_iter().map(Word::fixed).collect()
}

impl<'e> Writer<'e> {
    /// For this environment on this machine.
    pub(super) fn of(environment: Option<&'e Environment>, host: &Host) -> Self {
        let platform = environment.and_then(|environment| environment.platform.value()).or(host.platform.value());
        let windows = platform.is_some_and(|platform| platform.os == Os::Windows);
        let usual = if windows { ShellKind::PowerShell } else { ShellKind::Sh };
        let shell = host.shell.value().copied().unwrap_or(usual);
        let manager = environment.and_then(|environment| environment.manager.value().copied());
        Self { windows, shell, manager: manager.unwrap_or(Manager::Pip), environment }
    }

    /// The lines of one step of a plan.
    fn step(&self, plan: &Plan) -> Result<Lines, NoWord> {
        let mut lines = Lines::default();
        let mut new_python = None;
        let mut gone: Vec<&str> = Vec::new();
        for change in &plan.changes {
            match change {
                Change::Variable(name, value) => lines.commands.push(self.variable(name, value.as_deref())?),
                // A hidden GPU is a variable, too; what follows needs no line; a driver has none that fits every system.
                Change::Hide(_) | Change::Install(_) | Change::Follow { .. } | Change::Driver(_) => {}
                Change::Uninstall(name) => gone.push(name.as_str()),
                Change::NewPython(python) => new_python = Some(*python),
            }
        }
        if !gone.is_empty() {
            self.uninstall(&gone, &mut lines)?;
        }
        let installs: Vec<&Install> = plan.installs().collect();
        if installs.is_empty() {
            return Ok(lines);
        }
        match new_python {
            Some(python) => self.in_new_environment(python, &installs, plan, &mut lines)?,
            None => self.install(&installs, plan, &mut lines)?,
        }
        Ok(lines)
    }

    fn line(&self, tool: &'static str, program: &Word, arguments: &[Word]) -> Result<Command, NoWord> {
        Ok(self.of_tool(tool, ShellLine::command(self.shell, program, arguments)?))
    }

    /// The line as one of this tool's: shells that are not Unix's are named instead.
    const fn of_tool(&self, tool: &'static str, line: ShellLine) -> Command {
        let tool = match self.shell {
            ShellKind::Sh => tool,
            ShellKind::PowerShell => "powershell",
            ShellKind::Cmd => "cmd",
        };
        Command { tool, line }
    }

    fn variable(&self, name: &str, value: Option<&str>) -> Result<Command, NoWord> {
        let value = value.map(Word::value).transpose()?;
        Ok(self.of_tool("sh", ShellLine::variable(self.shell, name, value.as_ref())?))
    }

    fn install(&self, installs: &[&Install], plan: &Plan, lines: &mut Lines) -> Result<(), NoWord> {
        match self.manager {
            // A page of links belongs to one command: no lock file has it.
            Manager::UvProject | Manager::Pixi | Manager::Poetry if plan.links.is_some() => {
                self.with_pip(installs, plan, lines)
            }
            Manager::UvProject if self.is_project() && !plan.alone => self.in_project(installs, plan, lines),
            Manager::Pixi => self.in_pixi(installs, plan, lines),
            Manager::Poetry => self.in_poetry(installs, plan, lines),
            Manager::Docker => self.in_dockerfile(installs, plan, lines),
            // What is broken there is mended there; anything else does not belong there.
            Manager::System if !plan.reinstall => self.beside_system(installs, plan, lines),
            Manager::Conda if self.is_to_be_made() => self.in_conda_environment(installs, plan, lines),
            _ => self.with_pip(installs, plan, lines),
        }
    }

    fn uninstall(&self, names: &[&str], lines: &mut Lines) -> Result<(), NoWord> {
        lines.commands.push(match self.manager {
            Manager::UvProject if self.is_project() => self.out_of_project(names)?,
            Manager::Pixi => self.out_of_pixi(names)?,
            Manager::Poetry => self.out_of_poetry(names)?,
            _ => self.out_with_pip(names)?,
        });
        Ok(())
    }

    /// Whether the environment is one that was asked for and that no shell has activated: the lines make it.
    fn is_to_be_made(&self) -> bool {
        self.environment.is_some_and(|environment| environment.origin == Origin::Hypothetical && !environment.active)
    }

    /// Whether the lines are instructions of a Dockerfile.
    pub(super) const fn is_image(&self) -> bool {
        matches!(self.manager, Manager::Docker)
    }

    /// Whether the packages and files are uv's to change.
    const fn of_uv(&self) -> bool {
        matches!(self.manager, Manager::Uv | Manager::UvProject)
    }

    /// Whether a line of a row for this tool can be pasted here.
    pub(super) fn takes(&self, tool: AdviceTool) -> bool {
        match tool {
            AdviceTool::Sh | AdviceTool::Apt => self.shell == ShellKind::Sh && !self.windows,
            AdviceTool::Docker => true,
            AdviceTool::PowerShell => self.shell == ShellKind::PowerShell,
        }
    }

    /// A path as the shells of this environment's system write it.
    fn path(&self, word: Word) -> Word {
        if self.windows && self.shell != ShellKind::Sh { word.with_backslashes() } else { word }
    }
}

fn requirements(installs: &[&Install]) -> Result<Vec<Word>, NoWord> {
    installs.iter().map(|install| install.word()).collect()
}

fn names(installs: &[&Install]) -> Result<Vec<Word>, NoWord> {
    installs.iter().map(|install| Word::name(&install.name)).collect()
}

/// Where a plan's packages come from, besides the default index; and whether what builds them sees the environment.
fn from(plan: &Plan) -> Result<Vec<Word>, NoWord> {
    let index = plan.index.as_deref().map(Word::url).transpose()?;
    let links = plan.links.as_deref().map(Word::url).transpose()?;
    let index = index.map(|index| [Word::fixed("--index-url"), index]);
    let links = links.map(|links| [Word::fixed("--find-links"), links]);
    let words = index.into_iter().chain(links).flatten();
    Ok(words.chain(seeing(plan)).collect())
}

/// What lets a build see the torch that is there.
fn seeing(plan: &Plan) -> Option<Word> {
    plan.installs().any(|install| install.compiled).then(|| Word::fixed("--no-build-isolation"))
}

/// A name for an index in pyproject.toml: `pytorch-cu128`.
fn index_name(index: &str) -> String {
    format!("pytorch-{}", index.rsplit('/').find(|part| !part.is_empty()).unwrap_or("index"))
}

impl Install {
    /// As a requirement of pip and uv, for people.
    pub fn requirement(&self) -> String {
        match (&self.version, &self.spec) {
            (Some(version), _) if self.extras.is_empty() => format!("{}=={version}", self.name),
            (Some(version), _) => format!("{}[{}]=={version}", self.name, self.extras.join(",")),
            (None, Some(spec)) => spec.clone(),
            (None, None) => self.name.clone(),
        }
    }

    fn word(&self) -> Result<Word, NoWord> {
        match (&self.version, &self.spec) {
            (Some(version), _) if self.extras.is_empty() => Word::exact(&self.name, version),
            (Some(_), _) => Word::requirement(&self.requirement()),
            (None, Some(spec)) => Word::requirement(spec),
            (None, None) => Word::name(&self.name),
        }
    }
}
