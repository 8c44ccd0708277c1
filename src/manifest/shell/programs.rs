//! Programs that change what later ones find, or that call others: `cd`, `export`, `sudo`, `git clone`, `bash -c`, `sed -i`.

use std::{collections::BTreeMap, path::PathBuf};

use super::{
    Script, pattern,
    run::{Language, Shell},
    syntax::{Join, Node, Simple},
    test::Status,
    value::{Fill, Value},
    word::Word,
};
use crate::{
    facts::{Cpu, GapWeight, Location},
    manifest::{
        Text,
        launcher,
        command::{self, CommandWord, joined, program},
    },
};

/// Programs that call the one that follows, each with those of its options that take a value.
const CALLERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-C", "-p"]),
    ("env", &["-u", "-C"]),
    ("time", &["-f", "-o"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("nohup", &[]),
    ("exec", &["-a"]),
    ("command", &[]),
    ("builtin", &[]),
    ("stdbuf", &["-o", "-e", "-i"]),
    ("xvfb-run", &[]),
    ("gosu", &[]),
    ("retry", &[]),
];

impl Shell<'_, '_, '_> {
    /// Reads what a program does.
    pub fn program(&mut self, words: &[CommandWord]) -> Status {
        let Some(first) = words.first() else { return Status::Yes };
        let name = program(&first.text).to_owned();
        let arguments = words.get(1..).unwrap_or_default();
        if let Some((_, valued)) = CALLERS.iter().find(|(caller, _)| *caller == name) {
            return self.caller(&name, arguments, valued);
        }
        match name.as_str() {
            "cd" | "pushd" => {
                if let Some(to) = arguments.iter().find(|word| !word.text.starts_with('-') && word.unknown.is_none()) {
                    self.scene.folder = joined(&self.scene.folder, &to.text);
                }
                return Status::Yes;
            }
            "export" | "declare" | "local" | "typeset" | "readonly" => return self.export(arguments),
            "unset" => {
                for word in arguments {
                    self.variables.remove(&word.text);
                }
                return Status::Yes;
            }
            "read" => {
                for name in asked_for(arguments) {
                    self.variables.put(&name, Value::unknown(name.clone()));
                }
                return Status::Yes;
            }
            "eval" => {
                let text = words_of(arguments).join(" ");
                return self.nested(words, Script::piece(&text, self.place(words)));
            }
            "timeout" => {
                let after = arguments.iter().position(|word| !word.text.starts_with('-')).map_or(0, |at| at + 1);
                return self.command(arguments.get(after..).unwrap_or_default().to_vec());
            }
            "conda" | "mamba" | "micromamba" if arguments.first().is_some_and(|word| word.text == "run") => {
                return self.caller(
                    &name,
                    arguments.get(1..).unwrap_or_default(),
                    &["-n", "--name", "-p", "--prefix", "--cwd"],
                );
            }
            "bash" | "sh" | "zsh" | "dash" | "ash" => return self.shell(words, arguments),
            "pwsh" | "powershell" | "cmd" => return self.windows_shell(&name, arguments),
            "choice" => {
                self.variables.put("ERRORLEVEL", Value::unknown("the choice"));
                return Status::Yes;
            }
            "getopts" => return Status::No,
            "shift" => {
                self.shift();
                return Status::Yes;
            }
            "source" | "." => {
                if let Some(file) = arguments.first() {
                    self.script_file(arguments, &file.text.clone(), false);
                }
                return Status::Yes;
            }
            "git" => self.git(arguments),
            "apt" | "apt-get" | "dnf" | "yum" | "microdnf" | "zypper" => self.system_packages(arguments),
            "sed" => self.edit(arguments),
            "cp" | "mv" => self.copied(arguments),
            _ => {}
        }
        if let Some(at) = arguments.iter().position(|word| word.text == "config")
            && (name.starts_with("pip") || arguments.iter().any(|word| word.text == "pip"))
        {
            self.configured(arguments.get(at + 1..).unwrap_or_default());
            return Status::Yes;
        }
        if name.starts_with("python") && self.launcher(arguments) {
            return Status::Yes;
        }
        if self.built(words, &name, arguments) {
            return Status::Yes;
        }
        let is_path = |language: Language| language == Language::Batch || first.text.contains('/');
        if Language::of(&name).is_some_and(is_path) {
            return self.script_file(words, &first.text.clone(), true);
        }
        self.tool(words)
    }

    /// Gives a command to the tool that it calls.
    fn tool(&mut self, words: &[CommandWord]) -> Status {
        let values = self.variables.set.keys().filter_map(|name| {
            let value = self.variables.get(name).filter(|value| value.unknown.is_none())?;
            Some((name.clone(), value.text()))
        });
        let named = with_program(words);
        let words = named.as_deref().unwrap_or(words);
        let claimed = command::claims(words);
        // `$PIP install`, where a condition decides what `$PIP` is.
        if let (false, Some(why)) = (claimed, words.first().and_then(|first| first.unknown.as_ref())) {
            if words.iter().skip(1).any(|word| matches!(word.text.as_str(), "install" | "pip" | "sync" | "create")) {
                self.scene.reading.doubts.decide(why);
            }
        }
        if claimed {
            for word in words {
                if let Some(why) = &word.unknown {
                    self.scene.reading.doubts.decide(why);
                }
            }

            let words = self.with_clones(words);
            let mut variables: BTreeMap<String, String> = values.collect();
            for (name, value) in self.scene.files.settings() {
                variables.entry(name.clone()).or_insert_with(|| value.clone());
            }
            self.scene.variables = variables;
            self.variables.remove("ERRORLEVEL");
            command::read(&words, self.scene);
            self.compiled(&words);
        }
        if let Some(is) = self.asks_for(words) {
            return is;
        }
        // Programs that ask what there is are not asked.
        let asks = ["nvidia-smi", "which", "hash", "type", "dpkg", "rpm", "grep", "test", "nvcc"];
        match words.first().map(|word| program(&word.text)) {
            Some(name) if asks.contains(&name) && !claimed => {
                Status::Unknown(format!("whether '{}' goes well", words_of(words).join(" ")))
            }
            _ => Status::Yes,
        }
    }

    /// Whether something is there that a command asks for, where that can be told: a package that the script has installed or not, the programs
    /// that go with a GPU and with Python.
    fn asks_for(&self, words: &[CommandWord]) -> Option<Status> {
        if self.scene.sheet.environment.image.is_some() {
            return None;
        }
        let texts = words_of(words);
        let name = program(texts.first()?);
        let is_python = name.starts_with("python") || name == "py";
        if name == "nvidia-smi" {
            return Some(Status::Yes);
        }
        let show = texts.iter().position(|word| *word == "show").filter(|_| texts.contains(&"pip") || name.starts_with("pip"));
        let package = match show {
            Some(show) => texts.get(show + 1..)?.iter().find(|word| !word.starts_with('-')).copied(),
            None if is_python && texts.get(1) == Some(&"-c") => {
                texts.get(2)?.trim().strip_prefix("import ")?.split([';', ',', ' ', '.', '\n']).next()
            }
            None => None,
        }?;
        let package = crate::python::normalize(package);
        let steps = &self.scene.sheet.environment.steps;
        let is_there = |request: &crate::facts::Request| request.name == package && request.role == crate::facts::RequestRole::Wanted;
        Some(Status::of(steps.iter().any(|step| step.requests.iter().any(is_there))))
    }

    /// `sudo NAME=value program words`.
    fn caller(&mut self, name: &str, arguments: &[CommandWord], valued: &[&str]) -> Status {
        if name == "command" && arguments.first().is_some_and(|word| word.text == "-v" || word.text == "-V") {
            return match arguments.last().map(|word| word.text.as_str()) {
                Some("python" | "python3" | "pip" | "pip3" | "git" | "nvidia-smi" | "curl" | "wget") if self.scene.sheet.environment.image.is_none() => {
                    Status::Yes
                }
                Some(what) => Status::Unknown(format!("whether {what} is there")),
                None => Status::No,
            };
        }
        let mut rest = arguments;
        let before = self.variables.clone();
        while let Some((word, after)) = rest.split_first() {
            let variable = word.text.split_once('=').filter(|(name, _)| is_name(name));
            if word.text == "--" {
                rest = after;
                break;
            }
            if let Some((variable, value)) = variable {
                let value =
                    Value { items: vec![value.to_owned()], unknown: word.unknown.clone(), at: Some(word.at.clone()) };
                self.assign(variable, value, false, false);
            } else if valued.contains(&word.text.as_str()) {
                rest = after.get(1..).unwrap_or_default();
                continue;
            } else if !word.text.starts_with('-') {
                break;
            }
            rest = after;
        }
        // gosu USER program.
        if name == "gosu" {
            rest = rest.get(1..).unwrap_or_default();
        }
        let status = self.command(rest.to_vec());
        self.variables = before;
        status
    }

    fn export(&mut self, arguments: &[CommandWord]) -> Status {
        for word in arguments {
            if let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| is_name(name)) {
                let value =
                    Value { items: vec![value.to_owned()], unknown: word.unknown.clone(), at: Some(word.at.clone()) };
                self.assign(name, value, false, false);
            }
        }
        Status::Yes
    }

    /// `bash -c "…"`, `bash script.sh words`.
    fn shell(&mut self, words: &[CommandWord], arguments: &[CommandWord]) -> Status {
        let mut rest = arguments;
        while let Some((word, after)) = rest.split_first().filter(|(word, _)| word.text.starts_with(['-', '+'])) {
            let commands = word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c');
            rest = after;
            if commands {
                let Some((script, rest)) = rest.split_first() else { return Status::Yes };
                if let Some(why) = &script.unknown {
                    let why = format!("the value of {why}");
                    self.scene.sheet.gap(why, GapWeight::PassedOver, script.at.clone());
                }
                let script = Script::piece(&script.text, script.at.clone());
                return self.nested(if rest.is_empty() { words } else { rest }, script);
            }
            if word.text == "-o" || word.text == "+o" {
                rest = rest.get(1..).unwrap_or_default();
            }
        }
        match rest.first() {
            Some(file) => self.script_file(rest, &file.text.clone(), true),
            None => Status::Yes,
        }
    }

    /// `pwsh -File x.ps1`, `pwsh -Command …`, `cmd /c x.bat`.
    fn windows_shell(&mut self, name: &str, arguments: &[CommandWord]) -> Status {
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
    fn launcher(&mut self, arguments: &[CommandWord]) -> bool {
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
    fn shift(&mut self) {
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

    /// A script that is a file of the project.
    fn script_file(&mut self, words: &[CommandWord], name: &str, expected: bool) -> Status {
        let at = self.place(words);
        match self.scene.open(name) {
            Ok(text) => {
                let folder = self.scene.folder.clone();
                let language = Language::of(name).unwrap_or(Language::Shell);
                let status = self.nested_as(language, words, Script::of(&text));
                self.scene.folder = folder;
                status
            }
            Err(_) if expected && self.cloned_install(words, name) => Status::Yes,
            Err(why) => {
                if expected && !why.is_missing() {
                    self.scene.sheet.gap(format!("the script {name} ({why})"), GapWeight::Missing, at);
                } else if expected {
                    self.scene.sheet.gap(format!("what the script {name} does"), GapWeight::PassedOver, at);
                }
                Status::Yes
            }
        }
    }

    /// A script that installs the repository that it is part of, by its name.
    fn cloned_install(&mut self, words: &[CommandWord], name: &str) -> bool {
        let path = joined(&self.scene.folder, name);
        if !program(name).contains("install") || self.scene.files.clone_of(&path).is_none() {
            return false;
        }
        self.install_here(words);
        true
    }

    /// `pip config set global.index-url ADDRESS`.
    fn configured(&mut self, arguments: &[CommandWord]) {
        let plain: Vec<&CommandWord> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
        let [verb, name, rest @ ..] = plain.as_slice() else { return };
        let name = match name.text.rsplit('.').next() {
            Some("index-url") => "PIP_INDEX_URL",
            Some("extra-index-url") => "PIP_EXTRA_INDEX_URL",
            Some("find-links") => "PIP_FIND_LINKS",
            _ => return,
        };
        match (verb.text.as_str(), rest.first()) {
            ("set", Some(value)) if value.unknown.is_none() => self.scene.files.configure(name, &value.text),
            _ => {}
        }
    }

    /// Installs the project of the current folder.
    fn install_here(&mut self, words: &[CommandWord]) {
        let at = self.place(words);
        let word = |text: &str| CommandWord { text: text.to_owned(), at: at.clone(), unknown: None };
        self.tool(&[word("pip"), word("install"), word("--no-build-isolation"), word(".")]);
    }

    /// `python setup.py install`, `make install` of something that was cloned. Whether it is such a command.
    fn built(&mut self, words: &[CommandWord], name: &str, arguments: &[CommandWord]) -> bool {
        if matches!(name, "make" | "ninja") && self.scene.sheet.environment.image.is_some() {
            let what = words_of(words).join(" ");
            self.scene.sheet.compiles(&format!("what '{what}' builds"), self.place(words));
            return true;
        }
        let verbs = ["install", "develop", "bdist_wheel", "build_ext", "build"];
        let is_python = name.starts_with("python");
        let script = arguments.iter().position(|word| word.text == "setup.py" || word.text.ends_with("/setup.py"));
        if is_python && let Some(script) = script {
            let after = arguments.get(script + 1..).unwrap_or_default();
            if after.iter().any(|word| verbs.contains(&word.text.as_str())) {
                self.install_here(words);
            }
            return true;
        }
        false
    }

    /// CUDA toolkits that the system's package manager brings into an image: `cuda-toolkit-12-4`, `cuda-nvcc-12-8`.
    fn system_packages(&mut self, arguments: &[CommandWord]) {
        if self.scene.sheet.environment.image.is_none() || !arguments.iter().any(|word| word.text == "install") {
            return;
        }
        for word in arguments.iter().filter(|word| word.unknown.is_none()) {
            let Some(rest) = word.text.strip_prefix("cuda-") else { continue };
            let name =
                rest.split('=').next().unwrap_or(rest).trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
            let release = rest.split('=').next().and_then(|rest| rest.strip_prefix(name)).unwrap_or_default();
            let release = release.trim_matches('-').replace('-', ".");
            if let (true, Ok(release)) = (["toolkit", "nvcc", "compiler", ""].contains(&name), release.parse()) {
                self.scene.sheet.toolkit(release, word.at.clone());
            }
        }
    }

    /// `git clone ADDRESS [FOLDER]`.
    fn git(&mut self, arguments: &[CommandWord]) {
        const VALUED: [&str; 14] = [
            "-b",
            "--branch",
            "--depth",
            "-c",
            "--config",
            "-j",
            "--jobs",
            "-o",
            "--origin",
            "--reference",
            "-C",
            "--filter",
            "--shallow-since",
            "--template",
        ];
        let Some(verb) = arguments.iter().position(|word| word.text == "clone") else { return };
        let mut plain = Vec::new();
        let mut rest = arguments.get(verb + 1..).unwrap_or_default().iter();
        while let Some(word) = rest.next() {
            if VALUED.contains(&word.text.as_str()) {
                rest.next();
            } else if !word.text.starts_with('-') {
                plain.push(word);
            }
        }
        let Some(address) = plain.first() else { return };
        let last = address.text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let folder = plain.get(1).map_or(last.trim_end_matches(".git"), |folder| folder.text.as_str());
        let folder = joined(&self.scene.folder, folder);
        self.scene.files.cloned(folder, address.text.trim_end_matches(".git"));
    }

    /// Words in which folders of cloned repositories are the repositories.
    fn with_clones(&self, words: &[CommandWord]) -> Vec<CommandWord> {
        let installs = words.iter().any(|word| word.text == "install" || word.text == "wheel");
        let mut before = "";
        let mut changed = Vec::with_capacity(words.len());
        for word in words {
            let (path, extras) = word.text.split_once('[').unwrap_or((&word.text, ""));
            let local = path == "." || path == ".." || path.starts_with(['.', '/']) || path.contains('/');
            let named = matches!(
                before,
                "-r" | "--requirement" | "-c" | "--constraint" | "-w" | "--wheel-dir" | "-t" | "--target" | "-f"
            );
            let folder = joined(&self.scene.folder, path);
            let repository =
                self.scene.files.clone_of(&folder).filter(|_| installs && local && !named && !path.contains("://"));
            let mut word = word.clone();
            before = "";
            if let Some(address) = repository {
                let name = address.rsplit(['/', ':']).next().unwrap_or_default();
                word.text = match extras.is_empty() {
                    true => format!("git+{address}"),
                    false => format!("{name}[{extras} @ git+{address}"),
                };
            }
            changed.push(word);
            if let Some(last) = words.get(changed.len() - 1) {
                before = &last.text;
            }
        }
        changed
    }

    /// Notes what a pip command compiles in the image: repositories, and what sees the environment that it is compiled in.
    fn compiled(&mut self, words: &[CommandWord]) {
        let installs = words.iter().any(|word| matches!(word.text.as_str(), "install" | "wheel"));
        if !installs || self.scene.sheet.environment.image.is_none() {
            return;
        }
        let sees = words.iter().any(|word| word.text == "--no-build-isolation" || word.text == "--no-binary");
        for word in words.iter().filter(|word| word.unknown.is_none()) {
            let source = word.text.contains("git+");
            let local = matches!(word.text.split('[').next(), Some("." | ".."));
            let plain = word.text.starts_with(|c: char| c.is_ascii_alphabetic()) && !word.text.contains('/');
            let is_word = ["pip", "pip3", "python", "python3", "uv", "install", "wheel"].contains(&word.text.as_str());
            if source || local || sees && plain && !is_word {
                let name = match source {
                    true => word
                        .text
                        .rsplit(['/', ':'])
                        .next()
                        .unwrap_or_default()
                        .split(['@', '#'])
                        .next()
                        .unwrap_or_default(),
                    false if local => "the project itself",
                    false => word.text.split(['=', '>', '<', '[', '~', '!', ';']).next().unwrap_or_default(),
                };
                self.scene.sheet.compiles(name.trim_end_matches(".git"), word.at.clone());
            }
        }
    }

    /// `sed -i … FILE`: lines that go, text that is replaced.
    fn edit(&mut self, arguments: &[CommandWord]) {
        if !arguments.iter().any(|word| word.text == "-i" || word.text.starts_with("-i") || word.text == "--in-place") {
            return;
        }
        let mut scripts: Vec<&str> = Vec::new();
        let mut files = Vec::new();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            match word.text.as_str() {
                "-e" | "--expression" => scripts.extend(rest.next().map(|word| word.text.as_str())),
                option if option.starts_with('-') => {}
                script if scripts.is_empty() => scripts.push(script),
                _ => files.push(word),
            }
        }
        for file in files {
            let Ok(text) = self.scene.open(&file.text) else { continue };
            let lines =
                |text: &str| text.split('\n').map(|line| edited(line, &scripts)).collect::<Option<Vec<String>>>();
            match lines(&text.text) {
                Some(lines) => self.rewritten(&file.text, &text, &lines.join("\n")),
                None => self.scene.sheet.gap(
                    format!("what sed makes of {}", file.text),
                    GapWeight::PassedOver,
                    file.at.clone(),
                ),
            }
        }
    }

    fn rewritten(&mut self, name: &str, text: &Text, lines: &str) {
        let path = joined(&self.scene.folder, name);
        self.scene.files.change(path, Text::new(text.path.clone(), text.shown.clone(), lines));
    }

    /// `cp A B` of single files.
    fn copied(&mut self, arguments: &[CommandWord]) {
        let plain: Vec<&CommandWord> = arguments.iter().filter(|word| !word.text.starts_with('-')).collect();
        if let [from, to] = plain.as_slice()
            && let Ok(text) = self.scene.open(&from.text)
        {
            let to = joined(&self.scene.folder, &to.text);
            let to = match to.extension() {
                Some(_) => to,
                None => to.join(program(&from.text)),
            };
            self.scene.files.change(to, text);
        }
    }

    /// A command whose output goes to a file: `cat <<EOF > file`, `echo … > file`, `grep -v torch a > b`. Whether it was one.
    pub fn writes(&mut self, simple: &Simple, words: &[CommandWord]) -> bool {
        let document = simple.redirections.iter().find_map(|one| one.body);
        let name = words.first().map_or("", |word| program(&word.text)).to_owned();
        if let Some((start, end)) = document
            && ["bash", "sh"].contains(&name.as_str())
        {
            let script = self.script.part(start, end);
            self.nested(words, script);
            return true;
        }
        let Some(to) = simple.redirections.iter().find(|one| matches!(one.sign, ">" | ">>")) else { return false };
        let target = self.single(&to.target);
        if target.unknown.is_some()
            || target.text().starts_with("/dev/")
            || !["cat", "echo", "printf", "grep"].contains(&name.as_str())
        {
            return false;
        }
        let (text, at) = match document {
            Some((start, end)) => (self.script.text.get(start..end).map(str::to_owned), self.script.at(start)),
            None => (
                self.text_of(words).filter(|value| value.unknown.is_none()).map(|value| value.text()),
                self.place(words),
            ),
        };
        let Some(text) = text else { return false };
        let old = (to.sign == ">>").then(|| self.scene.open(&target.text()).ok()).flatten();
        let text = match old {
            Some(old) => Text::new(old.path.clone(), old.shown.clone(), format!("{}\n{text}", old.text.trim_end())),
            // The lines stand where the command has them.
            None => placed(&at, &target.text(), &text),
        };
        let path = joined(&self.scene.folder, &target.text());
        self.scene.files.change(path, text);
        true
    }

    /// Words that a program gets through a pipe: `cat a.txt | xargs pip install`.
    pub fn piped(&mut self, from: &Node, to: &Simple) -> Option<Vec<CommandWord>> {
        if !to.words.first().is_some_and(|word| word.is("xargs")) {
            return None;
        }
        let script = std::rc::Rc::clone(&self.script);
        let mut words = Vec::new();
        for word in to.words.iter().skip(1) {
            for field in self.fields(word) {
                words.push(CommandWord { text: field.text, at: script.at(word.start), unknown: field.unknown });
            }
        }
        let after = words.iter().position(|word| !word.text.starts_with('-') && word.text.parse::<u32>().is_err())?;
        let mut words = words.split_off(after);
        let at = self.place(&words);
        let value = self.printed(from).unwrap_or_else(|| Value::unknown("what comes through the pipe"));
        let lines = value.text();
        let lines = lines.lines().map(|line| line.split(" #").next().unwrap_or(line).trim());
        let parts = lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
        words.retain(|word| word.text != "{}");
        words.extend(parts.map(|text| CommandWord { text: text.to_owned(), at: at.clone(), unknown: None }));
        if let Some(why) = value.unknown {
            words.push(CommandWord { text: String::new(), at, unknown: Some(why) });
        }
        Some(words)
    }

    /// What commands print, if that can be told.
    pub fn printed(&mut self, node: &Node) -> Option<Value> {
        match node {
            Node::List(list) => {
                let (mut text, mut last) = (Vec::new(), None);
                for (join, node) in list {
                    match (join, last.take()) {
                        (Join::Pipe, Some(input)) => last = Some(self.filtered(node, input)?),
                        (Join::Or, Some(value)) => last = Some(value),
                        (_, before) => {
                            text.extend(before);
                            last = Some(self.printed(node)?);
                        }
                    }
                }
                text.extend(last);
                let unknown = text.iter().find_map(|value: &Value| value.unknown.clone());
                let texts: Vec<String> = text.iter().map(Value::text).collect();
                Some(Value { items: vec![texts.join("\n").trim_end_matches('\n').to_owned()], unknown, at: None })
            }
            Node::Simple(simple) => {
                if let Some(from) = simple.redirections.iter().find(|one| one.sign == "<") {
                    let name = self.single(&from.target);
                    let text = self.scene.open(&name.text()).ok()?;
                    return Some(Value::known(text.text, None));
                }
                let words = self.words(simple);
                self.text_of(&words)
            }
            _ => None,
        }
    }

    fn words(&mut self, simple: &Simple) -> Vec<CommandWord> {
        let at = self.script.at(0);
        let fields: Vec<_> = simple.words.iter().flat_map(|word: &Word| self.fields(word)).collect();
        let word =
            |field: super::value::Field| CommandWord { text: field.text, at: at.clone(), unknown: field.unknown };
        fields.into_iter().map(word).collect()
    }

    /// What a program prints.
    fn text_of(&mut self, words: &[CommandWord]) -> Option<Value> {
        let (first, rest) = words.split_first()?;
        let unknown = rest.iter().find_map(|word| word.unknown.clone());
        let known = |text: String| Some(Value { items: vec![text], unknown: unknown.clone(), at: None });
        let plain = || words_of(rest).into_iter().filter(|word| !word.starts_with('-'));
        match program(&first.text) {
            "echo" => {
                let options =
                    rest.iter().take_while(|word| matches!(word.text.as_str(), "-n" | "-e" | "-en" | "-ne" | "-E"));
                let text = words_of(rest.get(options.count()..)?).join(" ");
                known(text.replace("\\n", "\n"))
            }
            "printf" => {
                let (format, values) = rest.split_first()?;
                let format = format.text.replace("\\n", "\n");
                let mut text = String::new();
                let mut values = values.iter();
                loop {
                    let mut parts = format.split("%s");
                    text.push_str(parts.next()?);
                    for part in parts {
                        text.push_str(values.next().map_or("", |word| &word.text));
                        text.push_str(part);
                    }
                    if values.len() == 0 || !format.contains("%s") || text.len() > 64 << 10 {
                        return known(text);
                    }
                }
            }
            "cat" => {
                let mut text = String::new();
                for name in plain() {
                    text.push_str(&self.scene.open(name).ok()?.text);
                    text.push('\n');
                }
                known(text)
            }
            "grep" => {
                let (pattern, file) = (plain().next()?.to_owned(), plain().nth(1)?.to_owned());
                let text = self.scene.open(&file).ok()?;
                grep(rest, &pattern, &text.text).and_then(known)
            }
            "pwd" => known(self.scene.folder.to_string_lossy().into_owned()),
            "uname" | "arch" => {
                let platform = self.scene.reading.choices.platform?;
                let machine = if platform.cpu == Cpu::Aarch64 { "aarch64" } else { "x86_64" };
                match rest.first().map(|word| word.text.as_str()) {
                    Some("-s") => known("Linux".to_owned()),
                    None if program(&first.text) == "uname" => known("Linux".to_owned()),
                    Some("-m" | "-p" | "-i") | None => known(machine.to_owned()),
                    _ => None,
                }
            }
            "dpkg" if rest.first()?.text == "--print-architecture" => {
                let platform = self.scene.reading.choices.platform?;
                known(if platform.cpu == Cpu::Aarch64 { "arm64" } else { "amd64" }.to_owned())
            }
            "basename" => known(program(plain().next()?).to_owned()),
            "dirname" => {
                let path = PathBuf::from(plain().next()?);
                known(path.parent()?.to_string_lossy().into_owned())
            }
            _ => None,
        }
    }

    /// What a filter makes of its input.
    fn filtered(&mut self, node: &Node, input: Value) -> Option<Value> {
        let Node::Simple(simple) = node else { return None };
        let words = self.words(simple);
        let (first, rest) = words.split_first()?;
        let text = input.text();
        let each = |change: &dyn Fn(&str) -> Option<String>| -> Option<String> {
            let lines: Option<Vec<String>> = text.lines().map(change).collect();
            Some(lines?.join("\n"))
        };
        let changed = match program(&first.text) {
            "cut" => {
                let (mut sign, mut fields) = ("\t".to_owned(), String::new());
                let mut words = rest.iter().map(|word| word.text.as_str());
                while let Some(word) = words.next() {
                    match word.split_at_checked(2)? {
                        ("-d", "") => sign = words.next()?.to_owned(),
                        ("-f", "") => fields = words.next()?.to_owned(),
                        ("-d", value) => sign = value.to_owned(),
                        ("-f", value) => fields = value.to_owned(),
                        _ => return None,
                    }
                }
                each(&|line| cut(line, &sign, &fields))
            }
            "sed" => {
                let script = rest.iter().find(|word| !word.text.starts_with('-'))?.text.clone();
                each(&|line| pattern::sed(line, &script))
            }
            "tr" => match rest {
                [flag, what] if flag.text == "-d" => Some(text.replace(|c: char| what.text.contains(c), "")),
                [from, to] if from.text.chars().count() == 1 && to.text.chars().count() == 1 => {
                    Some(text.replace(&from.text, &to.text))
                }
                _ => None,
            },
            "grep" => {
                let pattern = rest.iter().find(|word| !word.text.starts_with('-'))?.text.clone();
                grep(rest, &pattern, &text)
            }
            "cat" | "tee" => Some(text.clone()),
            _ => None,
        }?;
        Some(Value { items: vec![changed], unknown: input.unknown, at: None })
    }
}

/// The variables that `read` sets.
fn asked_for(arguments: &[CommandWord]) -> Vec<String> {
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
fn with_program(words: &[CommandWord]) -> Option<Vec<CommandWord>> {
    let at = |index: usize| words.get(index).map(|word| word.text.as_str()).unwrap_or_default();
    let first = words.first()?;
    let program = |text: &str, at: &CommandWord| CommandWord { text: text.to_owned(), at: at.at.clone(), unknown: None };
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

fn words_of(words: &[CommandWord]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A text that a command writes into a file, at the place where the command has it.
fn placed(at: &Location, name: &str, text: &str) -> Text {
    let before = usize::try_from(at.line.saturating_sub(1)).unwrap_or(0).min(100_000);
    let shown = if at.path.is_empty() { name.to_owned() } else { at.path.clone() };
    Text::new(name, shown, format!("{}{text}", "\n".repeat(before)))
}

/// `cut -d SIGN -f FIELDS` of a line.
fn cut(line: &str, sign: &str, fields: &str) -> Option<String> {
    let parts: Vec<&str> = line.split(sign).collect();
    if parts.len() == 1 {
        return Some(line.to_owned());
    }
    let mut taken = Vec::new();
    for field in fields.split(',') {
        let (from, to) = match field.split_once('-') {
            Some((from, to)) => (
                if from.is_empty() { 1 } else { from.parse().ok()? },
                if to.is_empty() { parts.len() } else { to.parse().ok()? },
            ),
            None => (field.parse::<usize>().ok()?, field.parse().ok()?),
        };
        taken.extend(
            parts
                .get(from.checked_sub(1)?..to.min(parts.len()).max(from.saturating_sub(1).min(parts.len())))?
                .iter()
                .copied(),
        );
    }
    Some(taken.join(sign))
}

/// The lines that `grep`, or `grep -v`, keeps. Those that go are empty, so that the others keep their numbers.
fn grep(words: &[CommandWord], pattern: &str, text: &str) -> Option<String> {
    let flag = |letter: char| {
        words
            .iter()
            .any(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains(letter))
    };
    let (not, ignores) = (flag('v'), flag('i'));
    let lines: Option<Vec<&str>> =
        text.split('\n').map(|line| Some(if matches(line, pattern, ignores)? == not { "" } else { line })).collect();
    Some(lines?.join("\n"))
}

/// Whether a line has a pattern that is text: alternatives, `^` and `$`, `.` for a dot.
fn matches(line: &str, pattern: &str, ignores: bool) -> Option<bool> {
    if pattern.len() > 1000 {
        return None;
    }
    let line = if ignores { line.to_lowercase() } else { line.to_owned() };
    let pattern = if ignores { pattern.to_lowercase() } else { pattern.to_owned() };
    let pattern = pattern.replace("\\|", "|").replace("\\(", "(").replace("\\)", ")");
    let (all, inner) = match pattern.strip_prefix("^(").or_else(|| pattern.strip_prefix('(')) {
        Some(rest) => {
            let (inner, after) = rest.split_once(')')?;
            // What follows a group says where a name ends.
            (after.is_empty() || after.starts_with('[') || after == "\\b" || after.starts_with('='), inner)
        }
        None => (true, pattern.as_str()),
    };
    if !all {
        return None;
    }
    let anchored = pattern.starts_with("^(");
    let mut any = false;
    for part in inner.split('|') {
        let (begins, ends) = (anchored || part.starts_with('^'), part.ends_with('$'));
        let text =
            part.trim_start_matches('^').trim_end_matches('$').replace("\\.", ".").replace("\\b", "").replace(".*", "");
        if text.contains(['*', '[', '(', '\\', '+', '?']) {
            return None;
        }
        any |= match (begins, ends) {
            (true, true) => line == text,
            (true, false) => line.starts_with(&text),
            (false, true) => line.ends_with(&text),
            (false, false) => line.contains(&text),
        };
    }
    Some(any)
}

/// A line after commands of sed: `/pattern/d`, `s/a/b/`. A line that goes is empty, so that the others keep their numbers.
fn edited(line: &str, scripts: &[&str]) -> Option<String> {
    let mut line = line.to_owned();
    for script in scripts.iter().flat_map(|script| script.split(';')).map(str::trim).filter(|script| !script.is_empty())
    {
        if let Some(pattern) = script.strip_prefix('/').and_then(|rest| rest.strip_suffix("/d")) {
            if matches(&line, pattern, false)? {
                return Some(String::new());
            }
        } else {
            line = pattern::sed(&line, script)?;
        }
    }
    Some(line)
}
