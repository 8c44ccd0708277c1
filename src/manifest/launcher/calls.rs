//! What attributes, parts of lists and tables, methods and functions give: what the platform says, options of the command line, files; and the
//! commands that functions are called with.

use super::{
    Walker,
    expression::Value,
    tokens::{Kind, Token, split},
};
use crate::{
    facts::{GapWeight, Os},
    manifest::{command::CommandWord, shell::Script},
};

impl Walker<'_, '_, '_> {
    /// `args.name`, `sys.platform`.
    pub(super) fn attribute(&mut self, value: Value, name: &str, path: &str) -> Value {
        let platform = self.scene.reading.choices.platform;
        let os = platform.map(|platform| platform.os);
        match path {
            "sys.platform" => {
                return os.map_or(Value::Unknown("sys.platform".to_owned()), |os| {
                    Value::text(match os {
                        Os::Windows => "win32",
                        Os::Linux => "linux",
                        _ => "darwin",
                    })
                });
            }
            "os.name" => {
                return os.map_or(Value::Unknown("os.name".to_owned()), |os| {
                    Value::text(if os == Os::Windows { "nt" } else { "posix" })
                });
            }
            "sys.executable" => return Value::text("python"),
            "sys.version_info" => {
                return match self.scene.reading.choices.python {
                    Some(python) => Value::List(python.to_string().split('.').map(Value::text).collect()),
                    None => Value::Unknown("the version of Python".to_owned()),
                };
            }
            "sys.version_info.major" | "sys.version_info.minor" => {
                let Some(python) = self.scene.reading.choices.python else {
                    return Value::Unknown("the version of Python".to_owned());
                };
                let part = usize::from(path.ends_with("minor"));
                return Value::text(python.to_string().split('.').nth(part).unwrap_or_default());
            }
            _ => {}
        }
        if let Some(chosen) = self.chosen_value(path).or_else(|| self.chosen_value(name)) {
            return chosen;
        }
        if let Some(value) = self.names.get(path) {
            return value.clone();
        }
        // An option of the command line that nobody gives.
        let base = path.split('.').next().unwrap_or_default();
        let of_options = ["args", "options", "opts", "cmd_opts", "opt", "ARGS", "flags"].contains(&base)
            || path.contains("cmd_opts");
        match value {
            Value::Unknown(_) if of_options => Value::Flag(name.to_owned()),
            Value::Unknown(why) if path.is_empty() => Value::Unknown(why),
            _ => Value::Unknown(if path.is_empty() { name.to_owned() } else { path.to_owned() }),
        }
    }

    pub(super) fn item(&mut self, value: Value, path: &str, inside: &[Token]) -> Value {
        if path == "os.environ" {
            let name = self.value(inside).known(&self.blanks).unwrap_or_default();
            return self.variable(&name, None);
        }
        if inside.iter().any(|token| token.kind == Kind::Sign(":")) {
            // A part of a list; that of a text is not read.
            let bound = split(inside, ":").first().and_then(|part| match part {
                [Token { kind: Kind::Number(number), .. }] => number.parse::<usize>().ok(),
                _ => None,
            });
            let ends_only = inside.first().is_some_and(|token| token.kind == Kind::Sign(":"));
            return match (value, bound) {
                (Value::List(values), Some(bound)) if ends_only => {
                    Value::List(values.into_iter().take(bound).collect())
                }
                (Value::List(values), Some(bound)) => Value::List(values.into_iter().skip(bound).collect()),
                (value, _) => {
                    Value::Unknown(value.doubt(&self.blanks).unwrap_or_else(|| "a part of a text".to_owned()))
                }
            };
        }
        let key = self.value(inside);
        self.entry(value, &key, None)
    }

    /// The values of a list or a tuple; of one in it that begins with a star, its own.
    pub(super) fn list(&mut self, parts: Vec<&[Token]>) -> Value {
        let mut values = Vec::new();
        for part in parts.into_iter().take(1_000) {
            let spread = part.first().is_some_and(|token| token.kind == Kind::Sign("*"));
            match self.value(part) {
                Value::List(own) if spread && values.len() + own.len() <= 1_000 => values.extend(own),
                value => values.push(value),
            }
        }
        Value::List(values)
    }

    /// What a list or a table has under a key.
    fn entry(&mut self, value: Value, key: &Value, default: Option<Value>) -> Value {
        match value {
            Value::Map(entries) => {
                if let Some(why) = key.doubt(&self.blanks) {
                    let doubts = &mut self.scene.reading.doubts;
                    doubts.close(&why);
                    for (key, _) in &entries {
                        doubts.compare(&why, Some(key));
                    }
                    return match doubts.is_other(&why) {
                        true => default.unwrap_or(Value::Nothing),
                        false => Value::Unknown(why),
                    };
                }
                let key = key.known(&self.blanks).unwrap_or_default();
                let found = entries.into_iter().find(|(there, _)| *there == key).map(|(_, value)| value);
                found.or(default).unwrap_or(Value::Nothing)
            }
            Value::List(values) => {
                let index = key.known(&self.blanks).and_then(|key| key.parse::<usize>().ok());
                index
                    .and_then(|index| values.into_iter().nth(index))
                    .unwrap_or_else(|| Value::Unknown("a part of a list".to_owned()))
            }
            value => Value::Unknown(value.doubt(&self.blanks).unwrap_or_else(|| "a part of a text".to_owned())),
        }
    }

    /// A variable of the environment.
    fn variable(&mut self, name: &str, default: Option<Value>) -> Value {
        if let Some(value) = self.environment.get(name) {
            return Value::text(value);
        }
        self.chosen_value(name).or(default).unwrap_or_else(|| Value::Unknown(name.to_owned()))
    }

    fn arguments(&mut self, inside: &[Token]) -> Vec<(Option<String>, Value)> {
        let mut arguments = Vec::new();
        for part in split(inside, ",").into_iter().take(64) {
            arguments.push(match part {
                [Token { kind: Kind::Name(name), .. }, Token { kind: Kind::Sign("="), .. }, rest @ ..] => {
                    (Some(name.clone()), self.value(rest))
                }
                part => (None, self.value(part)),
            });
        }
        arguments
    }

    /// `text.method(…)`, or a function of a module.
    pub(super) fn method(&mut self, value: Value, name: &str, path: &str, inside: &[Token]) -> Value {
        let at = inside.first().map_or(0, |token| token.start);
        let is_module = matches!(value, Value::Unknown(_)) && !path.is_empty();
        if matches!(path, "os.environ.get" | "os.getenv") {
            let mut arguments = self.arguments(inside).into_iter().map(|(_, value)| value);
            let name = arguments.next().and_then(|name| name.known(&self.blanks)).unwrap_or_default();
            let default = arguments.next().unwrap_or(Value::Nothing);
            return self.variable(&name, Some(default));
        }
        match (name, &value) {
            ("get" | "pop", Value::Map(_)) => {
                let mut arguments = self.arguments(inside).into_iter().map(|(_, value)| value);
                let key = arguments.next().unwrap_or(Value::Nothing);
                let default = arguments.next();
                return self.entry(value, &key, default);
            }
            ("format", Value::Text(_)) => {
                let arguments = self.arguments(inside);
                if arguments.iter().all(|(name, _)| name.is_none()) {
                    let values = arguments.into_iter().map(|(_, value)| value).collect();
                    return self.formatted(value, "{}", Value::List(values));
                }
                let mut value = value;
                for (name, argument) in arguments {
                    let sign = format!("{{{}}}", name.unwrap_or_default());
                    value = self.formatted(value, &sign, Value::List(vec![argument]));
                }
                return value;
            }
            ("strip" | "rstrip" | "lstrip" | "lower" | "upper" | "title" | "capitalize" | "encode" | "decode", _)
                if !is_module =>
            {
                return match value {
                    Value::Text(mut text) if name == "lower" => {
                        text.text.make_ascii_lowercase();
                        Value::Text(text)
                    }
                    Value::Text(mut text) if name == "upper" => {
                        text.text.make_ascii_uppercase();
                        Value::Text(text)
                    }
                    value => value,
                };
            }
            ("startswith" | "endswith", Value::Text(text)) if self.blanks.why(&text.text).is_none() => {
                let text = text.text.clone();
                let part = self.value(inside);
                let parts = if let Value::List(parts) = part { parts } else { vec![part] };
                let fits = |part: &Value| match part {
                    Value::Text(part) if name == "startswith" => text.starts_with(&part.text),
                    Value::Text(part) => text.ends_with(&part.text),
                    _ => false,
                };
                return Value::Is(parts.iter().any(fits));
            }
            ("startswith" | "endswith", value) if value.doubt(&self.blanks).is_some() && !is_module => {
                let part = self.value(inside);
                return self.compared(&value.clone(), "==", &part);
            }
            ("split", Value::Text(text)) if inside.is_empty() => {
                let text = text.clone();
                let words = text.text.split_whitespace();
                let place = |word: &str| text.text.find(word).unwrap_or_default();
                return Value::List(
                    words.take(1_000).map(|word| Value::Text(Script::piece(word, text.at(place(word))))).collect(),
                );
            }
            ("join", Value::Text(separator)) if !is_module => {
                let separator = separator.clone();
                let Value::List(values) = self.value(inside) else { return Value::Unknown("a list".to_owned()) };
                let mut text = Script::default();
                for (number, value) in values.iter().enumerate() {
                    if number > 0 {
                        text.append(&separator);
                    }
                    self.append(&mut text, value);
                }
                return Value::Text(text);
            }
            ("append" | "extend" | "insert", Value::List(_)) => {
                let added = self.arguments(inside).pop().map_or(Value::Nothing, |(_, value)| value);
                let added = match (name, added) {
                    ("extend", Value::List(values)) => values,
                    (_, value) => vec![value],
                };
                let base = path.rsplit_once('.').map_or("", |(base, _)| base).to_owned();
                if let Some(Value::List(values)) = self.names.get_mut(&base)
                    && values.len() + added.len() <= 1_000
                {
                    values.extend(added);
                }
                return Value::Nothing;
            }
            ("readlines" | "read" | "splitlines", Value::File(file)) => {
                let file = file.clone();
                return self.lines_of(&file, name == "read", at);
            }
            ("splitlines", Value::List(_)) => return value,
            _ => {}
        }
        self.called(path, inside, at)
    }

    /// The lines of a file beside the source.
    fn lines_of(&mut self, name: &str, whole: bool, at: usize) -> Value {
        let place = self.source.text.at(at);
        match self.scene.open(name) {
            Ok(text) if whole => Value::Text(Script::of(&text)),
            Ok(text) => Value::List(
                text.lines()
                    .take(1_000)
                    .map(|(start, line)| Value::Text(Script::piece(line, text.at(start))))
                    .collect(),
            ),
            Err(why) => {
                self.scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, place);
                Value::List(Vec::new())
            }
        }
    }

    /// A call of a function.
    pub(super) fn called(&mut self, path: &str, inside: &[Token], at: usize) -> Value {
        let name = path.rsplit('.').next().unwrap_or_default().to_owned();
        let arguments = self.arguments(inside);
        let first = arguments.first().map(|(_, value)| value.clone());
        match path {
            "platform.system" => {
                return match self.scene.reading.choices.platform {
                    Some(platform) => Value::text(match platform.os {
                        Os::Windows => "Windows",
                        Os::Linux => "Linux",
                        _ => "Darwin",
                    }),
                    None => Value::Unknown("the system".to_owned()),
                };
            }
            "platform.machine" => return Value::text("x86_64"),
            "input" => return Value::Asked("the answer".to_owned()),
            "str" | "shlex.quote" | "quote" | "Path" | "os.path.abspath" | "int" | "list" | "tuple" => {
                return first.unwrap_or(Value::Nothing);
            }
            "shlex.split" => {
                return match first {
                    Some(text @ Value::Text(_)) => text,
                    other => other.unwrap_or(Value::Nothing),
                };
            }
            "open" => {
                let file = first.and_then(|file| file.known(&self.blanks));
                return file.map_or(Value::Unknown("a file".to_owned()), Value::File);
            }
            "shutil.which" | "which" => {
                let program = first.and_then(|program| program.known(&self.blanks)).unwrap_or_default();
                let usual = ["pip", "pip3", "python", "python3", "git", "nvidia-smi"];
                return match usual.contains(&program.as_str()) {
                    true => Value::text(&program),
                    false => Value::Unknown(format!("whether {program} is there")),
                };
            }
            "importlib.util.find_spec" | "find_spec" | "util.find_spec" => return Value::Nothing,
            "sys.exit" | "exit" | "quit" => {
                self.returned = Some(Value::Nothing);
                return Value::Nothing;
            }
            _ => {}
        }
        let lower = name.to_ascii_lowercase();
        if lower.contains("installed")
            && (lower.starts_with("is_") || lower.starts_with("package") || lower.contains("is_installed"))
        {
            return Value::Is(false);
        }
        if let Some(function) = self
            .functions
            .get(&name)
            .cloned()
            .filter(|_| path == name || path.starts_with("self.") || path.starts_with("cls."))
        {
            let value = self.call(&name, &function, arguments.clone());
            self.installed(&lower, &arguments, at);
            return value;
        }
        self.installed(&lower, &arguments, at);
        Value::Unknown(if path.is_empty() { "a call".to_owned() } else { format!("{path}()") })
    }

    /// Reads the commands that a function is given: whole, in words, or what follows `pip`.
    fn installed(&mut self, name: &str, arguments: &[(Option<String>, Value)], at: usize) {
        for (_, argument) in arguments {
            self.given(name, argument, at);
        }
    }

    fn given(&mut self, name: &str, argument: &Value, at: usize) {
        match argument {
            Value::Text(text) => {
                let mut text = text.clone();
                let begins = text.text.trim_start().starts_with("install ");
                if begins && name.contains("pip") {
                    let start = text.at(0);
                    let mut whole = Script::piece("pip ", start);
                    whole.append(&text);
                    text = whole;
                }
                if super::is_command(&text.text) {
                    self.run(&text);
                }
            }
            Value::List(values) => {
                let place = self.source.text.at(at);
                let mut words = Vec::new();
                for value in values {
                    let (text, at) = match value {
                        Value::Text(text) => {
                            (text.text.clone(), if text.is_placed() { text.at(0) } else { place.clone() })
                        }
                        _ => (String::new(), place.clone()),
                    };
                    let unknown = value.doubt(&self.blanks);
                    words.push(CommandWord { text, at, unknown });
                }
                // `[self._pip_cmd, "install", …]`: wherever it is, it is pip.
                if let [program, command, ..] = words.as_mut_slice()
                    && command.text == "install"
                    && program.unknown.as_ref().is_some_and(|name| name.to_ascii_lowercase().contains("pip"))
                {
                    (program.text, program.unknown) = ("pip".to_owned(), None);
                }
                let line: Vec<&str> =
                    words.iter().map(|word| if word.text.is_empty() { "-" } else { word.text.as_str() }).collect();
                if super::is_command(&line.join(" ")) {
                    self.run_words(words);
                } else if line.first() == Some(&"install") && name.contains("pip") {
                    words.insert(0, CommandWord { text: "pip".to_owned(), at: place, unknown: None });
                    self.run_words(words);
                }
            }
            _ => {}
        }
    }
}
