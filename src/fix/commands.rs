//! A plan as lines to paste, in the language of the user's own tool and shell.

use super::plan::{Change, Install, Plan};
use crate::{
    facts::{Environment, Host, Manager, Os, PythonVersion},
    finding::Command,
};

/// PyTorch's own package indexes; a build's index is this and its suffix.
pub const TORCH_INDEXES: &str = "https://download.pytorch.org/";

/// The lines that carry out a plan. A plan about the machine alone has no environment.
pub fn commands(plan: &Plan, environment: Option<&Environment>, host: &Host) -> Vec<Command> {
    let windows = environment
        .and_then(|environment| environment.platform.value())
        .or(host.platform.value())
        .is_some_and(|platform| platform.os == Os::Windows);
    let shell = Shell { windows };
    let mut lines = Vec::new();
    let mut new_python = None;
    let mut gone: Vec<&str> = Vec::new();
    for change in &plan.changes {
        match change {
            Change::Variable(name, value) => lines.push(shell.variable(name, value.as_deref())),
            // A hidden GPU is a variable, too; what follows needs no line; a driver has none that fits every system.
            Change::Hide(_) | Change::Install(_) | Change::Follow { .. } | Change::Driver(_) => {}
            Change::Uninstall(name) => gone.push(name.as_str()),
            Change::NewPython(python) => new_python = Some(*python),
        }
    }
    let manager = environment.and_then(|environment| environment.manager.value().copied());
    if !gone.is_empty() {
        lines.push(shell.uninstall(manager, environment, &gone));
    }
    let installs: Vec<&Install> = plan.installs().collect();
    if installs.is_empty() {
        return lines;
    }
    match new_python {
        Some(python) => lines.extend(shell.in_new_environment(manager, python, &installs, plan.index.as_deref())),
        None => lines.extend(shell.install(manager, environment, &installs, plan)),
    }
    lines
}

struct Shell {
    windows: bool,
}

