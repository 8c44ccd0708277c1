//! Programs that call scripts in other languages, and what can be told of programs that ask what there is.

use super::{Language, Script, output::words_of, run::Shell, test::Status, value::Value};
use crate::manifest::{
    command::{CommandWord, program},
    launcher,
};

impl Shell<'_, '_, '_> {
    /// `pwsh -File x.ps1`, `pwsh -Command …`, `cmd /c x.bat`.
    pub(super) fn windows_shell(&mut self, name: &str, arguments: &[CommandWord]) -> Status {
        let language = if name == "cmd" { Language::Batch } else { Language::PowerShell };
        let mut rest = arguments;
        let mut commands = name == "cmd";
        while let Some((word, after)) = rest.split_first().filter(|(word, _)| word.text.starts_with(['-', '/'])) {
            rest = after;
            match word.text.to_ascii_lowercase().as_str() {
                "-c" | "-command" => commands = true,
                "-executionpolicy" | "-ep" | "-ex" | "-version" | "-workingdirectory" | "-wd" => {
                    rest = rest.get(1..).unwrap_or_default();
                }
                _ => {}
            }
        }
        let Some(first) = rest.first() else { return Status::Yes };
        let file = first.text.trim_start_matches("& ").trim_matches(['"', '\'']).replace('\\', "/");
        if Language::of(&file).is_some() && !file.contains(char::is_whitespace) {
            return self.script_file(rest, &file, true);
        }
        if !commands {
            return Status::Yes;
        }
        let script = Script::piece(&words_of(rest).join(" "), first.at.clone());
        self.nested_as(language, rest, script)
    }

    /// `python launch.py`: a launcher of the project that installs something. Whether it was one.
    pub(super) fn launcher(&mut self, arguments: &[CommandWord]) -> bool {
        let Some(file) = arguments.iter().find(|word| !word.text.starts_with('-')) else { return false };
        let own = file.text.ends_with(".py") && !file.text.ends_with("setup.py") && file.unknown.is_none();
        if !own || self.scene.sheet.environment.image.is_some() {
            return false;
        }
        let Ok(text) = self.scene.open(&file.text) else { return false };
        let is = launcher::installs(&text);
        if is {
            let chosen = self.variables.chosen.clone();
            launcher::include(&text, &chosen, self.scene);
        }
        is
    }

    /// `shift`: every argument has the next one's value.
    pub(super) fn shift(&mut self) {
        for number in 1..9_u8 {
            match self.variables.set.get(&(number + 1).to_string()).cloned() {
                Some(next) => self.variables.put(&number.to_string(), next),
                None => {
                    self.variables.remove(&number.to_string());
                }
            }
        }
        let left = self.variables.get("#").and_then(|count| count.text().parse::<u32>().ok());
        if let Some(left) = left {
            self.variables.put("#", Value::known(left.saturating_sub(1).to_string(), None));
        }
    }

    /// Whether something is there that a command asks for, where that can be told: a package that the script has installed or not, the programs
    /// that go with a GPU and with Python.
    pub(super) fn asks_for(&self, words: &[CommandWord]) -> Option<Status> {
        if self.scene.sheet.environment.image.is_some() {
            return None;
        }
        let texts = words_of(words);
        let name = program(texts.first()?);
        let is_python = name.starts_with("python") || name == "py";
        if name == "nvidia-smi" {
            return Some(Status::Yes);
        }
        let show =
            texts.iter().position(|word| *word == "show").filter(|_| texts.contains(&"pip") || name.starts_with("pip"));
        let package = match show {
            Some(show) => texts.get(show + 1..)?.iter().find(|word| !word.starts_with('-')).copied(),
            None if is_python && texts.get(1) == Some(&"-c") => {
                texts.get(2)?.trim().strip_prefix("import ")?.split([';', ',', ' ', '.', '\n']).next()
            }
            None => None,
        }?;
        let package = crate::python::normalize(package);
        let steps = &self.scene.sheet.environment.steps;
        let is_there = |request: &crate::facts::Request| {
            request.name == package && request.role == crate::facts::RequestRole::Wanted
        };
        Some(Status::of(steps.iter().any(|step| step.requests.iter().any(is_there))))
    }
}

/// The variables that `read` sets.
pub(super) fn asked_for(arguments: &[CommandWord]) -> Vec<String> {
    let mut names = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.text.strip_prefix('-') {
            // Options are written together: `-rp "Which?"`.
            Some(options) if options.ends_with(['p', 'n', 'N', 't', 'd', 'u', 'i']) => {
                words.next();
            }
            Some(_) => {}
            None => names.push(word.text.clone()),
        }
    }
    if names.is_empty() {
        names.push("REPLY".to_owned());
    }
    names
}

/// The words of a command whose program is a variable that nothing sets, with the program that its arguments tell: `$PYTHON -m pip`,
/// `"$UV" pip install`.
pub(super) fn with_program(words: &[CommandWord]) -> Option<Vec<CommandWord>> {
    let at = |index: usize| words.get(index).map(|word| word.text.as_str()).unwrap_or_default();
    let first = words.first()?;
    let program =
        |text: &str, at: &CommandWord| CommandWord { text: text.to_owned(), at: at.at.clone(), unknown: None };
    if at(0) == "-m" && at(1) == "pip" {
        return Some([program("python", first)].into_iter().chain(words.iter().cloned()).collect());
    }
    let why = first.unknown.as_deref()?.to_ascii_lowercase();
    let name = match (at(1), at(2)) {
        ("-m", "pip") => "python",
        ("pip", _) => "uv",
        ("install", _) if why.contains("pip") => "pip",
        ("install" | "create", _) if ["conda", "mamba"].iter().any(|name| why.contains(name)) => "conda",
        _ => return None,
    };
    Some([program(name, first)].into_iter().chain(words.iter().skip(1).cloned()).collect())
}
