//! Programs that change what later ones find, or that call others: `cd`, `export`, `sudo`, `git clone`, `bash -c`, `sed -i`.

use std::collections::BTreeMap;

use super::{
    Language, Script,
    callers::{asked_for, with_program},
    output::words_of,
    run::Shell,
    script::{is_own, placed},
    sed::Sed,
    test::Status,
    tree::{Node, Simple},
    value::{Fill, Value},
};
use crate::{
    facts::GapWeight,
    manifest::{
        Text,
        command::{self, CommandWord, joined, program},
        script,
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

/// Variables that tools for installing read begin with these.
const TOOLS_OWN: &[&str] = &["PIP_", "UV_", "CONDA_", "POETRY_", "PIXI_"];

impl Shell<'_, '_, '_> {
    /// Reads what a program does.
    pub fn program(&mut self, words: &[CommandWord]) -> Status {
        let Some(first) = words.first() else { return Status::Yes };
        let name = program(&first.text).to_owned();
        let arguments = words.get(1..).unwrap_or_default();
        if let Some((_, valued)) = CALLERS.iter().find(|(caller, _)| *caller == name) {
            return self.caller(&name, arguments, valued);
        }
        if let Some(status) = self.calls_on(&name, words, arguments) {
            return status;
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
        let named = with_program(words);
        let words = named.as_deref().unwrap_or(words);
        let claimed = command::claims(words);
        // `$PIP install`, where a condition decides what `$PIP` is.
        let verbs = ["install", "pip", "sync", "create"];
        if let (false, Some(why)) = (claimed, words.first().and_then(|first| first.unknown.as_ref()))
            && words.iter().skip(1).any(|word| verbs.contains(&word.text.as_str()))
        {
            self.scene.reading.doubts.decide(why);
        }
        if claimed {
            for word in words {
                if let Some(why) = &word.unknown {
                    self.scene.reading.doubts.decide(why);
                }
            }

            let words = self.with_clones(words);
            // The tools' own: an image may have thousands of others.
            let set = &self.variables.set;
            let own = TOOLS_OWN.iter().flat_map(|start| {
                let from = set.range((*start).to_owned()..);
                from.map(|(name, _)| name).take_while(move |name| name.starts_with(start))
            });
            let chosen =
                self.variables.chosen.keys().filter(|name| TOOLS_OWN.iter().any(|start| name.starts_with(start)));
            let values = own.chain(chosen).filter_map(|name| {
                let value = self.variables.get(name).filter(|value| value.unknown.is_none())?;
                Some((name.clone(), value.text()))
            });
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

    /// `sudo NAME=value program words`.
    fn caller(&mut self, name: &str, arguments: &[CommandWord], valued: &[&str]) -> Status {
        if name == "command" && arguments.first().is_some_and(|word| word.text == "-v" || word.text == "-V") {
            return match arguments.last().map(|word| word.text.as_str()) {
                Some("python" | "python3" | "pip" | "pip3" | "git" | "nvidia-smi" | "curl" | "wget")
                    if self.scene.sheet.environment.image.is_none() =>
                {
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

    /// A script that is a file of the project.
    pub(super) fn script_file(&mut self, words: &[CommandWord], name: &str, expected: bool) -> Status {
        let at = self.place(words);
        // `"$(some command)/lib.sh"` and `"${BASH_SOURCE[0]%/*}/lib.sh"` lie beside the script, more often than not.
        let beside = words.first().is_some_and(|word| word.unknown.is_some() && word.text == name);
        let name = if beside { program(name) } else { name };
        match self.scene.open(name) {
            Ok(text) => {
                let folder = self.scene.folder.clone();
                let language = Language::of(name).unwrap_or(Language::Shell);
                if self.scene.reading.installs.is_none() {
                    self.scene.reading.installs = script::installs(&text);
                }
                let status = self.nested_as(language, words, Script::of(&text));
                self.scene.folder = folder;
                status
            }
            Err(_) if expected && self.cloned_install(words, name) => Status::Yes,
            Err(why) => {
                if expected && !why.is_missing() {
                    self.scene.sheet.gap(format!("the script {name} ({why})"), GapWeight::Missing, at);
                } else if expected || is_own(name) {
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
            let name = word.text.split('=').next().unwrap_or(&word.text);
            if ["libcudnn", "libcublas", "cuda-", "libnccl", "libnvinfer"].iter().any(|start| name.starts_with(start)) {
                let packages = &mut self.scene.sheet.image().system_packages;
                if !packages.iter().any(|other| other == name) {
                    packages.push(name.to_owned());
                }
            }
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
        let is_option = |word: &&CommandWord| word.text.starts_with("-i") || word.text.starts_with("--in-place");
        let Some(sed) = Sed::of(arguments) else {
            // What is not understood may change what a file asks for.
            for word in arguments.iter().filter(|_| arguments.iter().any(|word| is_option(&word))) {
                if !word.text.starts_with('-') && self.scene.open(&word.text).is_ok() {
                    self.unedited(word);
                }
            }
            return;
        };
        for file in sed.files.iter().filter(|_| sed.in_place) {
            let Ok(text) = self.scene.open(&file.text) else { continue };
            match sed.edited(&text.text) {
                Some(lines) => self.rewritten(&file.text, &text, &lines),
                None => self.unedited(file),
            }
        }
    }

    fn unedited(&mut self, file: &CommandWord) {
        let what = format!("what sed makes of {}", file.text);
        self.scene.sheet.gap(what, GapWeight::PassedOver, file.at.clone());
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
        if let Some((start, end)) = document.filter(|_| name.starts_with("python")) {
            let (at, script) = (self.script.at(start), self.script.part(start, end));
            self.python(&at, &script.text);
            return true;
        }
        let Some(to) = simple.redirections.iter().find(|one| matches!(one.sign, ">" | ">>")) else { return false };
        let target = self.single(&to.target);
        if target.unknown.is_some()
            || target.text().starts_with("/dev/")
            || !["cat", "echo", "printf", "grep", "egrep", "fgrep", "sed"].contains(&name.as_str())
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
            None => match self.source(&name, words) {
                // What is left of a file has the places that it has there.
                Some(source) => Text::new(target.text(), source.shown, text),
                // The lines stand where the command has them.
                None => placed(&at, &target.text(), &text),
            },
        };
        let path = joined(&self.scene.folder, &target.text());
        self.scene.files.change(path, text);
        true
    }

    /// The one file whose lines a command prints, at their places.
    fn source(&mut self, name: &str, words: &[CommandWord]) -> Option<Text> {
        let rest = words.get(1..).filter(|_| ["cat", "grep", "egrep", "fgrep", "sed"].contains(&name))?;
        let mut files = rest.iter().filter(|word| !word.text.starts_with('-')).filter_map(|word| {
            let text = self.scene.open(&word.text).ok()?;
            Some(text)
        });
        let only = files.next()?;
        files.next().is_none().then_some(only)
    }

    /// Words that a program gets through a pipe: `cat a.txt | xargs pip install`.
    pub fn piped(&mut self, from: &Node, to: &Simple) -> Option<Vec<CommandWord>> {
        if !to.words.first().is_some_and(|word| word.is("xargs")) {
            self.unseen(from, to);
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
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
