//! Programs that call scripts in other languages, and what can be told of programs that ask what there is.

use super::{
    Language, Script,
    output::words_of,
    run::Shell,
    script::placed,
    test::Status,
    tree::{Node, Simple},
    value::Value,
};
use crate::{
    facts::{GapWeight, Location},
    manifest::{
        command::{CommandWord, program},
        launcher,
    },
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

    /// Programs that call others by a way of their own: after words, in one word, with the words of a file.
    pub(super) fn calls_on(&mut self, name: &str, words: &[CommandWord], arguments: &[CommandWord]) -> Option<Status> {
        let after = |options: &[&str]| {
            let at = arguments.iter().position(|word| options.contains(&word.text.as_str()))?;
            Some((at, arguments.get(at + 1)?))
        };
        match name {
            "timeout" => {
                let after = arguments.iter().position(|word| !word.text.starts_with('-')).map_or(0, |at| at + 1);
                Some(self.command(arguments.get(after..).unwrap_or_default().to_vec()))
            }
            // `su user -c "…"`
            "su" | "runuser" => {
                let (_, script) = after(&["-c", "--command"])?;
                Some(self.nested(words, Script::piece(&script.text, script.at.clone())))
            }
            // `xargs -a list.txt pip install`
            "xargs" => {
                let (at, file) = after(&["-a", "--arg-file"])?;
                let rest = arguments.get(at + 2..).unwrap_or_default();
                let start =
                    rest.iter().position(|word| !word.text.starts_with('-') && word.text.parse::<u32>().is_err())?;
                let mut command = rest.get(start..).unwrap_or_default().to_vec();
                match self.scene.open(&file.text) {
                    Ok(text) => command.extend(text.lines().flat_map(|(start, line)| {
                        let words = line.split_whitespace();
                        let at = text.at(start);
                        words.map(move |word| CommandWord { text: word.to_owned(), at: at.clone(), unknown: None })
                    })),
                    Err(_) => {
                        let why = format!("the words in {}", file.text);
                        command.push(CommandWord { text: String::new(), at: file.at.clone(), unknown: Some(why) });
                    }
                }
                Some(self.command(command))
            }
            _ if name.starts_with("python") && arguments.first().is_some_and(|word| word.text == "-c") => {
                let code = arguments.get(1).filter(|code| code.unknown.is_none())?;
                self.python(&code.at, &code.text).then_some(Status::Yes)
            }
            _ => None,
        }
    }

    /// Code in Python that a command has in it. Whether it installs something.
    pub(super) fn python(&mut self, at: &Location, code: &str) -> bool {
        let text = placed(at, "code in Python", code);
        let is = launcher::installs(&text);
        if is {
            let chosen = self.variables.chosen.clone();
            launcher::include(&text, &chosen, self.scene);
        }
        is
    }

    /// `curl … | bash`: nobody here has seen what the shell reads.
    pub(super) fn unseen(&mut self, from: &Node, to: &Simple) {
        let is =
            |simple: &Simple, names: &[&str]| simple.words.iter().any(|word| names.iter().any(|name| word.is(name)));
        let Node::Simple(source) = from else { return };
        if is(source, &["curl", "wget"]) && is(to, &["bash", "sh", "zsh", "dash"]) {
            let at = self.script.at(source.words.first().map_or(0, |word| word.start));
            self.scene.sheet.gap("what the script does that a shell reads from the network", GapWeight::PassedOver, at);
        }
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