impl Shell {
    fn tool(&self, unix: &'static str) -> &'static str {
        if self.windows { "powershell" } else { unix }
    }

    /// A word that the shell takes as it is, or the word in single quotes, which both shells take literally.
    fn quote(&self, word: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@%".contains(c) || (self.windows && c == '\\');
        // A leading tilde must stay bare to be expanded.
        if let Some(rest) = word.strip_prefix("~/").filter(|_| !self.windows) {
            return format!("~/{}", self.quote(rest));
        }
        if !word.is_empty() && word.chars().all(plain) {
            return word.to_owned();
        }
        if self.windows {
            // PowerShell hands programs a tilde as it is.
            let below_home = ["~/", "~\\"].into_iter().find_map(|start| word.strip_prefix(start));
            return below_home.map_or_else(|| single_quoted(word), |rest| format!("\"$HOME\\{}\"", escaped(rest)));
        }
        format!("'{}'", word.replace('\'', r"'\''"))
    }

    /// A program by its path: PowerShell runs a quoted one only behind `&`, and there it knows the tilde.
    fn program(&self, path: &str) -> String {
        let quoted = if self.windows && path.starts_with('~') { single_quoted(path) } else { self.quote(path) };
        if self.windows && quoted.starts_with('\'') { format!("& {quoted}") } else { quoted }
    }

    fn variable(&self, name: &str, value: Option<&str>) -> Command {
        let line = match (self.windows, value) {
            (false, Some(value)) => format!("export {name}={}", self.quote(value)),
            (false, None) => format!("unset {name}"),
            (true, Some(value)) => format!("$env:{name} = {}", single_quoted(value)),
            (true, None) => format!("Remove-Item Env:{name}"),
        };
        Command { tool: self.tool("sh"), line }
    }

    fn requirements(&self, installs: &[&Install]) -> String {
        installs.iter().map(|install| self.quote(&install.requirement())).collect::<Vec<_>>().join(" ")
    }

    fn install(
        &self,
        manager: Option<Manager>,
        environment: Option<&Environment>,
        installs: &[&Install],
        plan: &Plan,
    ) -> Vec<Command> {
        let again = match manager {
            _ if !plan.reinstall => "",
            Some(Manager::Uv | Manager::UvProject) => "--reinstall ",
            _ => "--force-reinstall ",
        };
        // A uv project has its requirements in its lock file, and no such option.
        let alone = if plan.alone && manager != Some(Manager::UvProject) { "--no-deps " } else { "" };
        let index = plan.index.as_deref();
        let wanted = again.to_owned() + alone + &self.requirements(installs);
        let active = environment.is_none_or(|environment| environment.active);
        let interpreter = environment.and_then(|environment| environment.interpreter.value());
        let from = index.map(|index| format!(" --index-url {index}")).unwrap_or_default();
        let line = match (manager.unwrap_or(Manager::Pip), interpreter.filter(|_| !active)) {
            (Manager::UvProject, _) => {
                // `uv add` records the index for these packages in pyproject.toml; uv.lock follows.
                let from = index.map(|index| format!(" --index {}={index}", index_name(index))).unwrap_or_default();
                ("uv", format!("uv add {wanted}{from}"))
            }
            (Manager::Uv, None) => ("uv", format!("uv pip install {wanted}{from}")),
            (Manager::Uv, Some(python)) => {
                ("uv", format!("uv pip install --python {} {wanted}{from}", self.quote(python)))
            }
            (Manager::Conda, None) => ("conda", format!("python -m pip install {wanted}{from}")),
            (_, None) => ("pip", format!("pip install {wanted}{from}")),
            (Manager::Conda, Some(python)) => {
                ("conda", format!("{} -m pip install {wanted}{from}", self.program(python)))
            }
            (Manager::Pip, Some(python)) => ("pip", format!("{} -m pip install {wanted}{from}", self.program(python))),
        };
        let mut lines = Vec::new();
        lines.extend(environment.and_then(|environment| self.drop_condas_own(environment, installs)));
        lines.push(Command { tool: self.tool(line.0), line: line.1 });
        lines
    }

    fn uninstall(&self, manager: Option<Manager>, environment: Option<&Environment>, names: &[&str]) -> Command {
        let active = environment.is_none_or(|environment| environment.active);
        let interpreter = environment.and_then(|environment| environment.interpreter.value()).filter(|_| !active);
        let names = names.join(" ");
        let (tool, line) = match (manager.unwrap_or(Manager::Pip), interpreter) {
            (Manager::UvProject, _) => ("uv", format!("uv remove {names}")),
            (Manager::Uv, None) => ("uv", format!("uv pip uninstall {names}")),
            (Manager::Uv, Some(python)) => ("uv", format!("uv pip uninstall --python {} {names}", self.quote(python))),
            (Manager::Conda, None) => ("conda", format!("python -m pip uninstall -y {names}")),
            (Manager::Conda, Some(python)) => {
                ("conda", format!("{} -m pip uninstall -y {names}", self.program(python)))
            }
            (Manager::Pip, None) => ("pip", format!("pip uninstall -y {names}")),
            (Manager::Pip, Some(python)) => ("pip", format!("{} -m pip uninstall -y {names}", self.program(python))),
        };
        Command { tool: self.tool(tool), line }
    }

    /// conda's own package of a name must go first, or two tools own the same files.
    fn drop_condas_own(&self, environment: &Environment, installs: &[&Install]) -> Option<Command> {
        let names: Vec<&str> = installs
            .iter()
            .filter(|install| {
                environment.package(&install.name).is_some_and(|package| package.installer.as_deref() == Some("conda"))
            })
            .map(|install| if install.name == "torch" { "pytorch" } else { install.name.as_str() })
            .collect();
        (!names.is_empty()).then(|| Command {
            tool: self.tool("conda"),
            line: format!("conda remove --prefix {} --force-remove {}", self.quote(&environment.id), names.join(" ")),
        })
    }

    fn in_new_environment(
        &self,
        manager: Option<Manager>,
        python: PythonVersion,
        installs: &[&Install],
        index: Option<&str>,
    ) -> Vec<Command> {
        let wanted = self.requirements(installs);
        let from = index.map(|index| format!(" --index-url {index}")).unwrap_or_default();
        let folder = format!(".venv-py{}{}", python.major, python.minor);
        let (make, pip) = match (manager, self.windows) {
            (Some(Manager::Uv | Manager::UvProject), _) => {
                let make = format!("uv venv --python {python} {folder}");
                return vec![
                    Command { tool: self.tool("uv"), line: make },
                    Command { tool: self.tool("uv"), line: format!("uv pip install --python {folder} {wanted}{from}") },
                ];
            }
            (Some(Manager::Conda), _) => {
                let name = format!("py{}{}", python.major, python.minor);
                (
                    format!("conda create --name {name} python={python} pip"),
                    format!("conda run --name {name} python -m pip install {wanted}{from}"),
                )
            }
            (_, true) => (
                format!("py -{python} -m venv {folder}"),
                format!(".\\{folder}\\Scripts\\python.exe -m pip install {wanted}{from}"),
            ),
            (_, false) => (
                format!("python{python} -m venv {folder}"),
                format!("{folder}/bin/python -m pip install {wanted}{from}"),
            ),
        };
        let tool = if manager == Some(Manager::Conda) { "conda" } else { "pip" };
        vec![Command { tool: self.tool(tool), line: make }, Command { tool: self.tool(tool), line: pip }]
    }
}

/// PowerShell's literal string. It takes typographic quotes for plain ones, and two of them for one.
fn single_quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
    }
    quoted + "'"
}

/// What stands between PowerShell's double quotes, in which a backtick makes a character literal.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '`' | '$' | '"' | '\u{201c}'..='\u{201e}') {
            escaped.push('`');
        }
        escaped.push(c);
    }
    escaped
}

/// A name for an index in pyproject.toml: `pytorch-cu128`.
fn index_name(index: &str) -> String {
    format!("pytorch-{}", index.rsplit('/').find(|part| !part.is_empty()).unwrap_or("index"))
}

impl Install {
    /// As a requirement of pip and uv.
    pub fn requirement(&self) -> String {
        match (&self.version, &self.spec) {
            (Some(version), _) => format!("{}=={version}", self.name),
            (None, Some(spec)) => spec.clone(),
            (None, None) => self.name.clone(),
        }
    }
}
